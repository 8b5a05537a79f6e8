"""Read the facts that the health checks judge. Uses no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stalkeer.jobs.hooks.standing import HookStanding, hook_standings
from stalkeer.jobs.system.backup import Backup, BackupPlace, list_backups, refused_restore
from stalkeer.private_files import misplaced
from stalkeer.secrets import SecretBox
from stalkeer.settings import Settings
from stalkeer.store.db.damage import damaged_files
from stalkeer.store.db.database import Database
from stalkeer.store.downloads.quarantine import Amount, measure_set_aside
from stalkeer.store.downloads.workers import WorkerRow, database_now, list_workers
from stalkeer.store.journal.runs import last_report
from stalkeer.store.library.instances import InstanceRow, list_instances
from stalkeer.store.media.folders import MediaFolder, oldest_failing
from stalkeer.store.notify.targets import NotifyTargetRow, list_targets
from stalkeer.store.sources.rows import SourceRow
from stalkeer.store.sources.sources import list_sources
from stalkeer.store.system.credentials import is_key_of, unreadable_credentials
from stalkeer.store.system.health import Finding, RepeatedFailure, Unplaced, items_failing_repeatedly, unplaced_files

TIMES_IN_A_ROW = 3
EXPIRY_WARNING = timedelta(days=7)
MOST_SKEW = timedelta(seconds=30)
LOOKED_BACK = timedelta(days=14)
BACKUP_AGE = timedelta(days=30)
MEDIA_PATIENCE = timedelta(minutes=15)  # a media server may be restarting


@dataclass(frozen=True)
class Facts:
    """Hold the data that the checks use."""

    now: datetime
    settings: Settings
    sources: Sequence[SourceRow]
    instances: Sequence[InstanceRow]
    workers: Sequence[WorkerRow]
    failing: Sequence[RepeatedFailure]
    unplaced: Sequence[Unplaced]
    set_aside: Amount
    skew: timedelta
    key_file: Path
    damaged: Sequence[Path]
    backups: Sequence[Backup]
    refused_restore: Path | None
    unreadable: Sequence[str]  # the owners of credentials that the present key cannot decrypt
    is_key_right: bool = True
    start_problems: Sequence[Finding] = ()
    misplaced: Sequence[Path] = ()  # folders in the place of files, or files in the place of folders
    # files in the data folder that other users can read, because their permissions cannot be changed
    exposed: Sequence[Path] = ()
    targets: Sequence[NotifyTargetRow] = ()  # of notifications
    hooks: Sequence[HookStanding] = ()
    media: MediaFolder | None = None  # what the media server has not taken for the longest time
    titles_error: object = None  # the reason why the last match got no titles from TMDB


def read_facts(database: Database, settings: Settings, now: datetime, place: BackupPlace, secrets: SecretBox) -> Facts:
    url = database.engine.url
    with database.connect() as connection:
        return Facts(
            now=now,
            settings=settings,
            sources=[row for row in list_sources(connection) if row.enabled],
            instances=[row for row in list_instances(connection) if row.enabled],
            workers=list_workers(connection),
            failing=items_failing_repeatedly(connection, TIMES_IN_A_ROW, now - LOOKED_BACK),
            unplaced=unplaced_files(connection),
            set_aside=measure_set_aside(connection),
            skew=abs(database_now(connection, now) - now),
            key_file=place.key_file,
            damaged=damaged_files(Path(str(url.database))) if database.is_sqlite else (),
            backups=list_backups(place),
            refused_restore=refused_restore(place),
            misplaced=misplaced(place.data_dir),
            targets=[row for row in list_targets(connection) if row.options.enabled],
            hooks=hook_standings(connection, now),
            media=oldest_failing(connection) if settings.media_server.is_told else None,
            titles_error=last_report(connection, "match").get("titlesError"),
            unreadable=unreadable_credentials(connection, secrets),
            is_key_right=is_key_of(connection, secrets),
        )
