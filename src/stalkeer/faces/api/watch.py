"""Serve /watch: the videos of the watch folders."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from stalkeer.core.downloads.watch import WatchState
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.ids import RowId
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, encode_cursor, last_id
from stalkeer.jobs.watch.actions import choose_item, retry_file
from stalkeer.model import WantedId
from stalkeer.store.watch.watch_files import WatchFile, count_watch_files, get_watch_file, list_watch_files

router = APIRouter(prefix="/watch", tags=["watch"])
States = Annotated[list[WatchState], Query(alias="state", description="Only files in these states.")]


class WatchCandidateView(ApiModel):
    wanted_id: int
    label: str
    reason: str = Field(description="Why it is not the item for sure.")


class WatchFileView(ApiModel):
    id: int
    path: str
    folder: str = Field(description="The watch folder.")
    size: int = Field(description="Bytes.")
    state: WatchState = Field(
        description="`new`: it may still be written. `review`: you decide, or a later scan. `taken`: a download "
        "imports it. `failed`: it is not tried again until it changes or you retry it."
    )
    reason: str
    candidates: list[WatchCandidateView]
    download_id: int | None
    updated_at: datetime

    @classmethod
    def of(cls, file: WatchFile) -> WatchFileView:
        return cls(
            id=file.id,
            path=file.found.path,
            folder=file.found.folder,
            size=file.found.size,
            state=file.state,
            reason=file.reason,
            candidates=[WatchCandidateView(**vars(candidate)) for candidate in file.candidates],
            download_id=file.download_id,
            updated_at=file.updated_at,
        )


class WatchChoice(ApiModel):
    wanted_ids: list[RowId] = Field(min_length=1, max_length=100, description="The items that the file has.")


@router.get("")
def list_watch(app: CurrentApp, page: PageParams, states: States = []) -> PageOf[WatchFileView]:  # noqa: B006 - FastAPI copies it
    """List the videos of the watch folders, newest first."""
    with app.database.connect() as connection:
        rows = list_watch_files(connection, states, limit=page.size, offset=page.offset, before=last_id(page))
        counts = count_watch_files(connection)
    return PageOf[WatchFileView](
        records=[WatchFileView.of(row) for row in rows],
        page=None if page.after else page.page,
        page_size=page.size,
        total_records=sum(count for state, count in counts.items() if not states or state in states),
        next_cursor=encode_cursor((rows[-1].id,)) if len(rows) == page.size else None,
    )


@router.post("/{file_id}/take")
def take_watch_file(app: CurrentApp, file_id: RowId, choice: WatchChoice) -> WatchFileView:
    """Import the file as these wanted items, whatever its name says."""
    choose_item(app.download_queue, file_id, [WantedId(wanted_id) for wanted_id in choice.wanted_ids])
    return _shown(app, file_id)


@router.post("/{file_id}/retry")
def retry_watch_file(app: CurrentApp, file_id: RowId) -> WatchFileView:
    """Verify and match the file again."""
    retry_file(app.download_queue, file_id)
    return _shown(app, file_id)


def _shown(app: CurrentApp, file_id: int) -> WatchFileView:
    with app.database.connect() as connection:
        return WatchFileView.of(get_watch_file(connection, file_id))
