"""Answer the searches of an instance from its prepared offers.

A search composes no titles and sends no requests to the instance. For a new item, it waits for the jobs that do this.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from stalkeer.adapters.arr.radarr import find_movie_by_tmdb
from stalkeer.adapters.arr.sonarr import find_series_by_tvdb
from stalkeer.core.downloads.search_terms import NO_NUMBERS, ItemNumbers, TermReading, read_movie_term, read_series_term
from stalkeer.core.naming.offers import RESOLUTION_WORDS
from stalkeer.core.titles.normalise import title_key
from stalkeer.errors import ArrError
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.native.feed_walks import FeedWalks
from stalkeer.jobs.native.offers import HELD_BACK, offers_subject
from stalkeer.jobs.refresh.start import JobStarter
from stalkeer.jobs.wanted.scan import scan_subject
from stalkeer.logs import get_logger
from stalkeer.model import Drive, InstanceKind, JobName, LibraryId, WantedId
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.journal.runs import OPEN_STATES, RunId, get_run
from stalkeer.store.library.finding import (
    NO_IDS,
    ForeignIds,
    NumberedItem,
    find_by_ids,
    find_by_keys,
    find_wanted_of,
    read_arr_ids,
)
from stalkeer.store.library.instances import InstanceRow
from stalkeer.store.offers.offerable import (
    LiveOffer,
    OfferSearch,
    PlaceInFeed,
    UnofferedMatch,
    list_live_offers,
    list_unoffered,
)

LARGEST_PAGE = 100
WAIT_S = 25.0  # both programs wait 100 s for an answer
LOOK_EVERY_S = 0.1
LEARN_AGAIN_S = 60.0  # an item that is not wanted is read from the instance at most once in this time
MOST_READ_AT_ONCE = 3  # items with the title of a search
log = get_logger(__name__)


class Pictures(StrEnum):
    """Define the categories of a request as resolutions."""

    ALL = "all"
    UHD = "uhd"
    HD = "hd"  # includes UHD, because Sonarr's default categories have no other category for it
    SD = "sd"


_OF_PICTURES = {
    Pictures.UHD: RESOLUTION_WORDS[:1],
    Pictures.HD: RESOLUTION_WORDS[:3],
    Pictures.SD: RESOLUTION_WORDS[3:],
}


@dataclass(frozen=True)
class FeedQuery:
    """Hold a search, or, without ids and term, the feed of everything. One of `pictures` must fit."""

    ids: ForeignIds = NO_IDS
    term: str = ""
    numbers: ItemNumbers = NO_NUMBERS
    pictures: frozenset[Pictures] = frozenset({Pictures.ALL})
    limit: int = LARGEST_PAGE
    offset: int = 0

    @property
    def is_feed(self) -> bool:
        return self.ids.is_empty and not self.term and self.numbers == NO_NUMBERS


@dataclass(frozen=True)
class FeedPage:
    """Hold a page of offers.

    `total` counts the items up to the end of the page, plus one where another follows. `has_last`: the page ends with
    the last item of the feed, the placeholder.
    """

    offers: tuple[LiveOffer, ...] = ()
    total: int = 0
    has_last: bool = False


@dataclass(frozen=True)
class _Scope:
    """Hold the library items of a search, and their wanted items; None for everything."""

    library_ids: tuple[LibraryId, ...] = ()
    wanted_ids: tuple[WantedId, ...] | None = None
    numbers: ItemNumbers = NO_NUMBERS


class _Tried(NamedTuple):
    """Hold the run that prepares the offer of a match, and when to try it again."""

    run_id: RunId
    until: float


@dataclass
class Indexer:
    """Answer the searches of all instances.

    Without a `starter`, no job can run, and new items are found with the next scan.
    """

    database: Database
    arrs: Arrs
    starter: JobStarter | None
    wait_s: float = WAIT_S
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    walks: FeedWalks = field(default_factory=FeedWalks)
    _learnt: dict[tuple[object, ...], float] = field(default_factory=dict, repr=False)
    _tried: dict[UnofferedMatch, _Tried] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def search(self, row: InstanceRow, query: FeedQuery) -> FeedPage:
        """Return a page of the instance's offers, newest first.

        Without the native drive, an instance gets no offers. Its feed has the placeholder, which its test needs while
        the drive is set up.
        """
        if row.options.drive is not Drive.NATIVE:
            return FeedPage(total=1, has_last=True) if query.is_feed and query.offset == 0 else FeedPage()
        scope = _Scope()
        if not query.is_feed:
            scope = self._find(row, query)
            if not scope.wanted_ids and self._learn(row, query, scope):
                scope = self._find(row, query)
            if not scope.wanted_ids:
                return FeedPage()
            self._prepare(row, scope)
        return self._page(row, query, scope)

    def _page(self, row: InstanceRow, query: FeedQuery, scope: _Scope) -> FeedPage:
        walk = (row.id, query.pictures) if query.is_feed else None
        place = self.walks.begin(walk, query.offset)
        with self.database.connect() as connection:
            found = list_live_offers(connection, _chosen(row, query, scope), limit=query.limit, place=place)
            # a page that begins behind the placeholder is empty
            is_within = bool(found.offers) or _follows_offer(connection, row, query, scope, place)
        if found.end is not None and len(found.offers) == query.limit:
            self.walks.note(walk, query.offset + query.limit, found.end)
        more = found.has_more or (query.is_feed and is_within)
        has_last = more and not found.has_more and len(found.offers) < query.limit
        return FeedPage(found.offers, query.offset + len(found.offers) + more, has_last)

    def _find(self, row: InstanceRow, query: FeedQuery) -> _Scope:
        with self.database.connect() as connection:
            if not query.ids.is_empty:
                library_ids = find_by_ids(connection, row.id, query.ids)
                if library_ids:
                    numbers = _numbers_with_term(query)
                    return _scope(library_ids, find_wanted_of(connection, library_ids, numbers), numbers)
            return _find_by_term(connection, row, query) if query.term else _Scope((), ())

    def _prepare(self, row: InstanceRow, scope: _Scope) -> None:
        """Let new matches of these items become offers, and wait for that.

        A match whose offer was tried a moment ago is waited for, and not tried again: its instance may be down.
        """
        if self.starter is None:
            return
        with self.database.connect() as connection:
            unoffered = list_unoffered(connection, row.id, HELD_BACK, scope.wanted_ids or ())
        if not unoffered:
            return
        now = self.monotonic()
        with self._lock:
            self._tried = {match: tried for match, tried in self._tried.items() if tried.until > now}
            new = [match for match in unoffered if match not in self._tried]
        for arr_id in sorted({match.library_arr_id for match in new}):
            run_id = RunId(self.starter.start(JobName.OFFERS, offers_subject(row.slug, arr_id, scope.numbers)))
            tried = _Tried(run_id, now + self.wait_s)
            with self._lock:
                self._tried.update((match, tried) for match in new if match.library_arr_id == arr_id)
        with self._lock:
            waited = {self._tried[match] for match in unoffered if match in self._tried}
        self._wait_until_ended({wait.run_id for wait in waited}, max((wait.until for wait in waited), default=now))

    def _learn(self, row: InstanceRow, query: FeedQuery, scope: _Scope) -> bool:
        """Sync items without a wanted item, because they are unknown or changed since the last scan.

        Return whether a job ran. After a file was deleted or an item monitored again, users often search at once.
        """
        if self.starter is None:
            return False
        with self.database.connect() as connection:
            known = read_arr_ids(connection, scope.library_ids[:MOST_READ_AT_ONCE])
        arr_ids = known or self._ask_for(row, query.ids)
        # composing offers for all episodes of a series takes longer than an answer can wait
        is_narrow = row.kind is InstanceKind.RADARR or scope.numbers != NO_NUMBERS
        searched = scope.numbers if is_narrow else None
        due = [arr_id for arr_id in arr_ids if self._is_time(("item", row.id, arr_id, searched), LEARN_AGAIN_S)]
        if due:
            self._wait_for(JobName.SCAN, [scan_subject(self.database, row.slug, arr_id, searched) for arr_id in due])
        return bool(due)

    def _ask_for(self, row: InstanceRow, ids: ForeignIds) -> list[int]:
        """Ask the instance for the id of an unknown item."""
        if ids.is_empty or not self._is_time(("ids", row.id, ids), LEARN_AGAIN_S):
            return []
        try:
            arr_id = self._find_there(row, ids)
        except ArrError as error:
            log.info("an item of a search could not be read", instance=row.slug, error=str(error))
            return []
        return [] if arr_id is None else [arr_id]

    def _find_there(self, row: InstanceRow, ids: ForeignIds) -> int | None:
        with self.arrs.client(row) as client:
            if row.kind is InstanceKind.RADARR:
                movie = find_movie_by_tmdb(client, ids.tmdb) if ids.tmdb else None
                return movie.id if movie else None
            series = find_series_by_tvdb(client, ids.tvdb) if ids.tvdb else None
            return series.id if series else None

    def _wait_for(self, job: JobName, subjects: Sequence[str]) -> None:
        """Run a job for each subject and wait until all end, or until the time for an answer is used up."""
        if self.starter is None:
            return
        run_ids = [RunId(self.starter.start(job, subject)) for subject in dict.fromkeys(subjects)]
        self._wait_until_ended(run_ids, self.monotonic() + self.wait_s)

    def _wait_until_ended(self, run_ids: Collection[RunId], deadline: float) -> None:
        while self.monotonic() < deadline:
            with self.database.connect() as connection:
                if not any(get_run(connection, run_id).state.value in OPEN_STATES for run_id in run_ids):
                    return
            self.sleep(LOOK_EVERY_S)

    def _is_time(self, about: tuple[object, ...], every_s: float) -> bool:
        """Tell whether this was not done recently, and record the time."""
        now = self.monotonic()
        with self._lock:
            self._learnt = {key: until for key, until in self._learnt.items() if until > now}
            if about in self._learnt:
                return False
            self._learnt[about] = now + every_s
        return True


def _follows_offer(
    connection: Transaction, row: InstanceRow, query: FeedQuery, scope: _Scope, place: PlaceInFeed
) -> bool:
    """Return whether a place is the start of the feed or comes directly after an offer."""
    if place.skip == 0:
        return True
    before = replace(place, skip=place.skip - 1)
    return bool(list_live_offers(connection, _chosen(row, query, scope), limit=1, place=before).offers)


def _chosen(row: InstanceRow, query: FeedQuery, scope: _Scope) -> OfferSearch:
    if Pictures.ALL in query.pictures:
        return OfferSearch(row.id, HELD_BACK, scope.wanted_ids)
    words = tuple(dict.fromkeys(word for picture in sorted(query.pictures) for word in _OF_PICTURES[picture]))
    takes_unknown = bool({Pictures.HD, Pictures.SD} & query.pictures)
    return OfferSearch(row.id, HELD_BACK, scope.wanted_ids, words, RESOLUTION_WORDS if takes_unknown else ())


def _numbers_with_term(query: FeedQuery) -> ItemNumbers:
    """Return the numbers of a search by id. Beside ids, a text of digits is an absolute number."""
    text = query.term.strip()
    if query.numbers == NO_NUMBERS and text.isascii() and text.isdecimal() and len(text) <= 5:
        return ItemNumbers(absolute=int(text))
    return query.numbers


def _find_by_term(connection: Transaction, row: InstanceRow, query: FeedQuery) -> _Scope:
    """Find the items whose complete title fits the first possible reading of a term.

    A part of a title finds nothing. Where none of them is wanted, return the first items that fit, without wanted
    items.
    """
    read = read_movie_term if row.kind is InstanceKind.RADARR else read_series_term
    readings = list(read(query.term))
    keys = {reading: _keys_of(reading.title) for reading in readings}
    titled = find_by_keys(connection, row.id, {key for own in keys.values() for key in own}) if keys else []
    unwanted = _Scope((), ())
    for reading in readings:
        of_year = [titled_item for titled_item in titled if _has_year(reading, titled_item.years)]
        by_key = (
            sorted({titled_item.library_id for titled_item in of_year if titled_item.key == key})
            for key in keys[reading]
        )
        fitting = next(filter(None, by_key), [])
        if not fitting:
            continue
        numbers = reading.numbers if query.numbers == NO_NUMBERS else query.numbers
        wanted = find_wanted_of(connection, fitting, numbers)
        if reading.special:
            wanted = [item for item in wanted if title_key(item.title) == title_key(reading.special)]
        if wanted:
            return _scope(fitting, wanted, numbers)
        unwanted = unwanted if unwanted.library_ids else _scope(fitting, (), numbers)
    return unwanted


def _keys_of(title: str) -> tuple[str, ...]:
    """Return the keys of a title, the plain one first: both programs leave out a leading article when they search."""
    return tuple(dict.fromkeys(title_key(f"{article} {title}".strip()) for article in ("", "the", "a", "an")))


def _has_year(reading: TermReading, years: frozenset[int]) -> bool:
    return reading.year is None or reading.year in years


def _scope(library_ids: Sequence[LibraryId], wanted: Sequence[NumberedItem], numbers: ItemNumbers) -> _Scope:
    return _Scope(tuple(library_ids), tuple(item.wanted_id for item in wanted), numbers)
