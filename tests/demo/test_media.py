"""The demo's media are real: whole, of the promised length and picture, and no two the same."""

import av
import pytest

from stalkeer.demo.media import CLIPS, GeneratedMedia, media, read_clip
from stalkeer.demo.probe import probe

SIZE = 2_000_000


def whole(content: GeneratedMedia) -> bytes:
    return content.read(0, content.size)


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_a_grown_clip_plays_as_long_as_it_says(clip, tmp_path):
    path = tmp_path / f"grown.{clip.extension}"
    path.write_bytes(whole(media(clip, SIZE, seed=7)))

    with av.open(str(path)) as container:
        kinds = {stream.type for stream in container.streams}
        packets = sum(1 for _ in container.demux(video=0))
        seconds = container.duration / av.time_base

    assert path.stat().st_size == SIZE
    assert kinds == {"video", "audio"} and packets > clip.minutes * 6
    assert seconds == pytest.approx(clip.minutes * 60, abs=1)
    found = probe(path)
    assert (found.duration_s, found.height, found.has_audio) == (clip.minutes * 60, clip.height, True)


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_a_cut_clip_is_not_whole(clip, tmp_path):
    path = tmp_path / f"cut.{clip.extension}"
    path.write_bytes(whole(media(clip, SIZE, seed=7))[:-1])

    assert probe(path) is None


def test_no_two_files_are_the_same_and_each_is_always_the_same():
    one, other, again = (media(CLIPS[0], SIZE, seed) for seed in (1, 2, 1))

    assert whole(one) == whole(again) != whole(other)


def test_any_part_can_be_read():
    content = media(CLIPS[0], SIZE, seed=3)
    octets = whole(content)

    for offset, length in ((0, 10), (100_000, 200_000), (SIZE - 5, 100), (SIZE, 10)):
        assert content.read(offset, length) == octets[offset : offset + length]


def test_the_clips_are_small_enough_to_be_shipped():
    assert sum(len(read_clip(clip.name)) for clip in CLIPS) < 700_000
