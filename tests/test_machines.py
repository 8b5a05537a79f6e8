"""Several machines over one PostgreSQL: who may change what, and whose settings count."""

from __future__ import annotations

import os
import shutil
from platform import node

import pytest

from stalkeer.app import Start, build_app
from stalkeer.errors import Conflict, SecretError, StoreError
from stalkeer.store.db.database import open_database
from stalkeer.store.db.locks import ServeLock
from stalkeer.store.db.migrate import revision_of
from stalkeer.store.library.instances import list_instances
from stalkeer.store.sources.sources import list_sources
from stalkeer.store.system.settings import read_published
from tests.doubles.house import eventually

pytestmark = pytest.mark.postgres


def published_by(app, secrets):
    with app.database.connect() as connection:
        return read_published(connection, secrets)


@pytest.fixture
def machine(tmp_path, postgres_url, clock):
    """`machine("first", "serve", **settings)` builds the program over that machine's own data folder."""
    opened = []

    def build(name, role="command", **flags):
        overrides = {"data_dir": str(tmp_path / name), "database.url": postgres_url, **flags}
        app = build_app(Start(environ={"HOME": str(tmp_path)}, overrides=overrides, role=role), clock)
        opened.append(app)
        return app

    yield build
    for app in opened:
        app.close()


@pytest.fixture
def configured(tmp_path):
    """A configuration with an instance and a source."""
    (tmp_path / "list.m3u").write_text("#EXTM3U\n")
    return {
        "radarr.0.url": "http://radarr.example.com",
        "radarr.0.api_key": "0123456789abcdef",
        "playlists.0.name": "main",
        "playlists.0.path": str(tmp_path / "list.m3u"),
        "playlists.0.filters.0.exclude": "sport",
    }


@pytest.fixture
def share_key(tmp_path):
    """`share_key("second")` gives a machine the key of the first."""

    def copy(name):
        (tmp_path / name).mkdir(exist_ok=True)
        shutil.copy(tmp_path / "first" / "secret.key", tmp_path / name / "secret.key")

    return copy


def names_in(app):
    with app.database.connect() as connection:
        return [row.slug for row in (*list_instances(connection), *list_sources(connection))]


@pytest.mark.parametrize("role", ["command", "worker"])
def test_a_command_on_another_machine_leaves_the_configuration_as_serve_made_it(machine, configured, share_key, role):
    server = machine("first", "serve", **configured)
    share_key("second")

    other = machine("second", role)

    assert names_in(other) == names_in(server) == ["radarr", "main"]


def test_a_command_before_the_first_serve_says_so(machine, postgres_url):
    with pytest.raises(StoreError, match="stalkeer serve"):
        machine("second")


def test_a_command_of_a_newer_release_leaves_the_schema_to_serve(machine, share_key):
    server = machine("first", "serve")
    share_key("second")
    with server.database.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0006'")

    with pytest.raises(StoreError, match="stalkeer serve"):
        machine("second")

    assert revision_of(server.database) == "0006"


@pytest.mark.parametrize("role", ["command", "worker"])
def test_a_process_with_another_key_is_refused_and_changes_nothing(machine, configured, tmp_path, role):
    server = machine("first", "serve", **configured)
    before = published_by(server, server.secrets)
    machine_key = tmp_path / "second" / "secret.key"
    machine_key.parent.mkdir()
    machine_key.write_text("q6wqgZYbrcSKwEMVkNX0v2U5Z3W1sZJbJ8fSCyWn1xE=\n")

    with pytest.raises(SecretError, match=r"secret\.key"):
        machine("second", role)

    assert names_in(server) == ["radarr", "main"]
    assert published_by(server, server.secrets) == before


def test_a_machine_without_a_key_is_told_where_to_get_it_and_makes_none(machine, tmp_path):
    machine("first", "serve")

    with pytest.raises(SecretError, match="Copy"):
        machine("second")

    assert not (tmp_path / "second" / "secret.key").exists()


