"""Names that every file system takes, whatever a playlist called a film."""

from __future__ import annotations

import re
import unicodedata

MAX_BYTES = 255
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
# what turns the direction of text around or cannot be seen: names must not look like others
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def safe_name(name: str, extension: str = "", max_bytes: int = MAX_BYTES) -> str:
    """`name` as one part of a path: no separators, no reserved names, at most `max_bytes` with its `extension`.

    Unicode stays, composed (NFC). What is left empty becomes "unnamed".
    """
    text = INVISIBLE.sub("", unicodedata.normalize("NFC", name))
    text = "".join(" " if unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn") else char for char in text)
    text = re.sub(r"\s+", " ", FORBIDDEN.sub(" ", text)).strip(" .")
    text = _cut(text, max_bytes - len(extension.encode())).rstrip(" .") or "unnamed"
    if text.partition(".")[0].casefold() in RESERVED:
        text = _cut(f"_{text}", max_bytes - len(extension.encode()))
    return text + extension


def is_fitting(name: str) -> bool:
    """One part of a path as it stands: not "..", no separator or NUL, at most 255 bytes."""
    return name not in ("", ".", "..") and "/" not in name and "\0" not in name and len(name.encode()) <= MAX_BYTES


def _cut(text: str, room: int) -> str:
    """At most `room` bytes, never through a character."""
    return text.encode()[: max(0, room)].decode(errors="ignore")
