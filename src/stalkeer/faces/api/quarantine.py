"""Serve /quarantine: downloaded files that were set aside as wrong."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import Field

from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.ids import RowId
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, encode_cursor, last_id
from stalkeer.jobs.downloads import actions
from stalkeer.store.downloads.quarantine import QuarantinedFile, list_set_aside, measure_set_aside

router = APIRouter(prefix="/quarantine", tags=["quarantine"])


class QuarantinedFileView(ApiModel):
    id: int
    title: str = Field(description="The item for which the file was downloaded.")
    name: str = Field(description="The name of the entry on the playlist.")
    reason: str
    size: int = Field(description="Bytes.")
    path: str
    source: str
    entry_id: int
    download_id: int = Field(description="The download of the file.")
    set_aside_at: datetime

    @classmethod
    def of(cls, file: QuarantinedFile) -> QuarantinedFileView:
        shown = {name: getattr(file, name) for name in cls.model_fields}
        return cls.model_validate({**shown, "path": str(file.path)})


class AcceptedFileView(ApiModel):
    download_id: int = Field(description="The download that imports the file.")


@router.get("")
def list_quarantine(app: CurrentApp, page: PageParams) -> PageOf[QuarantinedFileView]:
    """List the quarantined files, newest first."""
    with app.database.connect() as connection:
        rows = list_set_aside(connection, limit=page.size, offset=page.offset, before=last_id(page))
        total = measure_set_aside(connection).count
    return PageOf[QuarantinedFileView](
        records=[QuarantinedFileView.of(row) for row in rows],
        page=None if page.after else page.page,
        page_size=page.size,
        total_records=total,
        next_cursor=encode_cursor((rows[-1].id,)) if len(rows) == page.size else None,
    )


@router.post("/{file_id}/accept")
def accept_quarantined(app: CurrentApp, file_id: RowId) -> AcceptedFileView:
    """Import the file as it is."""
    return AcceptedFileView(download_id=actions.accept_set_aside(app.download_queue, file_id))


@router.delete("/{file_id}", status_code=204)
def delete_quarantined(app: CurrentApp, file_id: RowId) -> Response:
    """Delete the file."""
    actions.delete_set_aside(app.download_queue, file_id)
    return Response(status_code=204)
