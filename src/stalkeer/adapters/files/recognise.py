"""Recognise a file by its first bytes: a video container, or something mistaken for one."""

from __future__ import annotations

START = 4096  # bytes that suffice
# containers that Radarr and Sonarr import; recognised by their signature only
SIGNATURES = (
    ("mpegps", b"\x00\x00\x01\xba"),
    ("flv", b"FLV\x01"),
    ("asf", bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")),
    ("ogg", b"OggS\x00"),
    ("realmedia", b".RMF\x00"),
)
OTHERS = (
    ("a JPEG picture", b"\xff\xd8\xff"),
    ("a PNG picture", b"\x89PNG\r\n"),
    ("a GIF picture", b"GIF8"),
    ("a ZIP archive", b"PK\x03\x04"),
    ("a RAR archive", b"Rar!\x1a\x07"),
    ("a 7z archive", b"7z\xbc\xaf\x27\x1c"),
    ("gzip data", b"\x1f\x8b"),
    ("a Windows program", b"MZ"),
    ("a program", b"\x7fELF"),
    ("a PDF document", b"%PDF"),
    ("an MP3 file", b"ID3"),
    ("a web page", b"<"),
)
TEXT_START = 512


def container_by_signature(start: bytes) -> str | None:
    return next((kind for kind, signature in SIGNATURES if start.startswith(signature)), None)


def is_text(start: bytes) -> bool:
    """Tell whether bytes are text. Containers have control bytes within their first half kilobyte; text has none."""
    return not any(byte < 9 or 13 < byte < 32 for byte in start[:TEXT_START])


def describe(start: bytes) -> str:
    """Describe the contents in a few words. Quotes no bytes, because a page may contain an account's login."""
    text = _as_text(start)
    visible = text.lstrip().encode() if text is not None else start
    named = next((words for words, signature in OTHERS if visible.startswith(signature)), None)
    return named or ("text" if text is not None else "data of no known form")


def _as_text(start: bytes) -> str | None:
    """Return the beginning as text in UTF-8 or UTF-16, with or without a byte order mark; None when it is no text."""
    even = start[: len(start) // 2 * 2]
    for mark, encoding, zeros in ((b"\xff\xfe", "utf-16-le", even[1:64:2]), (b"\xfe\xff", "utf-16-be", even[:64:2])):
        is_wide = start.startswith(mark) or (bool(zeros) and not any(zeros))
        if is_wide and any(start):
            return even.removeprefix(mark).decode(encoding, "replace")
    return start.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace") if is_text(start) else None
