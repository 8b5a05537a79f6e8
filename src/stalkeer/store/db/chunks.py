"""Query many ids with few statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, TextClause, text

T = TypeVar("T")
_CHUNK = 500
_INTS_AT_ONCE = 5_000


def among(column: Column[Any], ids: Iterable[int]) -> TextClause:
    """Return `column IN (ids)` with literal numbers, because binding thousands of them costs more than the query.

    It is plain text: SQLAlchemy would write a boolean expression as `... = 1` on SQLite, and no index serves that.
    """
    numbers = ",".join(str(int(number)) for number in ids)
    return text(f"{column.table.name}.{column.name} IN ({numbers or 'NULL'})")


def id_chunks(ids: Collection[int]) -> Iterator[Sequence[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _INTS_AT_ONCE):
        yield ordered[start : start + _INTS_AT_ONCE]


def chunks(items: Sequence[T], size: int = _CHUNK) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
