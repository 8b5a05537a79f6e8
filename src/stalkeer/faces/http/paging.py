"""Page through lists: by number for the first 10,000 rows, by cursor to any depth at the same cost."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query

from stalkeer.errors import NotFound
from stalkeer.faces.http.ids import LARGEST_ID
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.queries import BadQuery

Record = TypeVar("Record")
DEEPEST_ROW = 10_000
LARGEST_PAGE = 500


class TooDeep(BadQuery):
    """Report a page beyond the first 10,000 rows."""


class UnknownCursor(NotFound):
    """Report a cursor that does not come from an answer of this list."""

    def __init__(self) -> None:
        super().__init__("The cursor does not come from an earlier answer; start without a cursor")


class PageOf(ApiModel, Generic[Record]):
    """Hold a page of a list. `nextCursor` is null on the last; `totalRecords` is null where counting costs too much."""

    records: list[Record]
    page: int | None = None
    page_size: int
    total_records: int | None = None
    next_cursor: str | None = None


@dataclass(frozen=True)
class Page:
    """Hold the requested page. `after` is the decoded cursor: the sort values of the last row seen, or None."""

    page: int
    size: int
    after: tuple[object, ...] | None

    @property
    def offset(self) -> int:
        return 0 if self.after is not None else (self.page - 1) * self.size


async def page_parameters(
    page: Annotated[int, Query(ge=1, le=1_000_000, description="Page number, from 1; ignored with `cursor`.")] = 1,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=LARGEST_PAGE, description="Rows on a page.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=8000, description="`nextCursor` of the previous page. Every page costs the same.")
    ] = None,
) -> Page:
    if cursor is not None:
        return Page(page=1, size=page_size, after=decode_cursor(cursor))
    if page * page_size > DEEPEST_ROW:
        raise TooDeep(f"Pages by number end at row {DEEPEST_ROW}; use nextCursor of the previous page for more")
    return Page(page=page, size=page_size, after=None)


PageParams = Annotated[Page, Depends(page_parameters)]


def page_of_all(records: Sequence[Record], page: Page) -> PageOf[Record]:
    """Return a page of a short list that is in memory. The cursor holds the place of the next row."""
    start = page.offset if page.after is None else _place(page)
    end = start + page.size
    return PageOf[Record](
        records=list(records[start:end]),
        page=None if page.after is not None else page.page,
        page_size=page.size,
        total_records=len(records),
        next_cursor=encode_cursor((end,)) if end < len(records) else None,
    )


def _place(page: Page) -> int:
    place = last_id(page)
    assert place is not None, "only pages with a cursor come here"
    return place


def last_id(page: Page) -> int | None:
    """Return the id in the cursor, or None without a cursor. Raises UnknownCursor for a cursor with other values."""
    if page.after is None:
        return None
    [number] = page.after if len(page.after) == 1 else [None]
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= LARGEST_ID:
        raise UnknownCursor()
    return number


def encode_cursor(values: tuple[object, ...]) -> str:
    """Encode the sort values of a page's last row as a cursor."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode("ascii").rstrip("=")


def _is_sort_value(value: object) -> bool:
    """Tell whether a column can have this value. Databases take no larger numbers."""
    if isinstance(value, int | float):
        return isfinite(value) and abs(value) <= LARGEST_ID
    return value is None or isinstance(value, str)


def decode_cursor(cursor: str) -> tuple[object, ...]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (UnicodeError, binascii.Error, ValueError, RecursionError) as error:
        raise UnknownCursor() from error
    if not isinstance(values, list) or not all(map(_is_sort_value, values)):
        raise UnknownCursor()
    return tuple(values)
