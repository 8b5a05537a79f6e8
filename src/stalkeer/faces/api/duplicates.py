"""Serve /duplicates: what is there twice."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import UnknownCursor, decode_cursor, encode_cursor
from stalkeer.jobs.duplicates.find import Duplicate, DuplicateKind, list_duplicates

router = APIRouter(prefix="/duplicates", tags=["duplicates"])
KIND = Query(
    description="`files`: several files of one item on the disk. `ids`: a movie or series under several ids of one "
    "instance. `instances`: a movie in several instances whose profiles allow the same resolutions. `streams`: a "
    "stream that several sources list."
)


class DuplicatePartView(ApiModel):
    place: str = Field(description="The path, instance or source.")
    name: str
    size: int | None = Field(description="Bytes; null where it is unknown.")


class DuplicateView(ApiModel):
    title: str
    parts: list[DuplicatePartView]
    advice: str = Field(description="What to do. Stalkeer deletes nothing.")

    @classmethod
    def of(cls, found: Duplicate) -> DuplicateView:
        parts = [DuplicatePartView(**vars(part)) for part in found.parts]
        return cls(title=found.title, parts=parts, advice=found.advice)


class DuplicatesView(ApiModel):
    records: list[DuplicateView]
    next_cursor: str | None = Field(description="Null at the end. A page with fewer rows may still have one.")


@router.get("")
def list_all_duplicates(
    app: CurrentApp,
    kind: Annotated[DuplicateKind, KIND] = DuplicateKind.FILES,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=500, description="Rows on a page.")] = 50,
    cursor: Annotated[str | None, Query(max_length=8000, description="`nextCursor` of the previous page.")] = None,
) -> DuplicatesView:
    """List what is there twice, with sizes and with what to do."""
    page = list_duplicates(app.database, app.secrets, kind, _after(cursor), page_size)
    return DuplicatesView(
        records=[DuplicateView.of(one) for one in page.found],
        next_cursor=None if page.after is None else encode_cursor((page.after,)),
    )


def _after(cursor: str | None) -> str:
    if cursor is None:
        return ""
    values = decode_cursor(cursor)
    if len(values) != 1 or not isinstance(values[0], str):
        raise UnknownCursor()
    return values[0]
