"""A body without a length that does not end is given up before it costs more than the film."""

import random

import pytest

from stalkeer.adapters.transfers.endless import Endless
from stalkeer.adapters.transfers.request import FailureKind, Fetched, TransferFailed
from tests.adapters.files.media import make_media
from tests.doubles.provider_faults import without_length

FILM = random.Random(5).randbytes(700_000)
MOST = 5_000_000


def looped(payload, is_chunked=False, seam=b""):
    """Send `payload` again and again, until nobody listens."""

    def behave(exchange):
        exchange.answer = exchange.answer.__class__(200, {}, exchange.answer.content)
        head = {"Transfer-Encoding": "chunked"} if is_chunked else {"Connection": "close"}
        lines = ["HTTP/1.1 200 OK", "Content-Type: video/mp2t", *(f"{k}: {v}" for k, v in head.items()), "", ""]
        exchange.send_raw("\r\n".join(lines).encode())
        for _ in range(100):
            body = payload + seam
            exchange.send_raw(b"%x\r\n%b\r\n" % (len(body), body) if is_chunked else body)

    return behave


@pytest.mark.parametrize("step", [1, 500, 16_384, 1_000_000])
@pytest.mark.parametrize("size", [20_000, 34_000, 700_000])
def test_a_body_that_begins_again_is_noticed_whatever_the_pieces(step, size):
    if step == 1 and size > 34_000:
        size = 50_000
    film = FILM[:size]
    body, endless = film * 6, Endless()

    found = next(at for at in range(0, len(body), step) if endless.problem_of(body[at : at + step]) is not None)

    assert found <= max(2 * size, 2 * 33_792) + step


@pytest.mark.parametrize("suffix", [".ts", ".mkv", ".mp4", ".avi"])
def test_no_transfer_starts_over(tmp_path, suffix):
    payload = make_media(tmp_path / f"film{suffix}", seconds=6).read_bytes()
    endless = Endless()

    assert [endless.problem_of(payload[at : at + 4096]) for at in range(0, len(payload), 4096)].count(None) == (
        len(payload) + 4095
    ) // 4096


def test_stuffing_is_no_repetition():
    endless = Endless()

    assert endless.problem_of(bytes(1_000_000)) is None and endless.problem_of(b"\xff" * 1_000_000) is None


def test_a_body_is_not_longer_than_its_film_can_be():
    endless = Endless(most=1_000_000)

    assert endless.problem_of(random.Random(1).randbytes(1_000_000)) is None
    assert "longer than the movie can be" in endless.problem_of(b"x")


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_loop_without_a_length_is_no_film(desk, is_chunked):
    desk.provider.hook = looped(FILM, is_chunked)

    outcome = desk.fetch()

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.NOT_A_VIDEO
    assert "longer than the movie can be" in outcome.message
    assert desk.watching.size < 2 * len(FILM)


def test_an_endless_body_ends_at_what_the_film_can_have(desk):
    dice = random.Random(3)

    def live(exchange):
        exchange.send_raw(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n")
        for _ in range(400):
            exchange.send_raw(dice.randbytes(100_000))

    desk.provider.hook = live

    outcome = desk.fetch(most_bytes=MOST)

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.NOT_A_VIDEO
    assert MOST < desk.watching.size < MOST + 2_000_000


def test_a_film_without_a_length_that_ends_is_taken(desk):
    desk.provider.hook = without_length

    outcome = desk.fetch(most_bytes=MOST)

    assert isinstance(outcome, Fetched) and desk.part.read_bytes() == desk.film
