"""Workers in processes of their own: killed, frozen, without a database, asked to stop, one too many."""

import os
import signal
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import text

from stalkeer.core.downloads.states import Action
from stalkeer.engine.intervals import DEFAULT_INTERVALS
from stalkeer.engine.presence import has_worker
from stalkeer.errors import Conflict
from stalkeer.model import DownloadState
from stalkeer.store.downloads.actions import act
from stalkeer.store.downloads.workers import list_workers
from tests.doubles.house import QUICKLY, content, digest, eventually, now, open_house
from tests.doubles.media_servers import TOKEN, media_server
from tests.doubles.provider_faults import on, stall_after
from tests.engine.processes import Spec, worker

S = DownloadState


def workers_of(house):
    with house.database.connect() as connection:
        return {one.pid: one.id for one in list_workers(connection)}


def owner(house, download):
    return house.row(download).queue.worker


def all_done(house, bodies):
    for download, body in bodies.items():
        house.await_state(download, S.COMPLETED, timeout_s=60)
        assert house.result(download) == digest(body)


def queue_films(house, count, size, connections=4, first=0):
    source = house.source(max_connections=connections)
    made = {number: content(size, number) for number in range(first, first + count)}
    return {house.download(f"Film {number}", body, source): body for number, body in made.items()}


def freeze_between_writes(database, pid):
    """Stop a process that is not writing: PostgreSQL would keep its rows locked until it goes on."""
    is_writing = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
        " WHERE datname = current_database() AND mode = 'RowExclusiveLock'"
    )
    for _ in range(200):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.05)  # the server has answered what it was asked
        with database.connect() as connection:
            if connection.execute(is_writing).scalar_one() == 0:
                return
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.02)
    raise AssertionError("the process was always writing")


@pytest.fixture
def shared_house(tmp_path, postgres_database):
    """On PostgreSQL, for several workers."""
    with open_house(tmp_path, postgres_database) as opened:
        yield opened


@pytest.mark.postgres
def test_two_workers_share_the_work_and_one_goes_on_when_the_other_is_killed(shared_house):
    house = shared_house
    house.provider.rate = 500_000
    with worker(Spec.of(house)) as first, worker(Spec.of(house)) as second:
        eventually(lambda: {first.pid, second.pid} <= set(workers_of(house)), "both are there")
        bodies = {}

        def both_have_work():
            # Whoever looks first takes what waits. So films go on coming, and of odd lengths: with equal ones, slots
            # open together and always at the same moment of each worker's round, and one of them may get them all.
            if sum(house.state(one) is S.QUEUED for one in bodies) < 4:
                odd = 100_000 + len(bodies) * 370_000 % 700_000
                bodies.update(queue_films(house, 1, odd, first=len(bodies)))
            return len({owner(house, one) for one in bodies} - {None}) == 2

        eventually(both_have_work, "both have work")

        os.kill(first.pid, signal.SIGKILL)

        house.provider.rate = None
        all_done(house, bodies)
        assert second.is_alive()
    assert 0 < house.provider.connections.peak.total() <= 4


@pytest.mark.postgres
def test_while_somebody_watches_neither_of_two_workers_uses_the_only_connection(shared_house):
    house = shared_house
    with media_server("jellyfin") as server:
        given = {"media_server.type": "jellyfin", "media_server.url": server.url, "media_server.token": TOKEN}
        spec = Spec.of(house, given=given, intervals=replace(QUICKLY, viewers_s=0.1))
        house.provider.rate = 40_000
        bodies = queue_films(house, 2, 2_000_000, connections=1)
        source = house.source()
        house.entry(source, "live:1", None, "News", kind="live")

        def looked(times):
            asked = server.asked
            eventually(lambda: server.asked >= asked + times, "the media server was asked")

        with worker(spec) as first, worker(spec) as second:
            eventually(lambda: {first.pid, second.pid} <= set(workers_of(house)), "both are there")
            eventually(lambda: any(house.row(one).transfer.offset > 40_000 for one in bodies), "one is under way")
            server.playing = [("News", "", True)]
            eventually(lambda: all(house.state(one) is S.QUEUED for one in bodies), "both wait")
            requests = len(house.provider.requests)
            looked(10)
            assert len(house.provider.requests) == requests

            os.kill(first.pid, signal.SIGKILL)
            looked(10)
            assert len(house.provider.requests) == requests

            server.playing = []
            looked(2)
            house.provider.rate = None
            house.change_source(source, watched_at=now() - timedelta(minutes=2))
            all_done(house, bodies)
            assert second.is_alive()
    assert {house.row(one).queue.failures for one in bodies} == {0}
    assert house.provider.connections.peak.total() == 1


@pytest.mark.postgres
def test_a_worker_that_was_frozen_past_the_dead_limit_does_no_harm_when_it_thaws(shared_house):
    house = shared_house
    bodies = queue_films(house, 3, 3_000_000)
    house.provider.rate = 400_000
    with worker(Spec.of(house)) as first:
        eventually(lambda: all(house.row(one).transfer.offset > 100_000 for one in bodies), "all are under way")
        frozen = workers_of(house)[first.pid]
        freeze_between_writes(house.database, first.pid)
        with worker(Spec.of(house)) as second:
            eventually(lambda: second.pid in workers_of(house))
            helper = workers_of(house)[second.pid]
            eventually(lambda: {owner(house, one) for one in bodies} == {helper}, "the other one took over")
            runs = {one: house.row(one).queue.run for one in bodies}

            os.kill(first.pid, signal.SIGCONT)

            house.provider.rate = None
            all_done(house, bodies)
            assert all(house.row(one).queue.run >= runs[one] for one in bodies)
            assert frozen != helper


