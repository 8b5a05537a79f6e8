"""Generates the demo's clips: a test pattern at one frame in ten seconds, with silence beside it. Run by hand.

    python scripts/demo_clips.py [folder]

One frame in ten seconds keeps a real, playable film of 90 minutes at a few dozen kilobytes.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import av

FOLDER = Path(__file__).parents[1] / "src" / "stalkeer" / "demo" / "clips"
SECONDS_PER_FRAME = 10
RATE = 8000
BLOCK = 32_000  # samples: four seconds of silence in one packet

CLIPS = (
    ("film-90.mkv", 90, (1920, 1080)),
    ("film-105.mp4", 105, (1920, 1080)),
    ("film-120.mkv", 120, (1920, 1080)),
    ("episode-24.mkv", 24, (1280, 720)),
    ("episode-45.mkv", 45, (1920, 1080)),
    ("episode-45.mp4", 45, (1280, 720)),
)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, minutes, size in CLIPS:
        write_clip(folder / name, minutes * 60, size)
        print(f"{name}: {(folder / name).stat().st_size} bytes")


def write_clip(path: Path, seconds: int, size: tuple[int, int]) -> None:
    options = {"movflags": "+faststart"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=options) as container:
        video = container.add_stream("libx264", rate=Fraction(1, SECONDS_PER_FRAME))
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.options = {"crf": "45", "preset": "veryslow", "g": "9999", "bf": "3", "x264-params": "scenecut=0"}
        audio = container.add_stream("flac", rate=RATE, layout="mono")
        audio.options = {"frame_size": str(BLOCK)}
        pattern = bars(*size)
        position = 0
        for number in range(seconds // SECONDS_PER_FRAME):
            container.mux(video.encode(picture(size, pattern, number)))
            while position < (number + 1) * SECONDS_PER_FRAME * RATE:
                length = min(BLOCK, (number + 1) * SECONDS_PER_FRAME * RATE - position)
                container.mux(audio.encode(silence(position, length)))
                position += length
        container.mux(video.encode())
        container.mux(audio.encode())


def bars(width: int, height: int) -> tuple[bytes, bytes, bytes]:
    """Eight colour bars as the three planes Y, U and V."""
    levels = ((180, 128, 128), (162, 44, 142), (131, 156, 44), (112, 72, 58), (84, 184, 198), (65, 100, 212))
    steps = [*levels, (35, 212, 114), (16, 128, 128)]
    planes = []
    for plane, (wide, high) in enumerate(((width, height), (width // 2, height // 2), (width // 2, height // 2))):
        row = b"".join(bytes([level[plane]]) * (wide // 8) for level in steps)
        planes.append(row.ljust(wide, row[-1:]) * high)
    return planes[0], planes[1], planes[2]


def picture(size: tuple[int, int], planes: tuple[bytes, bytes, bytes], number: int) -> av.VideoFrame:
    frame = av.VideoFrame(*size, "yuv420p")
    for plane, content in zip(frame.planes, planes, strict=True):
        lines = plane.buffer_size // plane.height
        width = len(content) // plane.height
        rows = (content[y * width : (y + 1) * width].ljust(lines, b"\0") for y in range(plane.height))
        plane.update(b"".join(rows))
    frame.pts, frame.time_base = number, Fraction(SECONDS_PER_FRAME)
    return frame


def silence(position: int, length: int) -> av.AudioFrame:
    frame = av.AudioFrame(format="s16", layout="mono", samples=length)
    frame.planes[0].update(bytes(frame.planes[0].buffer_size))
    frame.sample_rate, frame.pts, frame.time_base = RATE, position, Fraction(1, RATE)
    return frame


if __name__ == "__main__":
    main()
