"""Is it a video? Real media of every container are, whatever stands first in them; nothing else ever is."""

import io
import random
import struct
from fractions import Fraction

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalkeer.adapters.files.container import inspect, inspect_file
from stalkeer.adapters.files.recognise import START, kind_of, lacks_picture, needs_more
from tests.adapters.files.media import HEIGHT, RATE, WIDTH, make_media, picture, sound

# name -> (container, muxer, video codec, audio codec, muxer's options)
FORMS = {
    "film.mkv": ("matroska", "matroska", "mpeg4", "aac", {}),
    "film.webm": ("matroska", "webm", "libvpx", "libopus", {}),
    "film.mp4": ("mp4", "mp4", "mpeg4", "aac", {"movflags": "faststart"}),
    "indexed.mp4": ("mp4", "mp4", "mpeg4", "aac", {"movflags": "frag_keyframe+empty_moov+global_sidx"}),
    "dash.mp4": ("mp4", "mp4", "mpeg4", "aac", {"movflags": "dash+frag_keyframe+empty_moov"}),
    "film.mov": ("mp4", "mov", "mpeg4", "aac", {}),
    "film.3gp": ("mp4", "3gp", "mpeg4", "aac", {}),
    "film.avi": ("avi", "avi", "mpeg4", "mp2", {}),
    "film.ts": ("mpegts", "mpegts", "mpeg2video", "mp2", {}),
    "film.m2ts": ("mpegts", "mpegts", "mpeg2video", "ac3", {"mpegts_m2ts_mode": "1"}),
    "film.mpg": ("mpegps", "mpeg", "mpeg1video", "mp2", {}),
    "film.vob": ("mpegps", "vob", "mpeg2video", "mp2", {}),
    "film.flv": ("flv", "flv", "flv", "libmp3lame", {}),
    "film.wmv": ("asf", "asf", "msmpeg4v3", "wmav2", {}),
    "film.ogv": ("ogg", "ogg", "libvpx", "libopus", {}),
    "film.rm": ("realmedia", "rm", "rv10", "ac3", {}),
}
SIZES = {"rv10": (176, 144), "flv": (176, 144)}
SECONDS = 4
# they end with something that says so: every cut is seen in the file itself
PROVABLE = ("film.mkv", "film.mp4", "film.mov", "film.avi", "film.flv", "film.wmv", "film.ogv", "film.rm")


def mux(path, muxer, video_codec, audio_codec, options, seconds=SECONDS):
    """A few seconds of noise; without picture or sound where the codec is empty."""
    dice = random.Random(7)
    with av.open(str(path), "w", format=muxer, options=dict(options)) as container:
        size = SIZES.get(video_codec, (WIDTH, HEIGHT))
        video = container.add_stream(video_codec, rate=RATE) if video_codec else None
        if video is not None:
            video.width, video.height, video.pix_fmt, video.bit_rate = *size, "yuv420p", 300_000
            video.gop_size = 12
        audio = container.add_stream(audio_codec, rate=48_000, layout="stereo") if audio_codec else None
        if audio is not None:
            audio.bit_rate = 128_000
        for number in range(seconds * RATE):
            if video is not None:
                container.mux(video.encode(picture(number, dice, size)))
            if audio is not None:
                for packet in audio.encode(sound(number, dice, audio.format.name)):
                    container.mux(packet)
        for stream in filter(None, (video, audio)):
            container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    return {name: mux(folder / name, *form[1:]).read_bytes() for name, form in FORMS.items()}


def facts_of(payload):
    return inspect_file(io.BytesIO(payload), len(payload))


@pytest.mark.parametrize("name", FORMS)
def test_a_film_of_every_container_is_a_video(films, name):
    facts = facts_of(films[name])

    assert facts.kind == FORMS[name][0] == kind_of(films[name][:START])
    assert facts.has_video and facts.has_audio and not facts.is_encrypted and not facts.flaw, facts
    assert facts.is_whole is not False, facts.reason
    assert facts.duration_s == pytest.approx(SECONDS, abs=0.6)


@pytest.mark.parametrize("name", PROVABLE)
def test_a_film_that_ends_with_a_proof_is_whole(films, name):
    assert facts_of(films[name]).is_whole is True