@contextmanager
def away(database):
    """Nobody reaches the database: every connection ends, and no new one is let in."""
    name = database.engine.url.database
    admin = sqlalchemy.create_engine(database.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    database.close()
    with admin.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        ended = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n")
        connection.execute(ended, {"n": name})
        yield
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    admin.dispose()


@pytest.mark.postgres
def test_downloads_survive_a_database_that_is_away(shared_house):
    house = shared_house
    bodies = queue_films(house, 3, 4_000_000)
    house.provider.rate = 500_000
    with worker(Spec.of(house)):
        eventually(lambda: all(house.row(one).transfer.offset > 100_000 for one in bodies), "all are under way")
        with away(house.database):
            time.sleep(2)  # longer than a worker trusts its rows
        house.provider.rate = None
        all_done(house, bodies)


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.timeout(600)
def test_a_database_that_is_away_for_a_minute_stops_transfers_in_time_and_they_go_on(shared_house):
    """By default a worker is believed for 20 s without a heartbeat, and struck out by others after 30 s."""
    house = shared_house
    bodies = queue_films(house, 3, 30_000_000)
    house.provider.rate = 150_000
    with worker(Spec.of(house, intervals=DEFAULT_INTERVALS)) as process:
        eventually(
            lambda: all(house.row(one).transfer.durable_offset > 0 for one in bodies), "something of all is safe"
        )
        with away(house.database):
            time.sleep(15)
            assert house.provider.open_streams() == 3, "a short absence disturbs nothing"
            time.sleep(8)
            assert house.provider.open_streams() == 0, "nobody transfers what others may have been given"
            time.sleep(37)
        house.provider.rate = None
        all_done(house, bodies)
        assert process.is_alive()
    resumed = [house.row(download).transfer.bytes_resumed for download in bodies]
    assert all(resumed), "what had come before is kept"


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_database_that_is_locked_for_a_minute_only_delays(house):
    bodies = queue_films(house, 3, 20_000_000)
    house.provider.rate = 400_000
    with worker(Spec.of(house, intervals=DEFAULT_INTERVALS)) as process:
        eventually(lambda: all(house.row(one).transfer.offset > 0 for one in bodies), "all are under way")
        before = sum(request.sent for request in house.provider.requests)

        with house.database.begin():
            time.sleep(60)

        assert process.is_alive()
        assert sum(request.sent for request in house.provider.requests) > before, "files go on meanwhile"
        house.provider.rate = None
        all_done(house, bodies)


def test_a_database_that_is_locked_by_others_only_delays(house):
    bodies = queue_films(house, 3, 2_000_000)
    house.provider.rate = 1_000_000
    with worker(Spec.of(house)):
        eventually(lambda: any(house.row(one).transfer.offset > 0 for one in bodies))

        with house.database.begin():
            time.sleep(1)

        all_done(house, bodies)


def test_pause_and_cancel_reach_a_worker_in_another_process(house):
    paused, cancelled = queue_films(house, 2, 8_000_000)
    house.provider.rate = 1_000_000
    with worker(Spec.of(house)):
        eventually(lambda: house.row(paused).transfer.offset > 0 and house.row(cancelled).transfer.offset > 0)

        with house.database.begin() as connection:
            act(connection, paused, Action.PAUSE, now())
            act(connection, cancelled, Action.CANCEL, now())

        house.await_state(paused, S.PAUSED, timeout_s=3)
        house.await_state(cancelled, S.CANCELLED, timeout_s=3)
        eventually(lambda: house.provider.open_streams() == 0, "both connections are closed")
        assert Path(house.row(paused).transfer.part_path).exists()


def test_sigterm_lets_go_of_silent_servers_within_seconds(house):
    bodies = queue_films(house, 3, 5_000_000)
    house.provider.hook = on(stall_after(1_000_000))
    with worker(Spec.of(house)) as process:
        eventually(lambda: all(house.row(one).transfer.offset >= 900_000 for one in bodies), "all are silent")

        began = time.monotonic()
        os.kill(process.pid, signal.SIGTERM)
        process.join(10)

        assert process.exitcode == 0 and time.monotonic() - began < 10
    for download in bodies:
        row = house.row(download)
        assert (row.state, row.queue.worker, row.queue.admitted_at) == (S.QUEUED, None, None)
        assert row.transfer.durable_offset >= 900_000
    house.provider.hook = None
    with worker(Spec.of(house)):
        all_done(house, bodies)
    assert all(house.row(download).transfer.bytes_resumed >= 900_000 for download in bodies)


def test_there_is_never_a_second_worker_on_one_data_folder(house, running):
    running(house.engine())

    second = house.engine("cli")

    assert has_worker(house.database, house.app.paths.data_dir, now())
    with pytest.raises(Conflict, match="already"):
        second.launch()


def test_a_folder_is_free_again_when_its_worker_was_killed(house, running):
    with worker(Spec.of(house)) as process:
        eventually(lambda: process.pid in workers_of(house))
        os.kill(process.pid, signal.SIGKILL)
        process.join(5)

    running(house.engine())

    assert has_worker(house.database, house.app.paths.data_dir, now())
