"""The container walk: is a file whole, how long is it, what languages does it carry?"""

import io
import random

import pytest

from stalkeer.adapters.files.container import ContainerFacts, inspect, inspect_file
from tests.adapters.files.media import make_media

KINDS = {
    "faststart.mp4": {"movflags": "faststart"},
    "moov-at-end.mp4": {},
    "clip.mov": {},
    "clip.mkv": {},
    "clip.webm": {"f": "matroska"},
    "clip.avi": {},
    "clip.ts": {},
}


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    files = {}
    for name, options in KINDS.items():
        suffix = ".mkv" if name.endswith(".webm") else ""
        files[name] = make_media(folder / (name + suffix), **{k: v for k, v in options.items() if k != "f"})
    return files


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_file_is_not_called_broken_and_tells_what_it_carries(media, name):
    facts = inspect(media[name])

    assert facts.is_whole is (None if name.endswith(".ts") else True), facts.reason
    assert facts.duration_s == pytest.approx(4.0, abs=0.2)
    assert facts.has_video and facts.has_audio
    assert facts.audio_languages == (("und",) if name.endswith(".avi") else ("ger", "eng"))


@pytest.mark.parametrize("name", [name for name in KINDS if not name.endswith(".ts")])
def test_every_cut_is_detected_wherever_it_falls(media, name):
    whole = media[name].read_bytes()
    dice = random.Random(1)
    cuts = {0, 1, 3, 7, 8, 9, 12, 40, 100, len(whole) // 2, len(whole) - 1, len(whole) - 8}
    cuts |= {dice.randrange(len(whole)) for _ in range(300)}

    missed = [cut for cut in sorted(cuts) if inspect_file(io.BytesIO(whole[:cut]), cut).is_whole is not False]

    assert [cut for cut in missed if cut > 40] == []  # a few bytes are no container at all


def test_a_transport_stream_cut_within_a_packet_has_a_flaw(media):
    whole = media["clip.ts"].read_bytes()
    dice = random.Random(2)

    cuts = [cut for cut in (dice.randrange(2000, len(whole)) for _ in range(200)) if cut % 188]

    found = [inspect_file(io.BytesIO(whole[:cut]), cut) for cut in cuts]
    assert all(facts.kind == "mpegts" and facts.is_whole is None and facts.flaw for facts in found)


def test_a_transport_stream_cut_between_packets_shows_in_its_playing_time(media):
    whole = media["clip.ts"].read_bytes()
    cut = len(whole) * 6 // 10 // 188 * 188

    facts = inspect_file(io.BytesIO(whole[:cut]), cut)

    assert facts.is_whole is not True and facts.duration_s < 3


@pytest.mark.parametrize(("slips", "is_broken"), [(0, False), (1, False), (3, True)])
def test_a_transport_stream_that_falls_out_of_step_more_than_once_is_broken(media, slips, is_broken):
    whole = bytearray(media["clip.ts"].read_bytes() * 4)
    for number in range(slips):
        at = len(whole) // 5 * (number + 1)
        del whole[at : at + 20]

    facts = inspect_file(io.BytesIO(bytes(whole)), len(whole))

    assert (facts.is_whole is False) is is_broken
    assert bool(facts.flaw) is (slips == 1)


@pytest.mark.parametrize("surplus", [31, 1, 187, 5000, -31, -187])
@pytest.mark.parametrize("where", [0.1, 0.5, 0.9])
def test_the_playing_time_of_a_transport_stream_is_read_beyond_a_slip(media, surplus, where):
    whole = media["clip.ts"].read_bytes()
    at = int(len(whole) * where) // 188 * 188
    slipped = whole[:at] + bytes(max(0, surplus)) + whole[at + max(0, -surplus) :]

    facts = inspect_file(io.BytesIO(slipped), len(slipped))

    assert facts.duration_s == pytest.approx(inspect(media["clip.ts"]).duration_s, abs=0.2)
    assert facts.flaw and facts.is_whole is not False and facts.has_video


def test_a_fragmented_mp4_is_whole_as_far_as_it_can_tell(tmp_path):
    path = make_media(tmp_path / "f.mp4", movflags="frag_keyframe+empty_moov")
    whole = path.read_bytes()

    assert inspect(path).is_whole is not False
    assert inspect_file(io.BytesIO(whole[:-100]), len(whole) - 100).is_whole is False


def test_a_matroska_written_as_a_stream_is_judged_by_its_playing_time(tmp_path):
    path = make_media(tmp_path / "live.mkv", live="1")

    assert inspect(path).is_whole is None


@pytest.mark.parametrize(
    ("payload", "is_whole"),
    [(b"", False), (b"<html>not found</html>", None), (bytes(5000), False), (b"\x1aE\xdf\xa3", False)],
)
def test_what_is_no_container_is_never_called_whole(payload, is_whole):
    assert inspect_file(io.BytesIO(payload), len(payload)).is_whole is is_whole


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"Get free access to our films." * 30, "text"),
        (b"123 moov", "text"),
        ("Zugang gesperrt \u00fc".encode(), "text"),
        ("Kein Zugang".encode("utf-16"), "text"),
        ("Kein Zugang".encode("utf-16-le"), "text"),
        (b"  <div>no</div>", "a web page"),
        (b"\xef\xbb\xbf<!doctype html>", "a web page"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a PNG picture"),
        (b"\x1f\x8b\x08\0\0\0", "gzip data"),
        (b"Rar!\x1a\x07\1\0", "a RAR archive"),
        (b"MZ\x90\0\3\0", "a Windows program"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"ID3\4\0\0", "an MP3 file"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a picture"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "a WAV file"),
        (b"fLaC\0\0\0\x22", "a FLAC file"),
        (b"PK\5\6" + bytes(18), "a ZIP archive"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "a 7z archive"),
        (bytes(100).replace(b"\0", b"\1") + b"\1" * 157 + b"ustar\x0000", "a tar archive"),
        (b"Salted__" + random.Random(5).randbytes(200), "an encrypted file"),
        (random.Random(6).randbytes(80_000), "data that look encrypted"),
        (b"\7\1" * 20_000, "data of no known form"),
        (bytes(5000), "a file that begins with zeros only"),
        (bytes(range(256)), "data of no known form"),
    ],
)
def test_what_is_no_container_is_said_to_be_what_it_is(payload, reason):
    facts = inspect_file(io.BytesIO(payload), len(payload))

    assert (facts.kind, facts.reason) == (None, reason)


