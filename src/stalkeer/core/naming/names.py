"""Which names files and folders of ours may have. Folders that a user or an instance made are not judged."""

from __future__ import annotations

import re
import unicodedata

MAX_BYTES = 255  # of one name, on every common file system
TEMPORARY_PREFIX = ".stalkeer-"  # a file that is still being copied; instances add a suffix that is no longer
LONGEST_NAME_BYTES = MAX_BYTES - len(TEMPORARY_PREFIX)
# Windows reads a name as a device when all before its first dot is one
_DEVICE = re.compile(r"(?P<device>con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³]) *(?:\.|$)", re.IGNORECASE)
# characters that are seen as nothing, or that turn the direction of text around: names must not look like others
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn"})
_JOINERS = frozenset("\u200c\u200d")  # zero width, and needed by some scripts


def is_fitting(name: str) -> bool:
    """One part of a path that every file system takes: no "..", no separator, no device's name, at most 255 bytes."""
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        return False
    if _DEVICE.match(name) or without_unseen(name) != name:
        return False
    return len(_encoded(name)) <= MAX_BYTES


def without_unseen(text: str) -> str:
    """The text without characters that nobody sees."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign for sign in text if unicodedata.category(sign) not in _UNSEEN or sign in _JOINERS)


def without_device(name: str) -> str:
    """The name with an underscore behind a device's name, in place of the dot, as Radarr and Sonarr do it.

    >>> without_device("Con.Air.1997"), without_device("Con Air (1997)"), without_device("Nul")
    ('Con_Air.1997', 'Con Air (1997)', 'Nul_')
    """
    found = _DEVICE.match(name)
    return f"{found['device']}_{name[found.end() :]}" if found else name


def in_bytes(stem: str, extension: str = "") -> str:
    """The whole name within what file systems take, a temporary name's prefix included: bytes, not characters."""
    room = LONGEST_NAME_BYTES - len(extension.encode())
    cut = _cut(stem, room).rstrip("- ._") if len(_encoded(stem)) > room else stem
    return f"{cut}{extension}"


def temporary_name(name: str) -> str:
    """What a file is called while it is not whole, beside its place."""
    return TEMPORARY_PREFIX + _cut(name, LONGEST_NAME_BYTES)


def _cut(text: str, room: int) -> str:
    return _encoded(text)[:room].decode("utf-8", "ignore")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
