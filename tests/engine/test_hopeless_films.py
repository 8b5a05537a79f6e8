"""A film that cannot come ends: the next variant follows, and nothing is fetched beyond the attempts."""

from __future__ import annotations

import pytest

from stalkeer.demo.media import MOVIE_90, media
from stalkeer.model import DownloadState
from tests.doubles import provider_faults as faults
from tests.doubles.house import content, digest, open_house
from tests.doubles.provider_faults import on

SIZE = 2_000_000
ATTEMPTS = 3
GIVEN = {
    "downloads.verify_downloads": True,
    "downloads.retry_attempts": ATTEMPTS,
    "downloads.retry_delay": "0.05s",
    "downloads.timeout": "2s",
}
BAD = "/files/Dune.mkv"


def without_ranges(behaviour):
    def behave(exchange):
        exchange.answer = exchange.answer.__class__(200, {}, exchange.answer.content)
        behaviour(exchange)

    return behave


HOPELESS = {
    "always cut at half, without ranges": without_ranges(faults.cut_after(SIZE // 2)),
    "a length that is too large, without ranges": without_ranges(faults.claims_more(1000)),
    "no length and always half of it": without_ranges(lambda exchange: faults.without_length(exchange, cut=SIZE // 2)),
    "chunks that never end, without ranges": without_ranges(faults.chunked(50_000, ends=False)),
}


@pytest.fixture
def strict(tmp_path, database):
    with open_house(tmp_path, database, GIVEN) as opened:
        yield opened


def add_variant(house, download, body, name="Dune 720p"):
    row = house.row(download)
    entry = house.entry(row.identity.source_id, f"/files/{name}.mkv", body, name)
    house.match(row.items[0].wanted_id, entry, score=0.97)
    return entry


def sent(house, key=BAD):
    return sum(request.sent for request in house.provider.requests if request.key == key)


@pytest.mark.parametrize(
    "kind", [next(iter(HOPELESS)), *(pytest.param(kind, marks=pytest.mark.soak) for kind in list(HOPELESS)[1:])]
)
def test_a_film_that_never_comes_whole_costs_its_attempts_at_most_and_the_next_variant_follows(strict, running, kind):
    good = media(MOVIE_90, 600_000, 2)
    download = strict.download("Dune", media(MOVIE_90, SIZE, 1))
    better = add_variant(strict, download, good)
    strict.provider.hook = on(HOPELESS[kind], key=BAD)

    running(strict.engine())
    row = strict.await_state(download, DownloadState.COMPLETED, DownloadState.FAILED)

    assert row.state is DownloadState.COMPLETED and row.identity.entry_id == better
    assert strict.result(download) == digest(good.read(0, good.size))
    assert sent(strict) <= ATTEMPTS * SIZE + 100_000
    assert strict.provider.connections.peak[""] <= 2


def test_without_another_variant_it_fails_and_says_how_often_it_was_tried(strict, running):
    download = strict.download("Dune", content(SIZE))
    strict.provider.hook = on(HOPELESS["always cut at half, without ranges"])

    running(strict.engine())
    row = strict.await_state(download, DownloadState.FAILED)

    assert f"{ATTEMPTS} attempts" in row.outcome.error
    assert sent(strict) <= ATTEMPTS * SIZE


def test_a_server_that_gives_a_little_more_each_time_is_never_given_up(strict, running):
    body = media(MOVIE_90, SIZE, 1)
    download = strict.download("Dune", body)
    strict.provider.hook = on(faults.cut_after(65_536 + 100_000))

    running(strict.engine())
    strict.await_state(download, DownloadState.COMPLETED)

    assert strict.result(download) == digest(body.read(0, body.size))
    assert strict.row(download).transfer.interruptions > 3 * ATTEMPTS


def test_what_an_answer_has_shown_is_kept_with_the_download(strict, running):
    body = media(MOVIE_90, SIZE, 1)
    download = strict.download("Dune", body)
    strict.provider.hook = on(faults.cut_after(600_000), first=2)

    running(strict.engine())
    row = strict.await_state(download, DownloadState.COMPLETED)

    assert row.transfer.learned == {"is_total_confirmed": True}
    assert row.transfer.high_water >= 1_000_000


@pytest.mark.parametrize("min_speed", ["50KB", pytest.param(0, marks=pytest.mark.soak)])
def test_a_server_that_never_answers_costs_its_attempts_and_the_next_variant_follows(
    tmp_path, database, running, min_speed
):
    given = {**GIVEN, "downloads.min_speed": min_speed, "downloads.min_speed_time": "1s"}
    with open_house(tmp_path, database, given) as house:
        download = house.download("Dune", media(MOVIE_90, SIZE, 1), house.source(max_connections=1))
        better = add_variant(house, download, media(MOVIE_90, 600_000, 2))
        house.download("Other", media(MOVIE_90, 300_000, 3))
        house.provider.hook = on(faults.silent, key=BAD)

        running(house.engine())
        row = house.await_state(download, DownloadState.COMPLETED, DownloadState.FAILED)

        assert row.state is DownloadState.COMPLETED and row.identity.entry_id == better
        assert len([request for request in house.provider.requests if request.key == BAD]) == ATTEMPTS
