"""Fetch the posters and backdrops that Radarr and Sonarr keep of their movies and series."""

from __future__ import annotations

from enum import StrEnum

from stalkeer.adapters.arr.client import ArrClient

LARGEST = 4_000_000  # bytes; an instance that has not scaled a picture yet sends the large original


class PictureSize(StrEnum):
    """Define the sizes of pictures that both programs keep. The number is the height."""

    THUMBNAIL = "poster-250"
    POSTER = "poster-500"
    BACKDROP = "fanart-360"


_MARKS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def read_picture(client: ArrClient, arr_id: int, picture: PictureSize) -> bytes | None:
    """Return a picture of a movie or series; None where there is none, or where the answer is no picture."""
    content = client.download(f"mediacover/{arr_id}/{picture.value}.jpg", LARGEST)
    return content if content and media_type_of(content) else None


def media_type_of(content: bytes) -> str | None:
    """Return the media type by the first bytes, not by the server's header; None for anything but a bitmap."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((name for mark, name in _MARKS if content.startswith(mark)), None)
