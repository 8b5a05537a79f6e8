"""Decide which names our files and folders may have. Names made by a user or an instance are not judged."""

from __future__ import annotations

import re
import unicodedata

MAX_BYTES = 255  # per name, on every common file system
TEMPORARY_PREFIX = ".stalkeer-"  # marks a file that is being copied; the suffixes of instances are not longer
LONGEST_NAME_BYTES = MAX_BYTES - len(TEMPORARY_PREFIX)
# Windows takes a name for a device when the part before its first dot is a device name
_DEVICE = re.compile(r"(?P<device>con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³]) *(?:\.|$)", re.IGNORECASE)
# invisible characters and changes of text direction: a name must not look like another name
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn"})
_JOINERS = frozenset("\u200c\u200d")  # zero width, but needed by some scripts


def is_fitting(name: str) -> bool:
    """Tell whether every file system accepts this path part: no "..", separator or device name; at most 255 bytes."""
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        return False
    if _DEVICE.match(name) or without_unseen(name) != name:
        return False
    return len(_encoded(name)) <= MAX_BYTES


def without_unseen(text: str) -> str:
    """Remove invisible characters."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign for sign in text if unicodedata.category(sign) not in _UNSEEN or sign in _JOINERS)


def without_device(name: str) -> str:
    """Replace the dot after a device name by an underscore, as Radarr and Sonarr do.

    >>> without_device("Con.Air.1997"), without_device("Con Air (1997)"), without_device("Nul")
    ('Con_Air.1997', 'Con Air (1997)', 'Nul_')
    """
    found = _DEVICE.match(name)
    return f"{found['device']}_{name[found.end() :]}" if found else name


def in_bytes(stem: str, extension: str = "") -> str:
    """Cut the name to the bytes that file systems accept, with room for a temporary name's prefix."""
    room = LONGEST_NAME_BYTES - len(extension.encode())
    cut = _cut(stem, room).rstrip("- ._") if len(_encoded(stem)) > room else stem
    return f"{cut}{extension}"


def temporary_name(name: str) -> str:
    """Return the hidden name of a file while it is incomplete, in the folder of its final place."""
    return TEMPORARY_PREFIX + _cut(name, LONGEST_NAME_BYTES)


def _cut(text: str, room: int) -> str:
    return _encoded(text)[:room].decode("utf-8", "ignore")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
