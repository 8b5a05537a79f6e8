"""Only the owner reads the files of the data folder, whatever made them; media files keep their own permissions."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from stalkeer.app import Start, build_app, build_security
from stalkeer.jobs.system.backup import make_backup, stage_kept
from stalkeer.logs import LOG_FILE, LogTargets, configure_logging, get_logger
from stalkeer.private_files import copy_private, make_private_folder, open_private
from stalkeer.store.db.database import open_dispatch_database
from stalkeer.store.db.migrate import keep_copy
from tests.doubles.clock import FakeClock


@pytest.fixture(autouse=True)
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def start(home: Path, role: str = "serve", **given: str):
    overrides = {"data_dir": str(home / "data"), **{key.replace("__", "."): value for key, value in given.items()}}
    return build_app(Start(environ={"HOME": str(home)}, overrides=overrides, role=role), FakeClock())


def readable_by_others(folder: Path) -> list[str]:
    media = folder / "vod"
    found = [path for path in (folder, *folder.rglob("*")) if not path.is_relative_to(media)]
    return sorted(f"{path} {stat.S_IMODE(path.stat().st_mode):o}" for path in found if path.stat().st_mode & 0o077)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def expose(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def use(app) -> None:
    """Make what a running program makes: both databases, key, logs that rotate, backups, a copy before migrating."""
    build_security(app)
    log_file = app.paths.logs / LOG_FILE
    configure_logging(LogTargets(file=log_file, file_size=500, files=2))
    for number in range(20):
        get_logger(__name__).warning("a line that fills the log", number=number)
    configure_logging(LogTargets())
    backup = make_backup(app.database, app.backup_place, app.clock())
    stage_kept(backup.name, app.backup_place)
    keep_copy(app.database, app.paths.backups, "0001")
    opened = open_dispatch_database(app.paths.engine_database)
    assert {"engine.db-wal", "stalkeer.db-wal"} <= names(app.paths.data_dir)
    assert readable_by_others(app.paths.data_dir) == []
    opened.close()


def test_what_a_used_program_leaves_is_read_by_its_owner_only(tmp_path):
    app = start(tmp_path)

    use(app)

    assert {"engine.db", "stalkeer.db", "secret.key", "logs", "backups"} <= names(tmp_path / "data")
    assert readable_by_others(tmp_path / "data") == []
    app.close()


@pytest.mark.parametrize("role", ["serve", "worker", "doctor", "command"])
def test_what_was_copied_in_is_mended_at_the_start(tmp_path, role):
    app = start(tmp_path)
    use(app)
    app.close()
    data = tmp_path / "data"
    shutil.copy(data / "stalkeer.db", data / "copied-by-hand.db")
    expose(data)

    app = start(tmp_path, role)

    assert readable_by_others(data) == []
    app.close()


def test_what_was_copied_in_meanwhile_is_mended_by_the_next_health_check(tmp_path):
    app = start(tmp_path)
    (app.paths.data_dir / "restored.db").write_text("")
    (app.paths.data_dir / "restored.db").chmod(0o644)

    app.check_health()

    assert readable_by_others(app.paths.data_dir) == []
    app.close()


def test_a_restored_backup_is_read_by_its_owner_only(tmp_path):
    app = start(tmp_path)
    backup = make_backup(app.database, app.backup_place, app.clock())
    stage_kept(backup.name, app.backup_place)
    app.close()

    start(tmp_path).close()

    assert list((tmp_path / "data").glob("stalkeer.db.before-*"))
    assert readable_by_others(tmp_path / "data") == []


def test_media_folders_keep_their_permissions(tmp_path):
    app = start(tmp_path)
    film = tmp_path / "data" / "vod" / "complete" / "movies" / "Film" / "film.mkv"
    film.parent.mkdir(parents=True)
    film.write_text("")
    film.chmod(0o664)
    film.parent.chmod(0o775)
    app.close()

    start(tmp_path).close()

    assert stat.S_IMODE(film.stat().st_mode) == 0o664
    assert stat.S_IMODE(film.parent.stat().st_mode) == 0o775


def test_others_still_pass_through_the_data_folder_to_a_media_folder_that_they_use(tmp_path):
    media = tmp_path / "data" / "films"
    media.mkdir(parents=True)
    expose(tmp_path / "data")

    start(tmp_path, directories__movies=str(media)).close()

    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o711
    assert stat.S_IMODE(media.stat().st_mode) == 0o755


def test_nobody_is_let_through_who_was_not_before(tmp_path):
    media = tmp_path / "data" / "films"
    media.mkdir(parents=True)
    (tmp_path / "data").chmod(0o700)

    start(tmp_path, directories__movies=str(media)).close()

    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_symbolic_link_out_of_the_data_folder_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "film.mkv").write_text("")
    expose(outside)
    app = start(tmp_path)
    (app.paths.data_dir / "logs").symlink_to(outside)
    (app.paths.data_dir / "film.mkv").symlink_to(outside / "film.mkv")
    app.close()

    start(tmp_path).close()

    assert stat.S_IMODE(outside.stat().st_mode) == 0o755
    assert stat.S_IMODE((outside / "film.mkv").stat().st_mode) == 0o644


def test_a_database_elsewhere_is_private_as_well(tmp_path):
    elsewhere = tmp_path / "elsewhere.db"
    elsewhere.write_bytes(b"")
    elsewhere.chmod(0o644)

    start(tmp_path, database__url=f"sqlite:///{elsewhere}").close()

    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600


def test_an_existing_file_loses_the_permissions_of_others_when_it_is_written(tmp_path):
    (tmp_path / "given").write_text("content")
    (tmp_path / "target").write_text("")
    (tmp_path / "target").chmod(0o666)

    copy_private(tmp_path / "given", tmp_path / "target")

    assert stat.S_IMODE((tmp_path / "target").stat().st_mode) == 0o600
    assert (tmp_path / "target").read_text() == "content"


def test_missing_parents_are_private_as_well(tmp_path):
    make_private_folder(tmp_path / "a" / "b" / "c")

    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.rglob("*")} == {0o700}


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path):
    (tmp_path / "a").write_text("")

    with pytest.raises(FileExistsError):
        make_private_folder(tmp_path / "a")
    with open_private(tmp_path / "b"):
        pass
