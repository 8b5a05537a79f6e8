"""The times that the workers of one database must agree on."""

from datetime import timedelta

import pytest

from stalkeer.engine.intervals import DEFAULT_INTERVALS, Intervals
from stalkeer.engine.presence import has_worker
from stalkeer.store.downloads.workers import DEAD_AFTER, WorkerRow, database_now, register_worker

DEAD_AFTER_S = DEAD_AFTER.total_seconds()


@pytest.mark.postgres
@pytest.mark.parametrize(("silent_s", "lives"), [(DEAD_AFTER_S - 5, True), (DEAD_AFTER_S + 5, False)])
def test_commands_take_a_worker_for_dead_when_its_peers_do(postgres_database, tmp_path, clock, silent_s, lives):
    with postgres_database.begin() as connection:
        heard = database_now(connection, clock()) - timedelta(seconds=silent_s)
        register_worker(connection, WorkerRow("other", "host", 1, "worker", heard, heard, "1"))

    assert has_worker(postgres_database, tmp_path, clock()) is lives


def test_a_worker_stops_itself_well_before_its_peers_take_it_for_dead():
    assert DEFAULT_INTERVALS.dead_after == timedelta(seconds=DEAD_AFTER_S)
    assert DEFAULT_INTERVALS.stale_s + 2 * DEFAULT_INTERVALS.heartbeat_s < DEFAULT_INTERVALS.dead_s
    with pytest.raises(ValueError, match="stop itself"):
        Intervals(stale_s=DEAD_AFTER_S)
