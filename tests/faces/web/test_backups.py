"""System > Backup: a backup is put back from the page, at the next start and not before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from starlette.testclient import TestClient

from stalkeer.jobs.system.backup import PENDING, Backup, make_backup
from stalkeer.runtime import App
from stalkeer.store.db.database import Database, open_database, sqlite_url
from stalkeer.store.db.migrate import migrate

WAITS = "A backup will be restored"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """One that knows which release it is of, as a backup must tell."""
    opened = open_database(sqlite_url(tmp_path / "stalkeer.db"))
    migrate(opened, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def made(app: App) -> Backup:
    return make_backup(app.database, app.backup_place, app.clock())


def test_a_kept_backup_waits_for_the_next_start(client: TestClient, app: App, made: Backup):
    said = client.post(f"/system/backup/{made.name}/restore")

    assert WAITS in said.text and "Restart Stalkeer" in said.text
    assert (app.paths.data_dir / PENDING).exists()


def test_an_uploaded_backup_waits_with_the_key_that_was_chosen(client: TestClient, app: App, made: Backup):
    path = app.paths.backups / made.name
    files = {"file": ("mine.zip", path.read_bytes()), "key": ("mine.key", path.with_suffix(".key").read_bytes())}

    said = client.post("/system/backup/restore", files=files)

    staged = app.paths.data_dir / PENDING
    assert WAITS in said.text
    assert staged.read_bytes() == path.read_bytes()
    assert staged.with_suffix(".key").read_bytes() == path.with_suffix(".key").read_bytes()


def test_a_file_that_is_no_backup_is_refused_with_the_reason(client: TestClient, app: App):
    said = client.post("/system/backup/restore", files={"file": ("holiday.zip", b"not a zip")})

    assert said.status_code == 422 and "is not a backup of Stalkeer" in said.text
    assert not (app.paths.data_dir / PENDING).exists()


def test_a_wrong_key_is_refused_with_the_reason(client: TestClient, app: App, made: Backup):
    path = app.paths.backups / made.name
    files = {"file": ("mine.zip", path.read_bytes()), "key": ("mine.key", Fernet.generate_key())}

    said = client.post("/system/backup/restore", files=files)

    assert said.status_code == 422 and "belongs to another installation" in said.text
    assert not list(app.paths.data_dir.glob("restore-pending.*"))


def test_a_restore_that_waits_can_be_called_off(client: TestClient, app: App, made: Backup):
    client.post(f"/system/backup/{made.name}/restore")

    said = client.post("/system/backup/restore/cancel")

    assert WAITS not in said.text and "The current database is kept" in said.text
    assert not list(app.paths.data_dir.glob("restore-pending.*"))