@pytest.mark.parametrize("name", FORMS)
def test_a_film_that_is_cut_is_never_whole(films, name):
    whole = films[name]
    dice = random.Random(1)
    cuts = {len(whole) * part // 10 for part in range(1, 10)} | {dice.randrange(1000, len(whole)) for _ in range(150)}

    wrong = [cut for cut in sorted(cuts) if facts_of(whole[:cut]).is_whole is True]

    assert wrong == []


@pytest.mark.parametrize("name", FORMS)
def test_damage_never_makes_the_walk_fail(films, name):
    whole = films[name]
    dice = random.Random(4)
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(dice.choice((1, 8, 50))):
            damaged[dice.randrange(dice.choice((300, 3000, len(whole))))] = dice.randrange(256)
        facts_of(bytes(damaged))


@pytest.mark.parametrize(
    ("name", "form"),
    {
        "book.m4a": ("mp4", "", "aac", {}),
        "song.mka": ("matroska", "", "libmp3lame", {}),
        "song.ogg": ("ogg", "", "libopus", {}),
        "song.wma": ("asf", "", "wmav2", {}),
        "song.flv": ("flv", "", "libmp3lame", {}),
        "radio.ts": ("mpegts", "", "mp2", {}),
        "radio.mpg": ("mpeg", "", "mp2", {}),
        "song.avi": ("avi", "", "mp2", {}),
    }.items(),
)
def test_sound_alone_is_no_video(tmp_path, name, form):
    facts = inspect(mux(tmp_path / name, *form))

    assert facts.kind is not None and facts.has_audio and not facts.has_video


@pytest.mark.parametrize(
    ("name", "form"),
    {
        "book.m4a": ("mp4", "", "aac", {"movflags": "faststart"}),
        "song.mka": ("matroska", "", "libmp3lame", {}),
        "song.ogg": ("ogg", "", "libopus", {}),
        "song.wma": ("asf", "", "wmav2", {}),
    }.items(),
)
def test_sound_alone_is_told_from_the_first_page(tmp_path, name, form):
    start = mux(tmp_path / name, *form).read_bytes()[:4096]

    assert lacks_picture(kind_of(start), start)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("size", [512, 4096, 20_000, START])
def test_no_film_lacks_a_picture_however_little_of_it_is_there(films, name, size):
    start = films[name][:size]
    kind = kind_of(start)

    assert kind is None or not lacks_picture(kind, start)


@pytest.mark.parametrize("name", FORMS)
def test_a_damaged_beginning_never_makes_the_judgement_fail(films, name):
    dice = random.Random(5)
    for _ in range(150):
        damaged = bytearray(films[name][:4096])
        for _ in range(dice.choice((1, 8, 50))):
            damaged[dice.randrange(dice.choice((100, 1000, 4096)))] = dice.randrange(256)
        kind = kind_of(bytes(damaged))
        if kind is not None:
            lacks_picture(kind, bytes(damaged))


def test_the_cover_of_an_audio_book_is_no_video(tmp_path):
    path = tmp_path / "book.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=Fraction(1, SECONDS))
        cover.width, cover.height, cover.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        audio = container.add_stream("aac", rate=48_000, layout="stereo")
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuvj420p")
        frame.pts, frame.time_base = 0, Fraction(SECONDS, 1)
        container.mux(cover.encode(frame))
        for number in range(SECONDS * RATE):
            container.mux(audio.encode(sound(number, random.Random(7), audio.format.name)))
        for stream in (cover, audio):
            container.mux(stream.encode(None))

    facts = inspect(path)

    assert facts.kind == "mp4" and facts.has_audio and not facts.has_video


BOXES = (b"uuid", b"free", b"skip", b"wide", b"sidx", b"emsg", b"styp", b"prft", b"pdin")


@pytest.mark.parametrize("first", BOXES)
def test_an_mp4_may_begin_with_any_box(films, first):
    box = struct.pack(">I4s", 40, first) + bytes(32)

    # the tables of a fragmented file refer to places from each fragment on: a box in front moves nothing
    facts = facts_of(box + films["dash.mp4"])

    assert (facts.kind, facts.has_video) == ("mp4", True), facts.reason


def test_fragments_of_which_some_are_missing_are_never_whole_though_each_has_an_index_of_its_own(films):
    whole = films["dash.mp4"]
    ends = [at - 4 for at in range(len(whole)) if whole[at : at + 4] == b"moof"][1:]

    assert len(ends) > 3
    assert [end for end in ends if facts_of(whole[:end]).is_whole is True] == []


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF])
def test_an_avi_whose_length_was_never_written_is_a_video(films, length):
    open_ended = bytearray(films["film.avi"])
    open_ended[4:8] = struct.pack("<I", length)
    without_index = bytes(open_ended[: open_ended.index(b"idx1")])

    assert facts_of(bytes(open_ended)).is_whole is True
    assert (facts_of(without_index).kind, facts_of(without_index).is_whole) == ("avi", None)


