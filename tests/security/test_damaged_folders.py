"""Whatever a bad day left in the data folder: the program starts, says what is wrong and what to do, and answers."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from stalkeer.app import Start, build_app, build_security
from stalkeer.errors import ConfigurationError, Conflict, SecretError, StoreError
from stalkeer.jobs.system.users import add_user
from stalkeer.store.db.damage import set_aside_if_damaged, set_aside_if_unusable
from stalkeer.store.db.database import open_dispatch_database
from stalkeer.store.library.instances import list_instances
from stalkeer.store.sources.description import Credentials, NewSource
from stalkeer.store.sources.sources import add_source, list_sources
from tests.doubles.clock import FakeClock
from tests.doubles.server import make_server

CONFIG = "radarr: {url: http://radarr.example.com, api_key: 0123456789abcdef0123}\nsecurity: {require_https: true}\n"
FILES = ("config.yml", "data/folders.json", "data/stalkeer.db", "data/engine.db", "data/secret.key")


def start(home: Path, role: str = "serve"):
    given_start = Start(home / "config.yml", {"HOME": str(home)}, {"data_dir": str(home / "data")}, role)
    return build_app(given_start, FakeClock())


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A data folder that was used."""
    home = tmp_path_factory.mktemp("sound")
    (home / "config.yml").write_text(CONFIG)
    app = start(home)
    with app.database.begin() as connection:
        add_source(
            connection, NewSource("main", "m3u", Credentials(url="http://tv.example.com/a")), app.secrets, app.clock()
        )
    app.change_settings({"downloads.concurrent_limit": 5, "tmdb.api_key": "0123456789abcdef"})
    add_user(app.database, "alice", "correct horse 7", app.clock())
    build_security(app)
    app.close()
    open_dispatch_database(home / "data" / "engine.db").close()
    (home / "data" / "folders.json").write_text('{"/data/vod": "a mark"}')
    return home


@pytest.fixture
def home(sound, tmp_path) -> Path:
    shutil.copytree(sound, tmp_path / "home")
    return tmp_path / "home"


