"""Which groups of a new source are kept: the answer of a form that was shown after its test."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stalkeer.core.catalogue.filters import Filter
from stalkeer.core.catalogue.groups import ADULT_GROUPS, Group, Shelf, filters_for, shelve
from stalkeer.core.catalogue.kinds import is_adult
from stalkeer.errors import InvalidInput

OFFERED, KEPT = "offered_groups", "keep-group."
MOST_OFFERED = 1_000


@dataclass(frozen=True)
class Picker:
    """What a form shows: the largest groups by language. The others stay as they are, `more` of them."""

    shelves: tuple[Shelf, ...]
    offered: tuple[str, ...]
    more: int

    @property
    def offered_json(self) -> str:
        return json.dumps(self.offered)

    def field(self, group: Group) -> str:
        return f"{KEPT}{self.offered.index(group.name)}"

    def keeps(self, shelf: Shelf) -> bool:
        """Whether it is kept unless the user says otherwise."""
        return shelf.language != ADULT_GROUPS


@dataclass(frozen=True)
class Choice:
    """`adult`: whether some group that calls itself so is kept."""

    filters: tuple[Filter, ...] = ()
    adult: bool = False


def offer(groups: Sequence[Group]) -> Picker:
    named = [group for group in groups if group.name]
    largest = sorted(named, key=lambda group: -group.size)[:MOST_OFFERED]
    return Picker(tuple(shelve(largest)), tuple(group.name for group in largest), len(named) - len(largest))


def read_choice(form: Mapping[str, str]) -> Choice:
    """Nothing is left out where nothing was offered."""
    offered = _names(form.get(OFFERED, "[]"))
    kept = {name for number, name in enumerate(offered) if f"{KEPT}{number}" in form}
    if offered and not kept:
        raise InvalidInput("No group is ticked, so nothing of the list would be kept: tick some of them.")
    return Choice(tuple(filters_for(offered, kept)), any(is_adult(name) for name in kept))


def _names(text: str) -> list[str]:
    try:
        names = json.loads(text)
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(names) > MOST_OFFERED:
        raise InvalidInput("The groups of this form cannot be read: test the source again.")
    return names
