"""Small real media files of noise, made as tests need them."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import av

WIDTH, HEIGHT, RATE = 160, 96, 25
SAMPLES = 48_000 // RATE


def make_media(path: Path, *, seconds: int = 4, languages: tuple[str, ...] = ("ger", "eng"), **options: str) -> Path:
    """A video track, and an audio track for each language. The container follows from the file's suffix."""
    dice = random.Random(7)
    audio_codec = "mp2" if path.suffix in (".avi", ".ts") else "aac"
    with av.open(str(path), "w", options=options) as container:
        video = container.add_stream("mpeg4", rate=RATE)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        tracks = [container.add_stream(audio_codec, rate=48_000, layout="stereo") for _ in languages]
        for track, language in zip(tracks, languages, strict=True):
            track.metadata["language"] = language
        for number in range(seconds * RATE):
            for packet in video.encode(picture(number, dice)):
                container.mux(packet)
            for track in tracks:
                for packet in track.encode(sound(number, dice, track.format.name)):
                    container.mux(packet)
        for stream in (video, *tracks):
            for packet in stream.encode(None):
                container.mux(packet)
    return path


def picture(number: int, dice: random.Random, size: tuple[int, int] = (WIDTH, HEIGHT)) -> av.VideoFrame:
    frame = av.VideoFrame(*size, "yuv420p")
    for plane in frame.planes:
        plane.update(dice.randbytes(plane.buffer_size))
    frame.pts, frame.time_base = number, Fraction(1, RATE)
    return frame


def sound(number: int, dice: random.Random, layout: str) -> av.AudioFrame:
    frame = av.AudioFrame(format=layout, layout="stereo", samples=SAMPLES)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size) if layout.startswith("flt") else dice.randbytes(plane.buffer_size))
    frame.sample_rate, frame.pts, frame.time_base = 48_000, number * SAMPLES, Fraction(1, 48_000)
    return frame