def test_a_second_serve_on_one_database_is_refused_and_changes_nothing(machine, configured, share_key):
    server = machine("first", "serve", **configured)
    share_key("second")

    with pytest.raises(Conflict, match=f"serve on {node()[:30]}, process {os.getpid()}.*stalkeer worker"):
        machine("second", "serve")

    assert names_in(server) == ["radarr", "main"]


def test_a_frozen_serve_loses_the_database_and_learns_of_it_when_it_thaws(postgres_url):
    database = open_database(postgres_url)
    frozen, second = ServeLock(database, lease_s=0.4), ServeLock(database)
    assert frozen.acquire()
    assert not second.acquire()

    eventually(second.acquire, "the lease runs out", timeout_s=20)

    assert not frozen.acquire()
    second.release()
    assert frozen.acquire()
    frozen.release()
    database.close()


def test_a_serve_that_renews_its_lease_keeps_the_database(postgres_url):
    database = open_database(postgres_url)
    lock, second = ServeLock(database, lease_s=5), ServeLock(database)

    assert all(lock.acquire() and not second.acquire() for _ in range(3))

    lock.release()
    database.close()


def test_serve_starts_again_once_the_former_one_has_ended(machine, configured):
    machine("first", "serve", **configured).close()

    again = machine("first", "serve", **configured)

    assert names_in(again) == ["radarr", "main"]


def test_serve_with_another_key_leaves_everything_as_it_is_and_finds_the_key_wrong(machine, configured):
    first = machine("first", "serve", **configured)
    before = published_by(first, first.secrets)
    first.close()

    second = machine("second", "serve")

    assert names_in(second) == ["radarr", "main"]
    assert published_by(second, first.secrets) == before
    [finding] = [one for one in second.check_health().findings if one.check == "credentials"]
    assert "no job" in finding.message
    assert "source main" in finding.message


# --- whose settings count


def test_a_worker_uses_the_settings_that_serve_merged(machine, share_key):
    machine("first", "serve", **{"downloads.concurrent_limit": 7, "directories.temp": "/share/incomplete"})
    share_key("second")

    worker = machine("second", "worker", **{"downloads.concurrent_limit": 2})

    assert worker.settings.downloads.concurrent_limit == 7
    assert str(worker.settings.directories.temp) == "/share/incomplete"
    assert worker.settings.data_dir.name == "second"


def test_a_setting_changed_in_serve_counts_in_a_worker_after_a_look(machine, share_key):
    server = machine("first", "serve")
    share_key("second")
    worker = machine("second", "worker")

    server.change_settings({"downloads.concurrent_limit": 9, "tmdb.api_key": "0123456789abcdef"})
    worker.reread_settings()

    assert worker.settings.downloads.concurrent_limit == 9
    assert worker.settings.tmdb.api_key.get_secret_value() == "0123456789abcdef"


def test_the_version_of_the_settings_grows_with_a_change_and_only_then(machine):
    server = machine("first", "serve")
    versions = [published_by(server, server.secrets).version]

    for limit in (5, 5, 6):
        server.change_settings({"downloads.concurrent_limit": limit})
        versions.append(published_by(server, server.secrets).version)

    assert versions == [1, 2, 2, 3]


def test_published_settings_cannot_be_read_without_the_key(machine):
    server = machine("first", "serve", **{"tmdb.api_key": "0123456789abcdef"})

    with server.database.connect() as connection:
        stored = connection.exec_driver_sql("SELECT * FROM published_settings").all()

    assert "0123456789abcdef" not in str(stored)


def test_hours_and_quotas_arrive_as_they_were_given(machine, share_key):
    hours = [{"start": "22:00", "end": "06:30:15", "limit": "5MB", "days": ["sat", "sun"]}]
    server = machine(
        "first", "serve", **{"downloads.hours": hours, "downloads.quotas": [{"period": "day", "size": "50GB"}]}
    )
    share_key("second")

    worker = machine("second", "worker")

    assert worker.settings.downloads == server.settings.downloads
    assert worker.settings.model_copy(update={"data_dir": server.settings.data_dir}) == server.settings
