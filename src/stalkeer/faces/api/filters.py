"""/filters: what of the sources is kept; previewed, made, changed, taken back."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field as Key
from pydantic import StrictBool

from stalkeer.core.catalogue.filters import LONGEST_PATTERN, Field, Filter, Mode
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.ids import RowId
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.problems import problem_answers
from stalkeer.jobs.sources.filter_preview import preview_filter
from stalkeer.model import SourceId
from stalkeer.store.sources.filters import FilterRow, add_filter, change_filter, get_filter, list_filters, remove_filter
from stalkeer.store.sources.sources import get_source, list_sources

router = APIRouter(prefix="/filters", tags=["filters"])


class FilterItem(ApiModel):
    id: int
    source: str | None = Key(description="Null: every source.")
    field: Field
    mode: Mode
    pattern: str
    enabled: StrictBool
    origin: str = Key(description="`config`: from config.yml. `ui`: made here.")
    created_at: datetime


class FilterToMake(ApiModel):
    """`include`: where a field has such filters, only what fits one stays. `exclude`: what fits goes."""

    source: str | None = Key(None, max_length=64, description="Only this source; null for every source.")
    field: Field = Field.GROUP
    mode: Mode = Mode.EXCLUDE
    pattern: str = Key(
        min_length=1,
        max_length=LONGEST_PATTERN,
        description="A regular expression in RE2's syntax; case does not matter.",
        examples=["^(sports?|news)"],
    )


class FilterToChange(ApiModel):
    field: Field | None = None
    mode: Mode | None = None
    pattern: str | None = Key(None, min_length=1, max_length=LONGEST_PATTERN)
    enabled: StrictBool | None = None


class Preview(ApiModel):
    """What the filter alone would drop of the present catalogue."""

    entries: int
    dropped: int
    samples: list[str]
    groups: dict[str, int] = Key(description="Dropped entries by group, the largest groups first.")


@router.get("")
def list_all_filters(app: CurrentApp) -> list[FilterItem]:
    """Every filter, from settings and made here. Adult groups are left out beside them unless a source keeps them."""
    with app.database.connect() as connection:
        slugs = {row.id: row.slug for row in list_sources(connection, with_removed=True)}
        return [_shown(row, slugs.get(row.source_id) if row.source_id else None) for row in list_filters(connection)]


@router.post("", status_code=201, responses=problem_answers(404))
def make_filter(app: CurrentApp, new: FilterToMake) -> FilterItem:
    """Keep a filter. It takes effect with the next refresh of each source."""
    with app.database.begin() as connection:
        source_id = get_source(connection, new.source).id if new.source else None
        row = add_filter(connection, Filter(new.field, new.mode, new.pattern), source_id, app.clock())
    return _shown(row, new.source)


@router.post("/preview", responses=problem_answers(404))
def preview_new_filter(app: CurrentApp, new: FilterToMake) -> Preview:
    """What a filter would drop, before it is kept."""
    source_id: SourceId | None = None
    if new.source:
        with app.database.connect() as connection:
            source_id = get_source(connection, new.source).id
    found = preview_filter(app.database, Filter(new.field, new.mode, new.pattern), source_id)
    return Preview(entries=found.entries, dropped=found.dropped, samples=list(found.samples), groups=found.groups)


@router.patch("/{filter_id}", responses=problem_answers(404, 409))
def change_one_filter(app: CurrentApp, filter_id: RowId, change: FilterToChange) -> FilterItem:
    """Change a filter that was made here, or switch it off."""
    with app.database.begin() as connection:
        row = get_filter(connection, filter_id)
        old = row.filter
        new = Filter(change.field or old.field, change.mode or old.mode, change.pattern or old.pattern)
        enabled = row.enabled if change.enabled is None else change.enabled
        changed = change_filter(connection, row, new, enabled=enabled)
        slugs = {source.id: source.slug for source in list_sources(connection, with_removed=True)}
    return _shown(changed, slugs.get(changed.source_id) if changed.source_id else None)


@router.delete("/{filter_id}", status_code=204, responses=problem_answers(404, 409))
def delete_filter(app: CurrentApp, filter_id: RowId) -> None:
    """Take a filter back. What it dropped comes with the next refresh."""
    with app.database.begin() as connection:
        remove_filter(connection, get_filter(connection, filter_id))


def _shown(row: FilterRow, source: str | None) -> FilterItem:
    return FilterItem(
        id=row.id,
        source=source,
        field=row.filter.field,
        mode=row.filter.mode,
        pattern=row.filter.pattern,
        enabled=row.enabled,
        origin=row.origin,
        created_at=row.created_at,
    )