@pytest.mark.parametrize("lead", [1, 187, 5000, 60_000])
def test_a_transport_stream_may_have_something_in_front_of_it(films, lead):
    facts = facts_of(random.Random(3).randbytes(lead) + films["film.ts"])

    assert (facts.kind, facts.has_video, facts.flaw) == ("mpegts", True, "")
    assert facts.duration_s == pytest.approx(SECONDS, abs=0.6)


def test_a_transport_stream_with_checksums_is_read(films):
    packets = [films["film.ts"][at : at + 188] for at in range(0, len(films["film.ts"]), 188)]
    dice = random.Random(3)

    facts = facts_of(b"".join(packet + dice.randbytes(16) for packet in packets))

    assert (facts.kind, facts.has_video, facts.flaw) == ("mpegts", True, "")


def test_a_scrambled_transport_stream_is_encrypted(films):
    scrambled = bytearray(films["film.ts"])
    for at in range(0, len(scrambled), 188):
        if (scrambled[at + 1] & 0x1F, scrambled[at + 2]) == (1, 0):  # the picture's packets
            scrambled[at + 3] |= 0x80

    assert facts_of(bytes(scrambled)).is_encrypted


def test_an_mp4_whose_picture_is_encrypted_is_known_for_it(films):
    assert facts_of(films["film.mp4"].replace(b"mp4v", b"encv", 1)).is_encrypted


PHP = b"<br />\n<b>Warning</b>:  fopen(/vod/1.mkv): failed to open stream in <b>/var/www/vod.php</b> on line <b>9</b>"
NO_VIDEO_STARTS = (
    b"<!doctype html><html><body>Not found</body></html>",
    b"\n\nWarning: fopen(/vod/1.mkv): failed to open stream",
    PHP,
    b'{"user_info":{"auth":0}}',
    b"[]",
    b"0",
    b"",
    b"#EXTM3U\n#EXT-X-VERSION:3\n",
    b"moov and mdat are words, ftyp too",
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"GIF89a\1\0\1\0",
    b"RIFF\x24\0\0\0WEBPVP8 ",
    b"RIFF\x24\0\0\0WAVEfmt ",
    b"\0\0\0\x18ftypavif\0\0\0\0",
    b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    b"PK\x03\x04\x14\0\1\0\x08\0",
    b"Rar!\x1a\x07\1\0",
    b"Rar!\x1a\x07\0\xce\x99\x73\x80\0\x0d",
    b"7z\xbc\xaf\x27\x1c\0\4",
    b"\x1f\x8b\x08\0\0\0\0\0",
    b"MZ\x90\0\3\0\0\0\4\0",
    b"\x7fELF\2\1\1\0",
    b"ID3\4\0\0\0\0\0\0",
    b"\xff\xfb\x90\x44",
    b"fLaC\0\0\0\x22",
    b"Salted__\x12\x34",
    b"SQLite format 3\0",
    b"OggX\0\2",
    b"FLV\2\5\0\0\0\x09",
    b"\0\0\1\xba\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\0\0\0\0",
    "Kein Zugang".encode("utf-16"),
)


@settings(max_examples=400, deadline=None)
@given(
    start=st.sampled_from(NO_VIDEO_STARTS),
    rest=st.binary(max_size=3000),
    seed=st.integers(0, 2**32),
    more=st.booleans(),
)
def test_nothing_else_is_ever_a_video(start, rest, seed, more):
    payload = start + rest + (random.Random(seed).randbytes(70_000) if more else b"")

    facts = facts_of(payload)

    assert (facts.kind, facts.has_video, facts.is_whole is True) == (None, False, False)


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**64), size=st.integers(1, 3 * START))
def test_noise_is_never_a_video(seed, size):
    payload = random.Random(seed).randbytes(size)

    facts = facts_of(payload)

    assert not (facts.kind and facts.has_video)


@settings(max_examples=200, deadline=None)
@given(text=st.text(min_size=1, max_size=4000), encoding=st.sampled_from(["utf-8", "utf-16", "latin-1"]))
def test_text_is_never_a_video(text, encoding):
    facts = facts_of(text.encode(encoding, "replace"))

    assert not (facts.kind and facts.has_video)


@pytest.mark.parametrize("name", FORMS)
def test_a_film_is_recognised_by_its_first_pages(films, name):
    assert not needs_more(films[name][:4096])


def test_what_is_no_film_is_refused_after_64_kib():
    noise = random.Random(9).randbytes(START)

    assert needs_more(noise[: START - 1]) and not needs_more(noise)


def test_small_media_of_the_other_tests_are_videos(tmp_path):
    assert inspect(make_media(tmp_path / "film.mkv")).has_video
