"""Recognise the age ratings that lists write beside titles: `+18`, `16+`, `(+18)`, `FSK 18`, `TV-MA`."""

from __future__ import annotations

import re

_YEARS = r"(?:2[01]|1\d|\d)"
AGE = (
    rf"(?:\+\s?{_YEARS}(?!\d)|-1[0268](?![\d\w])|(?<!\d){_YEARS}\s?\+"
    rf"|(?:fsk|usk|pegi|kijkwijzer)[\s\-:]?(?:ab\s)?{_YEARS}(?!\d)"
    r"|(?:rated\s)?(?:tv-(?:ma|14|pg|y7?|g)|nc-?17|pg-?13)(?!\w))"
)
_AGE = re.compile(AGE, re.I)
_AGES = re.compile(rf"(?<![\w+]){AGE}(?![\w+])", re.I)
_AT_END = re.compile(rf"\s+{AGE}$", re.I)
AGE_WORDS = frozenset(("fsk", "usk", "pegi", "kijkwijzer", "ab", "tv", "pg", "nc", "rated"))
_DIGIT = re.compile(r"\d")


def is_age(text: str) -> bool:
    """Return whether a text is an age rating and nothing else."""
    return _AGE.fullmatch(text.strip()) is not None


def without_ages(text: str) -> str:
    """Return the text around a title without age ratings."""
    return _AGES.sub(" ", text) if "+" in text or _DIGIT.search(text) or "-" in text else text


def without_age_at_end(title: str) -> str | None:
    """Return a title without the age rating at its end, or None where it has none."""
    if not (title[-1:] == "+" or title[-2:-1].isdecimal() or title[-1:].isdecimal()):
        return None
    found = _AT_END.search(title)
    return None if found is None else title[: found.start()]
