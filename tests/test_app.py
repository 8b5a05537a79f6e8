"""How the program starts: what it finds in its data folder, and what it does beside a running one."""

from __future__ import annotations

import socket
import threading

import pytest

from stalkeer.app import Start, build_app, build_security, take_up_key
from stalkeer.engine.lock import FolderLock
from stalkeer.errors import ConfigurationError, Conflict, SecretError, StalkeerError
from stalkeer.faces.http.server import bind
from stalkeer.jobs.health.watch import HealthWatch
from stalkeer.jobs.system.api_keys import ApiKeys
from stalkeer.jobs.system.backup import make_backup, stage_restore
from stalkeer.model import InstanceKind
from stalkeer.settings.sections.program import ServerSettings
from stalkeer.store.library.instances import NewInstance, add_instance
from stalkeer.store.sources.credentials import read_credentials
from stalkeer.store.sources.description import Credentials, NewSource
from stalkeer.store.sources.sources import add_source, change_source, get_source, list_sources
from stalkeer.store.system.api_keys import MAIN_KEY, read_keys


@pytest.fixture
def start(tmp_path, clock):
    """`start("serve")` builds the program over tmp_path/data; what it built is closed in the end."""
    opened = []

    def build(role="command", **flags):
        overrides = {"data_dir": str(tmp_path / "data"), **flags}
        app = build_app(Start(environ={"HOME": str(tmp_path)}, overrides=overrides, role=role), clock)
        opened.append(app)
        return app

    yield build
    for app in opened:
        app.close()


def test_a_damaged_database_is_set_aside_and_the_program_says_so(start, tmp_path, clock):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "stalkeer.db").write_bytes(b"this was a database once" * 500)

    app = start("serve")

    report = app.check_health()
    assert "database" in {finding.check for finding in report.findings}


@pytest.mark.parametrize("role", ["serve", "command"])
def test_nobody_else_reads_the_database(start, tmp_path, role):
    (tmp_path / "data").mkdir(mode=0o755)  # a mounted folder has the mode that its owner gave it

    start(role)

    assert (tmp_path / "data" / "stalkeer.db").stat().st_mode & 0o077 == 0


def test_a_staged_backup_is_restored_at_the_next_start_of_the_server(start, clock):
    app = start("serve")
    keys = ApiKeys(app.database, app.secrets, clock)
    before = keys.ensure()
    made = make_backup(app.database, app.backup_place, clock())
    keys.reset()
    stage_restore(app.paths.backups / made.name, app.backup_place)
    app.close()

    again = start("serve")

    assert ApiKeys(again.database, again.secrets, clock).ensure() == before


def test_a_command_beside_a_running_server_leaves_its_sources_alone(start, tmp_path):
    (tmp_path / "list.m3u").write_text("#EXTM3U\n")
    server = start("serve", **{"playlists.0.name": "main", "playlists.0.path": str(tmp_path / "list.m3u")})
    lock = FolderLock(tmp_path / "data")
    assert lock.acquire()

    start("command")
    lock.release()

    with server.database.connect() as connection:
        assert [row.slug for row in list_sources(connection)] == ["main"]


def test_a_playlist_under_the_name_of_a_source_of_the_page_stops_no_start_and_is_told(start, tmp_path, clock):
    (tmp_path / "list.m3u").write_text("#EXTM3U\n")
    app = start("serve")
    own = NewSource("main", "m3u", Credentials(url="http://tv.example/own"))
    with app.database.begin() as connection:
        add_source(connection, own, app.secrets, clock())
    app.close()
    playlists = {
        f"playlists.{number}.{key}": value
        for number, name in enumerate(("main", "other"))
        for key, value in (("name", name), ("path", str(tmp_path / "list.m3u")))
    }

    app = start("serve", **playlists)

    with app.database.connect() as connection:
        rows = {row.slug: row for row in list_sources(connection)}
    found = [finding for finding in app.check_health().findings if finding.check == "playlist name"]
    assert rows.keys() == {"main", "other"}
    assert read_credentials(rows["main"], app.secrets).url == "http://tv.example/own"
    assert [finding.subject for finding in found] == ["main"]
    assert "config.yml is not used" in found[0].message and "another name" in found[0].fix


def test_the_database_file_is_readable_by_its_owner_alone(start, tmp_path):
    start("serve")

    assert (tmp_path / "data" / "stalkeer.db").stat().st_mode & 0o077 == 0
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_a_setting_stored_by_another_process_applies_after_the_next_check(start):
    server, command = start("serve"), start()

    command.change_settings({"downloads.concurrent_limit": 9})
    server.reread_settings()

    assert server.settings.downloads.concurrent_limit == 9


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(ConfigurationError, match=rf"server\.port: {port}"):
            bind(ServerSettings(host="127.0.0.1", port=port))


