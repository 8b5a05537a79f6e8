"""Serve /history: the events, newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from stalkeer.errors import InvalidInput
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.api.events import EventView
from stalkeer.faces.http.ids import LARGEST_ID
from stalkeer.faces.http.models import Moment
from stalkeer.faces.http.paging import PageOf, PageParams, encode_cursor, last_id
from stalkeer.jobs.downloads.view import read_names
from stalkeer.model import DownloadId, EventGroup, EventKind, WantedId
from stalkeer.store.journal.events import EventFilter, Level, count_events, list_events

router = APIRouter(prefix="/history", tags=["history"])


@router.get("")
def list_history(
    app: CurrentApp,
    page: PageParams,
    kind: Annotated[
        list[EventKind | EventGroup] | None,
        Query(description="Only events of these kinds. `download` stands for all kinds that begin with it."),
    ] = None,
    level: Annotated[list[Level] | None, Query()] = None,
    download_id: Annotated[int | None, Query(alias="downloadId", ge=1, le=LARGEST_ID)] = None,
    wanted_id: Annotated[int | None, Query(alias="wantedId", ge=1, le=LARGEST_ID)] = None,
    source: Annotated[str | None, Query(max_length=80, description="Only events of this source.")] = None,
    instance: Annotated[str | None, Query(max_length=80, description="Only events of this Radarr or Sonarr.")] = None,
    since: Annotated[Moment | None, Query(description="Only events after this time.")] = None,
) -> PageOf[EventView]:
    """List the events, newest first."""
    if since is not None and since.tzinfo is None:
        raise InvalidInput("`since` needs a time zone, as in 2026-01-31T12:00:00Z")
    with app.database.connect() as connection:
        names = read_names(connection)
        chosen = EventFilter(
            kinds=tuple(kind or ()),
            levels=tuple(value.value for value in level or ()),
            download_id=None if download_id is None else DownloadId(download_id),
            wanted_id=None if wanted_id is None else WantedId(wanted_id),
            source_id=None if source is None else names.find_source(source),
            instance_id=None if instance is None else names.find_instance(instance),
            since=since,
        )
        rows = list_events(connection, chosen, before=last_id(page), limit=page.size + 1, offset=page.offset)
        total = count_events(connection, chosen)
    more, rows = len(rows) > page.size, rows[: page.size]
    return PageOf[EventView](
        records=[EventView.of(row, names) for row in rows],
        page=None if page.after is not None else page.page,
        page_size=page.size,
        total_records=total,
        next_cursor=encode_cursor((rows[-1].id,)) if more else None,
    )
