"""Each health check finds its trouble, says why and what to do, and is silent when all is well."""

from __future__ import annotations

import shutil
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import insert, select, update

from stalkeer.jobs.health.check import CHECKS, check_health
from stalkeer.jobs.media.refresh import note_new_file, tell_media_server
from stalkeer.secrets import SecretBox
from stalkeer.store.db import tables
from stalkeer.store.notify.targets import NewTarget, TargetAddress, TargetKind, TargetOptions, add_target, note_result
from stalkeer.store.system.health import list_findings
from stalkeer.store.system.settings import write_settings
from tests.doubles.disks import mounted_disk, remount_read_only
from tests.doubles.media_servers import TOKEN as MEDIA_TOKEN
from tests.doubles.media_servers import media_server


@pytest.fixture
def healthy(app):
    for folder in (app.settings.directories.temp, app.settings.directories.movies, app.settings.directories.tvshows):
        folder.mkdir(parents=True)
    (app.paths.data_dir / "secret.key").chmod(0o600)
    app.change_settings({"downloads.min_free": 0})
    return app


@pytest.fixture
def look(healthy, clock):
    def run():
        return check_health(healthy.database, healthy.settings, clock(), healthy.backup_place, healthy.secrets)

    return run


@pytest.fixture
def source(healthy, clock):
    with healthy.database.begin() as connection:
        values = {
            "slug": "main",
            "kind": "xtream",
            "origin": "config",
            "credentials": healthy.secrets.encrypt("{}"),
            "created_at": clock(),
        }
        connection.execute(insert(tables.sources).values(**values))

    def change(**values):
        with healthy.database.begin() as connection:
            connection.execute(update(tables.sources).values(**values))

    return change


def found(report):
    return {(finding.check, finding.subject, finding.level) for finding in report.findings}


def test_where_all_is_well_nothing_is_found(look, source):
    assert look().findings == ()


def test_a_source_that_failed_is_a_warning_and_after_three_times_an_error(look, source):
    source(failures=1, last_error="no answer")
    assert found(look()) == {("source", "main", "warning")}

    source(failures=3)
    assert found(look()) == {("source", "main", "error")}


def test_an_account_that_ends_within_a_week_is_told_of(look, source, clock):
    source(account_status="Active", account_expires_at=clock() + timedelta(days=8))
    assert look().findings == ()

    source(account_expires_at=clock() + timedelta(days=6))
    assert found(look()) == {("account", "main", "warning")}

    source(account_expires_at=clock() - timedelta(days=1))
    assert found(look()) == {("account", "main", "error")}


def test_a_banned_account_is_an_error(look, source):
    source(account_status="Banned", account_message="shared")

    [finding] = look().findings
    assert finding.message == "The account of main is Banned: shared"


def test_a_tripped_guard_says_how_to_accept(look, source):
    source(guard={"lost": 0.9})

    [finding] = look().findings
    assert finding.check == "guard"
    assert "--accept" in finding.fix


def test_a_disabled_source_is_silent(look, source):
    source(failures=5, last_error="x", enabled=False)

    assert look().findings == ()


def test_an_instance_that_does_not_answer(look, healthy, clock):
    with healthy.database.begin() as connection:
        connection.execute(
            insert(tables.instances).values(
                slug="radarr",
                kind="radarr",
                origin="config",
                url="http://r",
                api_key=healthy.secrets.encrypt("x"),
                failures=3,
                last_error="no answer",
                created_at=clock(),
            )
        )

    assert found(look()) == {("instance", "radarr", "error")}


def test_a_full_disk_is_told_once_for_its_file_system(look, healthy):
    healthy.change_settings({"downloads.min_free": 10**18})

    [finding] = look().findings
    assert finding.check == "disk"
    assert "downloads wait" in finding.message


def test_a_disk_without_a_byte_is_told_even_where_nothing_is_kept_free(look, healthy, tmp_path):
    with mounted_disk(tmp_path / "small", 1_000_000) as folder:
        healthy.change_settings({"downloads.min_free": 0, "directories.temp": str(folder)})
        (folder / "ballast").write_bytes(bytes(shutil.disk_usage(folder).free))

        assert ("disk", str(folder), "error") in found(look())


