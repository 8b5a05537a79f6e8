"""Check the health of the program.

Each check is a function from facts to findings, which say what is wrong and how to fix it. No check uses the network:
refreshes, syncs and downloads record their problems in the database, and the checks read them there. `instances` has
the checks that ask the instances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from stalkeer.core.notify.intake import OWN_CHECK
from stalkeer.jobs.health import connections, folders, program
from stalkeer.jobs.health.facts import Facts, read_facts
from stalkeer.jobs.system.backup import BackupPlace
from stalkeer.model import EventKind
from stalkeer.private_files import withdraw_from_others
from stalkeer.secrets import SecretBox
from stalkeer.settings import Settings
from stalkeer.settings.folders import shared_folders
from stalkeer.store.db.database import Database
from stalkeer.store.journal.events import Event, Level, record_events
from stalkeer.store.system.health import Finding, HealthChange, replace_findings


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


# --- the checks --------------------------------------------------------------------------------------------------


CHECKS: Mapping[str, Callable[[Facts], Iterable[Finding]]] = {
    "start": program.check_start,
    "database": program.check_database,
    "instance": connections.check_instances,
    "alone": connections.check_alone,
    "source": connections.check_sources,
    "playlist": connections.check_playlists,
    "playlist name": connections.check_playlist_names,
    "own files": folders.check_own_files,
    "guard": connections.check_guards,
    "account": connections.check_accounts,
    "disk": folders.check_disks,
    "path": folders.check_paths,
    "watch": folders.check_watch_folders,
    "native_folder": folders.check_native_folders,
    "placement": folders.check_placement,
    "quarantine": folders.check_quarantine,
    "worker": program.check_workers,
    "hook": program.check_hooks,
    "item": program.check_items,
    "clock": program.check_clock,
    "key": folders.check_key_file,
    "permissions": folders.check_permissions,
    "restore": program.check_restore,
    "credentials": program.check_credentials,
    "backup": program.check_backups,
    "login": program.check_login,
    "titles": connections.check_titles,
    "media_server": connections.check_media_server,
    OWN_CHECK: connections.check_targets,
}


def _found_event(finding: Finding) -> Event:
    level = Level(finding.level)
    data = {"check": finding.check, "subject": finding.subject, "fix": finding.fix}
    return Event(EventKind.HEALTH_FOUND, finding.message, level, data=data)


def _worse_event(finding: Finding) -> Event:
    return replace(_found_event(finding), kind=EventKind.HEALTH_WORSE)


def _over_event(finding: Finding) -> Event:
    data = {"check": finding.check, "subject": finding.subject}
    return Event(EventKind.HEALTH_OVER, f"No longer: {finding.message}", Level.INFO, data=data)
