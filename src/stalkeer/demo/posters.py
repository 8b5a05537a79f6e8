"""Draw pictures for the demo's movies and series from their titles, the same at every start."""

from __future__ import annotations

import math
import struct
import zlib
from colorsys import hsv_to_rgb
from functools import lru_cache

WIDTH, HEIGHT = 250, 375
_SKY = 64  # shades from the top down; then the colours of the sun and of the two ridges
_SUN, _FAR, _NEAR = _SKY, _SKY + 1, _SKY + 2


@lru_cache(maxsize=256)
def draw_poster(title: str) -> bytes:
    """Draw a PNG with a sky, a sun and two ridges, in colours that depend on the title."""
    seed = zlib.crc32(title.encode())
    rows = bytearray()
    far, near = _ridge(225 + seed % 50, 36, seed % 7), _ridge(290 + seed % 30, 22, seed % 11 + 3)
    sun_x, sun_y, radius = 60 + seed // 7 % 130, 80 + seed // 11 % 90, 28 + seed // 13 % 24
    for y in range(HEIGHT):
        row = bytearray([y * _SKY // HEIGHT]) * WIDTH
        half = math.isqrt(max(0, radius * radius - (y - sun_y) ** 2))
        row[sun_x - half : sun_x + half] = bytes([_SUN]) * (2 * half)
        for x in range(WIDTH):
            if y >= near[x]:
                row[x] = _NEAR
            elif y >= far[x]:
                row[x] = _FAR
        rows += b"\0" + row
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", _palette(seed % 360 / 360)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def _ridge(height: int, swing: int, phase: int) -> list[float]:
    """Return the height of the ridge in each column."""
    return [height + swing * math.sin(x / 38 + phase) + swing / 2 * math.sin(x / 15 + 2 * phase) for x in range(WIDTH)]


def _palette(hue: float) -> bytes:
    sky = [hsv_to_rgb(hue, 0.62 - 0.3 * step / _SKY, 0.3 + 0.5 * step / _SKY) for step in range(_SKY)]
    ground = [hsv_to_rgb((hue + 0.08) % 1, 0.5, 0.32), hsv_to_rgb((hue + 0.08) % 1, 0.55, 0.16)]
    sun = hsv_to_rgb((hue + 0.45) % 1, 0.28, 0.97)
    return bytes(round(255 * part) for colour in (*sky, sun, *ground) for part in colour)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
