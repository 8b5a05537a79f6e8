"""Read all data that matching needs, and keep it in memory between the runs of a process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import NamedTuple

from stalkeer.core.matching.decide import Thresholds
from stalkeer.core.matching.lookup import Lookup, TitleSource, with_titles
from stalkeer.core.matching.numbering import ListNumbering, ListOfWork
from stalkeer.core.matching.offsets import OffsetProposal
from stalkeer.core.matching.pairs import Matcher
from stalkeer.core.matching.rules import Rule, RuleBook
from stalkeer.core.matching.works import EntryFacts, WantedItem, Work
from stalkeer.core.titles import PARSER_VERSION
from stalkeer.core.titles.habits import Habits
from stalkeer.errors import NotFound
from stalkeer.jobs.matching.namesakes import NO_NAMESAKES, Namesakes, known_namesakes
from stalkeer.jobs.matching.tmdb_titles import KEPT_FOR
from stalkeer.model import LibraryId, WantedId
from stalkeer.settings.sections.jobs import MatchingSettings
from stalkeer.store.db.database import Database, Transaction
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
from stalkeer.store.sources.habits import read_habits

MATCHER_VERSION = 9  # increase it with every change of the rules: then everything is matched again


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Matching:
    """Hold the parts that matching uses.

    Without `lookup`, no online catalogue is asked, and pairs that need one stay for review.
    """

    database: Database
    settings: MatchingSettings
    clock: Callable[[], datetime]
    lookup: Lookup | None = None
    titles: TitleSource | None = None  # None: no further titles are requested; stored answers are still used
    languages: tuple[str, ...] = ()  # languages of further titles; empty: all
    cache: LibraryCache = field(default_factory=lambda: LibraryCache(), repr=False)
    decided: Callable[[], None] = _nothing  # called after a decision of the user changed matches

    def offline(self) -> Matching:
        """Return the same parts without the online catalogues."""
        return replace(self, lookup=None, titles=None)

    @property
    def thresholds(self) -> Thresholds:
        return Thresholds(self.settings.auto_confirm, self.settings.threshold)


@dataclass
class MatchContext:
    """Hold library, wanted items, rules and namesakes as read.

    `prints` has for each item a digest of all data that decides about it.
    """

    works: dict[LibraryId, Work]
    wanted: list[WantedWork]
    rules: list[Rule]
    namesakes: Namesakes
    thresholds: Thresholds
    languages: tuple[str, ...] = ()
    stamp: tuple[object, ...] = ()
    habits: Mapping[str, Habits] = field(default_factory=dict)  # habits of the lists, by the slugs of their sources
    states: frozenset[str] = frozenset()  # state lines of the items, as read from the database
    matched: dict[int, str | None] = field(default_factory=dict)  # fingerprint with which each item was last matched
    prints: dict[int, str] = field(default_factory=dict)
    fingerprints: dict[int, str] = field(default_factory=dict)  # fingerprints of the items, as the sync wrote them
    # offsets that the numbers on the lists suggest
    offsets: dict[ListOfWork, tuple[OffsetProposal, ...]] = field(default_factory=dict)
    _open: set[int] = field(default_factory=set, repr=False)  # items whose digest has changed since they were matched
    _matcher: Matcher | None = field(default=None, repr=False)

    def matcher(self) -> Matcher:
        """Return the matcher of this context. It is built once; a changed copy of the context builds its own."""
        if self._matcher is None:
            works = {work.identity: self.namesakes.settle(work) for work in self.works.values()}
            items = [self.namesakes.settle_item(row.item) for row in self.wanted]
            others = [*works.values(), *self.namesakes.works]
            self._matcher = Matcher(items, others, self.thresholds, RuleBook(self.rules), self.habits, self.offsets)
        return self._matcher

    def find(self, wanted_id: WantedId) -> WantedItem:
        """Return an item that is wanted now. Raises NotFound for any other."""
        item = self.matcher().items.get(wanted_id)
        if item is None or wanted_id not in self.matched:
            raise NotFound(f"There is no wanted item {wanted_id}; `stalkeer scan missing` reads the wanted items.")
        return item

    def with_rules(self, rules: list[Rule]) -> MatchContext:
        return replace(self, rules=rules, matched={}, prints={}, fingerprints={}, _open=set(), _matcher=None)

    def with_namesakes(self, namesakes: Namesakes) -> MatchContext:
        copy = replace(self, namesakes=namesakes, prints={}, fingerprints={}, _open=set(), _matcher=None)
        copy.take_prints(copy.wanted)
        return copy

    def items_of(self, works: Collection[str]) -> list[WantedId]:
        """Return the items of these works that are wanted now."""
        if not works:
            return []
        return [WantedId(id_) for id_, item in self.matcher().items.items() if item.work.identity in works]

    def take_offsets(self, numbering: ListNumbering, works: Collection[str]) -> None:
        """Replace the proposed offsets of these series by those that the numbers on the lists suggest now."""
        for key in [key for key in self.offsets if key[0] in works]:
            del self.offsets[key]
        self.offsets.update({key: found for key, found in numbering.propose().items() if key[0] in works})

    def learn_offsets(self, entries: Iterable[EntryFacts], works: Collection[str]) -> None:
        """Derive the offsets of these series from all their entries, as a run of matching does."""
        items = self.matcher().items
        numbering = ListNumbering(items[item] for item in self.items_of(works) if item in self.matched)
        if numbering.works:
            for entry in entries:
                numbering.note(entry)
            self.take_offsets(numbering, numbering.works)

    def see(self, items: Iterable[int]) -> None:
        """Record which of these items must be matched."""
        for item in items:
            if item in self.prints and item in self.matched and self.matched[item] != self.prints[item]:
                self._open.add(item)
            else:
                self._open.discard(item)

    def take_prints(self, rows: Iterable[WantedWork]) -> None:
        """Compute the digest of the data that decides about these items: own facts, competing works, namesakes, rules,
        and the version of matching.
        """
        matcher = self.matcher()
        rules: dict[str, list[str]] = {}
        for rule in self.rules:
            if rule.work is not None:
                rules.setdefault(rule.work, []).append(repr(rule))
        habits = {slug: self.habits[slug].to_document() for slug in sorted(self.habits)}
        version = f"{version_of(self.thresholds)}.{habits or ''}"
        surroundings: dict[str, str] = {}
        for row in rows:
            identity = row.item.work.identity
            if identity not in surroundings:
                surroundings[identity] = _surroundings(matcher.works[identity], matcher, rules.get(identity, []))
            self.fingerprints[row.item.id] = row.fingerprint
            self.prints[row.item.id] = _digest(version, row.fingerprint, surroundings[identity])
            self.see((row.item.id,))

    def dirty_items(self, only: Collection[int] | None = None) -> dict[int, str]:
        """Return the wanted items that changed since they were matched, or those in `only`, with their digests."""
        if only is not None:
            return {item: self.prints[item] for item in only if item in self.matched and item in self.prints}
        return {item: self.prints[item] for item in sorted(self._open)}


def version_of(thresholds: Thresholds) -> str:
    return f"{PARSER_VERSION}.{MATCHER_VERSION}.{thresholds.confirm}.{thresholds.review}"


class LibraryStamp(NamedTuple):
    """Hold the marks that show whether the data in the database changed."""

    stamp: tuple[object, ...]
    states: frozenset[str]


class LibraryCache:
    """Cache the context of the last run, so that the next run reads only the changes.

    A process has a single cache. A context in use is never changed: a thread that needs more data while another thread
    uses it reads a new context.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._context: MatchContext | None = None
        self._users: dict[int, int] = {}

    @contextmanager
    def use(self, matching: Matching) -> Iterator[MatchContext]:
        """Yield the present context for the block."""
        with self._lock:
            context = self._get(matching)
            self._users[id(context)] = self._users.get(id(context), 0) + 1
        try:
            yield context
        finally:
            with self._lock:
                self._users[id(context)] -= 1
                if not self._users[id(context)]:
                    del self._users[id(context)]

    def _get(self, matching: Matching) -> MatchContext:
        with matching.database.connect() as connection:
            seen = LibraryStamp(read_library_stamp(connection), read_wanted_states(connection))
            context = self._context
            if context is None or not self._is_current(context, matching, connection, seen):
                context = _read_all(matching, connection, seen)
        self._context = context
        return context

    def _is_current(
        self, context: MatchContext, matching: Matching, connection: Transaction, seen: LibraryStamp
    ) -> bool:
        if (context.thresholds, context.languages) != (matching.thresholds, matching.languages):
            return False
        if (context.stamp, context.states) == seen:
            return True
        return id(context) not in self._users and _grow(connection, context, seen)


