"""Tell media, a playlist and an error page apart by the declared type and the first bytes of a body."""

from __future__ import annotations

from enum import Enum

SNIFF = 512
PLAYLIST_TYPES = frozenset(
    {"application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl", "video/mpegurl"}
)
PAGE_TYPES = frozenset({"text/html", "application/json", "application/xhtml+xml", "application/problem+json"})
PAGE_STARTS = (
    b"<!doctype",
    b"<html",
    b"<head",
    b"<body",
    b"<?xml",
    b"<!--",
    b'{"',
    b"{\n",
    b"{ ",
    b"{\r",
    b'["',
    b"[{",
)


class BodyKind(Enum):
    MEDIA = "media"
    PLAYLIST = "playlist"
    PAGE = "page"


def kind_of_body(content_type: str | None, start: bytes) -> BodyKind:
    """Classify a body. Its first bytes count before its type: panels send pages as video/mp2t, playlists as text/plain.

    A declared page without a page's beginning is still a page, unless its bytes are not text at all.
    """
    text = start[:SNIFF].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").lower()
    if text.startswith(b"#extm3u"):
        return BodyKind.PLAYLIST
    if text.startswith(PAGE_STARTS) or text in (b"{}", b"[]"):
        return BodyKind.PAGE
    declared = (content_type or "").partition(";")[0].strip().casefold()
    is_text = _is_text(start[:SNIFF])
    if declared in PLAYLIST_TYPES and is_text:
        return BodyKind.PLAYLIST
    if (declared in PAGE_TYPES or declared.startswith("text/")) and is_text:
        return BodyKind.PAGE
    return BodyKind.MEDIA


def _is_text(start: bytes) -> bool:
    """Return True for text. Container headers hold control bytes within their first half kilobyte; text holds none."""
    return not any(byte < 9 or 13 < byte < 32 for byte in start)
