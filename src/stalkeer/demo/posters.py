"""Draw pictures for the demo's movies and series from their titles, the same at every start."""

from __future__ import annotations

import math
import struct
import zlib
from colorsys import hsv_to_rgb
from functools import lru_cache

POSTER = (333, 500)
BACKDROP = (640, 360)
_SKY = 64  # shades of the sky from the top down, then the colours of the sun and of the two ridges
_SUN, _FAR, _NEAR = _SKY, _SKY + 1, _SKY + 2


def draw_poster(title: str) -> bytes:
    return _draw(title, *POSTER)


def draw_backdrop(title: str) -> bytes:
    return _draw(title, *BACKDROP)


def images_of(number: int, poster: str | None, backdrop: str | None) -> list[dict[str, object]]:
    """Return the images of a movie or series as both programs list them."""
    named = (("poster", poster), ("fanart", backdrop))
    return [
        {"coverType": kind, "url": f"/MediaCover/{number}/{kind}.jpg", "remoteUrl": url} for kind, url in named if url
    ]


@lru_cache(maxsize=256)
def _draw(title: str, width: int, height: int) -> bytes:
    """Draw a PNG with a sky, a sun and two ridges, in colours that depend on the title."""
    seed = zlib.crc32(title.encode())
    rows = bytearray()
    far = _ridge(width, height * (0.58 + seed % 50 / 400), height / 10, seed % 7)
    near = _ridge(width, height * (0.76 + seed % 30 / 400), height / 17, seed % 11 + 3)
    radius = height // 14 + seed // 13 % (height // 15)
    sun_x = radius + seed // 7 % (width - 2 * radius)
    sun_y = height // 5 + seed // 11 % (height // 4)
    for y in range(height):
        row = bytearray([y * _SKY // height]) * width
        half = math.isqrt(max(0, radius * radius - (y - sun_y) ** 2))
        row[sun_x - half : sun_x + half] = bytes([_SUN]) * (2 * half)
        for x in range(width):
            if y >= near[x]:
                row[x] = _NEAR
            elif y >= far[x]:
                row[x] = _FAR
        rows += b"\0" + row
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", _palette(seed % 360 / 360)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def _ridge(width: int, height: float, swing: float, phase: int) -> list[float]:
    """Return the height of the ridge in each column."""
    return [height + swing * math.sin(x / 38 + phase) + swing / 2 * math.sin(x / 15 + 2 * phase) for x in range(width)]


def _palette(hue: float) -> bytes:
    sky = [hsv_to_rgb(hue, 0.62 - 0.3 * step / _SKY, 0.3 + 0.5 * step / _SKY) for step in range(_SKY)]
    ground = [hsv_to_rgb((hue + 0.08) % 1, 0.5, 0.32), hsv_to_rgb((hue + 0.08) % 1, 0.55, 0.16)]
    sun = hsv_to_rgb((hue + 0.45) % 1, 0.28, 0.97)
    return bytes(round(255 * part) for colour in (*sky, sun, *ground) for part in colour)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
