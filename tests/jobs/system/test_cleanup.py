"""Retention: what is old goes, what is used stays, and a dry run changes nothing."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.system.backup import BackupPlace, make_backup
from stalkeer.jobs.system.cleanup import CleanupPlace, carry_out, plan_cleanup
from stalkeer.model import EventKind
from stalkeer.store.db import tables
from stalkeer.store.journal.events import Event, last_event_id, record_event
from stalkeer.store.system.retention import delete_some_old, old_events


@pytest.fixture
def place(app) -> CleanupPlace:
    app.paths.logs.mkdir(parents=True, exist_ok=True)
    app.settings.directories.temp.mkdir(parents=True)
    data = app.paths.data_dir
    return CleanupPlace(app.paths.logs, BackupPlace(data, app.paths.backups, data / "secret.key"), app.paths.artwork)


def old_file(path, clock, days):
    path.write_text("x" * 100)
    moment = (clock() - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))
    return path


def count(app, table):
    with app.database.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
def old_rows(app, clock):
    """One old and one young row of every kind that retention knows."""
    old, young = clock() - timedelta(days=400), clock() - timedelta(days=1)
    with app.database.begin() as connection:
        source = {"slug": "main", "kind": "m3u", "origin": "config", "credentials": "x", "created_at": old}
        connection.execute(insert(tables.sources).values(**source))
        for at in (old, young):
            connection.execute(insert(tables.events).values(at=at, kind="x", level="info", message="x"))
            connection.execute(insert(tables.runs).values(job="scan", state="done", started_at=at))
            connection.execute(insert(tables.rate_samples).values(at=at, bytes=1, seconds=1))
            for state, part in (("completed", None), ("failed", "/somewhere/1-2.part"), ("queued", None)):
                connection.execute(
                    insert(tables.downloads).values(
                        entry_id=1,
                        source_id=1,
                        entry_key="k",
                        name="n",
                        title="t",
                        state=state,
                        kind="movie",
                        part_path=part,
                        created_at=at,
                        finished_at=at if state != "queued" else None,
                        updated_at=at,
                    )
                )


def test_old_rows_go_and_young_or_open_ones_stay(app, clock, place, old_rows):
    plan = plan_cleanup(app.database, app.settings, place, clock())

    report = carry_out(app.database, plan, place, QuietRun())

    assert dict(report.removed) == {"rate samples": 1, "downloads": 1, "history": 1, "jobs": 1}
    assert (count(app, tables.events), count(app, tables.downloads)) == (1, 5)


def test_a_plan_changes_nothing_and_says_what_would_go(app, clock, place, old_rows):
    plan = plan_cleanup(app.database, app.settings, place, clock())

    assert plan.report().to_document()["removed"]["downloads"] == 1
    assert count(app, tables.downloads) == 6


def test_zero_keeps_for_ever(app, clock, place, old_rows):
    app.change_settings({"retention.history": 0, "retention.downloads": 0})

    plan = plan_cleanup(app.database, app.settings, place, clock())

    assert {old.kind for old, _ in plan.rows} == {"rate samples"}


def test_old_logs_and_forgotten_part_files_go_and_nothing_else(app, clock, place):
    temp = app.settings.directories.temp
    gone = [old_file(app.paths.logs / "stalkeer.log.3", clock, 40), old_file(temp / "7-9.part", clock, 3)]
    kept = [
        old_file(app.paths.logs / "stalkeer.log", clock, 1),
        old_file(app.paths.logs / "mine.txt", clock, 400),
        old_file(temp / "8-9.part", clock, 0),
        old_file(temp / "my film.mkv", clock, 400),
        old_file(temp / "other.part", clock, 400),
    ]
    (temp / "9-9.part").symlink_to(kept[3])

    report = carry_out(app.database, plan_cleanup(app.database, app.settings, place, clock()), place, QuietRun())

    assert [path for path in gone if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []
    assert report.freed == 200


def test_a_part_file_that_a_download_knows_stays(app, clock, place, old_rows):
    path = old_file(app.settings.directories.temp / "1-2.part", clock, 30)
    with app.database.begin() as connection:
        connection.execute(tables.downloads.update().values(part_path=str(path)))

    carry_out(app.database, plan_cleanup(app.database, app.settings, place, clock()), place, QuietRun())

    assert path.exists()


def test_old_archives_go_but_the_newest_of_a_source_stays(app, clock, place, old_rows, tmp_path):
    paths = [old_file(tmp_path / f"{generation}.m3u.gz", clock, 100) for generation in (1, 2)]
    with app.database.begin() as connection:
        for generation, path in enumerate(paths):
            row = {"source_id": 1, "generation": generation, "path": str(path), "size": 100}
            connection.execute(insert(tables.archives).values(**row, created_at=clock() - timedelta(days=100)))

    carry_out(app.database, plan_cleanup(app.database, app.settings, place, clock()), place, QuietRun())

    assert [path.exists() for path in paths] == [False, True]
    assert count(app, tables.archives) == 1


def test_the_newest_backup_always_stays(app, clock, place):
    (app.paths.data_dir / "secret.key").touch()
    for _ in range(3):
        make_backup(app.database, place.backup, clock())
        clock.advance(86400 * 40)

    carry_out(app.database, plan_cleanup(app.database, app.settings, place, clock()), place, QuietRun())

    assert len(list(app.paths.backups.glob("*.zip"))) == 1


def test_a_cancelled_clean_up_stops(app, clock, place, old_rows):
    plan = plan_cleanup(app.database, app.settings, place, clock())

    report = carry_out(app.database, plan, place, QuietRun(cancelled=True))

    assert dict(report.removed) == {}


def test_the_last_event_stays_so_that_its_number_is_never_given_again(database, clock):
    with database.begin() as connection:
        record_event(connection, clock(), Event(EventKind.DOWNLOAD_COMPLETED, "Old (2020) was imported"))
        last = last_event_id(connection)
    clock.advance(400 * 86_400)

    with database.begin() as connection:
        delete_some_old(connection, old_events(clock()))
        record_event(connection, clock(), Event(EventKind.DOWNLOAD_COMPLETED, "New (2020) was imported"))

        assert last_event_id(connection) == last + 1
