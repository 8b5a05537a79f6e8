"""Apply the user's filters on group, name, path and host: keep entries, or give the reason for leaving them out.

Patterns use RE2, whose matching time is linear, so no pattern can hang a refresh.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import re2

from stalkeer.core.catalogue.adult import adult_label, is_adult
from stalkeer.core.catalogue.kinds import split_url
from stalkeer.errors import InvalidInput
from stalkeer.model import Entry

LONGEST_PATTERN = 500
_REMEMBERED = 100_000
ADULT = "adult"
CATEGORY_SEPARATOR = ";"


class Field(StrEnum):
    GROUP = "group"
    NAME = "name"
    PATH = "path"
    HOST = "host"


class Mode(StrEnum):
    INCLUDE = "include"
    EXCLUDE = "exclude"


@dataclass(frozen=True)
class Filter:
    """Describe a filter.

    `include` keeps only entries that match an include filter of the field. `exclude` drops matching entries.
    """

    field: Field
    mode: Mode
    pattern: str

    @property
    def label(self) -> str:
        return f"{self.mode} {self.field} {self.pattern}"


def check_pattern(pattern: str) -> None:
    """Raise InvalidInput with the reason when `pattern` cannot be used."""
    if not pattern.strip():
        raise InvalidInput("A filter needs a pattern; an empty pattern would match everything")
    if len(pattern) > LONGEST_PATTERN:
        raise InvalidInput(
            f"A filter's pattern has at most {LONGEST_PATTERN} characters, this pattern has {len(pattern)}"
        )
    _compile(pattern)


def _compile(pattern: str) -> Callable[[str], object]:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        search: Callable[[str], object] = re2.compile(pattern, options).search
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        raise InvalidInput(
            f"The pattern {pattern!r} cannot be used: {reason}. Filters are regular expressions in RE2's syntax, "
            "without look-around and back-references; case does not matter"
        ) from error
    return search


def categories(group: str) -> list[str]:
    """Split a group with several categories: `Films;Action`, as Kodi and accounts have it."""
    return [part.strip() for part in group.split(CATEGORY_SEPARATOR) if part.strip()]


def explain_reason(group: str, reason: str) -> str:
    """Explain to users why a group is left out. An adult group is named with its label.

    >>> explain_reason("VOD | 18+", "adult")
    'labelled as adult: “18+”'
    """
    label = adult_label(group)
    return f"labelled as adult: “{label}”" if reason == ADULT and label else f"filter: {reason}"


class FilterSet:
    """Hold all filters of a source. `left_out` returns the filter that drops an entry, or None."""

    def __init__(self, filters: Sequence[Filter], *, keep_adult: bool) -> None:
        self.filters = tuple(filters)
        self.keep_adult = keep_adult
        self._by_field = {
            field: (
                [(f.label, _compile(f.pattern)) for f in filters if f.field is field and f.mode is Mode.EXCLUDE],
                [(f.label, _compile(f.pattern)) for f in filters if f.field is field and f.mode is Mode.INCLUDE],
            )
            for field in Field
            if any(f.field is field for f in filters)
        }
        self._groups: dict[str, str | None] = {}

    @property
    def digest(self) -> str:
        """Return a text that changes when the filters would give other results."""
        return "|".join((*sorted(f.label for f in self.filters), f"adult={self.keep_adult}"))

    def left_out(self, entry: Entry) -> str | None:
        reason = self._of_known_group(entry.group)
        if reason is not None or not self._by_field:
            return reason
        return self._of_entry(entry)

    def reasons(self, entries: Sequence[Entry]) -> Sequence[str | None]:
        """Return the result of `left_out` for each entry; an empty sequence when all entries stay."""
        if not self._by_field and not any(map(self._of_known_group, {entry.group for entry in entries})):
            return ()
        reasons = list(map(self.left_out, entries))
        return reasons if any(reasons) else ()

    def _of_known_group(self, group: str) -> str | None:
        if group not in self._groups:
            if len(self._groups) > _REMEMBERED:
                self._groups.clear()
            self._groups[group] = self._of_group(group)
        return self._groups[group]

    def _of_group(self, group: str) -> str | None:
        """Judge all categories of an entry: an adult one leaves it out, any other one that stays keeps it."""
        if not self.keep_adult and is_adult(group):
            return ADULT
        parts = categories(group)
        if len(parts) < 2:
            return self._judge(Field.GROUP, group)
        own = self._exclusion(Field.GROUP, group)
        if own is not None and not any(self._exclusion(Field.GROUP, part) for part in parts):
            return own  # a filter on this combination of categories
        if not any(self._is_included(Field.GROUP, value) for value in (group, *parts)):
            return _not_included(Field.GROUP)
        kept = [part for part in parts if self._is_included(Field.GROUP, part)] or parts
        reasons = [self._exclusion(Field.GROUP, part) for part in kept]
        return None if None in reasons else reasons[0]

    def _of_entry(self, entry: Entry) -> str | None:
        reason = self._judge(Field.NAME, entry.name) if Field.NAME in self._by_field else None
        if reason is None and (Field.PATH in self._by_field or Field.HOST in self._by_field):
            parts = split_url(entry.url)
            reason = self._judge(Field.PATH, parts.path) or self._judge(Field.HOST, parts.host)
        return reason

    def _judge(self, field: Field, value: str) -> str | None:
        reason = self._exclusion(field, value)
        return reason if reason is not None or self._is_included(field, value) else _not_included(field)

    def _exclusion(self, field: Field, value: str) -> str | None:
        excluding, _ = self._by_field.get(field, ((), ()))
        return next((label for label, search in excluding if search(value)), None)

    def _is_included(self, field: Field, value: str) -> bool:
        _, including = self._by_field.get(field, ((), ()))
        return not including or any(search(value) for _, search in including)


def _not_included(field: Field) -> str:
    return f"no include filter on {field} matches"
