"""Fetch the posters and backdrops that Radarr and Sonarr keep of their movies and series."""

from __future__ import annotations

from enum import StrEnum

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.net.pictures import media_type_of

LARGEST = 4_000_000  # bytes; an instance that has not scaled a picture yet sends the large original


class PictureSize(StrEnum):
    """Define the sizes of pictures that both programs keep. The number is the height."""

    THUMBNAIL = "poster-250"
    POSTER = "poster-500"
    BACKDROP = "fanart-360"


def read_picture(client: ArrClient, arr_id: int, picture: PictureSize) -> bytes | None:
    """Return a picture of a movie or series; None where there is none, or where the answer is no picture."""
    content = client.download(f"mediacover/{arr_id}/{picture.value}.jpg", LARGEST)
    return content if content and media_type_of(content) else None
