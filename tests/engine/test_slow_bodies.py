"""A body that hardly moves gives its slot to a download that waits, and comes again later."""

from __future__ import annotations

import threading

import pytest

from stalkeer.demo.media import MOVIE_90, media
from stalkeer.model import DownloadState
from tests.doubles import provider_faults as faults
from tests.doubles.house import digest, eventually, open_house
from tests.doubles.provider_faults import on

GIVEN = {"downloads.min_speed": "50KB", "downloads.min_speed_time": "1s", "downloads.retry_delay": "0.1s"}
SLOW = "/files/Slow.mkv"


@pytest.fixture
def released():
    event = threading.Event()
    yield event
    event.set()


def test_a_slow_body_makes_room_for_a_download_of_its_account_and_is_resumed(tmp_path, database, running, released):
    with open_house(tmp_path, database, GIVEN) as house:
        source = house.source(max_connections=1)
        body, other = media(MOVIE_90, 900_000, 1), media(MOVIE_90, 900_000, 2)
        slow = house.download("Slow", body, source)
        house.provider.hook = on(faults.trickle_after(300_000, released), key=SLOW, first=1)
        running(house.engine())
        eventually(lambda: house.row(slow).transfer.offset >= 300_000)

        quick = house.download("Quick", other, source)
        house.await_state(quick, DownloadState.COMPLETED)
        row = house.row(slow)
        house.change(slow, not_before=None)
        house.await_state(slow, DownloadState.COMPLETED)

        assert "slower than 50,000 bytes/s" in row.outcome.error
        assert house.result(slow) == digest(body.read(0, body.size))
        assert house.provider.connections.peak[""] == 1


def test_a_slow_body_is_borne_with_while_nothing_waits_for_its_slot(tmp_path, database, running, released):
    with open_house(tmp_path, database, GIVEN) as house:
        body = media(MOVIE_90, 900_000, 1)
        slow = house.download("Slow", body, house.source(max_connections=1))
        house.provider.hook = on(faults.trickle_after(300_000, released), key=SLOW)
        running(house.engine())
        begun = []
        eventually(lambda: house.row(slow).transfer.offset >= 300_000)
        other = house.download("Quick", media(MOVIE_90, 300_000, 2), house.source("other", max_connections=1))
        house.await_state(other, DownloadState.COMPLETED)
        eventually(lambda: begun.append(1) or len(begun) > 100)  # two seconds of beats

        released.set()
        row = house.await_state(slow, DownloadState.COMPLETED)

        assert row.transfer.interruptions == 0
