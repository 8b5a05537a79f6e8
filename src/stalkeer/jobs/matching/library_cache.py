"""What matching knows before it begins: library, wanted items, rules, namesakes; kept between a process's runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from stalkeer.core.matching.decide import Thresholds
from stalkeer.core.matching.lookup import Lookup, TitleSource, with_titles
from stalkeer.core.matching.pairs import Matcher
from stalkeer.core.matching.rules import Rule, RuleBook
from stalkeer.core.matching.works import Work
from stalkeer.core.titles import PARSER_VERSION
from stalkeer.jobs.matching.namesakes import NO_NAMESAKES, Namesakes, known_namesakes
from stalkeer.jobs.matching.tmdb_titles import KEPT_FOR
from stalkeer.model import LibraryId
from stalkeer.settings.schema import MatchingSettings
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.matching.entries import SourceMark, read_marks
from stalkeer.store.matching.lookups import read_titles
from stalkeer.store.matching.rules import read_rules
from stalkeer.store.matching.works import (
    WantedWork,
    read_library_stamp,
    read_stamp_up_to,
    read_state,
    read_wanted_states,
    read_wanted_works,
    read_works,
)

MATCHER_VERSION = 4  # grows with every change that may change a decision: all is matched again


@dataclass
class Memory:
    """What one process remembers of the last run, so that the next need not read a library that did not change."""

    lock: Lock = field(default_factory=Lock, repr=False)
    known: Known | None = None


@dataclass(frozen=True)
class Matching:
    """What matching works with. `lookup` None: nobody can be asked, and what only a lookup settles stays for review."""

    database: Database
    settings: MatchingSettings
    clock: Callable[[], datetime]
    lookup: Lookup | None = None
    titles: TitleSource | None = None  # None: nobody is asked for more titles; what was answered before counts
    languages: tuple[str, ...] = ()  # in which further titles count; empty: all
    memory: Memory = field(default_factory=Memory, repr=False)


@dataclass
class Known:
    """Everything that was read. `prints`: for each item, what all that decides about it amounts to."""

    works: dict[LibraryId, Work]
    wanted: list[WantedWork]
    rules: list[Rule]
    marks: list[SourceMark]
    namesakes: Namesakes
    thresholds: Thresholds
    languages: tuple[str, ...] = ()
    stamp: tuple[object, ...] = ()
    states: frozenset[str] = frozenset()  # as the database tells them
    matched: dict[int, str | None] = field(default_factory=dict)  # what each item was matched as
    prints: dict[int, str] = field(default_factory=dict)
    fingerprints: dict[int, str] = field(default_factory=dict)  # as the sync wrote them
    _open: set[int] = field(default_factory=set, repr=False)  # items whose print is not what they were matched as
    _matcher: Matcher | None = field(default=None, repr=False)

    def matcher(self) -> Matcher:
        """Built once; a changed copy of this has its own."""
        if self._matcher is None:
            works = {work.identity: self.namesakes.settle(work) for work in self.works.values()}
            items = [self.namesakes.settle_item(row.item) for row in self.wanted]
            others = [*works.values(), *self.namesakes.works]
            self._matcher = Matcher(items, others, self.thresholds, RuleBook(self.rules))
        return self._matcher

    def with_rules(self, rules: list[Rule]) -> Known:
        return Known(self.works, self.wanted, rules, self.marks, self.namesakes, self.thresholds, self.languages)

    def with_namesakes(self, namesakes: Namesakes) -> Known:
        known = Known(self.works, self.wanted, self.rules, self.marks, namesakes, self.thresholds, self.languages)
        known.matched = self.matched
        known.take_prints(known.wanted)
        return known

    def see(self, items: Iterable[int]) -> None:
        """Note which of these items must be matched."""
        for item in items:
            if item in self.prints and item in self.matched and self.matched[item] != self.prints[item]:
                self._open.add(item)
            else:
                self._open.discard(item)

    def take_prints(self, rows: Iterable[WantedWork]) -> None:
        """Work out what decides about these items: own facts, rivals, namesakes, rules, and the rules of matching."""
        matcher = self.matcher()
        rules: dict[str, list[str]] = {}
        for rule in self.rules:
            if rule.work is not None:
                rules.setdefault(rule.work, []).append(repr(rule))
        version = version_of(self.thresholds)
        surroundings: dict[str, str] = {}
        for row in rows:
            identity = row.item.work.identity
            if identity not in surroundings:
                surroundings[identity] = _surroundings(matcher.works[identity], matcher, rules.get(identity, []))
            self.fingerprints[row.item.id] = row.fingerprint
            self.prints[row.item.id] = _digest(version, row.fingerprint, surroundings[identity])
            self.see((row.item.id,))

    def dirty_items(self, only: Collection[int] | None = None) -> dict[int, str]:
        """Items that are wanted now and were not matched as they are, or those in `only`; with their prints."""
        if only is not None:
            return {item: self.prints[item] for item in only if item in self.matched and item in self.prints}
        return {item: self.prints[item] for item in sorted(self._open)}


def version_of(thresholds: Thresholds) -> str:
    return f"{PARSER_VERSION}.{MATCHER_VERSION}.{thresholds.confirm}.{thresholds.review}"


def recall(matching: Matching) -> Known:
    """What is known now, read anew only where it changed."""
    with matching.memory.lock, matching.database.connect() as connection:
        known = _renew(matching, connection, matching.memory.known)
        known.marks = read_marks(connection)
        matching.memory.known = known
        return known


def forget(matching: Matching) -> None:
    """Read everything anew the next time."""
    with matching.memory.lock:
        matching.memory.known = None


def read_known(matching: Matching) -> Known:
    """The same as `recall`, for those who only look."""
    return recall(matching)


def _renew(matching: Matching, connection: Transaction, known: Known | None) -> Known:
    thresholds = Thresholds(matching.settings.auto_confirm, matching.settings.threshold)
    stamp = read_library_stamp(connection)
    states = read_wanted_states(connection)
    is_same = known is not None and (known.thresholds, known.languages) == (thresholds, matching.languages)
    if known is not None and is_same and _grow(connection, known, stamp, states):
        return known
    return _read_all(matching, connection, thresholds, (stamp, states))


def _read_all(
    matching: Matching, connection: Transaction, thresholds: Thresholds, seen: tuple[tuple[object, ...], frozenset[str]]
) -> Known:
    stamp, states = seen
    works = read_works(connection)
    answers = read_titles(connection, matching.clock() - KEPT_FOR)
    if answers:
        works = {
            key: with_titles(work, answers[work.identity], matching.languages) if work.identity in answers else work
            for key, work in works.items()
        }
    namesakes = known_namesakes(connection, works.values(), matching.clock()) if works else NO_NAMESAKES
    wanted = read_wanted_works(connection, works)
    known = Known(works, wanted, read_rules(connection), [], namesakes, thresholds, matching.languages, stamp)
    known.states = states
    known.matched = {row.item.id: row.matched_fingerprint for row in wanted}
    known.take_prints(wanted)
    return known


def _grow(connection: Transaction, known: Known, stamp: tuple[object, ...], states: frozenset[str]) -> bool:
    """Add what is new to what is known; False where something that was known has changed."""
    if known.stamp[1:] != stamp[1:] or not known.works:
        return False
    changed = [read_state(line) for line in states - known.states]
    fresh = {state.id for state in changed if state.id not in known.fingerprints}
    if any(known.fingerprints[state.id] != state.fingerprint for state in changed if state.id not in fresh):
        return False
    if known.stamp != stamp or fresh:
        last = max(known.works)
        if known.stamp != stamp and read_stamp_up_to(connection, last) != known.stamp[0]:
            return False
        _add(connection, known, read_works(connection, after=last) if known.stamp != stamp else {}, fresh)
    for line in known.states - states:  # some are wanted no more; the others were matched meanwhile
        known.matched.pop(read_state(line).id, None)
    known.matched.update((state.id, state.matched) for state in changed)
    known.see({read_state(line).id for line in known.states ^ states})
    known.stamp, known.states = stamp, states
    return True


def _add(connection: Transaction, known: Known, works: dict[LibraryId, Work], items: set[int]) -> None:
    rows = read_wanted_works(connection, known.works | works if works else known.works, items) if items else []
    matcher = known.matcher()
    touched: set[str] = set()
    for work in works.values():
        touched |= {rival.identity for name in work.names for rival in matcher.index.bearers(name.base)}
        matcher.add_work(known.namesakes.settle(work))
    for row in rows:
        matcher.add_item(known.namesakes.settle_item(row.item))
    known.works.update(works)
    if touched:
        known.take_prints([row for row in known.wanted if row.item.work.identity in touched])
    known.wanted += rows
    known.take_prints(rows)


def _surroundings(work: Work, matcher: Matcher, rules: Iterable[str]) -> str:
    """What else decides about a work: its rivals, what is known of its namesakes, the user's rules."""
    rivals = {
        (rival.identity, rival.years)
        for name in work.names
        for rival in matcher.index.bearers(name.base)
        if rival.identity != work.identity
    }
    found = sorted(name.text for name in work.names if name.origin == "tmdb")
    return repr((sorted(rivals), work.namesakes_known, sorted(rules), found, work.countries))


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()
