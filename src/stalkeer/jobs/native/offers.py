"""Compose and check the titles of confirmed matches before they are offered to an instance for the first time.

Each title is checked once with the instance's `/parse`. A title that it parses as another item is never offered.
"""

from __future__ import annotations

import secrets as random_source
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.parse import ParsedName, read_release
from stalkeer.core.downloads.pub_dates import new_dates
from stalkeer.core.downloads.search_terms import NO_NUMBERS, ItemNumbers
from stalkeer.core.downloads.searched import MARK, read_searched, searched_text
from stalkeer.errors import ArrNotFound, ArrRefused, StalkeerError
from stalkeer.jobs.journal.reporting import Run
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.library.skip_rules import SkipRule
from stalkeer.jobs.releases.titles import MatchedFile, files_of
from stalkeer.logs import get_logger
from stalkeer.model import Drive, OfferId, SourceId, WantedKind
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.library.finding import find_numbered, read_further_titles
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
        return any(instance.error for instance in self.instances)

    @property
    def has_failed(self) -> bool:
        return bool(self.instances) and all(instance.error for instance in self.instances)

    def to_document(self) -> dict[str, object]:
        return {
            "offered": sum(instance.offered for instance in self.instances),
            "refused": sum(instance.refused for instance in self.instances),
            "instances": [instance.to_document() for instance in self.instances],
        }


def prepare_offers(database: Database, arrs: Arrs, run: Run, subject: str | None = None) -> OffersReport:
    """Prepare the offers of every instance with the native drive, or only of `subject`: an instance, or one of its
    movies or series.

    An instance that does not answer does not stop the others.
    """
    about = _read_subject(subject)
    with database.connect() as connection:
        rows = (get_instance(connection, about.slug),) if about.slug else list_instances(connection)
    native = [row for row in rows if row.enabled and row.options.drive is Drive.NATIVE]
    reports: list[InstanceOffers] = []
    for row in native:
        if run.is_cancelled():
            break
        try:
            reports.append(_Preparing(database, arrs, row, run, about).go())
        except StalkeerError as error:
            reports.append(InstanceOffers(row.slug, error=str(error)))
    return OffersReport(tuple(reports))


def offers_subject(slug: str, library_arr_id: int, numbers: ItemNumbers = NO_NUMBERS) -> str:
    """Name the offers that a search needs: those of its movie, or of its episodes of a series."""
    # the text has no room for the year of a season
    text = searched_text(numbers) if numbers.year is None else ""
    return f"{slug}#{library_arr_id}" + (f"{MARK}{text}" if text else "")


@dataclass(frozen=True)
class _Subject:
    """Hold what offers are prepared for: every instance, one, a movie or series of it, or its searched episodes."""

    slug: str
    library_arr_id: int | None = None
    numbers: ItemNumbers = NO_NUMBERS


def _read_subject(subject: str | None) -> _Subject:
    slug, _, item = (subject or "").partition("#")
    number, _, text = item.partition(MARK)
    return _Subject(slug, int(number) if number else None, read_searched(text) or NO_NUMBERS)


def has_native_instances(connection: Transaction) -> bool:
    return any(row.enabled and row.options.drive is Drive.NATIVE for row in list_instances(connection))


@dataclass
class _Preparing:
    """Prepare the offers of an instance, or of what a search is about."""

    database: Database
    arrs: Arrs
    row: InstanceRow
    run: Run
    about: _Subject
    offered: int = 0
    refused: int = 0
    _known: dict[str, list[OfferRow]] = field(default_factory=dict)  # offers by item
    _holders: dict[tuple[str, SourceId, str], OfferRow] = field(default_factory=dict)  # offers by item and entry
    _failed: frozenset[str] = frozenset()
    _last: OfferId = OfferId(0)  # noqa: RUF009 - a number

    def go(self) -> InstanceOffers:
        with self.database.connect() as connection:
            matches = self._read_matches(connection)
            further = read_further_titles(connection, self.row.id)
            self._failed = failed_offers(connection, self.row.id)
            for offer in list_offers(connection, self.row.id):
                self._note(offer)
        files = list(files_of(matches, lambda library_id: further.get(library_id, ())))
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

    def _read_matches(self, connection: Transaction) -> list[OfferableMatch]:
        """Return the matches to offer: of a search for an episode only its own, whatever its series has."""
        series, numbers = self.about.library_arr_id, self.about.numbers
        wanted_ids = None
        if series is not None and numbers != NO_NUMBERS:
            wanted_ids = find_numbered(connection, self.row.id, series, numbers)
        return offerable_matches(connection, self.row.id, HELD_BACK, series, wanted_ids)

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

    def _sort(
        self, files: Sequence[MatchedFile]
    ) -> tuple[list[tuple[OfferRow, list[OfferedEntry]]], list[MatchedFile]]:
        """Sort files into those that join an existing offer, and those that need a new one.

        Known files are left out.
        """
        joining: dict[str, tuple[OfferRow, set[OfferedEntry]]] = {}
        new: list[MatchedFile] = []
        for file in files:
            offer = self._offer_for(file)
            if offer is None:
                new.append(file)
            elif missing := file.entries - set(offer.entries):
                joining.setdefault(offer.guid, (offer, set()))[1].update(missing)
        return [(offer, sorted(entries)) for offer, entries in joining.values()], new

    def _offer_for(self, file: MatchedFile) -> OfferRow | None:
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

    def _leaving(self, files: Sequence[MatchedFile]) -> list[tuple[OfferRow, list[OfferedEntry]]]:
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

    def _check_all(self, files: Sequence[MatchedFile]) -> None:
        grouped: dict[tuple[str, tuple[str, ...]], list[MatchedFile]] = {}
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

    def _save_all(self, checked: Sequence[tuple[Sequence[MatchedFile], str | None]], expected: int) -> None:
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

    def _check(self, client: ArrClient, file: MatchedFile) -> str | None:
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
        self, connection: Transaction, group: Sequence[MatchedFile], title: str | None, dates: Iterator[datetime]
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
        entries = sorted(set().union(*(match.entries for match in group)))
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


def _is_read_as(reading: ParsedName, file: MatchedFile) -> bool:
    """Tell whether the instance parses a title as the wanted items, and as nothing that is not in the file."""
    if file.first.kind is WantedKind.MOVIE:
        return reading.movie_id == file.first.arr_id
    ids = {match.arr_id for match in file.matches}
    return (
        reading.series_id == file.first.library_arr_id
        and ids <= reading.episode_ids
        and len(reading.episode_ids) == file.episodes
    )
