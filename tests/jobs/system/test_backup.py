"""A backup holds what is needed, and restores on another machine."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, insert, select

from stalkeer.errors import InvalidInput, NotFound
from stalkeer.jobs.system.backup import (
    PENDING,
    BackupPlace,
    backup_before_migration,
    check_backup,
    delete_backup,
    find_backup,
    list_backups,
    make_backup,
    refused_restore,
    restore_backup,
    restore_pending,
    stage_restore,
)
from stalkeer.model import InstanceKind
from stalkeer.secrets import SecretBox, open_secret_box
from stalkeer.store.db.database import Database, open_database, sqlite_url
from stalkeer.store.db.migrate import MIGRATIONS, migrate, upgrade
from stalkeer.store.db.tables import settings, users
from stalkeer.store.library.instances import NewInstance, add_instance
from stalkeer.store.sources.description import Credentials, NewSource
from stalkeer.store.sources.sources import add_source
from stalkeer.store.system.api_keys import read_keys, write_key


def make_place(folder: Path) -> BackupPlace:
    folder.mkdir(exist_ok=True)
    return BackupPlace(folder, folder / "backups", folder / "secret.key")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request, tmp_path):
    """A migrated database with a stored credential in it."""
    place = make_place(tmp_path / "data")
    is_sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path / "data" / "stalkeer.db") if is_sqlite else request.getfixturevalue("postgres_url")
    opened = open_database(url)
    migrate(opened, place.backups)
    yield opened
    opened.close()


@pytest.fixture
def place(tmp_path) -> BackupPlace:
    return make_place(tmp_path / "data")


@pytest.fixture
def filled(database, place, clock) -> Database:
    with database.begin() as connection:
        write_key(connection, open_secret_box(place.data_dir), "main", "the-api-key", clock())
    return database


def count_users(database: Database) -> int:
    with database.connect() as connection:
        return connection.execute(select(func.count()).select_from(users)).scalar_one()


def test_a_backup_restores_on_another_machine(filled, place, clock, tmp_path):
    made = make_backup(filled, place, clock())
    other = make_place(tmp_path / "other")
    url = sqlite_url(tmp_path / "other" / "stalkeer.db")
    if not filled.is_sqlite:
        url = filled.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with filled.begin() as connection:
            connection.exec_driver_sql("DELETE FROM api_keys")

    restore_backup(place.backups / made.name, other, url, clock())

    restored = open_database(url)
    with restored.connect() as connection:
        assert read_keys(connection, open_secret_box(other.data_dir)) == {"main": "the-api-key"}
    with restored.begin() as connection:  # ids go on beyond the restored ones
        connection.execute(insert(users).values(name="a", password_hash="x", created_at=clock()))
    restored.close()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_before_a_migration_the_database_is_backed_up_as_it_was(request, place, clock, kind):
    is_sqlite = kind == "sqlite"
    url = sqlite_url(place.data_dir / "stalkeer.db") if is_sqlite else request.getfixturevalue("postgres_url")
    former = open_database(url)
    open_secret_box(place.data_dir)
    with former.begin() as connection:
        upgrade(connection, MIGRATIONS, "0001")
        connection.execute(insert(users).values(name="ann", password_hash="x", created_at=clock()))

    made = backup_before_migration(former, place, clock())
    migrate(former, place.backups)

    assert made.name.startswith("stalkeer-migration-")
    assert made.has_key
    checked = check_backup(place.backups / made.name, place.data_dir)
    assert checked.revision == "0001"
    with zipfile.ZipFile(checked.path) as archive:
        assert any(member in archive.namelist() for member in ("stalkeer.db", "rows.jsonl"))
        if not is_sqlite:
            assert b"ann" in archive.read("rows.jsonl")
    assert backup_before_migration(former, place, clock()) is None
    former.close()


def test_the_key_is_beside_the_zip_and_not_in_it(filled, place, clock):
    made = make_backup(filled, place, clock())
    path = place.backups / made.name

    key = path.with_suffix(".key")
    assert made.has_key
    assert key.read_bytes() == place.key_file.read_bytes()
    assert key.read_bytes().strip() not in path.read_bytes()
    assert b"the-api-key" not in path.read_bytes()
    assert {stat.S_IMODE(one.stat().st_mode) for one in (path, key)} == {0o600}


CONFIG = """\
# the password used to be hunter2
server: {port: 1}
radarr: {url: "http://me:pw-of-proxy@radarr.example.com", api_key: 0123456789abcdef}
playlists:
  - name: main
    type: xtream
    url: http://tv.example.com/get.php?username=someone&password=pw-in-address
    username: someone
    password: pw-of-account
    headers: {Cookie: pw-in-header}
