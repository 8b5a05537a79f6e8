"""Read the languages in which an instance's items are wanted: preferred or required."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PREFER, REQUIRE = "prefer", "require"
ORIGINAL = "original"  # the original language of the item
_FORM = re.compile(rf"(?P<code>[a-z]{{2}}|{ORIGINAL})(?:\s*:\s*(?P<how>{PREFER}|{REQUIRE}))?")


@dataclass(frozen=True)
class WantedLanguages:
    """Hold the languages, the best first. A file of known languages must have one of `required`."""

    order: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    def resolved(self, original: str | None) -> WantedLanguages:
        """Replace `original` by the original language of the item. An unknown original language requires nothing."""
        if ORIGINAL in self.required and original is None:
            return WantedLanguages(self.order)
        known = tuple(original if code == ORIGINAL and original else code for code in self.required)
        return WantedLanguages(self.order, known)


ANY_LANGUAGE = WantedLanguages()


def read_wanted_languages(values: Iterable[str]) -> WantedLanguages:
    """Read `fr`, `fr:prefer`, `en:require` and `original`, the best first. Raises ValueError."""
    order, required = [], []
    for value in values:
        found = _FORM.fullmatch(value.strip().lower())
        if found is None:
            raise ValueError(f"{value!r} is no wanted language; accepted: fr, en:require, original, original:require")
        order.append(found["code"])
        if found["how"] == REQUIRE:
            required.append(found["code"])
    return WantedLanguages(tuple(dict.fromkeys(order)), tuple(dict.fromkeys(required)))


def of_old_settings(preferred: Sequence[str], required: Sequence[str]) -> tuple[str, ...]:
    """Return the new form of `matching.languages` and `downloads.audio_languages` (two-letter codes)."""
    must = [code for code in required if code]
    first = [f"{code}:{REQUIRE}" if code in must else code for code in preferred]
    return (*first, *(f"{code}:{REQUIRE}" for code in must if code not in preferred))
