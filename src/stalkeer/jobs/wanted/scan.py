"""Read what every instance is missing, run the jobs that follow, and report the results.

The following jobs belong to later rooms, so a `Scanner` receives them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stalkeer.adapters.arr.values import WantedReason
from stalkeer.core.downloads.search_terms import ItemNumbers
from stalkeer.core.downloads.searched import MARK, read_searched, searched_text
from stalkeer.jobs.journal.reporting import Run
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.wanted.sync import InstanceSync, WantedSync, sync_wanted
from stalkeer.jobs.wanted.sync_item import sync_item
from stalkeer.model import InstanceId, JobName, WantedId
from stalkeer.settings import Settings
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.db.rehearsal import rehearse
from stalkeer.store.downloads.downloads import failed_wanted_ids
from stalkeer.store.downloads.variants import confirmed_matches
from stalkeer.store.journal.runs import count_waiting
from stalkeer.store.library.blocked_releases import read_blocked_releases
from stalkeer.store.library.instances import find_instance, get_instance
from stalkeer.store.library.wanted import count_reasons, count_wanted
from stalkeer.store.library.wanted_list import FoundCounts, WantedFilter, count_found, read_open_ids
from stalkeer.store.library.wanted_series import WantedSeries, list_wanted_series

Matcher = Callable[[Database, Run], object]
MOST_ITEM_SCANS = 5
MOST_SERIES = 200  # series that a report names
COOLING = "cooling down after a failure"
BLOCKED = "found, but on the instance's blocklist"


@dataclass(frozen=True)
class InstanceScan:
    """Hold an instance's part of a scan: its wanted items, the found entries, and the skipped items by rule."""

    sync: InstanceSync
    found: FoundCounts
    cooling: int
    blocked: int = 0
    series: tuple[WantedSeries, ...] = ()

    @property
    def skipped(self) -> Mapping[str, int]:
        """Return the number of skipped items by rule."""
        later = {COOLING: self.cooling, BLOCKED: self.blocked}
        return {**self.sync.skipped, **{rule: number for rule, number in later.items() if number}}

    def to_document(self) -> dict[str, object]:
        document = self.sync.to_document()
        return document | {
            "confirmed": self.found.confirmed,
            "review": self.found.review,
            "nothing": self.found.nothing,
            "skipped": dict(self.skipped),
            "series": [_series_document(series) for series in self.series],
        }


def _series_document(series: WantedSeries) -> dict[str, object]:
    return {
        "title": series.title,
        "year": series.year,
        "seasons": list(series.seasons),
        "missing": series.missing,
        "confirmed": series.confirmed,
        "review": series.review,
        "skipped": series.skipped,
    }


@dataclass(frozen=True)
class ScanReport:
    """Hold the result of a scan. `is_dry_run` means that nothing was saved.

    `recovered` counts failed downloads that were completed because their instances have the file.
    """

    instances: tuple[InstanceScan, ...]
    started_at: datetime
    finished_at: datetime
    handed_back: int = 0
    recovered: int = 0
    is_dry_run: bool = False

    @property
    def is_partial(self) -> bool:
        return any(scan.sync.error for scan in self.instances)

    @property
    def has_failed(self) -> bool:
        """Tell whether no instance could be read."""
        return bool(self.instances) and all(scan.sync.error for scan in self.instances)

    def to_document(self) -> dict[str, object]:
        return {
            "dryRun": self.is_dry_run,
            "startedAt": self.started_at.isoformat(),
            "seconds": round((self.finished_at - self.started_at).total_seconds(), 1),
            "wanted": sum(scan.sync.wanted for scan in self.instances),
            "confirmed": sum(scan.found.confirmed for scan in self.instances),
            "review": sum(scan.found.review for scan in self.instances),
            "nothing": sum(scan.found.nothing for scan in self.instances),
            "handedBack": self.handed_back,
            "recovered": self.recovered,
            "instances": [scan.to_document() for scan in self.instances],
        }


def _none() -> int:
    return 0


def _unchecked(_only: str | None) -> None:
    pass


@dataclass(frozen=True)
class Scanner:
    """Hold the parts of a scan, with the jobs that follow it.

    `match` updates the matches. `recover` completes failed downloads whose instances have the file. `search_upstream`
    lets instances search for items that have waited too long without a match. Both return a count. `check_folders`
    records whether the instances see our folders.
    """

    database: Database
    arrs: Arrs
    settings: Settings
    match: Matcher
    recover: Callable[[], int] = _none
    search_upstream: Callable[[], int] = _none
    check_folders: Callable[[str | None], object] = _unchecked


