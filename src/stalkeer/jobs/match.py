"""Bring the matches up to date: only what is new or changed among entries and wanted items is matched again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stalkeer.jobs.candidates import candidate_entries, to_facts
from stalkeer.jobs.namesakes import NO_NAMESAKES, Namesakes, ask_namesakes, known_namesakes
from stalkeer.jobs.reporting import Run
from stalkeer.matching.decide import Thresholds
from stalkeer.matching.lookup import Lookup
from stalkeer.matching.pairs import Matcher, Pair
from stalkeer.matching.rules import Rule, RuleBook
from stalkeer.matching.works import EntryFacts, Work
from stalkeer.model import Decision, LibraryId, WantedId
from stalkeer.settings.schema import MatchingSettings
from stalkeer.store.database import Database, Transaction
from stalkeer.store.events import Event, record_event
from stalkeer.store.matches import (
    Saved,
    SourceMark,
    WantedWork,
    entries_since,
    note_marks,
    note_matched,
    read_marks,
    read_wanted_works,
    read_works,
    save_pairs_of_entries,
    save_pairs_of_items,
)
from stalkeer.store.rules import read_rules
from stalkeer.titles import PARSER_VERSION, TitleReader

MATCHER_VERSION = 1  # grows with every change that may change a decision: all is matched again
_ITEMS_AT_ONCE = 2_000
_MOST_EVENTS = 20


@dataclass(frozen=True)
class MatchReport:
    """What a run did. `confirmed`: items that have a sure entry now and had none before."""

    items: int = 0
    entries: int = 0
    written: int = 0
    removed: int = 0
    confirmed: int = 0
    asked: int = 0
    unasked: int = 0

    def to_document(self) -> dict[str, object]:
        return {
            "items": self.items,
            "entries": self.entries,
            "written": self.written,
            "removed": self.removed,
            "confirmed": self.confirmed,
            "lookups": self.asked,
            "lookupsOpen": self.unasked,
        }


@dataclass(frozen=True)
class Matching:
    """What matching works with. `lookup` None: nobody can be asked, and what only a lookup settles stays for review."""

    database: Database
    settings: MatchingSettings
    clock: Callable[[], datetime]
    lookup: Lookup | None = None


@dataclass
class Known:
    """Everything that was read before matching begins."""

    works: dict[LibraryId, Work]
    wanted: list[WantedWork]
    rules: list[Rule]
    marks: list[SourceMark]
    namesakes: Namesakes
    thresholds: Thresholds
    prints: dict[int, str] = field(default_factory=dict)

    def matcher(self) -> Matcher:
        works = {work.identity: self.namesakes.settle(work) for work in self.works.values()}
        items = [self.namesakes.settle_item(row.item) for row in self.wanted]
        return Matcher(items, [*works.values(), *self.namesakes.works], self.thresholds, RuleBook(self.rules))


def match_wanted(matching: Matching, run: Run, only: Collection[WantedId] | None = None) -> MatchReport:
    """Match what changed since the last run, or the items in `only` whatever changed."""
    known = read_known(matching)
    matcher = known.matcher()
    dirty = _dirty_items(known, matcher, only)
    fresh_marks = [mark for mark in known.marks if mark.matched != mark.generation] if only is None else []
    run.progress(0, len(dirty), "reading the catalogue")
    pairs, fresh = _find_pairs(matching, matcher, dirty, fresh_marks)
    asked, unasked = 0, 0
    open_works = _works_to_ask(pairs, known.namesakes)
    if open_works and matching.lookup is not None and not run.is_cancelled():
        run.progress(0, len(open_works), "asking who else bears a title")
        found, unasked = ask_namesakes(matching.database, matching.lookup, open_works, matching.clock(), run)
        asked = len(open_works) - unasked
        known.namesakes = known.namesakes.with_more(found)
        matcher = known.matcher()
        pairs = _match_again(matcher, pairs)
        _dirty_items(known, matcher, only)  # their prints know the namesakes now
    if run.is_cancelled():
        return MatchReport()
    saved = _save(matching, known, dirty, fresh, pairs)
    with matching.database.begin() as connection:
        note_marks(connection, fresh_marks, _version(known.thresholds))
    return MatchReport(len(dirty), len(fresh), saved.written, saved.removed, len(saved.confirmed), asked, unasked)


def read_known(matching: Matching) -> Known:
    thresholds = Thresholds(matching.settings.auto_confirm, matching.settings.threshold)
    with matching.database.connect() as connection:
        works = read_works(connection)
        return Known(
            works=works,
            wanted=read_wanted_works(connection, works),
            rules=read_rules(connection),
            marks=read_marks(connection),
            namesakes=known_namesakes(connection, works.values(), matching.clock()) if works else NO_NAMESAKES,
            thresholds=thresholds,
        )


def _version(thresholds: Thresholds) -> str:
    return f"{PARSER_VERSION}.{MATCHER_VERSION}.{thresholds.confirm}.{thresholds.review}"


def _dirty_items(known: Known, matcher: Matcher, only: Collection[WantedId] | None) -> dict[int, str]:
    """Items whose own facts, rivals, rules or rules of matching changed, with their new fingerprints."""
    version = _version(known.thresholds)
    rules: dict[str, list[str]] = {}
    for rule in known.rules:
        if rule.work is not None:
            rules.setdefault(rule.work, []).append(repr(rule))
    surroundings: dict[str, str] = {}
    dirty: dict[int, str] = {}
    for row in known.wanted:
        identity = row.item.work.identity
        if identity not in surroundings:
            surroundings[identity] = _surroundings(matcher.works[identity], matcher, rules.get(identity, []))
        print_ = _digest(version, row.fingerprint, surroundings[identity])
        chosen = print_ != row.matched_fingerprint if only is None else WantedId(row.item.id) in only
        if chosen:
            dirty[row.item.id] = print_
    known.prints = dirty
    return dirty


def _surroundings(work: Work, matcher: Matcher, rules: Iterable[str]) -> str:
    """What else decides about a work: its rivals, what is known of its namesakes, the user's rules."""
    rivals = {
        (rival.identity, rival.years)
        for name in work.names
        for rival in matcher.index.bearers(name.base)
        if rival.identity != work.identity
    }
    return repr((sorted(rivals), work.namesakes_known, sorted(rules)))


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


