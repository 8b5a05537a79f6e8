"""Serve /duplicates: files, items and streams that exist more than once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import Page, PageOf, PageParams, UnknownCursor, encode_cursor
from stalkeer.faces.http.queries import BadQuery
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


@router.get("")
def list_all_duplicates(
    app: CurrentApp,
    page: PageParams,
    kind: Annotated[DuplicateKind, KIND] = DuplicateKind.FILES,
) -> PageOf[DuplicateView]:
    """List duplicates with their sizes and advice.

    Pages after the first need `cursor`. A page with fewer rows may still have a `nextCursor`.
    """
    found = list_duplicates(app.database, app.secrets, kind, _after(page), page.size)
    return PageOf[DuplicateView](
        records=[DuplicateView.of(duplicate) for duplicate in found.found],
        page_size=page.size,
        next_cursor=None if found.after is None else encode_cursor((found.after,)),
    )


def _after(page: Page) -> str:
    if page.after is None:
        if page.page > 1:
            raise BadQuery("Duplicates have no pages by number; use nextCursor of the page before")
        return ""
    if len(page.after) != 1 or not isinstance(page.after[0], str):
        raise UnknownCursor()
    return page.after[0]
