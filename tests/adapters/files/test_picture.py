"""How large is the picture of a film, by the first bytes of its file?"""

import io
from fractions import Fraction

import av
import pytest

from stalkeer.adapters.files.picture import Picture, picture_in, picture_of
from stalkeer.demo.media import CLIPS, MOVIE_105, read_clip


def film(path, codec, size=(640, 360), **options):
    """A few frames of one colour in the container that the suffix names."""
    with av.open(str(path), "w", options=options) as container:
        video = container.add_stream(codec, rate=25)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        if codec == "libx265":
            video.options = {"x265-params": "log-level=none:pools=none"}
        for number in range(10):
            frame = av.VideoFrame(*size, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


@pytest.mark.parametrize("size", [(640, 360), (1920, 800), (852, 478)])
@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("film.mkv", "libx264"),
        ("film.mp4", "libx264"),
        ("film.mov", "mpeg4"),
        ("film.avi", "mpeg4"),
        ("h264.ts", "libx264"),
        ("hevc.ts", "libx265"),
        ("mpeg2.ts", "mpeg2video"),
    ],
)
def test_the_size_of_the_picture_is_read_in_every_container(tmp_path, name, codec, size):
    assert picture_of(film(tmp_path / name, codec, size)) == Picture(*size)


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_the_first_bytes_are_enough_where_the_index_stands_in_front(clip):
    head = read_clip(clip.name)[: 64 * 1024]

    assert picture_in(io.BytesIO(head), len(head)).lines == clip.height


@pytest.mark.parametrize("name", ["h264.ts", "hevc.ts", "film.avi"])
def test_half_a_file_is_enough(tmp_path, name):
    codec = {"h264.ts": "libx264", "hevc.ts": "libx265", "film.avi": "mpeg4"}[name]
    whole = film(tmp_path / name, codec, (1280, 720)).read_bytes()
    half = whole[: len(whole) // 2]

    assert picture_in(io.BytesIO(half), len(half)) == Picture(1280, 720)


def test_an_index_that_has_not_come_yet_says_nothing_and_is_read_once_it_is_there(tmp_path):
    whole = film(tmp_path / "film.mp4", "libx264").read_bytes()  # its index stands at the end
    half = whole[: len(whole) // 2]

    assert picture_in(io.BytesIO(half), len(half)) is None
    assert picture_in(io.BytesIO(whole), len(whole)) == Picture(640, 360)


@pytest.mark.parametrize("clip", [CLIPS[0], MOVIE_105], ids=lambda clip: clip.name)
def test_wherever_a_file_is_cut_nothing_wrong_is_read(clip):
    whole = read_clip(clip.name)

    found = {picture_in(io.BytesIO(whole[:cut]), cut) for cut in range(0, 8192, 7)}

    assert found <= {None, Picture(1920, 1080)}


@pytest.mark.parametrize(
    "body", [b"", b"\0" * 5000, b"<html>", bytes(range(256)) * 40, b"\x1a\x45\xdf\xa3" + b"\xff" * 99]
)
def test_what_is_no_film_has_no_picture(body):
    assert picture_in(io.BytesIO(body), len(body)) is None


@pytest.mark.parametrize(
    ("width", "height", "lines"),
    [
        (3840, 2160, 2160),
        (3840, 1600, 2160),
        (4096, 1716, 2160),
        (1920, 1080, 1080),
        (1920, 800, 1080),
        (1440, 1080, 1080),
        (1280, 720, 720),
        (1280, 534, 720),
        (960, 720, 720),
        (1024, 576, 480),
        (720, 576, 480),
        (640, 360, 480),
    ],
)
def test_a_picture_counts_as_the_resolution_that_radarr_and_sonarr_take_it_for(width, height, lines):
    assert Picture(width, height).lines == lines
