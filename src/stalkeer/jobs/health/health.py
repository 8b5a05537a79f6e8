"""Check the health of the program.

Each check is a function from facts to findings, which say what is wrong and how to fix it. No check uses the network:
refreshes, syncs and downloads record their problems in the database, and the checks read them there. `instance_health`
has the checks that ask the instances.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from stalkeer.adapters.files.obstacles import obstacle_of
from stalkeer.core.downloads.sabnzbd import category_of
from stalkeer.core.notify.intake import OWN_CHECK
from stalkeer.jobs.downloads.admission import sees_everything, sight_of
from stalkeer.jobs.hooks.standing import HookStanding, hook_standings
from stalkeer.jobs.imports.placement import category_path
from stalkeer.jobs.system.backup import Backup, BackupPlace, list_backups, refused_restore
from stalkeer.jobs.system.first_run import is_alone
from stalkeer.model import AccountStatus, Drive, HookName
from stalkeer.private_files import misplaced, withdraw_from_others
from stalkeer.secrets import SecretBox
from stalkeer.settings import Settings
from stalkeer.settings.folders import FOLDERS, folder_problems, playlist_problems, shared_folders, watch_problems
from stalkeer.settings.sections.program import AuthMode
from stalkeer.store.db.damage import damaged_files
from stalkeer.store.db.database import Database
from stalkeer.store.downloads.quarantine import Amount, measure_set_aside
from stalkeer.store.downloads.workers import DEAD_AFTER, WorkerRow, database_now, list_workers
from stalkeer.store.journal.events import Event, Level, record_events
from stalkeer.store.journal.runs import last_report
from stalkeer.store.library.instances import InstanceRow, list_instances
from stalkeer.store.notify.targets import TargetRow, list_targets
from stalkeer.store.sources.sources import UI, SourceRow, list_sources
from stalkeer.store.system.credentials import is_key_of, unreadable_credentials
from stalkeer.store.system.health import (
    ERROR,
    INFO,
    WARNING,
    Finding,
    HealthChange,
    RepeatedFailure,
    Unplaced,
    items_failing_repeatedly,
    replace_findings,
    unplaced_files,
)

TIMES_IN_A_ROW = 3
EXPIRY_WARNING = timedelta(days=7)
MOST_SKEW = timedelta(seconds=30)
LOOKED_BACK = timedelta(days=14)
BACKUP_AGE = timedelta(days=30)


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
    targets: Sequence[TargetRow] = ()  # of notifications
    hooks: Sequence[HookStanding] = ()
    titles_error: object = None  # the reason why the last match got no titles from TMDB


@dataclass(frozen=True)
class HealthReport:
    findings: tuple[Finding, ...]
    change: HealthChange

    def to_document(self) -> Mapping[str, object]:
        return {
            "findings": [vars(finding) for finding in self.findings],
            "new": len(self.change.found),
            "over": len(self.change.over),
        }


def check_health(
    database: Database,
    settings: Settings,
    now: datetime,
    place: BackupPlace,
    secrets: SecretBox,
    start_problems: Sequence[Finding] = (),
) -> HealthReport:
    """Run every check and store the findings.

    Record an event for each new and each resolved finding. `start_problems` are the damaged files found at the start of
    this process.
    """
    facts = read_facts(database, settings, now, place, secrets)
    facts = replace(facts, start_problems=start_problems, exposed=_withdraw_from_others(facts, place))
    findings = tuple(finding for check in CHECKS.values() for finding in check(facts))
    return HealthReport(findings, keep_findings(database, CHECKS, findings, now))


def _withdraw_from_others(facts: Facts, place: BackupPlace) -> list[Path]:
    roots = [(row.slug, root.path) for row in facts.instances for root in row.root_folders]
    return withdraw_from_others(place.data_dir, shared_folders(facts.settings, roots))


def keep_findings(
    database: Database, checks: Iterable[str], findings: Sequence[Finding], now: datetime
) -> HealthChange:
    """Replace the stored findings of these checks.

    Record an event for each new or resolved finding, and for each warning that became an error.
    """
    with database.begin() as connection:
        change = replace_findings(connection, checks, findings, now)
        happened = [*map(_found_event, change.found), *map(_worse_event, change.worse), *map(_over_event, change.over)]
        record_events(connection, now, happened)
    return change


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
            titles_error=last_report(connection, "match").get("titlesError"),
            unreadable=unreadable_credentials(connection, secrets),
            is_key_right=is_key_of(connection, secrets),
        )


# --- the checks --------------------------------------------------------------------------------------------------


def check_instances(facts: Facts) -> Iterator[Finding]:
    for row in facts.instances:
        if row.failures == 0:
            continue
        level = ERROR if row.failures >= TIMES_IN_A_ROW else WARNING
        times = f" ({row.failures} times in a row)" if row.failures > 1 else ""
        fix = f"Check that it runs and that address and API key are right: stalkeer arr test {row.slug}"
        yield Finding("instance", row.slug, level, f"{row.label}: {row.last_error}{times}", fix)


def check_alone(facts: Facts) -> Iterator[Finding]:
    """Report as information that the user chose to have no instance."""
    if is_alone(facts.settings, has_instance=bool(facts.instances)):
        message = "No Radarr or Sonarr is connected, as you chose: nothing is searched automatically"
        yield Finding("alone", "instances", INFO, message, "Download from the catalogue, or connect one in Settings")


def check_sources(facts: Facts) -> Iterator[Finding]:
    for row in facts.sources:
        if row.failures:
            level = ERROR if row.failures >= TIMES_IN_A_ROW else WARNING
            times = f" ({row.failures} times in a row)" if row.failures > 1 else ""
            fix = f"Check its address and account, then: stalkeer source refresh {row.slug}"
            yield Finding("source", row.slug, level, f"Source {row.slug}: {row.last_error}{times}", fix)


def check_playlists(facts: Facts) -> Iterator[Finding]:
    for problem in playlist_problems(facts.settings):
        yield Finding("playlist", problem.key, ERROR, str(problem), problem.fix)


def check_playlist_names(facts: Facts) -> Iterator[Finding]:
    """Report playlists of config.yml with the name of a source that was added in the pages and takes precedence."""
    added = {row.slug for row in facts.sources if row.origin == UI and not row.options.taken_over}
    for playlist in facts.settings.playlists:
        if playlist.name in added:
            message = (
                f"The playlist {playlist.name} of config.yml is not used: a source that was added on the page has its "
                "name"
            )
            fix = "Give the playlist another name in config.yml, or remove the source, and start Stalkeer again"
            yield Finding("playlist name", playlist.name, ERROR, message, fix)


def check_own_files(facts: Facts) -> Iterator[Finding]:
    for path in facts.misplaced:
        message = f"{path} is not what Stalkeer made there, so it cannot write {path.name}"
        yield Finding("own files", path.name, ERROR, message, f"Move {path} away and start Stalkeer again")


def check_guards(facts: Facts) -> Iterator[Finding]:
    for row in facts.sources:
        if row.guard:
            message = f"Source {row.slug} has a much smaller list, which is on hold; the catalogue stays as it was"
            fix = f"Look at the new list; if it is right: stalkeer source refresh {row.slug} --accept"
            yield Finding("guard", row.slug, WARNING, message, fix)


def check_accounts(facts: Facts) -> Iterator[Finding]:
    for row in facts.sources:
        if row.account_status and row.account_status.lower() not in ("active", "unknown"):
            message = f"The account of {row.slug} is {row.account_status}" + (
                f": {row.account_message}" if row.account_message else ""
            )
            is_refused = row.account_status == AccountStatus.REFUSED
            fix = "Check its username and password" if is_refused else "Ask the provider, or disable the source"
            yield Finding("account", row.slug, ERROR, message, fix)
        elif row.account_expires_at is not None and row.account_expires_at - facts.now <= EXPIRY_WARNING:
            day = row.account_expires_at.date().isoformat()
            is_over = row.account_expires_at <= facts.now
            message = f"The account of {row.slug} {'expired' if is_over else 'expires'} on {day}"
            yield Finding("account", row.slug, ERROR if is_over else WARNING, message, "Renew it with the provider")


def check_disks(facts: Facts) -> Iterator[Finding]:
    """Report free space below `downloads.min_free`, once for each file system."""
    seen: set[int] = set()
    unusable = {problem.key for problem in folder_problems(facts.settings)}  # check_paths reports it
    for key in ("temp", "movies", "tvshows"):
        folder: Path = getattr(facts.settings.directories, key)
        if f"directories.{key}" in unusable:
            continue
        try:
            device, usage = folder.stat().st_dev, shutil.disk_usage(folder)
        except OSError:
            continue
        if device in seen:
            continue
        seen.add(device)
        if usage.free <= facts.settings.downloads.min_free:
            free = f"{usage.free / 1e6:,.0f} MB"
            message = f"Only {free} are free at {folder}; downloads wait"
            yield Finding("disk", str(folder), ERROR, message, "Free some space, or lower downloads.min_free")


def check_paths(facts: Facts) -> Iterator[Finding]:
    """Report folders that cannot be used. Pages, API and doctor work without them; downloads wait."""
    others_work = any(map(sees_everything, facts.workers))
    level, effect = (WARNING, "other machines download") if others_work else (ERROR, "downloads wait")
    for problem in folder_problems(facts.settings):
        key = problem.key.removeprefix("directories.")
        yield Finding("path", key, level, f"{problem.key}: {problem.reason}; {effect}", problem.fix)
    for key in FOLDERS:
        folder: Path = getattr(facts.settings.directories, key)
        for row in facts.instances:
            for root in row.root_folders:
                if folder.is_relative_to(root.path):
                    message = f"directories.{key}: {folder} lies inside {root.path}, a root folder of {row.label}"
                    fix = f"Set directories.{key} to a folder beside the root folders"
                    yield Finding("path", f"{key} in {row.slug}", ERROR, message, fix)


def check_watch_folders(facts: Facts) -> Iterator[Finding]:
    """Report watch folders that cannot be used. Nothing is taken from them meanwhile."""
    roots = [(row.label, root.path) for row in facts.instances for root in row.root_folders]
    for problem in watch_problems(facts.settings, roots):
        message = f"{problem.key}: {problem.reason}; nothing is taken from it"
        yield Finding("watch", problem.key, ERROR, message, problem.fix)


def check_native_folders(facts: Facts) -> Iterator[Finding]:
    """Report folders for completed downloads of an instance that cannot be created."""
    for row in facts.instances:
        if row.options.drive is not Drive.NATIVE:
            continue
        folder = category_path(facts.settings.directories, row, category_of(row.slug))
        obstacle = obstacle_of(folder)
        if obstacle is not None:
            message = f"{folder}, where {row.label} looks for its completed downloads, cannot be made: {obstacle} is "
            what = "read-only" if obstacle.is_dir() else "no folder"
            fix = f"Move {obstacle} away or make it writable; it is tried again every minute"
            yield Finding("native_folder", row.slug, ERROR, message + what, fix)


def check_placement(facts: Facts) -> Iterator[Finding]:
    for unplaced in facts.unplaced:
        files = "1 finished file" if unplaced.count == 1 else f"{unplaced.count} finished files"
        if unplaced.is_blocked:
            message = f"{files} cannot be placed; {unplaced.title}: {unplaced.error}"
            yield Finding("placement", "blocked", ERROR, message, "Fix the cause, then retry the download")
        else:
            waits = "waits" if unplaced.count == 1 else "wait"
            message = f"{files} {waits} to be placed; {unplaced.title}: {unplaced.error}"
            yield Finding("placement", "waiting", WARNING, message, "Fix the cause; it is tried again every minute")


def check_quarantine(facts: Facts) -> Iterator[Finding]:
    if facts.set_aside.count:
        is_one = facts.set_aside.count == 1
        files = "1 file is" if is_one else f"{facts.set_aside.count} files are"
        size = f"{facts.set_aside.size / 1e6:,.1f} MB"
        message = f"{files} in quarantine ({size}): {'it' if is_one else 'they'} turned out wrong"
        yield Finding("quarantine", "files", WARNING, message, "Accept or delete them: stalkeer quarantine list")


def check_workers(facts: Facts) -> Iterator[Finding]:
    for row in facts.workers:
        if facts.now - row.heartbeat > DEAD_AFTER:
            message = f"Worker {row.id} on {row.host} was last heard of at {row.heartbeat:%Y-%m-%d %H:%M:%S} UTC"
            fix = "Start it again; its downloads go to another worker meanwhile"
            yield Finding("worker", row.id, WARNING, message, fix)
        elif trouble := sight_of(row).trouble:
            message = f"Worker {row.id} on {row.host} takes no downloads. {trouble}"
            fix = f"On {row.host}, mount the folders that the other machines see, under the same paths"
            yield Finding("worker", row.id, WARNING, message, fix)


def check_hooks(facts: Facts) -> Iterator[Finding]:
    """Report a script that is set, and that no running process can run."""
    for hook in facts.hooks:
        if not hook.is_set or hook.ready_on:
            continue
        where = ", ".join(hook.set_on)
        is_gate = hook.name is HookName.BEFORE_IMPORT
        waits = "no file is imported meanwhile" if is_gate else f"{hook.waiting} of its scripts wait"
        yield Finding(
            "hook",
            hook.name.value,
            ERROR if is_gate else WARNING,
            f"hooks.{hook.name.value} is set on {where}, but no running process can run its script: {waits}",
            f"Check that the script exists there, is executable, and that Stalkeer runs there. To go on without it: "
            f"stalkeer hook forget {hook.name.value}",
        )


def check_items(facts: Facts) -> Iterator[Finding]:
    for item in facts.failing:
        message = f"{item.title} failed {item.count} times in a row: {item.error}"
        fix = "Look at its candidates and choose another, or reject the match"
        yield Finding("item", item.title, WARNING, message, fix)


def check_clock(facts: Facts) -> Iterator[Finding]:
    if facts.skew > MOST_SKEW:
        message = f"The clocks of this machine and of the database differ by {facts.skew.total_seconds():.0f} s"
        yield Finding("clock", "database", WARNING, message, "Let both keep their time by NTP")


def check_key_file(facts: Facts) -> Iterator[Finding]:
    try:
        mode = facts.key_file.stat().st_mode
    except OSError:
        return
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        message = f"{facts.key_file} can be read by others; it decrypts the stored credentials"
        yield Finding("key", str(facts.key_file), WARNING, message, f"chmod 600 {facts.key_file}")


def check_permissions(facts: Facts) -> Iterator[Finding]:
    """Report files whose permissions cannot be changed: they belong to another user, or the file system has none."""
    if facts.exposed:
        first, more = facts.exposed[0], len(facts.exposed) - 1
        others = f" and {more} more" if more else ""
        message = f"{first}{others} in the data folder can be read by others and could not be changed"
        fix = f"As the owner of these files: chmod -R go-rwx {facts.settings.data_dir}"
        yield Finding("permissions", "data", WARNING, message, fix)


def check_database(facts: Facts) -> Iterator[Finding]:
    for path in facts.damaged:
        last = f"stalkeer restore {facts.backups[0].name}" if facts.backups else "there is no backup to restore"
        message = f"The database was damaged and set aside as {path.name}; Stalkeer started with an empty one"
        yield Finding("database", path.name, ERROR, message, f"Stop Stalkeer, then: {last}. Remove {path} afterwards")


def check_targets(facts: Facts) -> Iterator[Finding]:
    for row in facts.targets:
        if row.failures >= TIMES_IN_A_ROW:
            message = f"Notifications do not reach {row.name}: {row.last_error} ({row.failures} times in a row)"
            fix = f"Check it, then: stalkeer notify test {row.name}; its messages are kept for a week"
            yield Finding(OWN_CHECK, row.name, WARNING, message, fix)


def check_start(facts: Facts) -> Iterator[Finding]:
    yield from facts.start_problems


def check_credentials(facts: Facts) -> Iterator[Finding]:
    if facts.unreadable:
        yield key_finding(facts.unreadable, facts.key_file, is_key_right=facts.is_key_right)


def key_finding(unreadable: Sequence[str], key_file: Path, *, is_key_right: bool) -> Finding:
    """Report credentials that the secret key cannot decrypt.

    With a key of another database, no job starts until it is fixed.
    """
    what = f"cannot read the credentials of {', '.join(unreadable)}" if unreadable else "does not fit the database"
    message = f"The present secret key {what}"
    fix = f"Enter them again, or put the key of the restored backup at {key_file} and start Stalkeer again"
    if not is_key_right:
        message += "; until then, config.yml is not applied and no job starts"
        fix += ". If that key is lost: stalkeer doctor adopt-key"
    return Finding("credentials", "key", ERROR, message, fix)


def check_restore(facts: Facts) -> Iterator[Finding]:
    if facts.refused_restore is not None:
        message = "The backup that was to be restored at the start could not be; the database is as it was before"
        fix = f"See the reason in the log, restore another one, or remove {facts.refused_restore}"
        yield Finding("restore", facts.refused_restore.name, ERROR, message, fix)


def check_backups(facts: Facts) -> Iterator[Finding]:
    if facts.settings.schedule.backup and facts.backups and facts.now - facts.backups[0].made_at > BACKUP_AGE:
        message = f"The last backup is of {facts.backups[0].made_at:%Y-%m-%d}"
        yield Finding("backup", "schedule", WARNING, message, "See in the jobs why it fails: stalkeer backup")


def check_titles(facts: Facts) -> Iterator[Finding]:
    """Report that the last match could not reach TMDB. Without a TMDB key there is nothing to report."""
    if facts.titles_error and facts.settings.tmdb.api_key.get_secret_value():
        message = f"TMDB could not be asked for further titles: {facts.titles_error}"
        fix = "Matching continues without them. Check the key with: stalkeer match tmdb"
        yield Finding("titles", "tmdb", WARNING, message, fix)


def check_login(facts: Facts) -> Iterator[Finding]:
    security = facts.settings.security
    if security.mode is AuthMode.EXTERNAL and not security.trusted_proxies:
        message = "security.mode is external, but no proxy is trusted: nobody can sign in"
        yield Finding("login", "external", ERROR, message, "Set security.trusted_proxies to your proxy's address")
    if not {"0.0.0.0/0", "::/0"}.isdisjoint(security.trusted_proxies):
        message = "security.trusted_proxies names everybody: anybody can say where a request comes from"
        yield Finding("login", "proxies", ERROR, message, "Set security.trusted_proxies to your proxy's address alone")


CHECKS: Mapping[str, Callable[[Facts], Iterable[Finding]]] = {
    "start": check_start,
    "database": check_database,
    "instance": check_instances,
    "alone": check_alone,
    "source": check_sources,
    "playlist": check_playlists,
    "playlist name": check_playlist_names,
    "own files": check_own_files,
    "guard": check_guards,
    "account": check_accounts,
    "disk": check_disks,
    "path": check_paths,
    "watch": check_watch_folders,
    "native_folder": check_native_folders,
    "placement": check_placement,
    "quarantine": check_quarantine,
    "worker": check_workers,
    "hook": check_hooks,
    "item": check_items,
    "clock": check_clock,
    "key": check_key_file,
    "permissions": check_permissions,
    "restore": check_restore,
    "credentials": check_credentials,
    "backup": check_backups,
    "login": check_login,
    "titles": check_titles,
    OWN_CHECK: check_targets,
}


def _found_event(finding: Finding) -> Event:
    level = Level(finding.level)
    data = {"check": finding.check, "subject": finding.subject, "fix": finding.fix}
    return Event("health.found", finding.message, level, data=data)


def _worse_event(finding: Finding) -> Event:
    return replace(_found_event(finding), kind="health.worse")


def _over_event(finding: Finding) -> Event:
    data = {"check": finding.check, "subject": finding.subject}
    return Event("health.over", f"No longer: {finding.message}", Level.INFO, data=data)
