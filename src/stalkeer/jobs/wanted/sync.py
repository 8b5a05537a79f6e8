"""Read each instance's library and wanted lists into the database. A failure stops no other instance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeVar

from stalkeer.adapters.arr.answers import Unreadable
from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.connect import check_program
from stalkeer.adapters.arr.radarr import read_movies
from stalkeer.adapters.arr.reading import (
    UNBOUNDED,
    read_blocklist,
    read_profiles,
    read_queue,
    read_root_folders,
    read_size_bounds,
    read_tags,
)
from stalkeer.adapters.arr.sonarr import read_series_list
from stalkeer.adapters.arr.values import LibraryKind, WantedReason, WantedRecord
from stalkeer.errors import ArrError, ArrFaulted, ArrRefused
from stalkeer.jobs.journal.reporting import Run
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.library.skip_rules import SkipFacts, skip_rule
from stalkeer.jobs.wanted.owners import Owners
from stalkeer.jobs.wanted.wanted_lists import MovieRecords, WantedPages
from stalkeer.model import InstanceKind
from stalkeer.settings.sections.jobs import WantedSettings
from stalkeer.store.db.database import Database
from stalkeer.store.library.blocked_releases import save_blocked_releases
from stalkeer.store.library.instances import InstanceRow, get_instance, list_instances, note_sync
from stalkeer.store.library.library import KnownItems, read_known_items, remove_items, save_items
from stalkeer.store.library.ownership import read_kept, read_tagged
from stalkeer.store.library.wanted import (
    KnownWanteds,
    WantedToSave,
    count_wanted,
    mark_gone,
    read_known_wanted,
    save_wanted,
)

T = TypeVar("T")
LIBRARY_CHUNK = 500


@dataclass(frozen=True)
class InstanceSync:
    """Hold the result for an instance. After an `error`, data from earlier syncs stays.

    `notes` name lists that the instance does not have, and the consequence.
    """

    slug: str
    kind: InstanceKind
    library: int = 0
    missing: int = 0
    cutoff: int = 0
    changed: int = 0
    gone: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def wanted(self) -> int:
        return self.missing + self.cutoff

    def to_document(self) -> dict[str, object]:
        return {
            "instance": self.slug,
            "kind": self.kind.value,
            "library": self.library,
            "wanted": self.wanted,
            "missing": self.missing,
            "cutoff": self.cutoff,
            "changed": self.changed,
            "gone": self.gone,
            "skipped": dict(self.skipped),
            "error": self.error,
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class SyncReport:
    instances: tuple[InstanceSync, ...]

    @property
    def is_partial(self) -> bool:
        return any(sync.error for sync in self.instances)

    def to_document(self) -> dict[str, object]:
        return {"instances": [sync.to_document() for sync in self.instances]}


@dataclass(frozen=True)
class WantedSync:
    """Hold the context of a sync."""

    database: Database
    arrs: Arrs
    wishes: WantedSettings
    run: Run


def sync_wanted(
    database: Database, arrs: Arrs, wishes: WantedSettings, run: Run, only: str | None = None
) -> SyncReport:
    """Sync every enabled instance, or only `only`. All libraries come first, so that each knows the others."""
    with database.connect() as connection:
        rows = [get_instance(connection, only)] if only else [r for r in list_instances(connection) if r.enabled]
    sync = WantedSync(database, arrs, wishes, run)
    libraries = [(row, _library_or_error(sync, row)) for row in rows]
    return SyncReport(tuple(_wanted_or_error(sync, row, library) for row, library in libraries))


@dataclass
class Spared:
    """Read lists that a sync can do without. `notes` say which of them failed, and the consequence.

    An instance that does not answer at all, or refuses the key, still ends the sync.
    """

    client: ArrClient
    notes: list[str] = field(default_factory=list)

    def read(self, read: Callable[[ArrClient], T], consequence: str) -> T | None:
        try:
            return read(self.client)
        except (ArrRefused, ArrFaulted) as error:
            self.notes.append(f"{str(error).rstrip('.')}. The scan went on without it: {consequence}.")
            return None


@dataclass(frozen=True)
class _Library:
    """Hold the result of a library's sync, and the wanted movies by their records."""

    report: InstanceSync
    movies: MovieRecords = field(default_factory=MovieRecords)


def _library_or_error(sync: WantedSync, row: InstanceRow) -> _Library:
    try:
        with sync.arrs.client(row) as client:
            return _sync_library(sync, row, client)
    except ArrError as error:
        return _Library(InstanceSync(row.slug, row.kind, error=str(error)))


def _wanted_or_error(sync: WantedSync, row: InstanceRow, library: _Library) -> InstanceSync:
    before = library.report
    if before.error is not None or sync.run.is_cancelled():
        return before
    try:
        with sync.arrs.client(row) as client:
            return _sync_wanted(sync, row, client, library)
    except ArrError as error:
        return replace(before, error=str(error))


