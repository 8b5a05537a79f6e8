"""Compose and check the titles of confirmed matches before they are offered to an instance for the first time.

Each title is checked once with the instance's `/parse`. A title that it parses as another item is never offered.
"""

from __future__ import annotations

import secrets as random_source
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.parse import ParsedName, read_release
from stalkeer.core.downloads.pub_dates import new_dates
from stalkeer.core.naming.offers import (
    EntryReading,
    Numbers,
    OfferedEpisodes,
    OfferedMovie,
    episodes_key,
    episodes_of_file,
    movie_key,
    offer_titles,
    offer_traits,
)
from stalkeer.errors import ArrNotFound, ArrRefused, StalkeerError
from stalkeer.jobs.journal.reporting import Run
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.library.skip_rules import SkipRule
from stalkeer.logs import get_logger
from stalkeer.model import Drive, LibraryId, OfferId, SourceId, WantedKind
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.library.finding import read_further_titles
from stalkeer.store.library.instances import InstanceRow, get_instance, list_instances
from stalkeer.store.offers.grabs import failed_offers
from stalkeer.store.offers.offerable import OfferableMatch, offerable_matches
from stalkeer.store.offers.offers import (
    NewOffer,
    OfferedEntry,
    OfferRow,
    add_offer,
    add_offer_entries,
    drop_offer_entries,
    list_offers,
    lock_offers,
    offered_dates,
)

# Items under these rules are not offered. The instance judges all others itself, because it sends the searches.
HELD_BACK = (SkipRule.TAGGED.value, SkipRule.OWNED.value, SkipRule.KEPT.value)
MOST_TITLES_TRIED = 4
SAVED_AT_ONCE = 50
READS_OTHERWISE = "the instance reads it as another item"
NO_TITLE = "nothing of its title can stand in a release name"
UNCLEAR = "its list counts the episodes in another way than the instance"
log = get_logger(__name__)


@dataclass(frozen=True)
class InstanceOffers:
    """Hold the result for an instance.

    `refused` counts releases that it parses as another item, or without a usable title.
    """

    slug: str
    offered: int = 0
    refused: int = 0
    error: str | None = None

    def to_document(self) -> dict[str, object]:
        return {"instance": self.slug, "offered": self.offered, "refused": self.refused, "error": self.error}


@dataclass(frozen=True)
class OffersReport:
    instances: tuple[InstanceOffers, ...] = ()

    @property
    def is_partial(self) -> bool:
        return any(one.error for one in self.instances)

    @property
    def has_failed(self) -> bool:
        return bool(self.instances) and all(one.error for one in self.instances)

    def to_document(self) -> dict[str, object]:
        return {
            "offered": sum(one.offered for one in self.instances),
            "refused": sum(one.refused for one in self.instances),
            "instances": [one.to_document() for one in self.instances],
        }


@dataclass(frozen=True)
class _File:
    """Hold the matches of an entry that form an offer: a movie, or the wanted episodes of the file."""

    matches: tuple[OfferableMatch, ...]
    item_key: str
    titles: tuple[str, ...]
    episodes: int  # number of episodes in the file
    refusal: str = ""

    @property
    def first(self) -> OfferableMatch:
        return self.matches[0]

    @property
    def entries(self) -> frozenset[OfferedEntry]:
        return frozenset(OfferedEntry(one.wanted_id, one.source_id, one.entry_key) for one in self.matches)


def prepare_offers(database: Database, arrs: Arrs, run: Run, subject: str | None = None) -> OffersReport:
    """Prepare the offers of every instance with the native drive, or only of `subject`: an instance, or one of its
    movies or series.

    An instance that does not answer does not stop the others.
    """
    slug, item = _read_subject(subject)
    with database.connect() as connection:
        rows = (get_instance(connection, slug),) if slug else list_instances(connection)
    native = [row for row in rows if row.enabled and row.options.drive is Drive.NATIVE]
    reports: list[InstanceOffers] = []
    for row in native:
        if run.is_cancelled():
            break
        try:
            reports.append(_Preparing(database, arrs, row, run, item).go())
        except StalkeerError as error:
            reports.append(InstanceOffers(row.slug, error=str(error)))
    return OffersReport(tuple(reports))


def offers_subject(slug: str, library_arr_id: int) -> str:
    """Name the offers that a search needs: those of its movie or series."""
    return f"{slug}#{library_arr_id}"


def _read_subject(subject: str | None) -> tuple[str, int | None]:
    slug, _, item = (subject or "").partition("#")
    return slug, int(item) if item else None


def has_native_instances(connection: Transaction) -> bool:
    return any(row.enabled and row.options.drive is Drive.NATIVE for row in list_instances(connection))