def test_an_answer_in_two_packets_does_not_wait_for_the_client_to_acknowledge_the_first():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    with (
        bind(ServerSettings(host="127.0.0.1", port=port)) as listener,
        socket.create_connection(("127.0.0.1", port), timeout=10),
    ):
        answering, _ = listener.accept()
        with answering:
            assert answering.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_watch_goes_on_after_an_error():
    looked = threading.Semaphore(0)

    def look():
        looked.release()
        raise StalkeerError("the database is away")

    watch = HealthWatch(look, check=lambda: 1 / 0, every_s=0.001)
    watch.start()

    assert all(looked.acquire(timeout=20) for _ in range(3))
    watch.stop()


def test_a_backup_restored_without_its_key_starts_and_says_what_to_enter_again(start, clock):
    app = start("serve")
    before = ApiKeys(app.database, app.secrets, clock).ensure()
    app.change_settings({"tmdb.api_key": "0123456789abcdef"})
    with app.database.begin() as connection:
        add_source(connection, NewSource("main", "m3u", Credentials(url="http://tv.example/a")), app.secrets, clock())
        add_instance(connection, NewInstance("radarr", InstanceKind.RADARR, "http://r", "k" * 32), app.secrets, clock())
    made = make_backup(app.database, app.backup_place, clock())
    stage_restore(app.paths.backups / made.name, app.backup_place)
    (app.paths.data_dir / "restore-pending.key").unlink()
    app.close()
    app.key_file.unlink()  # as on another machine, which makes a key of its own

    again = start("serve")

    build_security(again)
    with again.database.connect() as connection:
        assert read_keys(connection, app.secrets)[MAIN_KEY] == before, "whoever has the right key finds it there"
    assert again.settings.tmdb.api_key.get_secret_value() == ""
    [finding] = [one for one in again.check_health().findings if one.check == "credentials"]
    assert all(what in finding.message for what in ("source main", "Radarr", "tmdb.api_key"))


def test_what_cannot_be_read_any_longer_can_be_entered_again(start, clock):
    app = start("serve")
    with app.database.begin() as connection:
        row = add_source(
            connection, NewSource("main", "m3u", Credentials(url="http://tv.example/a")), app.secrets, clock()
        )
    app.close()
    app.key_file.unlink()
    again = start("serve")

    with again.database.begin() as connection:
        change_source(connection, row, NewSource("main", "m3u", Credentials(url="http://tv.example/b")), again.secrets)
        changed = get_source(connection, "main")

    assert read_credentials(changed, again.secrets).url == "http://tv.example/b"
    assert [one for one in again.check_health().findings if one.check == "credentials"] == []


# --- a key that does not fit


@pytest.fixture
def rekeyed(start, clock):
    """A data folder whose key was lost: its database holds a source that nobody can read."""
    app = start("serve")
    with app.database.begin() as connection:
        add_source(connection, NewSource("main", "m3u", Credentials(url="http://tv.example/a")), app.secrets, clock())
    app.close()
    app.key_file.unlink()


def test_a_command_refuses_a_key_that_does_not_fit_and_says_what_to_do(start, rekeyed):
    with pytest.raises(SecretError, match="restore"):
        start("command")


def test_serve_syncs_nothing_while_the_key_does_not_fit(start, rekeyed, tmp_path):
    (tmp_path / "list.m3u").write_text("#EXTM3U\n")

    app = start("serve", **{"playlists.0.name": "other", "playlists.0.path": str(tmp_path / "list.m3u")})

    with app.database.connect() as connection:
        assert [row.slug for row in list_sources(connection)] == ["main"]


def test_serve_works_again_once_everything_was_entered_again(start, rekeyed, clock):
    app = start("serve")
    with app.database.begin() as connection:
        row = get_source(connection, "main")
        change_source(connection, row, NewSource("main", "m3u", Credentials(url="http://tv.example/b")), app.secrets)

    assert take_up_key(app)

    assert start("command").settings == app.settings


def test_a_key_that_is_lost_can_be_adopted(start, rekeyed):
    app = start("doctor")

    app.adopt_key()

    start("serve")
    assert start("command").settings.data_dir == app.settings.data_dir


def test_a_second_serve_on_a_data_folder_changes_nothing(start, tmp_path):
    server = start("serve")
    lock = FolderLock(tmp_path / "data")
    assert lock.acquire()
    (tmp_path / "list.m3u").write_text("#EXTM3U\n")

    with pytest.raises(Conflict, match="already"):
        start("serve", **{"playlists.0.name": "main", "playlists.0.path": str(tmp_path / "list.m3u")})
    lock.release()

    with server.database.connect() as connection:
        assert list_sources(connection) == []