def test_random_bytes_never_make_the_walk_fail():
    dice = random.Random(3)
    starts = [
        b"\x1aE\xdf\xa3",
        b"\0\0\0\x18ftyp",
        b"RIFF\xff\0\0\0AVI ",
        b"G" + b"\0" * 187 + b"G" + b"\0" * 187 + b"G",
    ]

    for _ in range(500):
        payload = dice.choice(starts) + dice.randbytes(dice.randrange(2000))
        inspect_file(io.BytesIO(payload), len(payload))


@pytest.mark.parametrize("name", KINDS)
def test_damaged_files_never_make_the_walk_fail(media, name):
    whole = media[name].read_bytes()
    dice = random.Random(4)

    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(dice.choice((1, 8, 50))):
            damaged[dice.randrange(dice.choice((3000, len(whole))))] = dice.randrange(256)
        inspect_file(io.BytesIO(bytes(damaged)), len(damaged))


def test_facts_survive_being_stored():
    facts = ContainerFacts("mp4", is_whole=True, duration_s=12.5, audio_languages=("fre",), has_video=True)

    assert ContainerFacts.from_document(facts.to_document()) == facts


def test_a_fragmented_mp4_without_an_index_of_its_fragments_cannot_tell(tmp_path):
    bare = make_media(tmp_path / "bare.mp4", movflags="frag_keyframe+empty_moov+skip_trailer")
    indexed = make_media(tmp_path / "indexed.mp4", movflags="frag_keyframe+empty_moov")

    assert inspect(bare).is_whole is None
    assert inspect(indexed).is_whole is True