def use_context(matching: Matching) -> AbstractContextManager[MatchContext]:
    """Yield the current context, and read only the changed data again."""
    return matching.cache.use(matching)


def _read_all(matching: Matching, connection: Transaction, seen: LibraryStamp) -> MatchContext:
    works = read_works(connection)
    answers = read_titles(connection, matching.clock() - KEPT_FOR)
    if answers:
        works = {
            key: with_titles(work, answers[work.identity], matching.languages) if work.identity in answers else work
            for key, work in works.items()
        }
    namesakes = known_namesakes(connection, works.values(), matching.clock()) if works else NO_NAMESAKES
    wanted = read_wanted_works(connection, works)
    rules = read_rules(connection)
    context = MatchContext(works, wanted, rules, namesakes, matching.thresholds, matching.languages, seen.stamp)
    context.states = seen.states
    context.habits = read_habits(connection)
    context.matched = {row.item.id: row.matched_fingerprint for row in wanted}
    context.take_prints(wanted)
    return context


def _grow(connection: Transaction, context: MatchContext, seen: LibraryStamp) -> bool:
    """Add new rows to the context. Return False where rows that were read before have changed."""
    stamp, states = seen
    if context.stamp[1:] != stamp[1:] or not context.works:
        return False
    changed = [read_state(line) for line in states - context.states]
    fresh = {state.id for state in changed if state.id not in context.fingerprints}
    if any(context.fingerprints[state.id] != state.fingerprint for state in changed if state.id not in fresh):
        return False
    if context.stamp != stamp or fresh:
        last = max(context.works)
        if context.stamp != stamp and read_stamp_up_to(connection, last) != context.stamp[0]:
            return False
        _add(connection, context, read_works(connection, after=last) if context.stamp != stamp else {}, fresh)
    for line in context.states - states:  # some of these items are no longer wanted; the others were matched meanwhile
        context.matched.pop(read_state(line).id, None)
    context.matched.update((state.id, state.matched) for state in changed)
    context.see({read_state(line).id for line in context.states ^ states})
    context.stamp, context.states = stamp, states
    return True


def _add(connection: Transaction, context: MatchContext, works: dict[LibraryId, Work], items: set[int]) -> None:
    rows = read_wanted_works(connection, context.works | works if works else context.works, items) if items else []
    matcher = context.matcher()
    touched: set[str] = set()
    for work in works.values():
        touched |= {rival.identity for name in work.names for rival in matcher.index.bearers(name.base)}
        matcher.add_work(context.namesakes.settle(work))
    for row in rows:
        matcher.add_item(context.namesakes.settle_item(row.item))
    context.works.update(works)
    if touched:
        context.take_prints([row for row in context.wanted if row.item.work.identity in touched])
    context.wanted += rows
    context.take_prints(rows)


def _surroundings(work: Work, matcher: Matcher, rules: Iterable[str]) -> str:
    """Collect the data that decides about a work besides its own facts: competing works, namesakes, rules."""
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
