"""A film in segments has no hole: a bad or missing part is fetched again, then named by its number."""

import pytest

from stalkeer.adapters.files.container import inspect
from stalkeer.adapters.files.segments import SegmentCheck
from stalkeer.adapters.transfers.hls import journal_of
from stalkeer.adapters.transfers.request import FailureKind, Fetched, TransferFailed
from stalkeer.demo.content import Memory
from stalkeer.demo.exchange import MediaAnswer
from tests.adapters.files.media import make_media
from tests.doubles.provider_faults import body, on, script, status

PARTS = 6
PART_S = 2.0


@pytest.fixture(scope="module")
def transport_parts(tmp_path_factory):
    whole = make_media(tmp_path_factory.mktemp("hls") / "film.ts", seconds=int(PARTS * PART_S)).read_bytes()
    step = len(whole) // 188 // PARTS * 188
    return [whole[start : start + step] for start in range(0, step * (PARTS - 1), step)] + [whole[step * (PARTS - 1) :]]


@pytest.fixture(scope="module")
def fragments(tmp_path_factory):
    """The header of a fragmented film, and its fragments."""
    path = tmp_path_factory.mktemp("hls") / "film.mp4"
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof+skip_trailer"}
    whole = make_media(path, seconds=int(PARTS * PART_S), **options).read_bytes()
    starts = [at - 4 for at in range(len(whole)) if whole[at : at + 4] == b"moof"]
    cuts = starts[:: max(1, len(starts) // PARTS)][:PARTS]
    return [whole[: cuts[0]], *(whole[a:b] for a, b in zip(cuts, [*cuts[1:], len(whole)], strict=True))]


def serve(desk, parts, header=None):
    lines = [] if header is None else ['#EXT-X-MAP:URI="init.mp4"']
    if header is not None:
        desk.provider.add("/hls/init.mp4", header)
    for number, part in enumerate(parts):
        desk.provider.add(f"/hls/{number}.ts", part, "video/mp2t")
        lines += [f"#EXTINF:{PART_S},", f"{number}.ts"]
    text = "\n".join(["#EXTM3U", *lines, "#EXT-X-ENDLIST", ""])
    desk.provider.add("/hls/film.m3u8", text.encode(), "application/vnd.apple.mpegurl")
    return desk.provider.url + "/hls/film.m3u8"


def fetch(desk, url):
    return desk.fetch(url=url, parts=SegmentCheck)


def asked(desk):
    return [int(request.path[5]) for request in desk.provider.requests if request.path.endswith(".ts")]


def short(payload):
    """A part of which the second half is missing; its length is said as it is sent."""
    return payload[: len(payload) // 4 // 188 * 188]


def bad_answers(parts):
    return {
        "a page": body(b"<html>no</html>", "video/mp2t"),
        "text": body(b"Slots are full.", "video/mp2t"),
        "empty": body(b"", "video/mp2t"),
        "a picture": body(b"\x89PNG\r\n\x1a\n" + bytes(3000), "video/mp2t"),
        "cut within a packet": body(parts[3][:-100], "video/mp2t"),
        "cut between packets": body(short(parts[3]), "video/mp2t"),
        "the part before": body(parts[2], "video/mp2t"),
        "an early part": body(parts[0], "video/mp2t"),
        "a late part": body(parts[5], "video/mp2t"),
        "zeros": body(bytes(len(parts[3])), "video/mp2t"),
    }


@pytest.mark.parametrize("name", bad_answers([bytes(1000)] * PARTS))
def test_a_bad_part_is_fetched_again(desk, transport_parts, name):
    url = serve(desk, transport_parts)
    desk.provider.hook = on(bad_answers(transport_parts)[name], key="/hls/3.ts", first=1)
    desk.watching.reconnects = 1

    outcome = fetch(desk, url)

    assert isinstance(outcome, Fetched)
    assert inspect(desk.part).duration_s == pytest.approx(PARTS * PART_S, abs=0.3)
    assert asked(desk).count(3) == 2


@pytest.mark.parametrize("name", bad_answers([bytes(1000)] * PARTS))
def test_a_part_that_stays_bad_fails_the_film_with_its_number(desk, transport_parts, name):
    url = serve(desk, transport_parts)
    desk.provider.hook = on(bad_answers(transport_parts)[name], key="/hls/3.ts")
    desk.watching.reconnects = 9

    outcome = fetch(desk, url)

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.WRONG_FILE
    assert "part 4 of 6 is" in outcome.message and "3 times" in outcome.message
    assert asked(desk).count(3) == 3


@pytest.mark.parametrize("number", [0, 1, 3, 5])
def test_a_part_of_another_form_is_fetched_again(desk, transport_parts, fragments, number):
    url = serve(desk, transport_parts)
    desk.provider.hook = on(body(b"".join(fragments[:2]), "video/mp2t"), key=f"/hls/{number}.ts", first=1)
    desk.watching.reconnects = 1

    outcome = fetch(desk, url)

    assert isinstance(outcome, Fetched) and asked(desk).count(number) == 2
    assert inspect(desk.part).duration_s == pytest.approx(PARTS * PART_S, abs=0.3)


def test_a_transport_stream_among_fragments_is_fetched_again(desk, transport_parts, fragments):
    header, *parts = fragments
    url = serve(desk, parts, header)
    desk.provider.hook = on(body(transport_parts[2], "video/mp4"), key="/hls/2.ts", first=1)
    desk.watching.reconnects = 1

    assert isinstance(fetch(desk, url), Fetched) and asked(desk).count(2) == 2


@pytest.mark.parametrize("number", [0, 3, 5])
def test_a_part_that_stays_of_another_form_fails_the_film(desk, transport_parts, fragments, number):
    url = serve(desk, transport_parts)
    desk.provider.hook = on(body(b"".join(fragments[:2]), "video/mp2t"), key=f"/hls/{number}.ts")
    desk.watching.reconnects = 9

    outcome = fetch(desk, url)

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.WRONG_FILE
    assert f"part {number + 1} of 6 is a fragment of an MP4" in outcome.message


def test_a_joined_film_that_plays_shorter_than_its_parts_is_not_taken(transport_parts, tmp_path):
    check = SegmentCheck()
    for part in transport_parts:
        assert check.problem_of_part(part, PART_S, is_restart=False) is None
    whole, cut = tmp_path / "whole.ts", tmp_path / "cut.ts"
    whole.write_bytes(b"".join(transport_parts))
    cut.write_bytes(b"".join(transport_parts[:3]))

    assert check.problem_of_whole(whole, PARTS * PART_S) is None
    assert "plays 6 s where its parts play 1" in check.problem_of_whole(cut, PARTS * PART_S)


def test_the_first_part_is_checked_by_what_follows_it(desk, transport_parts):
    url = serve(desk, transport_parts)
    desk.provider.hook = on(body(short(transport_parts[0]), "video/mp2t"), key="/hls/0.ts", first=1)
    desk.watching.reconnects = 1

    outcome = fetch(desk, url)

    assert isinstance(outcome, Fetched) and asked(desk)[:3] == [0, 1, 0]
    assert inspect(desk.part).duration_s == pytest.approx(PARTS * PART_S, abs=0.3)


def test_a_missing_part_is_named_by_its_number(desk, transport_parts):
    url = serve(desk, transport_parts)
    desk.provider.hook = on(status(404), key="/hls/2.ts")

    outcome = fetch(desk, url)

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.GONE and "part 3 of 6" in outcome.message


def test_a_part_that_the_playlist_calls_missing_is_not_asked_for(desk, transport_parts):
    url = serve(desk, transport_parts)
    text = desk.provider.files["/hls/film.m3u8"].content.payload.replace(b"4.ts", b"4.ts", 1)
    gap = text.replace(b"#EXTINF:2.0,\n4.ts", b"#EXTINF:2.0,\n#EXT-X-GAP\n4.ts")
    desk.provider.add("/hls/film.m3u8", gap, "application/vnd.apple.mpegurl")

    outcome = fetch(desk, url)

    assert isinstance(outcome, TransferFailed) and "part 5 of 6 is missing" in outcome.message and 4 not in asked(desk)


def test_the_sequence_is_checked_across_a_restart(desk, transport_parts):
    url = serve(desk, transport_parts)
    desk.provider.hook = on(status(503), key="/hls/3.ts", first=1)
    assert isinstance(fetch(desk, url), TransferFailed)
    desk.provider.hook = on(body(transport_parts[5], "video/mp2t"), key="/hls/3.ts", first=1)
    desk.watching.reconnects = 2

    outcome = desk.resume(url=url, parts=SegmentCheck)

    assert isinstance(outcome, Fetched)
    assert inspect(desk.part).duration_s == pytest.approx(PARTS * PART_S, abs=0.3)


@pytest.mark.parametrize("bad", [b"<html>no</html>", b"", bytes(500)], ids=["a page", "empty", "zeros"])
def test_a_film_of_fragments_is_checked_too(desk, fragments, bad):
    header, *parts = fragments
    url = serve(desk, parts, header)
    desk.provider.hook = on(body(bad, "video/mp4"), key="/hls/1.ts", first=1)
    desk.watching.reconnects = 1

    outcome = fetch(desk, url)

    assert isinstance(outcome, Fetched)
    assert inspect(desk.part).duration_s == pytest.approx(PARTS * PART_S, abs=0.3)


@pytest.mark.parametrize("keeps", [0.3, 0.7])
def test_a_cut_fragment_is_fetched_again(desk, fragments, keeps):
    header, *parts = fragments
    url = serve(desk, parts, header)
    desk.provider.hook = on(body(parts[1][: int(len(parts[1]) * keeps)], "video/mp4"), key="/hls/1.ts", first=1)
    desk.watching.reconnects = 1

    assert isinstance(fetch(desk, url), Fetched)
    assert asked(desk).count(1) == 2


def test_a_header_that_is_a_page_is_fetched_again(desk, fragments):
    header, *parts = fragments
    url = serve(desk, parts, header)
    desk.provider.hook = on(body(b"<html>no</html>", "video/mp4"), key="/hls/init.mp4", first=1)
    desk.watching.reconnects = 1

    assert isinstance(fetch(desk, url), Fetched)


def test_another_range_than_the_asked_one_is_not_taken(desk, transport_parts):
    whole = b"".join(transport_parts)
    first = len(transport_parts[0])
    text = (
        f"#EXTM3U\n#EXTINF:2,\n#EXT-X-BYTERANGE:{first}@0\nall.ts\n"
        f"#EXTINF:10,\n#EXT-X-BYTERANGE:{len(whole) - first}\nall.ts\n#EXT-X-ENDLIST\n"
    )
    desk.provider.add("/hls/all.ts", whole)
    desk.provider.add("/hls/film.m3u8", text.encode())

    def from_the_start(exchange):
        answer = exchange.answer
        headers = dict(answer.headers) | {"Content-Range": f"bytes 0-{len(whole) - first - 1}/{len(whole)}"}
        exchange.deliver(MediaAnswer(206, headers, Memory(whole[: len(whole) - first])))

    desk.provider.hook = script(None, None, from_the_start)

    outcome = desk.fetch(url=desk.provider.url + "/hls/film.m3u8", parts=SegmentCheck)

    assert isinstance(outcome, TransferFailed) and "part 2 of 2 was answered with another range" in outcome.message


def test_clocks_that_start_again_where_the_playlist_says_so_are_no_gap(transport_parts, tmp_path):
    other = make_media(tmp_path / "other.ts", seconds=2, mpegts_flags="initial_discontinuity", output_ts_offset="5000")
    check = SegmentCheck()

    assert check.problem_of_part(transport_parts[0], PART_S, is_restart=False) is None
    assert check.problem_of_part(other.read_bytes(), PART_S, is_restart=True) is None


def test_clocks_that_start_again_with_every_part_are_no_fault(tmp_path):
    parts = [make_media(tmp_path / f"{n}.ts", seconds=2, languages=("ger", "eng")[: n + 1]) for n in range(2)]
    check = SegmentCheck()

    assert [check.problem_of_part(part.read_bytes(), PART_S, is_restart=False) for part in parts] == [None, None]


def test_troubles_are_kept_beside_the_part(desk, transport_parts):
    url = serve(desk, transport_parts)
    desk.provider.hook = on(body(b"<html>no</html>", "video/mp2t"), key="/hls/3.ts")
    desk.watching.reconnects = 0

    for _ in range(2):
        assert fetch(desk, url).kind is FailureKind.TRANSIENT
    outcome = fetch(desk, url)

    assert outcome.kind is FailureKind.WRONG_FILE and journal_of(desk.part).exists()