def _sync_library(sync: WantedSync, row: InstanceRow, client: ArrClient) -> _Library:
    status = check_program(client)
    spared = Spared(client)
    bounds = spared.read(read_size_bounds, "no entry is rejected by size") or UNBOUNDED
    profiles = spared.read(lambda asked: read_profiles(asked, bounds), "the profiles of the last scan apply")
    folders = spared.read(read_root_folders, "the root folders of the last scan apply")
    kind = LibraryKind.MOVIE if row.kind is InstanceKind.RADARR else LibraryKind.SERIES
    with sync.database.connect() as connection:
        known = read_known_items(connection, row.id, kind)
    seen: set[int] = set()
    changed = 0
    movies, unreadable = MovieRecords(), Unreadable()
    is_movies = kind is LibraryKind.MOVIE
    items = movies.note(read_movies(client, unreadable)) if is_movies else read_series_list(client, unreadable)
    for chunk in _chunks(items, LIBRARY_CHUNK):
        with sync.database.begin() as connection:
            changed += save_items(connection, row.id, chunk, known, sync.arrs.clock())
        seen.update(item.arr_id for item in chunk)
        sync.run.progress(len(seen), None, f"{row.label}: library")
    if unreadable.reasons:
        movies.incomplete.update(WantedReason)
    with sync.database.begin() as connection:
        if not unreadable.unknown:  # an item without a readable id may be any of the unseen items
            remove_items(connection, known, seen | unreadable.ids)
        kept = (profiles or row.profiles, folders or row.root_folders)
        note_sync(connection, row.id, status.version, sync.arrs.clock(), *kept)
    notes = (*spared.notes, *unreadable.notes)
    return _Library(InstanceSync(row.slug, row.kind, library=len(seen), changed=changed, notes=notes), movies)


def _sync_wanted(sync: WantedSync, row: InstanceRow, client: ArrClient, own: _Library) -> InstanceSync:
    with sync.database.connect() as connection:
        kind = LibraryKind.MOVIE if row.kind is InstanceKind.RADARR else LibraryKind.SERIES
        library = read_known_items(connection, row.id, kind)
        known = read_known_wanted(connection, row.id)
    spared = Spared(client)
    facts = read_facts(sync, row, spared)
    report = own.report
    for reason in WantedReason:
        counts = _sync_list(sync, _List(row, client, reason, facts, library, known, own.movies))
        report = replace(
            report,
            missing=counts.seen if reason is WantedReason.MISSING else report.missing,
            cutoff=counts.seen if reason is WantedReason.CUTOFF else report.cutoff,
            changed=report.changed + counts.changed,
            gone=report.gone + counts.gone,
        )
    _sync_blocklist(sync, row, spared)
    notes = (*report.notes, *spared.notes)
    with sync.database.connect() as connection:
        skipped = {skip: number for skip, number in count_wanted(connection, row.id).items() if skip is not None}
    return replace(report, skipped=skipped, notes=notes)


def _sync_blocklist(sync: WantedSync, row: InstanceRow, spared: Spared) -> None:
    """Save the blocklist. When it is unreadable, the earlier one stays."""
    blocked = spared.read(read_blocklist, "its blocklist is known from earlier scans only")
    if blocked is not None:
        with sync.database.begin() as connection:
            save_blocked_releases(connection, row.id, blocked)


@dataclass(frozen=True)
class _List:
    """Sync a wanted list of an instance: judge and store its items."""

    row: InstanceRow
    client: ArrClient
    reason: WantedReason
    facts: WantedFacts
    library: KnownItems
    known: KnownWanteds
    movies: MovieRecords


@dataclass(frozen=True)
class _ListCounts:
    seen: int
    changed: int
    gone: int


def _sync_list(sync: WantedSync, wanted: _List) -> _ListCounts:
    seen: set[int] = set()
    changed = 0
    is_complete = True
    for monitored in (True, False) if sync.wishes.unmonitored else (True,):
        pages = WantedPages(wanted.client, wanted.reason, wanted.movies, monitored=monitored)
        for items in pages.items():
            rows = [
                judge(item, wanted.library, wanted.facts) for item in items if item.library_arr_id in wanted.library
            ]
            with sync.database.begin() as connection:
                changed += save_wanted(connection, wanted.row.id, rows, wanted.known, sync.arrs.clock())
            seen.update(row.item.arr_id for row in rows)
            sync.run.progress(len(seen), pages.total, f"{wanted.row.label}: {wanted.reason}")
        is_complete = is_complete and pages.is_complete
    gone = 0
    if is_complete:  # an incomplete list does not prove that an item left it
        with sync.database.begin() as connection:
            gone = mark_gone(connection, wanted.known, seen, wanted.reason, sync.arrs.clock())
    return _ListCounts(len(seen), changed, gone)


def judge(item: WantedRecord, library: KnownItems, facts: WantedFacts) -> WantedToSave:
    """Return the item with the rule that skips it, if any."""
    owner = facts.owners.of(item)
    row = library[item.library_arr_id]
    rule = skip_rule(item, replace(facts.skip, owner=owner))
    return WantedToSave(item, row.id, row.fingerprint, rule, owner)


@dataclass(frozen=True)
class WantedFacts:
    """Hold the facts that all items of a sync share, and the other owners."""

    skip: SkipFacts
    owners: Owners


def read_facts(sync: WantedSync, row: InstanceRow, spared: Spared) -> WantedFacts:
    client = spared.client
    tags = read_tags(client) if row.options.exclude_tags else {}  # without them, excluded items would be fetched
    queue = spared.read(read_queue, "items in its own queue are not skipped") or ()
    excluded = {tags[label.lower()] for label in row.options.exclude_tags if label.lower() in tags}
    with sync.database.connect() as connection:
        tagged = read_tagged(connection, row.id, excluded) if excluded else frozenset()
        kept = read_kept(connection, row.id)
    skip = SkipFacts(
        wants_cutoff=sync.wishes.cutoff,
        wants_specials=sync.wishes.specials,
        wants_unmonitored=sync.wishes.unmonitored,
        wants_unavailable=sync.wishes.unavailable,
        queued=frozenset(queued.arr_id for queued in queue),
        excluded_library=tagged,
        kept=kept,
    )
    return WantedFacts(skip, Owners(sync.database, sync.arrs, row))


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
