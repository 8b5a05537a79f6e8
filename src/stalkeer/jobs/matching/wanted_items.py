"""Find wanted items by an id or part of a title, as a user types them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from stalkeer.core.matching.works import WantedItem
from stalkeer.errors import InvalidInput, NotFound
from stalkeer.jobs.matching.library_cache import Matching, use_context
from stalkeer.model import WantedId
from stalkeer.store.matching.matches import find_wanted_ids

_LONGEST_ID = 18  # digits of the largest number in the database
_NAMED_AT_MOST = 5


def search_items(matching: Matching, text: str) -> list[WantedId]:
    """Return the items with this id or with this text in their title, at most 50."""
    if text.isdecimal() and len(text) > _LONGEST_ID:
        return []
    with matching.database.connect() as connection:
        return find_wanted_ids(connection, text)


def find_items(matching: Matching, text: str) -> list[WantedId]:
    """Return the items that fit. Raises NotFound where none does."""
    found = search_items(matching, text)
    if not found:
        raise nothing_called(text)
    return found


def nothing_called(text: str) -> NotFound:
    return NotFound(f"No wanted item is called {text!r}; `stalkeer scan missing` reads the wanted items.")


def find_item(matching: Matching, text: str) -> WantedId:
    """Return the only item that fits. Raises InvalidInput where several items fit."""
    return _find_one(matching, text, lambda item: (item.work.identity, item.season, item.episode))


def find_episode(matching: Matching, text: str) -> WantedId:
    """Return an episode of the only series that fits. Raises InvalidInput where several series fit."""
    return _find_one(matching, text, lambda item: item.work.identity)


def _find_one(matching: Matching, text: str, identity: Callable[[WantedItem], Hashable]) -> WantedId:
    found = find_items(matching, text)
    with use_context(matching) as context:
        items = [context.find(wanted_id) for wanted_id in found]
    if len({identity(item) for item in items}) > 1:
        raise InvalidInput(f"{text!r} fits several wanted items: {_named(items)}. Name one by its id.")
    return found[0]


def _named(items: Sequence[WantedItem]) -> str:
    names = [f"{item.label} (id {item.id})" for item in items[:_NAMED_AT_MOST]]
    return ", ".join([*names, "..."] if len(items) > _NAMED_AT_MOST else names)
