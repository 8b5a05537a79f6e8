"""Serve /filters: preview, add, change and remove the filters of the sources."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field as Key
from pydantic import StrictBool

from stalkeer.core.catalogue.filters import LONGEST_PATTERN, Field, Filter, Mode
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.ids import RowId
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, page_of_all
from stalkeer.faces.http.problems import problem_answers
from stalkeer.jobs.sources.filters import (
    FilterPatch,
    NamedFilter,
    create_filter,
    delete_filter,
    edit_filter,
    list_named_filters,
    preview_filter,
)

router = APIRouter(prefix="/filters", tags=["filters"])


class FilterItem(ApiModel):
    id: int
    source: str | None = Key(description="Null: every source.")
    field: Field
    mode: Mode
    pattern: str
    enabled: StrictBool
    origin: str = Key(description="`config`: from config.yml. `ui`: added here.")
    created_at: datetime


class FilterToMake(ApiModel):
    """Describe a new filter.

    `exclude` drops the entries that match. `include` keeps only entries that match one of the field's include filters.
    """

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


class FilterPreviewView(ApiModel):
    """Describe the effect of this filter alone on the present catalogue."""

    entries: int
    dropped: int
    samples: list[str]
    groups: dict[str, int] = Key(description="Dropped entries by group, the largest groups first.")


@router.get("")
def list_all_filters(app: CurrentApp, page: PageParams) -> PageOf[FilterItem]:
    """List the filters from the configuration and those added here.

    Groups labelled as adult are left out in any case, unless a source includes them.
    """
    return page_of_all([to_api(item) for item in list_named_filters(app.database)], page)


@router.post("", status_code=201, responses=problem_answers(404))
def make_filter(app: CurrentApp, new: FilterToMake) -> FilterItem:
    """Add a filter. It takes effect with the next refresh of each source."""
    return to_api(create_filter(app.database, Filter(new.field, new.mode, new.pattern), new.source, app.clock()))


@router.post("/preview", responses=problem_answers(404))
def preview_new_filter(app: CurrentApp, new: FilterToMake) -> FilterPreviewView:
    """Count the entries that a filter would drop, without adding it."""
    found = preview_filter(app.database, Filter(new.field, new.mode, new.pattern), new.source)
    return FilterPreviewView.model_validate(found.to_document())


@router.patch("/{filter_id}", responses=problem_answers(404, 409))
def change_one_filter(app: CurrentApp, filter_id: RowId, change: FilterToChange) -> FilterItem:
    """Change a filter that was added here, or disable it."""
    patch = FilterPatch(change.field, change.mode, change.pattern, change.enabled)
    return to_api(edit_filter(app.database, filter_id, patch))


@router.delete("/{filter_id}", status_code=204, responses=problem_answers(404, 409))
def delete_one_filter(app: CurrentApp, filter_id: RowId) -> None:
    """Remove a filter. The entries that it dropped return with the next refresh."""
    delete_filter(app.database, filter_id)


def to_api(item: NamedFilter) -> FilterItem:
    return FilterItem.model_validate(item.to_document())