@dataclass
class _Preparing:
    """Prepare the offers of an instance, or of one of its movies or series."""

    database: Database
    arrs: Arrs
    row: InstanceRow
    run: Run
    library_arr_id: int | None = None
    offered: int = 0
    refused: int = 0
    _known: dict[str, list[OfferRow]] = field(default_factory=dict)  # offers by item
    _holders: dict[tuple[str, SourceId, str], OfferRow] = field(default_factory=dict)  # offers by item and entry
    _failed: frozenset[str] = frozenset()
    _last: OfferId = OfferId(0)  # noqa: RUF009 - a number

    def go(self) -> InstanceOffers:
        with self.database.connect() as connection:
            matches = offerable_matches(connection, self.row.id, HELD_BACK, self.library_arr_id)
            further = read_further_titles(connection, self.row.id)
            self._failed = failed_offers(connection, self.row.id)
            for offer in list_offers(connection, self.row.id):
                self._note(offer)
        files = list(_files(matches, lambda library_id: further.get(library_id, ())))
        joining, new = self._sort(files)
        leaving = self._leaving(files)
        if joining or leaving:
            with self.database.begin() as connection:
                for offer, entries in leaving:
                    drop_offer_entries(connection, offer.id, entries)
                for offer, entries in joining:
                    add_offer_entries(connection, offer.id, entries)
        if new:
            self._check_all(new)
        return InstanceOffers(self.row.slug, self.offered, self.refused)

    def _catch_up(self, connection: Transaction) -> None:
        """Read the offers that another job added meanwhile, and lock them until this transaction ends."""
        lock_offers(connection, self.row.id)
        for offer in list_offers(connection, self.row.id, after=self._last):
            self._note(offer)

    def _note(self, offer: OfferRow) -> None:
        self._last = max(offer.id, self._last)
        self._known.setdefault(offer.item_key, []).append(offer)
        if offer.pub_date is not None:
            for source_id, entry_key in offer.files:
                self._holders.setdefault((offer.item_key, source_id, entry_key), offer)

    def _sort(self, files: Sequence[_File]) -> tuple[list[tuple[OfferRow, list[OfferedEntry]]], list[_File]]:
        """Sort files into those that join an existing offer, and those that need a new one.

        Known files are left out.
        """
        joining: dict[str, tuple[OfferRow, set[OfferedEntry]]] = {}
        new: list[_File] = []
        for file in files:
            offer = self._offer_for(file)
            if offer is None:
                new.append(file)
            elif missing := file.entries - set(offer.entries):
                joining.setdefault(offer.guid, (offer, set()))[1].update(missing)
        return [(offer, sorted(entries)) for offer, entries in joining.values()], new

    def _offer_for(self, file: _File) -> OfferRow | None:
        """Return the offer that a file has or joins; None where it needs a new one.

        A file that was offered for this item keeps its release, even if its facts change. Under another name, the
        instance would treat it as a new release and ignore its blocklist.
        """
        holder = self._holders.get((file.item_key, file.first.source_id, file.first.entry_key))
        if holder is not None:
            return holder
        offers = [offer for offer in self._known.get(file.item_key, ()) if offer.release in file.titles]
        refused = next((offer for offer in offers if file.entries <= set(offer.entries)), None)
        return refused or next((offer for offer in offers if self._takes_more(offer)), None)

    def _leaving(self, files: Sequence[_File]) -> list[tuple[OfferRow, list[OfferedEntry]]]:
        """Return the entries that now belong to another item, or were refused under a title that no longer fits them.

        An entry that is missing for now stays with its offer.
        """
        titles: dict[OfferedEntry, dict[str, tuple[str, ...]]] = {}
        for file in files:
            for entry in file.entries:
                titles.setdefault(entry, {})[file.item_key] = file.titles
        found: list[tuple[OfferRow, list[OfferedEntry]]] = []
        for offer in (offer for offers in self._known.values() for offer in offers):
            left = [entry for entry in offer.entries if entry in titles and not _stays(offer, titles[entry])]
            if left:
                found.append((offer, left))
        return found

    def _takes_more(self, offer: OfferRow) -> bool:
        """Tell whether an offer may get more entries.

        A failed release is on the instance's blocklist, so later entries need a new release.
        """
        return offer.guid not in self._failed

    def _check_all(self, files: Sequence[_File]) -> None:
        grouped: dict[tuple[str, tuple[str, ...]], list[_File]] = {}
        for file in files:
            grouped.setdefault((file.item_key, file.titles), []).append(file)
        groups = list(grouped.values())
        with self.arrs.client(self.row) as client:
            for start in range(0, len(groups), SAVED_AT_ONCE):
                if self.run.is_cancelled():
                    return
                self.run.progress(start, len(groups), f"checking titles with {self.row.label}")
                part = groups[start : start + SAVED_AT_ONCE]
                self._save_all([(group, self._check(client, group[0])) for group in part], len(groups) - start)

    def _save_all(self, checked: Sequence[tuple[Sequence[_File], str | None]], expected: int) -> None:
        """Save the checked offers, and join those that another job saved meanwhile.

        `expected` is the number of offers still to come.
        """
        with self.database.begin() as connection:
            self._catch_up(connection)
            newest, oldest = offered_dates(connection, self.row.id)
            dates = new_dates(newest, oldest, self.arrs.clock(), expected)
            for group, title in checked:
                joining, new = self._sort(group)
                for offer, entries in joining:
                    add_offer_entries(connection, offer.id, entries)
                if new:
                    self._save(connection, new, title, dates)

    def _check(self, client: ArrClient, file: _File) -> str | None:
        """Return the first title that the instance parses as the item; None where there is none."""
        if file.refusal:
            return None
        for title in file.titles[:MOST_TITLES_TRIED]:
            try:
                reading = read_release(client, title)
            except ArrNotFound:  # before Radarr 3.1, which has no such request
                return title
            except ArrRefused:  # the instance refuses only this title
                continue
            if _is_read_as(reading, file):
                return title
        return None

    def _save(
        self, connection: Transaction, group: Sequence[_File], title: str | None, dates: Iterator[datetime]
    ) -> None:
        file = group[0]
        refusal = None if title else file.refusal or READS_OTHERWISE
        new = NewOffer(
            instance_id=self.row.id,
            kind=file.first.kind,
            release=title or next(iter(file.titles), ""),
            item_key=file.item_key,
            guid=f"stalkeer-{random_source.token_hex(12)}",
            pub_date=next(dates) if title else None,
            refusal=refusal,
        )
        entries = sorted(set().union(*(one.entries for one in group)))
        add_offer(connection, new, entries, self.arrs.clock())
        if title:
            self.offered += 1
        else:
            self.refused += 1
            log.info("a release is not offered", instance=self.row.slug, release=new.release, reason=refusal)