def test_a_missing_folder(look, healthy):
    healthy.settings.directories.movies.rmdir()

    assert found(look()) == {("path", "movies", "error")}


@pytest.mark.parametrize("folder", ["relative", "/proc/1", "/nowhere/at/all", "/" + "x" * 300])
def test_a_folder_that_cannot_be_used_is_one_finding_with_its_fix(healthy, clock, folder):
    """As an earlier release let it be saved; it is stored behind the check that refuses it now."""
    with healthy.database.begin() as connection:
        write_settings(connection, healthy.secrets, {"directories.movies": folder}, frozenset(), clock())
    healthy.reread_settings()

    [finding] = healthy.check_health().findings

    assert (finding.check, finding.subject, finding.level) == ("path", "movies", "error")
    assert f"directories.movies: '{folder}'" in finding.message and "directories.movies to" in finding.fix


def test_a_silent_worker(look, healthy, clock):
    with healthy.database.begin() as connection:
        row = {"id": "w1", "host": "nas", "pid": 1, "role": "worker", "version": "1"}
        connection.execute(insert(tables.workers).values(**row, started_at=clock(), heartbeat=clock()))
    assert look().findings == ()

    clock.advance(31)
    assert found(look()) == {("worker", "w1", "warning")}


def test_files_that_cannot_be_placed_are_a_warning_while_they_wait_and_an_error_when_blocked(
    look, healthy, source, clock
):
    with healthy.database.begin() as connection:
        values = {"entry_id": 1, "source_id": 1, "entry_key": "k", "name": "Dune", "title": "Dune (2021)"}
        values |= {"error": "the disk is full; free some space", "error_code": "placement", "state": "fetched"}
        values |= {"created_at": clock(), "updated_at": clock()}
        connection.execute(insert(tables.downloads), [values, values | {"title": "Alien (1979)"}])
    [finding] = look().findings
    assert (finding.check, finding.subject, finding.level) == ("placement", "waiting", "warning")
    assert finding.message.startswith("2 finished files wait to be placed; Dune (2021): the disk is full")

    with healthy.database.begin() as connection:
        connection.execute(update(tables.downloads).values(state="blocked"))
    assert found(look()) == {("placement", "blocked", "error")}

    with healthy.database.begin() as connection:
        connection.execute(update(tables.downloads).values(state="completed", error=None, error_code=None))
    assert found(look()) == set()


def test_a_key_file_elsewhere_that_others_can_read(healthy, clock, tmp_path):
    elsewhere = tmp_path / "elsewhere.key"
    elsewhere.write_bytes(healthy.key_file.read_bytes())
    elsewhere.chmod(0o644)
    place = replace(healthy.backup_place, key_file=elsewhere)

    [finding] = check_health(healthy.database, healthy.settings, clock(), place, healthy.secrets).findings

    assert finding.fix == f"chmod 600 {elsewhere}"
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644, "a file of somebody else's folder is left alone"


def test_files_of_the_data_folder_that_stay_readable_by_others(healthy, clock, tmp_path):
    with mounted_disk(tmp_path / "mounted", 1_000_000) as folder:
        (folder / "stalkeer.db").touch(0o644)
        remount_read_only(folder)
        place = replace(healthy.backup_place, data_dir=folder)

        found = check_health(healthy.database, healthy.settings, clock(), place, healthy.secrets).findings

    [finding] = [one for one in found if one.check == "permissions"]
    assert str(folder) in finding.message
    assert "chmod -R go-rwx" in finding.fix


def test_a_database_that_was_set_aside(look, healthy, tmp_path):
    (tmp_path / "stalkeer.db.damaged-20260101-000000").touch()

    [finding] = look().findings
    assert finding.check == "database"
    assert "no backup" in finding.fix


def test_a_restore_that_was_refused(look, healthy):
    (healthy.paths.data_dir / "restore-refused.zip").touch()

    assert found(look()) == {("restore", "restore-refused.zip", "error")}


def test_external_login_without_a_proxy(look, healthy):
    healthy.change_settings({"security.mode": "external"})

    assert found(look()) == {("login", "external", "error")}