unknown: {passwort: pw-misplaced}
"""


def test_the_configuration_is_in_it_without_its_secrets(filled, place, clock, tmp_path):
    config = tmp_path / "config.yml"
    config.write_text(CONFIG)

    made = make_backup(filled, BackupPlace(place.data_dir, place.backups, place.key_file, config), clock())

    with zipfile.ZipFile(place.backups / made.name) as archive:
        held = archive.read("config.yml").decode()
    assert "Secrets and comments are left out" in held.splitlines()[0]
    assert "port: 1" in held
    assert "name: main" in held
    assert [word for word in ("0123456789abcdef", "hunter2", "someone", "pw-") if word in held] == []


def test_a_configuration_that_is_damaged_keeps_no_backup_from_being_made(filled, place, clock, tmp_path):
    config = tmp_path / "config.yml"
    config.write_bytes(b"\xff\xfe{[")

    made = make_backup(filled, BackupPlace(place.data_dir, place.backups, place.key_file, config), clock())

    with zipfile.ZipFile(place.backups / made.name) as archive:
        assert "config.yml" not in archive.namelist()


def test_backups_are_listed_found_and_deleted(filled, place, clock):
    first = make_backup(filled, place, clock())
    clock.advance(60)
    second = make_backup(filled, place, clock(), "scheduled")

    assert [one.name for one in list_backups(place)] == [second.name, first.name]
    delete_backup(place, first.name)
    assert [one.name for one in list_backups(place)] == [second.name]
    with pytest.raises(NotFound):
        find_backup(place, first.name)


@pytest.mark.parametrize("name", ["../secret.key", "secret.key", "stalkeer-manual-20260101-000000.zip/../../x", ""])
def test_only_a_backups_name_finds_a_file(place, name):
    with pytest.raises(NotFound):
        find_backup(place, name)


def test_a_staged_backup_is_restored_at_the_next_start_and_the_present_one_kept(filled, place, clock):
    if not filled.is_sqlite:
        pytest.skip("a file is exchanged")
    made = make_backup(filled, place, clock())
    with filled.begin() as connection:
        connection.execute(insert(users).values(name="later", password_hash="x", created_at=clock()))
    url = f"sqlite:///{place.data_dir / 'stalkeer.db'}"

    stage_restore(place.backups / made.name, place)
    filled.close()
    restored = restore_pending(place, url, clock())

    database = open_database(url)
    assert restored is not None
    assert count_users(database) == 0
    assert not (place.data_dir / PENDING).exists()
    database.close()
    [kept] = [path for path in place.data_dir.glob("stalkeer.db.before-*") if not path.name.endswith(("-wal", "-shm"))]
    former = open_database(sqlite_url(kept))
    assert count_users(former) == 1
    former.close()


def test_the_key_of_a_backup_that_was_staged_before_does_not_come_with_another(filled, place, clock, tmp_path):
    made = make_backup(filled, place, clock())
    stage_restore(place.backups / made.name, place)
    without_key = tmp_path / "uploaded.zip"
    shutil.copyfile(place.backups / made.name, without_key)

    stage_restore(without_key, place)

    assert (place.data_dir / PENDING).exists()
    assert not (place.data_dir / PENDING).with_suffix(".key").exists()


def test_a_staged_backup_that_cannot_be_restored_lets_the_program_start(place, clock, tmp_path):
    target = tmp_path / "data" / "stalkeer.db"
    target.write_bytes(b"present")
    members = {"manifest.json": json.dumps(MANIFEST).encode(), "stalkeer.db": b"not a database" * 100}
    write_zip(place.data_dir / PENDING, members)  # as an earlier release staged it

    assert restore_pending(place, sqlite_url(target), clock()) is None

    assert target.read_bytes() == b"present"
    assert refused_restore(place) == place.data_dir / "restore-refused.zip"
    assert restore_pending(place, sqlite_url(target), clock()) is None  # it is not tried for ever


def test_nothing_staged_is_nothing_done(place, clock):
    assert restore_pending(place, "sqlite:///x", clock()) is None


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (Fernet.generate_key(), "belongs to another installation"),
        (Fernet.generate_key() + b"\n" + Fernet.generate_key(), "belongs to another installation"),
        (b"", "is no key"),
        (b"my password", "is no key"),
        (bytes(range(256)), "is no key"),
        ("schlüssel".encode(), "is no key"),
    ],
    ids=["another", "two-others", "empty", "text", "bytes", "not-ascii"],
)
def test_a_key_that_does_not_read_the_backup_is_refused_and_nothing_is_touched(filled, place, clock, key, problem):
    path = place.backups / make_backup(filled, place, clock()).name
    path.with_suffix(".key").write_bytes(key)
    before = place.key_file.read_bytes()
    url = filled.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    with pytest.raises(InvalidInput, match=problem):
        stage_restore(path, place)
    with pytest.raises(InvalidInput, match=problem):
        restore_backup(path, place, f"sqlite:///{place.data_dir / 'stalkeer.db'}" if filled.is_sqlite else url, clock())

    assert place.key_file.read_bytes() == before
    assert list(place.data_dir.glob("restore-pending*")) == list(place.data_dir.glob("*before-*")) == []
    assert list(place.data_dir.glob(".trying-*")) == []
    with filled.connect() as connection:
        assert read_keys(connection, open_secret_box(place.data_dir)) == {"main": "the-api-key"}


@pytest.mark.parametrize("table", ["sources", "instances", "settings"])
def test_the_key_is_tried_on_every_kind_of_credential(filled, place, clock, table):
    with filled.begin() as connection:
        connection.exec_driver_sql("DELETE FROM api_keys")
        hold_credential(connection, open_secret_box(place.data_dir), table, clock())
    path = place.backups / make_backup(filled, place, clock()).name

    stage_restore(path, place)
    path.with_suffix(".key").write_bytes(Fernet.generate_key())
    with pytest.raises(InvalidInput, match="another installation: it reads none of the 1 credentials"):
        stage_restore(path, place)


def hold_credential(connection, box, table, now):
    if table == "sources":
        add_source(connection, NewSource("main", "m3u", Credentials(url="http://tv.example/a")), box, now)
    elif table == "instances":
        add_instance(connection, NewInstance("radarr", InstanceKind.RADARR, "http://r", "k" * 32), box, now)
    else:
        value = box.encrypt(json.dumps("0123456789abcdef"))
        connection.execute(insert(settings).values(key="tmdb.api_key", value=value, secret=True, updated_at=now))


def test_a_key_is_taken_that_reads_a_part_of_the_credentials(filled, place, clock):
    """The others were written with a key that is lost."""
    with filled.begin() as connection:
        hold_credential(connection, SecretBox(Fernet.generate_key()), "sources", clock())
    made = make_backup(filled, place, clock())

    stage_restore(place.backups / made.name, place)

    assert (place.data_dir / PENDING).with_suffix(".key").exists()


def test_a_key_beside_a_backup_without_credentials_is_taken(database, place, clock):
    open_secret_box(place.data_dir)
    made = make_backup(database, place, clock())

    stage_restore(place.backups / made.name, place)

    assert (place.data_dir / PENDING).exists()


def test_a_wrong_key_that_an_earlier_release_staged_lets_the_program_start(filled, place, clock):
    if not filled.is_sqlite:
        pytest.skip("a file is exchanged")
    made = make_backup(filled, place, clock())
    stage_restore(place.backups / made.name, place)
    (place.data_dir / PENDING).with_suffix(".key").write_bytes(Fernet.generate_key())
    before = place.key_file.read_bytes()
    filled.close()

    assert restore_pending(place, sqlite_url(place.data_dir / "stalkeer.db"), clock()) is None

    assert place.key_file.read_bytes() == before
    assert refused_restore(place) is not None


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


MANIFEST = {"version": "1.0", "revision": "0001", "madeAt": "2026-01-01T00:00:00+00:00"}


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"evil.txt": b""}, "other names"),
        ({"../../stalkeer.db": b"", "manifest.json": b"{}"}, "other names"),
        ({"stalkeer.db": b"x"}, "other names"),
        ({"manifest.json": b"{}", "stalkeer.db": b"x"}, "not a backup"),
        ({"manifest.json": b"[]", "stalkeer.db": b"x"}, "not a backup"),
        ({"manifest.json": json.dumps({**MANIFEST, "revision": "9999"}).encode(), "stalkeer.db": b"x"}, "newer than"),
        ({"manifest.json": json.dumps(MANIFEST).encode()}, "damaged"),
    ],
)
def test_what_is_no_backup_is_refused(tmp_path, members, problem):
    with pytest.raises(InvalidInput, match=problem):
        check_backup(write_zip(tmp_path / "b.zip", members), tmp_path)


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 nothing")

    with pytest.raises(InvalidInput, match="not a backup"):
        check_backup(tmp_path / "b.zip", tmp_path)


def test_a_damaged_database_in_a_backup_replaces_nothing(place, clock, tmp_path):
    target = tmp_path / "data" / "stalkeer.db"
    target.write_bytes(b"present")
    path = write_zip(
        tmp_path / "b.zip", {"manifest.json": json.dumps(MANIFEST).encode(), "stalkeer.db": b"not a database" * 100}
    )

    with pytest.raises(InvalidInput, match="damaged"):
        restore_backup(path, place, sqlite_url(target), clock())

    assert target.read_bytes() == b"present"


def damage(database: bytes, kind: str) -> bytes:
    """The bytes of a SQLite file as a bad day leaves them."""
    middle = len(database) // 2
    if kind == "truncated":
        return database[:middle]
    if kind == "overwritten":
        return database[:4096] + b"\xff" * (len(database) - 4096)
    if kind == "empty":
        return b""
    if kind == "header":
        return database[:16] + bytes(20) + database[36:]
    return b"SQLite format 3\x00 and then text" * 200


@pytest.fixture
def packed(filled, place, clock) -> Path:
    """A sound backup of a SQLite database."""
    if not filled.is_sqlite:
        pytest.skip("a file is damaged")
    return place.backups / make_backup(filled, place, clock()).name


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("kind", ["truncated", "overwritten", "empty", "header", "text"])
def test_the_database_in_a_backup_is_checked_before_anything_is_staged(packed, place, kind):
    members = members_of(packed)
    write_zip(packed, {**members, "stalkeer.db": damage(members["stalkeer.db"], kind)})

    with pytest.raises(InvalidInput, match="damaged"):
        stage_restore(packed, place)

    assert not (place.data_dir / PENDING).exists()
    assert list(place.data_dir.glob(".trying-*")) == []


def test_a_text_that_is_no_utf8_is_damage(packed, place, tmp_path):
    members = members_of(packed)
    (tmp_path / "changed.db").write_bytes(members["stalkeer.db"])
    with closing(sqlite3.connect(tmp_path / "changed.db")) as connection, connection:
        connection.execute("INSERT INTO users (name, password_hash, created_at) VALUES (CAST(X'ff' AS TEXT), '', '')")
    write_zip(packed, {**members, "stalkeer.db": (tmp_path / "changed.db").read_bytes()})

    with pytest.raises(InvalidInput, match="damaged"):
        stage_restore(packed, place)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON users BEGIN DELETE FROM sessions; END",
        "CREATE VIEW v AS SELECT * FROM users",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
    ids=["trigger", "view", "another-revision"],
)
def test_a_database_that_this_program_did_not_write_is_refused(packed, place, tmp_path, statement):
    members = members_of(packed)
    (tmp_path / "changed.db").write_bytes(members["stalkeer.db"])
    with closing(sqlite3.connect(tmp_path / "changed.db")) as connection, connection:
        connection.execute(statement)
    write_zip(packed, {**members, "stalkeer.db": (tmp_path / "changed.db").read_bytes()})

    with pytest.raises(InvalidInput, match="damaged"):
        stage_restore(packed, place)


def test_two_databases_in_one_zip_are_refused(packed, place):
    members = members_of(packed)
    with zipfile.ZipFile(packed, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("stalkeer.db", members["stalkeer.db"])

    with pytest.raises(InvalidInput, match="not a backup"):
        stage_restore(packed, place)


def test_a_file_and_rows_in_one_zip_are_refused(packed, place):
    write_zip(packed, {**members_of(packed), "rows.jsonl": b""})

    with pytest.raises(InvalidInput, match="2 databases"):
        stage_restore(packed, place)


@pytest.mark.parametrize(
    "manifest",
    [b"[" * 9_000, b"{" * 100_000, b'{"a":' * 1_500, b"\xff" * 100, b'{"version": 1e999, "revision": null}', b""],
    ids=["brackets", "too-long", "nested", "no-text", "infinite", "empty"],
)
def test_a_manifest_that_is_a_bomb_is_refused(packed, place, manifest):
    write_zip(packed, {**members_of(packed), "manifest.json": manifest})

    with pytest.raises(InvalidInput):
        stage_restore(packed, place)


def test_a_database_that_grows_beyond_measure_is_refused_before_it_is_unpacked(packed, place):
    members = members_of(packed)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("manifest.json", members["manifest.json"])
        with archive.open("stalkeer.db", "w", force_zip64=True) as member:
            member.write(members["stalkeer.db"])
            for _ in range(520):
                member.write(bytes(1_000_000))

    with pytest.raises(InvalidInput, match="claims to unpack"):
        stage_restore(packed, place)


@pytest.mark.parametrize(
    "rows",
    [
        b"no json",
        b"[" * 100_000,
        b'{"table": "users"}',
        b'{"table": "evil", "row": {}}',
        b'{"table": "users", "row": 7}',
    ],
)
def test_the_rows_of_a_backup_are_checked_before_anything_is_staged(packed, place, rows):
    members = members_of(packed)
    write_zip(packed, {"manifest.json": members["manifest.json"], "rows.jsonl": rows})
    packed.with_suffix(".key").unlink()

    with pytest.raises(InvalidInput, match="damaged"):
        stage_restore(packed, place)
