"""The last look at a name before a file is made under it. Making good names is `naming`'s business."""

from __future__ import annotations

import unicodedata

MAX_BYTES = 255
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
# characters that are seen as nothing, or that turn the direction of text around: names must not look like others
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn"})
JOINERS = frozenset("\u200c\u200d")  # zero width, and needed by some scripts


def is_fitting(name: str) -> bool:
    """One part of a path that every file system takes: no "..", no separator, no device's name, at most 255 bytes."""
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        return False
    if name.partition(".")[0].casefold() in RESERVED:
        return False
    if any(unicodedata.category(char) in UNSEEN and char not in JOINERS for char in name):
        return False
    return len(name.encode("utf-8", "surrogatepass")) <= MAX_BYTES
