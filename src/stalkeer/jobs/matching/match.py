"""Update the matches. Only new and changed entries and wanted items are matched again."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from stalkeer.core.matching.numbering import ListNumbering
from stalkeer.core.matching.pairs import Matcher, Pair
from stalkeer.core.matching.works import EntryFacts, Work
from stalkeer.core.titles import TitleReader
from stalkeer.jobs.journal.reporting import Run
from stalkeer.jobs.matching.candidates import candidate_entries, to_facts, worth_reading
from stalkeer.jobs.matching.library_cache import MatchContext, Matching, use_context, version_of
from stalkeer.jobs.matching.namesakes import ask_namesakes, works_to_ask
from stalkeer.jobs.matching.tmdb_titles import NOT_ASKED, LookUps, ask_titles
from stalkeer.model import EventKind, WantedId
from stalkeer.store.db.database import Transaction
from stalkeer.store.journal.events import Event, record_event
from stalkeer.store.matching.entries import EntryRow, SourceMark, entries_since, note_marks, read_marks
from stalkeer.store.matching.pairs import SavedPairs, save_pairs_of_entries, save_pairs_of_items
from stalkeer.store.matching.works import forget_matched, note_matched

__all__ = ["MatchReport", "Matching", "match_wanted"]
_ITEMS_AT_ONCE = 2_000
_MOST_EVENTS = 20


@dataclass(frozen=True)
class MatchReport:
    """Hold the counts of a run. `confirmed` counts items that got their first confirmed entry."""

    items: int = 0
    entries: int = 0
    written: int = 0
    removed: int = 0
    confirmed: int = 0
    asked: int = 0
    unasked: int = 0
    titles: LookUps = NOT_ASKED  # the works for which TMDB was asked

    def joined(self, later: MatchReport) -> MatchReport:
        """Return the counts of this run and a later part of it."""
        return MatchReport(
            items=max(self.items, later.items),
            entries=self.entries + later.entries,
            written=self.written + later.written,
            removed=self.removed + later.removed,
            confirmed=self.confirmed + later.confirmed,
            asked=self.asked + later.asked,
            unasked=later.unasked,
            titles=self.titles if later.titles is NOT_ASKED else later.titles,
        )

    def to_document(self) -> dict[str, object]:
        return {
            "items": self.items,
            "entries": self.entries,
            "written": self.written,
            "removed": self.removed,
            "confirmed": self.confirmed,
            "lookups": self.asked,
            "lookupsOpen": self.unasked,
            "titlesAsked": self.titles.works,
            "titlesError": self.titles.error,
        }


def match_wanted(matching: Matching, run: Run, only: Collection[WantedId] | None = None) -> MatchReport:
    """Match the items and entries that changed since the last run, or the items in `only`."""
    with _no_collection():
        return _match_wanted(matching, run, only)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Switch the garbage collector off for the block.

    A run makes many objects and few cycles, and each collection would traverse the whole library again.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _match_wanted(matching: Matching, run: Run, only: Collection[WantedId] | None) -> MatchReport:
    titles = NOT_ASKED
    if matching.titles is not None and only is None:
        with use_context(matching) as context:
            works = [row.item.work for row in context.wanted]
        titles = ask_titles(matching.database, matching.titles, works, matching.clock(), run)
    with use_context(matching) as context:
        report = _match_known(matching, context, run, only)
    return replace(report, titles=titles)


def _match_known(matching: Matching, context: MatchContext, run: Run, only: Collection[WantedId] | None) -> MatchReport:
    dirty = context.dirty_items(only)
    fresh_marks = _fresh_marks(matching) if only is None else []
    run.progress(0, len(dirty), "reading the catalogue")
    pairs, fresh = _find_pairs(matching, context, dirty, fresh_marks, widens=only is None)
    open_works = works_to_ask(pairs, context.namesakes)
    asked = 0
    if open_works and matching.lookup is not None and not run.is_cancelled():
        run.progress(0, len(open_works), "looking up other works with the same title")
        found, unasked = ask_namesakes(matching.database, matching.lookup, open_works, matching.clock(), run)
        asked = len(open_works) - unasked
        context = context.with_namesakes(context.namesakes.with_more(found))
        pairs = _match_again(context.matcher(), pairs)
        open_works = works_to_ask(pairs, context.namesakes)
    if run.is_cancelled():
        return MatchReport()
    unsettled = _items_of(pairs, open_works)
    saved = _save(matching, context, _Result(dirty, fresh, pairs, unsettled))
    with matching.database.begin() as connection:
        note_marks(connection, fresh_marks, version_of(context.thresholds))
    return MatchReport(
        len(dirty), len(fresh), saved.written, saved.removed, len(saved.confirmed), asked, len(open_works)
    )


def _fresh_marks(matching: Matching) -> list[SourceMark]:
    """Return the sources whose catalogue changed since they were matched."""
    with matching.database.connect() as connection:
        return [mark for mark in read_marks(connection) if mark.matched != mark.generation]


def _find_pairs(
    matching: Matching, context: MatchContext, dirty: dict[int, str], marks: list[SourceMark], *, widens: bool
) -> tuple[list[Pair], set[int]]:
    """Return all pairs of the dirty items and of the fresh entries, and the ids of these entries.

    The numbering of an anime series shows only in all its entries together. So with `widens`, a fresh entry makes all
    items of its series dirty, and its entries are matched once the offsets of their lists are known.
    """
    if not dirty and not marks:
        return [], set()
    matcher = context.matcher()
    numbering = ListNumbering(matcher.items[item] for item in context.matched if item in matcher.items)
    works = {matcher.items[item].work.identity for item in dirty if item in matcher.items}
    if len(dirty) == len(context.matched):  # all items are dirty, so they are matched with all entries anyway
        marks = [mark for mark in marks if mark.matched != 0]
    pairs: list[Pair] = []
    fresh: set[int] = set()
    with matching.database.connect() as connection:
        for mark in marks:
            came = list(entries_since(connection, mark.source_id, mark.matched))
            fresh |= {entry.id for entry in came}
            pairs += _pairs_beside(numbering, matcher, worth_reading(connection, matcher, came), context.matched)
        works |= numbering.named
        if widens:
            dirty.update(context.dirty_items(context.items_of(works & numbering.works)))
        if dirty:
            rows = candidate_entries(connection, matcher, dirty.keys())
            pairs += _pairs_beside(numbering, matcher, rows, dirty, but=fresh)
    context.take_offsets(numbering, works)
    for entry in numbering.entries.values():
        counted = context.matched if entry.id in fresh else dirty
        pairs += (pair for pair in matcher.match(entry) if pair.wanted.id in counted)
    return pairs, fresh


def _pairs_beside(
    numbering: ListNumbering,
    matcher: Matcher,
    rows: Iterable[EntryRow],
    counted: Collection[int],
    but: Collection[int] = (),
) -> Iterator[Pair]:
    """Yield the pairs of the counted items with all entries outside `numbering`, except those in `but`."""
    reader = TitleReader()
    for row in rows:
        facts = to_facts(row, reader)
        if not numbering.note(facts) and row.id not in but:
            yield from (pair for pair in matcher.match(facts) if pair.wanted.id in counted)


def _items_of(pairs: Iterable[Pair], works: Iterable[Work]) -> set[int]:
    """Return the items whose namesakes could not be looked up. The next run with a lookup matches them again."""
    identities = {work.identity for work in works}
    return {pair.wanted.id for pair in pairs if pair.needs_namesakes and pair.wanted.work.identity in identities}


def _match_again(matcher: Matcher, pairs: Iterable[Pair]) -> list[Pair]:
    """Decide the same pairs again with the namesakes that are known now."""
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


@dataclass(frozen=True)
class _Result:
    """Hold all pairs of the dirty items and the fresh entries. `unsettled` are items that stay dirty."""

    dirty: Mapping[int, str]
    fresh: set[int]
    pairs: list[Pair]
    unsettled: set[int]


def _save(matching: Matching, context: MatchContext, result: _Result) -> SavedPairs:
    """Write the pairs in pieces, each with a mark that it is done, so that an interrupted run continues there."""
    saved = SavedPairs()
    now = matching.clock()
    dirty = result.dirty
    items = sorted(dirty)
    of_items: dict[int, list[Pair]] = {}
    of_entries: list[Pair] = []
    for pair in result.pairs:
        if pair.wanted.id in dirty:
            of_items.setdefault(pair.wanted.id, []).append(pair)
        else:
            of_entries.append(pair)
    for start in range(0, len(items), _ITEMS_AT_ONCE):
        chunk = items[start : start + _ITEMS_AT_ONCE]
        with matching.database.begin() as connection:
            own = [pair for item in chunk for pair in of_items.get(item, ())]
            part = save_pairs_of_items(connection, chunk, own, now)
            settled = (item for item in chunk if item not in result.unsettled)
            note_matched(connection, {item: context.prints.get(item, dirty[item]) for item in settled})
            forget_matched(connection, result.unsettled.intersection(chunk))
            _tell(connection, context, part, now)
        saved += part
    if result.fresh:
        with matching.database.begin() as connection:
            part = save_pairs_of_entries(connection, result.fresh, of_entries, now, except_items=set(dirty))
            forget_matched(connection, result.unsettled - dirty.keys())
            _tell(connection, context, part, now)
        saved += part
    return saved


@dataclass(frozen=True)
class _News:
    """Name an event about wanted items: its kind, its words after one item, and its words after their number."""

    kind: EventKind
    of_item: str
    of_many: str


_FOUND = _News(EventKind.MATCH_CONFIRMED, "was found", "wanted items were found")
_DOUBTFUL = _News(EventKind.MATCH_REVIEW, "has a match to review", "wanted items have matches to review")


def _tell(connection: Transaction, context: MatchContext, saved: SavedPairs, now: datetime) -> None:
    """Record an event for each item that was found or is to be reviewed, or a single event where they are many."""
    for news, items in ((_FOUND, saved.confirmed), (_DOUBTFUL, saved.review)):
        if len(items) > _MOST_EVENTS:
            event = Event(news.kind, f"{len(items)} {news.of_many}", data={"items": len(items)})
            record_event(connection, now, event)
            continue
        told = set(items)
        for row in [row for row in context.wanted if row.item.id in told] if told else ():
            message, wanted_id = f"{row.item.label} {news.of_item}", WantedId(row.item.id)
            event = Event(news.kind, message, wanted_id=wanted_id, instance_id=row.instance_id)
            record_event(connection, now, event)
