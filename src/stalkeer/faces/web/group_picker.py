"""Offer the groups of a new source after its test, and read the selection from the form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stalkeer.core.catalogue.adult import adult_label
from stalkeer.core.catalogue.groups import (
    ADULT_GROUPS,
    Group,
    GroupChoice,
    LanguageGroup,
    choose_groups,
    group_by_language,
)
from stalkeer.errors import InvalidInput

OFFERED, KEPT = "offered_groups", "keep-group."
MOST_OFFERED = 1_000


@dataclass(frozen=True)
class Picker:
    """Hold the largest groups by language. `more` counts the groups that are not offered and are kept."""

    languages: tuple[LanguageGroup, ...]
    offered: tuple[str, ...]
    more: int

    @property
    def offered_json(self) -> str:
        return json.dumps(self.offered)

    def field(self, group: Group) -> str:
        return f"{KEPT}{self.offered.index(group.name)}"

    def label(self, group: Group) -> str | None:
        """Return the label for which a group is left out by default; None for all others."""
        return adult_label(group.name)

    def keeps(self, language: LanguageGroup) -> bool:
        """Return whether the language is selected by default."""
        return language.language != ADULT_GROUPS


def offer(groups: Sequence[Group]) -> Picker:
    named = [group for group in groups if group.name]
    largest = sorted(named, key=lambda group: -group.size)[:MOST_OFFERED]
    return Picker(tuple(group_by_language(largest)), tuple(group.name for group in largest), len(named) - len(largest))


def read_choice(form: Mapping[str, str]) -> GroupChoice:
    """Read the ticked groups. Raises InvalidInput where groups were offered and none is ticked."""
    offered = _names(form.get(OFFERED, "[]"))
    return choose_groups(offered, {name for number, name in enumerate(offered) if f"{KEPT}{number}" in form})


def _names(text: str) -> list[str]:
    try:
        names = json.loads(text)
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(names) > MOST_OFFERED:
        raise InvalidInput("The groups of this form are not valid. Test the source again.")
    return names