def test_tmdb_that_did_not_tell_is_a_warning_while_there_is_a_key(look, healthy, clock):
    def matched(error):
        with healthy.database.begin() as connection:
            values = {"job": "match", "state": "done", "started_at": clock(), "report": {"titlesError": error}}
            connection.execute(insert(tables.runs).values(**values))

    matched("TMDB refuses the key")
    assert found(look()) == set()

    healthy.change_settings({"tmdb.api_key": "k" * 32})
    [finding] = look().findings
    assert (finding.check, finding.subject, finding.level) == ("titles", "tmdb", "warning")
    assert "refuses the key" in finding.message
    assert "k" * 32 not in finding.message + finding.fix

    matched(None)
    assert found(look()) == set()


def test_everybody_as_a_trusted_proxy(look, healthy):
    healthy.change_settings({"security.trusted_proxies": ["0.0.0.0/0"]})

    assert found(look()) == {("login", "proxies", "error")}


def test_a_finding_keeps_its_since_and_is_over_once(look, healthy, source, clock):
    source(failures=1, last_error="no answer")
    look()
    began = clock()
    clock.advance(600)
    second = look()
    with healthy.database.connect() as connection:
        [row] = list_findings(connection)

    source(failures=0, last_error=None)
    third = look()

    assert row.since == began
    assert (len(second.change.found), len(third.change.over)) == (0, 1)
    with healthy.database.connect() as connection:
        kinds = connection.execute(select(tables.events.c.kind)).scalars().all()
    assert kinds == ["health.found", "health.over"]


def test_every_check_has_a_name_of_its_own():
    assert len(set(CHECKS.values())) == len(CHECKS)


def test_a_source_that_fails_three_times_in_a_row_is_recorded_as_worse_once(look, source, healthy):
    for failures in (1, 2, 3, 4, 5):
        source(failures=failures, last_error="no answer")
        look()
    source(failures=0)
    look()

    with healthy.database.connect() as connection:
        query = select(tables.events.c.kind, tables.events.c.level).where(tables.events.c.kind.startswith("health."))
        happened = connection.execute(query.order_by(tables.events.c.id)).all()
    assert [tuple(row) for row in happened] == [
        ("health.found", "warning"),
        ("health.worse", "error"),
        ("health.over", "info"),
    ]


def test_a_target_that_notifications_do_not_reach_is_found(look, healthy, clock):
    new = NewTarget("phone", TargetKind.WEBHOOK, TargetAddress("http://127.0.0.1:9/"), TargetOptions())
    with healthy.database.begin() as connection:
        row = add_target(connection, healthy.secrets, new, clock())
        note_result(connection, row.id, "no answer", clock())
        note_result(connection, row.id, "no answer", clock())
    assert found(look()) == set()
    with healthy.database.begin() as connection:
        note_result(connection, row.id, "no answer", clock())

    assert found(look()) == {("notification", "phone", "warning")}


def test_a_target_whose_address_the_key_cannot_read_is_named(look, healthy, clock):
    other = SecretBox(Fernet.generate_key())
    new = NewTarget("phone", TargetKind.WEBHOOK, TargetAddress("http://127.0.0.1:9/"), TargetOptions())
    with healthy.database.begin() as connection:
        add_target(connection, other, new, clock())

    [finding] = [finding for finding in look().findings if finding.check == "credentials"]

    assert "the target phone of notifications" in finding.message


def test_a_media_server_that_is_not_told_for_a_quarter_of_an_hour_is_reported_until_it_is(look, healthy, clock):
    with media_server("jellyfin") as server:
        given = {"type": server.kind, "url": server.url, "token": MEDIA_TOKEN, "refresh": True}
        healthy.change_settings({f"media_server.{name}": value for name, value in given.items()})
        with healthy.database.begin() as connection:
            note_new_file(connection, healthy.settings.media_server, Path("/media/films/Alien/A.mkv"), clock())
        server.status = 503
        tell_media_server(healthy.media)
        assert found(look()) == set()
        clock.advance(900)
        tell_media_server(healthy.media)
        [finding] = look().findings
        assert (finding.check, finding.subject, finding.level) == ("media_server", "Jellyfin", "warning")
        assert "answered 503" in finding.message and MEDIA_TOKEN not in finding.message

        server.status = 0
        clock.advance(900)
        tell_media_server(healthy.media)

        assert server.told == ["/media/films/Alien"]
        assert look().findings == ()