def _find_pairs(
    matching: Matching, matcher: Matcher, dirty: Mapping[int, str], marks: Iterable[SourceMark]
) -> tuple[list[Pair], set[int]]:
    """All pairs of the dirty items and of the fresh entries, and the ids of the latter."""
    reader = TitleReader()
    pairs: dict[tuple[int, int], Pair] = {}
    fresh: set[int] = set()
    with matching.database.connect() as connection:
        for mark in marks:
            if mark.matched == 0 and len(dirty) == len(matcher.items):
                continue  # every item is matched with the whole catalogue anyway
            for row in entries_since(connection, mark.source_id, mark.matched):
                fresh.add(row.id)
                for pair in matcher.match(to_facts(row, reader)):
                    pairs[pair.wanted.id, pair.entry.id] = pair
        if dirty:
            for row in candidate_entries(connection, matcher, dirty.keys()):
                if row.id in fresh:
                    continue
                for pair in matcher.match(to_facts(row, reader)):
                    if pair.wanted.id in dirty:
                        pairs[pair.wanted.id, pair.entry.id] = pair
    return list(pairs.values()), fresh


def _works_to_ask(pairs: Iterable[Pair], namesakes: Namesakes) -> list[Work]:
    """Works for which a lookup would settle a pair that is not sure yet."""
    confirmed = {
        pair.wanted.work.identity for pair in pairs if pair.decision is Decision.CONFIRM and pair.wanted.season is None
    }
    open_works = {
        pair.wanted.work.identity: pair.wanted.work
        for pair in pairs
        if pair.decision is Decision.REVIEW and pair.needs_namesakes and pair.wanted.work.identity not in confirmed
    }
    return [work for identity, work in open_works.items() if identity not in namesakes.asked]


def _match_again(matcher: Matcher, pairs: Iterable[Pair]) -> list[Pair]:
    """The same pairs in the light of namesakes that are known now."""
    wanted_by_entry: dict[int, set[int]] = {}
    facts: dict[int, EntryFacts] = {}
    for pair in pairs:
        wanted_by_entry.setdefault(pair.entry.id, set()).add(pair.wanted.id)
        facts[pair.entry.id] = pair.entry
    return [
        pair
        for entry_id, entry in facts.items()
        for pair in matcher.match(entry)
        if pair.wanted.id in wanted_by_entry[entry_id]
    ]


def _save(matching: Matching, known: Known, dirty: Mapping[int, str], fresh: set[int], pairs: list[Pair]) -> Saved:
    """Write in pieces, each with the note that it is done: an interrupted run goes on where it was."""
    saved = Saved()
    now = matching.clock()
    items = sorted(dirty)
    of_items: dict[int, list[Pair]] = {}
    of_entries: list[Pair] = []
    for pair in pairs:
        if pair.wanted.id in dirty:
            of_items.setdefault(pair.wanted.id, []).append(pair)
        else:
            of_entries.append(pair)
    for start in range(0, len(items), _ITEMS_AT_ONCE):
        chunk = items[start : start + _ITEMS_AT_ONCE]
        with matching.database.begin() as connection:
            own = [pair for item in chunk for pair in of_items.get(item, ())]
            part = save_pairs_of_items(connection, chunk, own, now)
            note_matched(connection, {item: known.prints.get(item, dirty[item]) for item in chunk})
            _tell(connection, known, part, now)
        saved += part
    if fresh:
        with matching.database.begin() as connection:
            part = save_pairs_of_entries(connection, fresh, of_entries, now, except_items=set(dirty))
            _tell(connection, known, part, now)
        saved += part
    return saved


def _tell(connection: Transaction, known: Known, saved: Saved, now: datetime) -> None:
    """An event for each item that was found, or one for all where they are many."""
    if not saved.confirmed:
        return
    if len(saved.confirmed) > _MOST_EVENTS:
        message = f"{len(saved.confirmed)} wanted items were found"
        record_event(connection, now, Event("match.confirmed", message, data={"items": len(saved.confirmed)}))
        return
    items = {row.item.id: row for row in known.wanted}
    for wanted_id in saved.confirmed:
        row = items[wanted_id]
        event = Event(
            "match.confirmed", f"{row.item.label} was found", wanted_id=wanted_id, instance_id=row.instance_id
        )
        record_event(connection, now, event)
