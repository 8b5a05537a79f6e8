"""Read the selection in a list that stands for more than the ticked rows: all rows of the list at an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from stalkeer.errors import InvalidInput
from stalkeer.runtime import App
from stalkeer.store.db.database import Transaction

MOST_AT_ONCE = 10_000


@dataclass(frozen=True)
class ListAddress:
    """Hold the path and the filter of a list, as the browser shows them."""

    path: str
    query: Mapping[str, str]


def read_address(text: str) -> ListAddress:
    parts = urlsplit(text)
    return ListAddress(parts.path, dict(parse_qsl(parts.query)))


def select_all(
    app: App, noun: str, list_ids: Callable[[Transaction, int], Sequence[int]], most: int = MOST_AT_ONCE
) -> list[int]:
    """Return all ids that `list_ids(connection, limit)` lists. Raises InvalidInput for more than `most`.

    Changing only a part of them would be a surprise: the button says how many rows are selected.
    """
    with app.database.connect() as connection:
        found = list_ids(connection, most + 1)
    if len(found) > most:
        raise InvalidInput(
            f"More than {most:,} {noun} are selected, and nothing was changed. "
            f"At most {most:,} can be changed at once: narrow the filter."
        )
    return [int(text) for text in found]
