"""Tell pictures from anything else by their first bytes."""

from __future__ import annotations

_MARKS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def media_type_of(content: bytes) -> str | None:
    """Return the media type by the first bytes, not by the server's header; None for anything but a bitmap."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((name for mark, name in _MARKS if content.startswith(mark)), None)
