"""Remove what `retention` no longer keeps: rows, log files, archives, backups, and part files without a download.

The plan is made first and can be shown instead of carried out. A file is removed only from a folder of Stalkeer, and
only when its name has Stalkeer's form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stalkeer.jobs.catalogue.picture_folder import surplus
from stalkeer.jobs.journal.reporting import Run
from stalkeer.jobs.system.backup import BackupPlace, delete_backup, list_backups
from stalkeer.jobs.system.log_files import list_log_files
from stalkeer.logs import get_logger
from stalkeer.settings import Settings
from stalkeer.settings.sections.jobs import RetentionSettings
from stalkeer.store.db.database import Database
from stalkeer.store.downloads.quarantine import forget_set_aside, list_set_aside_before
from stalkeer.store.system import retention
from stalkeer.store.system.retention import BATCH, OldRows, count_old, delete_some_old

PART_NAME = re.compile(r"\d+-\d+\.part")
ORPHAN_AGE = timedelta(days=1)  # a part file younger than this may be about to get its row
QUARANTINED = "quarantined files"
SAMPLES_KEPT = timedelta(days=90)
log = get_logger(__name__)


@dataclass(frozen=True)
class OldFiles:
    """List the files of one kind to remove."""

    kind: str
    paths: tuple[Path, ...]
    size: int


@dataclass(frozen=True)
class CleanupPlan:
    rows: tuple[tuple[OldRows, int], ...]
    files: tuple[OldFiles, ...]

    def report(self) -> CleanupReport:
        """Return the counts that `carry_out` would report."""
        counts = {old.kind: count for old, count in self.rows} | {old.kind: len(old.paths) for old in self.files}
        return CleanupReport(removed=counts, freed=sum(old.size for old in self.files))


@dataclass(frozen=True)
class CleanupReport:
    """Count the removed items of each kind, and the bytes of the files among them."""

    removed: Mapping[str, int]
    freed: int
    failed: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        return bool(self.failed)

    def to_document(self) -> Mapping[str, object]:
        return {"removed": dict(self.removed), "freedBytes": self.freed, "failed": list(self.failed)}


@dataclass(frozen=True)
class CleanupPlace:
    """Locate the folders to clean up."""

    logs: Path
    backup: BackupPlace
    artwork: Path


def clean_up(database: Database, settings: Settings, place: CleanupPlace, now: datetime, run: Run) -> CleanupReport:
    """Remove now what retention no longer keeps."""
    return carry_out(database, plan_cleanup(database, settings, place, now), place, run)


def plan_cleanup(database: Database, settings: Settings, place: CleanupPlace, now: datetime) -> CleanupPlan:
    """List what retention removes now. Changes nothing."""
    kept = settings.retention
    rows = [retention.ended_sessions(now), retention.old_rate_samples(now - SAMPLES_KEPT)]
    rows += _when(kept.downloads, now, retention.old_downloads)
    rows += _when(kept.downloads, now, retention.old_grabs)
    rows += _when(kept.history, now, retention.old_events)
    rows += _when(kept.history, now, retention.old_runs)
    rows += _when(kept.history, now, retention.old_notifications)
    files = [
        _old_logs(place.logs, kept.logs, now),
        _old_archives(database, kept.archives, now),
        _old_backups(place.backup, kept.backups, now),
        _orphans(database, settings.directories.temp, now),
        _old_quarantine(database, kept.quarantine, now),
        _old_pictures(place.artwork, kept, now),
    ]
    with database.connect() as connection:
        counted = [(old, count_old(connection, old)) for old in rows]
    return CleanupPlan(
        rows=tuple((old, count) for old, count in counted if count),
        files=tuple(old for old in files if old.paths),
    )


def carry_out(database: Database, plan: CleanupPlan, place: CleanupPlace, run: Run) -> CleanupReport:
    """Remove everything in the plan. A file that cannot be removed is reported, and the others are still removed."""
    removed: dict[str, int] = {}
    failed: list[str] = []
    freed = 0
    steps = len(plan.rows) + len(plan.files)
    for step, (old, _count) in enumerate(plan.rows):
        run.progress(step, steps, old.kind)
        if run.is_cancelled():
            return CleanupReport(removed, freed, tuple(failed))
        removed[old.kind] = _delete_old(database, old)
    for step, files in enumerate(plan.files, start=len(plan.rows)):
        run.progress(step, steps, files.kind)
        gone = [path for path in files.paths if _remove(path, files.kind, place, failed)]
        removed[files.kind] = len(gone)
        freed += files.size if len(gone) == len(files.paths) else 0
        with database.begin() as connection:
            if files.kind == "archives":
                retention.forget_archives(connection, gone)
            elif files.kind == QUARANTINED:
                forget_set_aside(connection, gone)
    report = CleanupReport(removed, freed, tuple(failed))
    log.info("cleaned up", **report.removed, freed=freed)
    return report


def _delete_old(database: Database, old: OldRows) -> int:
    """Delete the rows in short transactions, so that downloads can write in between."""
    count = 0
    while True:
        with database.begin() as connection:
            gone = delete_some_old(connection, old)
        count += gone
        if gone < BATCH:
            return count


def _when(seconds: float, now: datetime, old: Callable[[datetime], OldRows]) -> list[OldRows]:
    return [old(now - timedelta(seconds=seconds))] if seconds else []


def _old_logs(folder: Path, kept_s: float, now: datetime) -> OldFiles:
    names = list_log_files(folder) if kept_s else []
    return _sized("logs", [path for path in names if _age(path, now) > timedelta(seconds=kept_s)])


def _old_archives(database: Database, kept_s: float, now: datetime) -> OldFiles:
    if not kept_s:
        return OldFiles("archives", (), 0)
    with database.connect() as connection:
        found = retention.old_archives(connection, now - timedelta(seconds=kept_s))
    return OldFiles("archives", tuple(path for path, _ in found), sum(size for _, size in found))


def _old_backups(place: BackupPlace, kept_s: float, now: datetime) -> OldFiles:
    old = [backup for backup in list_backups(place)[1:] if kept_s and now - backup.made_at > timedelta(seconds=kept_s)]
    return OldFiles("backups", tuple(place.backups / backup.name for backup in old), sum(backup.size for backup in old))


def _old_quarantine(database: Database, kept_s: float, now: datetime) -> OldFiles:
    if not kept_s:
        return OldFiles(QUARANTINED, (), 0)
    with database.connect() as connection:
        found = list_set_aside_before(connection, now - timedelta(seconds=kept_s))
    return OldFiles(QUARANTINED, tuple(file.path for file in found), sum(file.size for file in found))


def _old_pictures(folder: Path, kept: RetentionSettings, now: datetime) -> OldFiles:
    """List the pictures that no page has shown lately, and those above the size limit of the picture cache."""
    unused = [path for path in _files(folder) if kept.pictures and _age(path, now) > timedelta(seconds=kept.pictures)]
    return _sized("pictures", sorted({*unused, *surplus(folder, kept.pictures_size)}))


def _orphans(database: Database, folder: Path, now: datetime) -> OldFiles:
    """List part files without a download."""
    with database.connect() as connection:
        known = retention.part_files_in_use(connection)
    parts = [path for path in _files(folder) if PART_NAME.fullmatch(path.name)]
    return _sized("part files", [path for path in parts if str(path) not in known and _age(path, now) > ORPHAN_AGE])


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file() and not path.is_symlink()] if folder.is_dir() else []


def _age(path: Path, now: datetime) -> timedelta:
    return now - datetime.fromtimestamp(path.stat().st_mtime, now.tzinfo)


def _sized(kind: str, paths: list[Path]) -> OldFiles:
    return OldFiles(kind, tuple(paths), sum(path.stat().st_size for path in paths))


def _remove(path: Path, kind: str, place: CleanupPlace, failed: list[str]) -> bool:
    try:
        if kind == "backups":
            delete_backup(place.backup, path.name)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        failed.append(f"{path}: {error.strerror}")
        return False
    return True