def scan(scanner: Scanner, run: Run, subject: str | None = None) -> ScanReport:
    """Scan every enabled instance, the instance `subject`, or a single item of it (see `scan_subject`).

    Raises NotFound for an unknown instance. A cancelled scan reports what it read; no other job follows it.
    """
    slug, separator, item = (subject or "").partition("#")
    number, mark, text = item.partition(MARK)
    if separator and number.isascii() and number.isdecimal():
        return scan_item(scanner, run, slug, int(number), read_searched(text) if mark else None)
    report = scan_missing(scanner, run, subject)
    if run.is_cancelled():
        return report
    recovered = scanner.recover()
    handed_back = scanner.search_upstream()
    scanner.check_folders(subject)
    return replace(report, handed_back=handed_back, recovered=recovered)


def scan_missing(scanner: Scanner, run: Run, only: str | None = None) -> ScanReport:
    """Sync the wanted items of every instance, or only of `only`, then match. Downloads are not touched."""
    started_at = scanner.arrs.clock()
    synced = sync_wanted(scanner.database, scanner.arrs, scanner.settings.wanted, run, only)
    if not run.is_cancelled():
        scanner.match(scanner.database, run)
    return _report(scanner, synced.instances, started_at)


def scan_item(
    scanner: Scanner, run: Run, slug: str, library_arr_id: int, searched: ItemNumbers | None = None
) -> ScanReport:
    """Update a single movie or series of an instance and match it, after an event or a search of the instance.

    The items that it searches for are matched although it has files of them. Nothing is downloaded for these by itself.
    """
    started_at = scanner.arrs.clock()
    with scanner.database.connect() as connection:
        row = get_instance(connection, slug)
    sync = WantedSync(scanner.database, scanner.arrs, scanner.settings.wanted, run)
    synced = sync_item(sync, row, library_arr_id, searched)
    scanner.match(scanner.database, run)
    recovered = scanner.recover()
    return replace(_report(scanner, (synced,), started_at), recovered=recovered)


def scan_subject(database: Database, slug: str, library_arr_id: int, searched: ItemNumbers | None = None) -> str:
    """Name the scan that an event or search needs: of its item, or of the instance when many items wait already.

    Every item has its own subject, because runs with the same subject are merged.
    """
    with database.connect() as connection:
        waiting = count_waiting(connection, JobName.SCAN, f"{slug}#")
    if waiting >= MOST_ITEM_SCANS:
        return slug
    return f"{slug}#{library_arr_id}" + ("" if searched is None else f"{MARK}{searched_text(searched)}")


def rehearse_scan(scanner: Scanner, run: Run, only: str | None = None) -> ScanReport:
    """Scan a temporary copy of the database. Report what a scan would find, and save nothing."""
    with rehearse(scanner.database) as copy:
        rehearsal = Scanner(copy, scanner.arrs.over(copy), scanner.settings, scanner.match)
        report = scan_missing(rehearsal, run, only)
    return replace(report, is_dry_run=True)


def _report(scanner: Scanner, syncs: tuple[InstanceSync, ...], started_at: datetime) -> ScanReport:
    now = scanner.arrs.clock()
    since = now - timedelta(seconds=scanner.settings.wanted.cooldown)
    scans: list[InstanceScan] = []
    with scanner.database.connect() as connection:
        found = count_found(connection)
        failed = failed_wanted_ids(connection, since)
        for sync in syncs:
            row = find_instance(connection, sync.slug)
            assert row is not None, "it was just read, and rows are never deleted"
            cooling = len(failed & read_open_ids(connection, row.id)) if failed else 0
            blocked = _count_blocked(connection, row.id)
            series = list_wanted_series(connection, WantedFilter(instance=row.slug), MOST_SERIES)
            counts = found.get(row.id, FoundCounts())
            scans.append(InstanceScan(_counted(connection, row.id, sync), counts, cooling, blocked, tuple(series)))
    return ScanReport(tuple(scans), started_at, now)


def _counted(connection: Transaction, instance_id: InstanceId, sync: InstanceSync) -> InstanceSync:
    """Count the wanted items as they are stored now: after an error, those of earlier scans."""
    reasons = count_reasons(connection, instance_id)
    skipped = {rule: number for rule, number in count_wanted(connection, instance_id).items() if rule is not None}
    missing, cutoff = reasons.get(WantedReason.MISSING.value, 0), reasons.get(WantedReason.CUTOFF.value, 0)
    return replace(sync, missing=missing, cutoff=cutoff, skipped=skipped)


def _count_blocked(connection: Transaction, instance_id: InstanceId) -> int:
    """Count the items whose confirmed entries are all on the instance's own blocklist."""
    blocked = read_blocked_releases(connection, instance_id=instance_id)
    found: dict[WantedId, list[bool]] = {}
    for match in confirmed_matches(connection, list(blocked)) if blocked else ():
        found.setdefault(match.wanted_id, []).append(match.blocked is not None)
    return sum(all(of_item) for of_item in found.values())