def _stays(offer: OfferRow, titles: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether an entry still belongs to this offer. `titles` are the titles that it would get now, by item."""
    if offer.item_key not in titles:
        return False
    return offer.pub_date is not None or offer.release in titles[offer.item_key]


def _is_read_as(reading: ParsedName, file: _File) -> bool:
    """Tell whether the instance parses a title as the wanted items, and as nothing that is not in the file."""
    if file.first.kind is WantedKind.MOVIE:
        return reading.movie_id == file.first.arr_id
    ids = {match.arr_id for match in file.matches}
    return (
        reading.series_id == file.first.library_arr_id
        and ids <= reading.episode_ids
        and len(reading.episode_ids) == file.episodes
    )


def _files(matches: Sequence[OfferableMatch], further: Callable[[LibraryId], Sequence[str]]) -> Iterator[_File]:
    """Yield the files of these matches, in their order. Episodes of a season that share an entry are one file."""
    groups: dict[tuple[object, ...], list[OfferableMatch]] = {}
    for match in matches:
        is_double = (match.last_episode or 0) > (match.first_episode or 0)
        alone = None if is_double and match.kind is WantedKind.EPISODE else match.wanted_id
        groups.setdefault((match.source_id, match.entry_key, match.library_id, match.season, alone), []).append(match)
    for group in groups.values():
        others = further(group[0].library_id)
        yield _movie(group[0], others) if group[0].kind is WantedKind.MOVIE else _episodes(group, others)


def _movie(match: OfferableMatch, others: Sequence[str]) -> _File:
    key = movie_key(match.tmdb_id, match.imdb_id, match.library_arr_id)
    movie = OfferedMovie(match.title, match.year, match.secondary_year, tuple(others))
    titles = offer_titles(movie, offer_traits(_reading(match), match.original_language))
    return _File((match,), key, titles, 0, "" if titles else NO_TITLE)


def _episodes(matches: Sequence[OfferableMatch], others: Sequence[str]) -> _File:
    first = matches[0]
    wanted = sorted({match.episode or 0 for match in matches})
    held = episodes_of_file(wanted, first.first_episode, first.last_episode)
    season = first.season or 0
    own = Numbers(season, held or tuple(wanted), first.absolute if len(wanted) == 1 else None)
    scene = None
    if len(matches) == 1 and held == (first.episode,) and first.scene_season is not None and first.scene_episode:
        scene = Numbers(first.scene_season, (first.scene_episode,), first.scene_absolute)
    item = OfferedEpisodes(
        series=first.title,
        numbers=own,
        scene=scene,
        air_date=first.air_date,
        series_type=first.series_type or "standard",
        year=first.year,
        other_titles=tuple(others),
    )
    titles = offer_titles(item, offer_traits(_reading(first), first.original_language))
    refusal = UNCLEAR if held is None else "" if titles else NO_TITLE
    return _File(
        tuple(matches), episodes_key(first.tvdb_id, first.library_arr_id, own), titles, len(own.episodes), refusal
    )


def _reading(match: OfferableMatch) -> EntryReading:
    return EntryReading(match.entry_name, match.resolution, match.source_word, match.languages)
