"""Refresh sources: fetch their present lists, check them for losses, and update the catalogue.

A failure before the switch, such as an error page, a kill or a full disk, leaves the catalogue as it was.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path

from stalkeer.adapters.playlists.guard import GuardVerdict, judge_size
from stalkeer.adapters.playlists.panel_json import AccountInfo
from stalkeer.core.catalogue.access import MOST_USERINFOS
from stalkeer.core.catalogue.filters import FilterSet
from stalkeer.core.catalogue.snapshot import Alignment, Snapshot
from stalkeer.core.titles import PARSER_VERSION
from stalkeer.errors import Conflict, GuardTripped, SecretError, SourceError, SourceUnreachable
from stalkeer.jobs.journal.reporting import Run
from stalkeer.jobs.refresh.archive import Archive, archive_playlist
from stalkeer.jobs.refresh.fetch import FetchContext, OpenedList, open_listing
from stalkeer.jobs.refresh.generation import clear_leftovers
from stalkeer.jobs.refresh.habits import learn_habits_of
from stalkeer.jobs.refresh.ingest import MOST_GROUPS, Changes, Ingest
from stalkeer.jobs.refresh.reading import LOST_LOGIN, Walk
from stalkeer.jobs.refresh.start import USUAL, RefreshOptions
from stalkeer.logs import get_logger
from stalkeer.model import EventKind, count_by_word
from stalkeer.secrets import SecretBox, mask_text
from stalkeer.settings import Settings
from stalkeer.store.catalogue.generations import Generation, read_snapshot, visible_ids
from stalkeer.store.db.database import Database
from stalkeer.store.db.locks import source_lock
from stalkeer.store.journal.events import Event, Level, record_event
from stalkeer.store.sources.credentials import read_credentials
from stalkeer.store.sources.description import Credentials
from stalkeer.store.sources.filters import active_filters
from stalkeer.store.sources.rows import SourceRow
from stalkeer.store.sources.sources import (
    finish_refresh,
    get_source,
    list_sources,
    note_account,
    note_failure,
    note_guard,
    note_success,
)

log = get_logger(__name__)
FORMAT = 3  # version of fingerprints and rows: after a change, every entry is read again
_MANY = 10  # once one of this many entries changed, the habits of the list are learned again
LOOK_EVERY = 32  # chunks between two checks for a cancellation


class RefreshOutcome(StrEnum):
    """Define the outcomes of the refresh of a source."""

    REFRESHED = "refreshed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"  # the new list is much smaller: it is on hold, and the catalogue stays
    FAILED = "failed"
    CANCELLED = "cancelled"
    BUSY = "busy"  # another process refreshes it


@dataclass(frozen=True)
class SourceReport:
    """Hold the outcome of a source, with its counts."""

    slug: str
    outcome: RefreshOutcome
    message: str = ""
    generation: int = 0
    entries: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)
    oddities: Mapping[str, int] = field(default_factory=dict)
    guard: GuardVerdict | None = None
    seconds: float = 0.0
    is_unreachable: bool = False  # the source did not answer, or asked to come back later

    def to_document(self) -> dict[str, object]:
        changes = self.changes
        return {
            "source": self.slug,
            "outcome": self.outcome.value,
            "message": self.message,
            "generation": self.generation,
            "entries": self.entries,
            "kinds": count_by_word(self.kinds),
            "added": changes.added,
            "changed": changes.changed,
            "removed": changes.removed,
            "returned": changes.returned,
            "duplicates": changes.duplicates,
            "leftOut": dict(changes.left_out),
            "oddities": dict(self.oddities),
            "guard": self.guard.to_document() if self.guard else None,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True)
class RefreshReport:
    sources: tuple[SourceReport, ...]

    @property
    def is_partial(self) -> bool:
        return any(source.outcome in (RefreshOutcome.FAILED, RefreshOutcome.REFUSED) for source in self.sources)

    @property
    def touched(self) -> int:
        """Return the number of added, changed, returned and removed entries."""
        return sum(source.changes.touched for source in self.sources)

    def to_document(self) -> Mapping[str, object]:
        return {"sources": [source.to_document() for source in self.sources]}


@dataclass(frozen=True)
class RefreshContext:
    """Hold the parts of the program that a refresh uses. `data_dir` holds spooled playlists, archives and locks."""

    database: Database
    secrets: SecretBox
    settings: Callable[[], Settings]
    data_dir: Path
    clock: Callable[[], datetime]


def refresh_sources(
    tools: RefreshContext, run: Run, only: str | None = None, options: RefreshOptions = USUAL
) -> RefreshReport:
    """Refresh a source, or all enabled sources. A source that fails does not stop the others."""
    reports: list[SourceReport] = []
    for row in _chosen(tools.database, only, options):
        if run.is_cancelled():
            break
        reports.append(_refresh_guarded(tools, run, row, options))
    return RefreshReport(tuple(reports))


def _chosen(database: Database, only: str | None, options: RefreshOptions) -> list[SourceRow]:
    with database.connect() as connection:
        if only:
            return [get_source(connection, only)]
        enabled = [row for row in list_sources(connection) if row.enabled]
    return [row for row in enabled if not (options.without_own_times and row.options.refresh)]


def _refresh_guarded(tools: RefreshContext, run: Run, row: SourceRow, options: RefreshOptions) -> SourceReport:
    """Refresh a source. A failure is reported, and stored with the source."""
    began = time.monotonic()
    try:
        with source_lock(tools.database, row.id, tools.data_dir / "locks"), _many_objects():
            report = _Refresh(tools, run, row, options).carry_out()
    except Conflict as error:
        report = SourceReport(row.slug, RefreshOutcome.BUSY, str(error))
    except _Cancelled:
        clear_leftovers(tools.database, row.id)
        report = SourceReport(
            row.slug, RefreshOutcome.CANCELLED, "Cancelled; the catalogue stays as it was", row.generation
        )
    except (SourceError, SecretError) as error:
        report = _failed(tools, row, error)
    return replace(report, seconds=time.monotonic() - began)


def _failed(tools: RefreshContext, row: SourceRow, error: SourceError | SecretError) -> SourceReport:
    clear_leftovers(tools.database, row.id)
    message = mask_text(str(error))
    verdict = error.verdict if isinstance(error, _Shrunk) else None
    now = tools.clock()
    with tools.database.begin() as connection:
        failures = note_failure(connection, row.id, message, now)
        if verdict is not None:
            note_guard(connection, row.id, {**verdict.to_document(), "at": now.isoformat()})
        if verdict is not None or failures in (1, 3):
            kind = EventKind.SOURCE_GUARD if verdict is not None else EventKind.SOURCE_FAILED
            record_event(connection, now, Event(kind, f"{row.slug}: {message}", Level.WARNING, source_id=row.id))
    outcome = RefreshOutcome.REFUSED if verdict is not None else RefreshOutcome.FAILED
    away = isinstance(error, SourceUnreachable)
    return SourceReport(row.slug, outcome, message, row.generation, guard=verdict, is_unreachable=away)


class _Cancelled(BaseException):
    """Report that the user cancelled the run."""


class _Shrunk(GuardTripped):
    def __init__(self, message: str, verdict: GuardVerdict) -> None:
        super().__init__(message)
        self.verdict = verdict


class _Refresh:
    """Refresh a single source."""

    def __init__(self, tools: RefreshContext, run: Run, row: SourceRow, options: RefreshOptions) -> None:
        self.tools = tools
        self.run = run
        self.options = options
        clear_leftovers(tools.database, row.id)
        with tools.database.connect() as connection:
            self.row = get_source(connection, row.slug)  # read again now that this process has the lock
            self.filters = FilterSet(active_filters(connection, row.id), keep_adult=row.options.adult)
        self.credentials: Credentials = read_credentials(self.row, tools.secrets)

    @property
    def rules(self) -> str:
        """Return the version of everything that decides which entries are kept and how they are parsed."""
        return f"{FORMAT}/{PARSER_VERSION}/{self.filters.digest}"

    def carry_out(self) -> SourceReport:
        self.run.progress(0, None, f"{self.row.slug}: fetching")
        same_rules = self.row.counts.get("rules") == self.rules and not self.options.anew
        context = FetchContext(
            settings=self.tools.settings().catalogue,
            https_only=self.tools.settings().downloads.https_only,
            data_dir=self.tools.data_dir,
            progress=self._fetching,
            account=self._account,
            clock=self.tools.clock,
            known=frozenset(() if self.options.accept else (kind for kind, count in self.row.kinds.items() if count)),
        )
        with open_listing(self.row, self.credentials, context, may_skip=same_rules) as listing:
            if listing is None or (same_rules and listing.digest and listing.digest == self.row.content_hash):
                return self._unchanged(listing)
            return self._ingest(listing, is_trusted=same_rules)

    def _unchanged(self, listing: OpenedList | None) -> SourceReport:
        validators = listing.validators if listing is not None else {}
        with self.tools.database.begin() as connection:
            note_success(connection, self.row.id, self.tools.clock(), **validators)
        counts = self.row.counts
        return SourceReport(
            self.row.slug,
            RefreshOutcome.UNCHANGED,
            generation=self.row.generation,
            entries=int(counts.get("entries", 0)),
            kinds=dict(counts.get("kinds", {})),
        )

    def _ingest(self, listing: OpenedList, *, is_trusted: bool) -> SourceReport:
        tools, row = self.tools, self.row
        generation = Generation(row.id, row.generation + 1, tools.clock())
        alignment = Alignment(self._old_snapshot(), is_trusted=is_trusted)
        ingest = Ingest(tools.database, generation, alignment, self.filters.reasons)
        walk = listing.walk()
        for number, unknown in enumerate(walk.unknown(alignment)):
            if unknown.entries:
                ingest.take(unknown.entries, unknown.places)
            if number % LOOK_EVERY == 0:
                self._look(listing, alignment)
        ingest.flush()
        verdict = self._judge(alignment)
        kinds = self._finish(listing, walk, ingest)
        if "habits" not in row.counts or ingest.changes.touched * _MANY >= sum(kinds.values()):
            self.run.progress(listing.done(), listing.size, f"{row.slug}: learning the list's habits")
            learn_habits_of(tools.database, row.id, sum(kinds.values()))
        messages = [self._say_missing(listing), _say_lost_logins(walk.oddities[LOST_LOGIN])]
        if ingest.changes.touched:
            messages.append(self._archive(listing, walk, generation))
        return SourceReport(
            row.slug,
            RefreshOutcome.REFRESHED,
            " ".join(filter(None, messages)),
            generation=generation.number,
            entries=sum(kinds.values()),
            kinds=kinds,
            changes=ingest.changes,
            oddities=dict(walk.oddities),
            guard=verdict,
        )

    def _left_out_groups(self, ingest: Ingest) -> dict[str, str]:
        """Return the groups that filters leave out, with the reason.

        Groups from blocks that were not read again stay in the list.
        """
        is_same = self.row.counts.get("rules") == self.rules
        known = self.row.counts.get("left_out_groups", {}) if is_same else {}
        return dict(list({**known, **ingest.changes.left_out_groups}.items())[:MOST_GROUPS])

    def _say_missing(self, listing: OpenedList) -> str:
        """Return the lists that the account does not offer, and record an event the first time."""
        if not listing.missing:
            return ""
        message = (
            f"The account offers no list of {' and no list of '.join(listing.missing)}; the others were read "
            f"({'; '.join(listing.reasons)}). Each refresh asks again."
        )
        if list(listing.missing) != self.row.counts.get("missing"):
            with self.tools.database.begin() as connection:
                event = Event(EventKind.SOURCE_REFRESHED, f"{self.row.slug}: {message}", source_id=self.row.id)
                record_event(connection, self.tools.clock(), event)
        return message

    def _archive(self, listing: OpenedList, walk: Walk, generation: Generation) -> str:
        """Store a copy of the changed playlist. Return the reason where that fails, else an empty text."""
        path = listing.path()
        if path is None:
            return ""
        tools, keep = self.tools, self.tools.settings().catalogue.archives
        folder = tools.data_dir / "archives"
        self.run.progress(listing.done(), listing.size, f"{self.row.slug}: compressing a copy of the playlist")
        try:
            archive = Archive(tools.database, folder, keep, tools.clock)
            archive_playlist(archive, self.row, generation.number, path, walk.learned)
        except OSError as error:
            log.warning(
                "the copy of the playlist could not be stored", source=self.row.slug, folder=str(folder), error=error
            )
            return (
                f"The catalogue is up to date, but no copy of the playlist could be written to {folder}: "
                f"{error.strerror or error}. Make the folder writable, or set catalogue.archives to 0"
            )
        return ""

    def _old_snapshot(self) -> Snapshot:
        with self.tools.database.connect() as connection:
            snapshot = read_snapshot(connection, self.row.id, self.row.generation)
            if snapshot is None:  # lost: the blocks are unknown, only the entries are known
                ids = visible_ids(connection, self.row.id, self.row.generation)
                snapshot = Snapshot(ids[:], ids)
        return snapshot

    def _look(self, listing: OpenedList, alignment: Alignment) -> None:
        if self.run.is_cancelled():
            raise _Cancelled
        self.run.progress(listing.done(), listing.size, f"{self.row.slug}: {alignment.size} entries read")

    def _account(self, account: AccountInfo) -> None:
        with self.tools.database.begin() as connection:
            note_account(connection, self.row.id, account, self.tools.clock())

    def _fetching(self, done: int, total: int | None) -> None:
        if self.run.is_cancelled():
            raise _Cancelled
        self.run.progress(done, total, f"{self.row.slug}: fetching")

    def _judge(self, alignment: Alignment) -> GuardVerdict:
        """Judge whether the list lost too many entries.

        Blocks are counted before any filter, because filtered entries are no loss.
        """
        shrink = self.row.options.max_shrink
        allowed = self.tools.settings().catalogue.max_shrink if shrink is None else shrink
        before = int(self.row.counts.get("blocks", len(alignment.old.fingerprints)))
        verdict = judge_size(before, alignment.size, allowed)
        if not verdict.is_believed and not self.options.accept:
            raise _Shrunk(
                f"{verdict.reason}. The catalogue stays as it was; if this is right, take it with "
                f"`stalkeer source refresh {self.row.slug} --accept`",
                verdict,
            )
        return verdict

    def _finish(self, listing: OpenedList, walk: Walk, ingest: Ingest) -> dict[str, int]:
        learned = walk.learned
        has_reference = self.row.generation > 0 and self.credentials.reference.named()
        reference = self.credentials.reference if has_reference else learned
        event = partial(_event_of, self.row, ingest)
        also = partial(
            finish_refresh,
            row=self.row,
            learned=(learned, reference),
            secrets=self.tools.secrets,
            now=self.tools.clock(),
            event=event,
        )
        kinds = {kind: int(count) for kind, count in self.row.counts.get("kinds", {}).items()}

        def values() -> Mapping[str, object]:
            for kind, count in ingest.kinds.items():
                kinds[kind] = kinds.get(kind, 0) + count
            counts = {
                "kinds": {kind: count for kind, count in kinds.items() if count},
                "entries": sum(kinds.values()),
                "blocks": ingest.size,
                "rules": self.rules,
                "oddities": dict(walk.oddities),
                "duplicates": ingest.changes.duplicates,
                "left_out": dict(ingest.changes.left_out),
                "missing": list(listing.missing),
                "left_out_groups": self._left_out_groups(ingest),
            }
            if "habits" in self.row.counts:
                counts["habits"] = self.row.counts["habits"]
            return {"counts": counts, "content_hash": listing.digest, **listing.validators}

        if not ingest.finish(values, also):
            raise Conflict(f"{self.row.slug} was refreshed by another process at the same time; nothing was changed")
        return {kind: count for kind, count in kinds.items() if count}


def _say_lost_logins(count: int) -> str:
    if not count:
        return ""
    addresses = "1 address has lost its login" if count == 1 else f"{count} addresses have lost their logins"
    return (
        f"{addresses} (`user:password@`): a source keeps {MOST_USERINFOS} different ones. Split the list into several "
        "sources, or leave out by a filter what you do not need."
    )


def _event_of(row: SourceRow, ingest: Ingest) -> Event | None:
    changes = ingest.changes
    if not changes.touched:
        return None
    said = f"{changes.added} added, {changes.changed} changed, {changes.removed} removed, {changes.returned} returned"
    return Event(EventKind.SOURCE_REFRESHED, f"{row.slug}: {said}", source_id=row.id)


@contextmanager
def _many_objects() -> Iterator[None]:
    """Run the garbage collector rarely: a refresh makes hundreds of thousands of tuples, and none of them are in
    cycles.
    """
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def clear_interrupted(tools: RefreshContext) -> int:
    """Restore the last good catalogue of every source whose refresh was killed. Call this at the start."""
    met = 0
    with tools.database.connect() as connection:
        rows = list_sources(connection, with_removed=True)
    for row in rows:
        try:
            with source_lock(tools.database, row.id, tools.data_dir / "locks"):
                met += clear_leftovers(tools.database, row.id)
        except Conflict:
            continue  # it is being refreshed right now
    return met