def damage(path: Path, kind: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - damage, not a secret
    if kind in ("file", "link") or not path.exists():
        place(path, kind)
        return
    content = path.read_bytes()
    if kind.startswith("flip"):
        flipped = bytearray(content)
        for _one in range(int(kind.removeprefix("flip"))):
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
    elif kind == "truncated":
        path.write_bytes(content[: chance.randrange(len(content))])
    elif kind == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes({"garbage": chance.randbytes(5000), "empty": b"", "zeros": bytes(len(content))}[kind])


def place(path: Path, kind: str) -> None:
    """Put something else where a folder or a file belongs."""
    path.parent.mkdir(exist_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    if kind == "file":
        path.write_text("no folder")
    elif kind == "link":
        path.symlink_to("/nowhere/at/all")
    else:
        path.mkdir()


def answers(home: Path) -> set[str]:
    """Start as `serve` does, look at health, ask page and API; the checks that found something."""
    app = start(home)
    try:
        security = build_security(app)
        found = {one.check for one in app.check_health().findings}
        with TestClient(make_server(app, security), client=("127.0.0.1", 1), raise_server_exceptions=False) as client:
            assert client.get("/health").status_code in (200, 503)
            assert client.get("/login").status_code in (200, 303)
            assert client.get("/api/v1/system/status").status_code == 401
        return found
    finally:
        app.close()


KINDS = ("flip1", "flip5", "flip400", "truncated", "garbage", "empty", "zeros", "folder")


@given(file=st.sampled_from(FILES), kind=st.sampled_from(KINDS), seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_damage_starts(sound, tmp_path_factory, file, kind, seed):
    home = tmp_path_factory.mktemp("damaged") / "home"
    shutil.copytree(sound, home)
    damage(home / file, kind, seed)

    answers(home)

    shutil.rmtree(home)


@pytest.mark.parametrize(
    ("file", "kind", "check"),
    [
        ("config.yml", "garbage", "start"),
        ("config.yml", "zeros", "start"),
        ("config.yml", "folder", "start"),
        ("config.yml", "empty", "start"),
        ("data/secret.key", "garbage", "start"),
        ("data/secret.key", "empty", "start"),
        ("data/secret.key", "folder", "start"),
        ("data/stalkeer.db", "garbage", "database"),
        ("data/stalkeer.db", "zeros", "database"),
        ("data/stalkeer.db", "folder", "database"),
        ("data/stalkeer.db", "empty", "database"),
        ("data/logs", "file", "own files"),
        ("data/logs", "link", "own files"),
        ("data/backups", "file", "own files"),
        ("data/archives", "link", "own files"),
        ("data/logs/stalkeer.log", "folder", "own files"),
    ],
)
def test_the_damage_is_a_health_finding(home, file, kind, check):
    damage(home / file, kind, seed=1)

    assert check in answers(home)


@pytest.mark.parametrize("text", ["server: {port: abc}\n", "servers: 1\n", "server: [\n", "radarr: {url: x}\n"])
def test_a_configuration_that_cannot_be_used_takes_nothing_away(home, text):
    before = start(home)
    with before.database.connect() as connection:
        sources = list_sources(connection)
    before.close()
    (home / "config.yml").write_text(text)

    app = start(home)

    assert not app.shared.may_work
    assert app.settings.security.require_https, "what was published last still holds"
    with app.database.connect() as connection:
        assert list_sources(connection) == sources
    with pytest.raises(Conflict, match=r"config\.yml"):
        app.change_settings({"downloads.concurrent_limit": 7})
    [finding] = [one for one in app.check_health().findings if one.check == "start"]
    assert "config.yml" in finding.fix
    app.close()
    with pytest.raises(ConfigurationError):
        start(home, "command")


@pytest.mark.parametrize("content", [b"", b"\n \n", bytes(500)], ids=["empty", "blank", "zeros"])
def test_an_emptied_configuration_takes_nothing_away(home, content):
    before = start(home)
    with before.database.connect() as connection:
        instances = list_instances(connection)
    before.close()
    (home / "config.yml").write_bytes(content)

    app = start(home)

    assert not app.shared.may_work
    assert app.settings.security.require_https, "what was published last still holds"
    with app.database.connect() as connection:
        assert list_instances(connection) == instances
    [finding] = [one for one in app.check_health().findings if one.check == "start"]
    assert "comment" in finding.fix or "config check" in finding.fix
    app.close()
    with pytest.raises(ConfigurationError):
        start(home, "command")


@pytest.mark.parametrize("content", ["", "# nothing here on purpose\n"])
def test_an_empty_configuration_that_never_said_anything_is_no_problem(tmp_path, content):
    (tmp_path / "config.yml").write_text(content)
    start(tmp_path).close()

    app = start(tmp_path)

    assert app.shared.may_work
    app.close()


def test_a_configuration_that_is_emptied_on_purpose_says_so_by_a_comment(home):
    (home / "config.yml").write_text("# emptied on purpose\n")

    app = start(home)

    assert app.shared.may_work
    with app.database.connect() as connection:
        assert [one.slug for one in list_instances(connection)] == []
    app.close()


def test_a_configuration_that_may_name_another_data_folder_ends_the_start(tmp_path):
    (tmp_path / "config.yml").write_text("data_dir: [")

    with pytest.raises(ConfigurationError):
        build_app(Start(tmp_path / "config.yml", {"HOME": str(tmp_path)}, role="serve"), FakeClock())

    assert not (tmp_path / ".local").exists()


def test_a_damaged_key_takes_no_credential_and_makes_no_other_key(home):
    damage(home / "data" / "secret.key", "garbage", seed=1)
    content = (home / "data" / "secret.key").read_bytes()

    app = start(home)

    build_security(app)
    with app.database.begin() as connection, pytest.raises(SecretError, match="cannot be used"):
        add_source(
            connection, NewSource("other", "m3u", Credentials(url="http://tv.example.com/b")), app.secrets, app.clock()
        )
    assert (home / "data" / "secret.key").read_bytes() == content
    app.close()
    with pytest.raises(SecretError):
        start(home, "command")


def test_the_right_key_put_back_makes_all_well_again(home, sound):
    damage(home / "data" / "secret.key", "garbage", seed=1)
    start(home).close()
    shutil.copy(sound / "data" / "secret.key", home / "data" / "secret.key")

    app = start(home)

    assert app.shared.may_work
    assert app.settings.tmdb.api_key.get_secret_value() == "0123456789abcdef"
    app.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE published_settings SET published_at = 'yesterday'",
        "UPDATE settings SET value = '{' WHERE NOT secret",
        "UPDATE sources SET created_at = 'never'",
        "UPDATE sources SET slug = CAST(X'ff' AS TEXT)",
        "ALTER TABLE sources RENAME COLUMN slug TO slvg",
        "DROP TABLE settings",
    ],
)
def test_a_row_that_cannot_be_read_is_damage(home, statement):
    with closing(sqlite3.connect(home / "data" / "stalkeer.db")) as connection, connection:
        connection.execute("PRAGMA legacy_alter_table=ON")
        connection.execute(statement)

    answers(home)


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_stands_in_the_place_of_a_journal_is_set_aside_and_no_row_is_lost(home, suffix, kind):
    place(home / f"data/stalkeer.db{suffix}", kind)

    app = start(home)

    with app.database.connect() as connection:
        assert [row.slug for row in list_sources(connection)] == ["main"]
    app.close()


@pytest.mark.parametrize("file", ["config.yml", "data/secret.key", "data/folders.json"])
def test_a_link_to_a_device_without_end_fills_no_memory(home, file):
    (home / file).unlink()
    (home / file).symlink_to("/dev/zero")

    if file == "config.yml":
        with pytest.raises(ConfigurationError, match="more than 10 MB"):
            start(home, "command")
    answers(home)


def test_another_programs_database_gets_none_of_our_tables(home):
    (home / "data/stalkeer.db").unlink()
    with closing(sqlite3.connect(home / "data/stalkeer.db")) as connection, connection:
        connection.execute("CREATE TABLE Movies (Id INTEGER)")

    with pytest.raises(StoreError, match=r"another program \(it has the tables Movies\)"):
        start(home)

    with closing(sqlite3.connect(home / "data/stalkeer.db")) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("Movies",)]


def test_a_playlist_path_that_is_a_folder_is_a_health_finding(home):
    (home / "list.m3u").mkdir()
    (home / "config.yml").write_text(f"{CONFIG}playlists: [{{name: listed, path: {home / 'list.m3u'}}}]\n")

    assert "playlist" in answers(home)


def test_a_locked_database_is_not_damaged(home):
    with closing(sqlite3.connect(home / "data" / "stalkeer.db")) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert set_aside_if_damaged(home / "data" / "stalkeer.db", FakeClock()()) is None
        assert set_aside_if_unusable(home / "data" / "stalkeer.db", FakeClock()()) is None
