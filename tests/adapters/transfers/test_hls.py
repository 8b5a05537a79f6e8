"""HLS films: plain segments become one file, encrypted and live ones are refused."""

import pytest

from stalkeer.adapters.files.container import inspect
from stalkeer.adapters.transfers import remux as remuxing
from stalkeer.adapters.transfers.hls import journal_of
from stalkeer.adapters.transfers.playlist import Master, MediaPlaylist, Segment, best_variant, parse_playlist
from stalkeer.adapters.transfers.request import FailureKind, Fetched, Stopped, TransferFailed
from stalkeer.demo.content import Memory, ServedFile
from tests.adapters.files.media import make_media
from tests.doubles.provider_faults import cut_after, on, status

URL = "http://host/vod/film/index.m3u8?token=1"

MASTER = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360
low/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=3000000,RESOLUTION=1920x1080,CODECS="avc1,mp4a"
/high.m3u8
"""


@pytest.fixture(scope="module")
def segments(tmp_path_factory):
    """A film cut into segments of a transport stream, as a packager does it."""
    whole = make_media(tmp_path_factory.mktemp("hls") / "film.ts", seconds=6).read_bytes()
    step = len(whole) // 188 // 6 * 188
    return [whole[start : start + step] for start in range(0, step * 5, step)] + [whole[step * 5 :]]


@pytest.fixture
def hls(desk, segments):
    """The desk's film is now a playlist of segments; returns the path its segments lie under."""
    for number, segment in enumerate(segments):
        desk.provider.add(f"/hls/{number}.ts", segment, "video/mp2t")
    desk.provider.add("/hls/film.m3u8", media_playlist(len(segments)).encode(), "application/vnd.apple.mpegurl")
    return desk.provider.url + "/hls/film.m3u8"


def media_playlist(count, *, ended=True, extra=""):
    lines = "".join(f"#EXTINF:1.0,\n{number}.ts\n" for number in range(count))
    return f"#EXTM3U\n#EXT-X-VERSION:3\n{extra}{lines}" + ("#EXT-X-ENDLIST\n" if ended else "")


def segment_requests(desk):
    return [request.path for request in desk.provider.requests if request.path.endswith(".ts")]


def test_a_plain_film_becomes_one_file(desk, hls):
    outcome = desk.fetch(url=hls)

    assert isinstance(outcome, Fetched) and outcome.extension == ".mkv"
    facts = inspect(desk.part)
    assert facts.is_whole and facts.kind == "matroska" and facts.audio_languages == ("ger", "eng")
    assert facts.duration_s == pytest.approx(6, abs=0.3)
    assert outcome.size == desk.part.stat().st_size


def test_without_a_muxer_the_joined_segments_are_the_film(desk, hls, segments, monkeypatch):
    monkeypatch.setattr(remuxing.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")

    outcome = desk.fetch(url=hls)

    assert isinstance(outcome, Fetched) and outcome.extension == ".ts"
    assert desk.part.read_bytes() == b"".join(segments)


def test_a_film_behind_variants_is_fetched_in_the_best_one(desk, hls):
    desk.provider.add("/hls/master.m3u8", MASTER.replace("/high.m3u8", "film.m3u8").encode())

    outcome = desk.fetch(url=desk.provider.url + "/hls/master.m3u8")

    assert isinstance(outcome, Fetched)
    assert "/hls/low/index.m3u8" not in [request.path for request in desk.provider.requests]


def test_a_lost_connection_goes_on_with_the_segment_it_broke_in(desk, hls):
    desk.provider.hook = on(cut_after(500), key="/hls/3.ts", first=1)
    desk.watching.reconnects = 1

    outcome = desk.fetch(url=hls)

    assert isinstance(outcome, Fetched) and inspect(desk.part).is_whole
    assert segment_requests(desk) == [f"/hls/{number}.ts" for number in (0, 1, 2, 3, 3, 4, 5)]


def test_a_stopped_film_goes_on_with_the_next_segment_after_a_restart(desk, hls):
    def stop_in_the_fourth(exchange):
        desk.watching.stop()
        exchange.deliver()

    desk.provider.hook = on(stop_in_the_fourth, key="/hls/3.ts", first=1)
    stopped = desk.fetch(url=hls)
    desk.watching = type(desk.watching)(durables=desk.watching.durables)

    outcome = desk.resume(url=hls)

    assert isinstance(stopped, Stopped) and isinstance(outcome, Fetched)
    assert segment_requests(desk) == [f"/hls/{number}.ts" for number in (0, 1, 2, 3, 3, 4, 5)]
    assert inspect(desk.part).is_whole


def test_a_kill_after_joining_finds_the_film_and_asks_nobody(desk, hls):
    first = desk.fetch(url=hls)
    asked = len(desk.provider.requests)

    again = desk.resume(url=hls)

    assert again == first and len(desk.provider.requests) == asked


def test_a_film_whose_segments_changed_starts_anew(desk, hls, segments):
    desk.provider.hook = on(status(404), key="/hls/4.ts")
    assert isinstance(desk.fetch(url=hls), TransferFailed)
    desk.provider.hook = None
    other = media_playlist(len(segments)).replace(".ts", ".ts?v=2").replace("0.ts?v=2", "zero.ts")
    desk.provider.add("/hls/zero.ts", segments[0])
    desk.provider.add("/hls/film.m3u8", other.encode())

    outcome = desk.resume(url=hls)

    assert isinstance(outcome, Fetched) and inspect(desk.part).is_whole


@pytest.mark.parametrize(
    ("extra", "ended", "kind", "words"),
    [
        ('#EXT-X-KEY:METHOD=AES-128,URI="key"\n', True, FailureKind.PROTECTED, "AES-128"),
        ('#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x"\n', True, FailureKind.PROTECTED, "SAMPLE-AES"),
        ("", False, FailureKind.WRONG_FILE, "live stream"),
    ],
)
def test_encrypted_and_live_streams_are_refused_with_the_reason(desk, hls, extra, ended, kind, words):
    desk.provider.add("/hls/film.m3u8", media_playlist(3, ended=ended, extra=extra).encode())

    outcome = desk.fetch(url=hls)

    assert isinstance(outcome, TransferFailed) and outcome.kind is kind and words in outcome.message
    assert segment_requests(desk) == []


def test_a_key_of_method_none_is_no_encryption(desk, hls, segments):
    plain = media_playlist(len(segments), extra="#EXT-X-KEY:METHOD=NONE\n")
    desk.provider.add("/hls/film.m3u8", plain.encode())

    assert isinstance(desk.fetch(url=hls), Fetched)


def test_sound_kept_apart_is_refused(desk, hls):
    master = (
        '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="a.m3u8"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nfilm.m3u8\n'
    )
    desk.provider.add("/hls/film.m3u8", master.encode())

    outcome = desk.fetch(url=hls)

    assert isinstance(outcome, TransferFailed) and "separate" in outcome.message


def test_a_segment_that_is_gone_is_reported_as_such(desk, hls):
    desk.provider.hook = on(status(404), key="/hls/2.ts")

    outcome = desk.fetch(url=hls)

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.GONE
    assert journal_of(desk.part).exists()


def test_credentials_are_not_sent_to_the_host_of_the_segments(desk, hls, segments):
    elsewhere = media_playlist(len(segments)).replace(
        "\n0.ts", f"\n{desk.provider.url.replace('127.0.0.1', 'localhost')}/hls/0.ts"
    )
    desk.provider.add("/hls/film.m3u8", elsewhere.encode())

    desk.fetch(url=hls, headers={"Authorization": "Basic x", "User-Agent": "player"})

    first = next(request for request in desk.provider.requests if request.path == "/hls/0.ts")
    assert "authorization" not in first.headers and first.headers["user-agent"] == "player"


def test_byte_ranges_of_one_file_are_segments_too(desk, segments):
    whole = b"".join(segments)
    desk.provider.files["/hls/all.ts"] = ServedFile(Memory(whole))
    first = len(segments[0])
    text = (
        f"#EXTM3U\n#EXTINF:1,\n#EXT-X-BYTERANGE:{first}@0\nall.ts\n"
        f"#EXTINF:5,\n#EXT-X-BYTERANGE:{len(whole) - first}\nall.ts\n#EXT-X-ENDLIST\n"
    )
    desk.provider.add("/hls/ranges.m3u8", text.encode())

    outcome = desk.fetch(url=desk.provider.url + "/hls/ranges.m3u8")

    assert isinstance(outcome, Fetched) and inspect(desk.part).duration_s == pytest.approx(6, abs=0.3)


def test_variants_are_read_with_their_addresses_made_whole():
    master = parse_playlist(MASTER, URL)

    assert isinstance(master, Master)
    assert best_variant(master).url == "http://host/high.m3u8"
    assert master.variants[0].url == "http://host/vod/film/low/index.m3u8"


def test_the_header_of_fragmented_mp4_comes_first():
    media = parse_playlist('#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:1,\na.m4s\n#EXT-X-ENDLIST', URL)

    assert isinstance(media, MediaPlaylist) and media.has_header
    assert media.segments == (
        Segment("http://host/vod/film/init.mp4", is_header=True),
        Segment("http://host/vod/film/a.m4s", seconds=1.0),
    )


def test_tokens_in_addresses_do_not_make_it_another_film():
    one = parse_playlist("#EXTM3U\n#EXTINF:1,\nhttp://a/x/1.ts?t=1\n#EXT-X-ENDLIST", URL)
    two = parse_playlist("#EXTM3U\n#EXTINF:1,\nhttp://b/y/1.ts?t=2\n#EXT-X-ENDLIST", URL)

    assert one.fingerprint() == two.fingerprint()
