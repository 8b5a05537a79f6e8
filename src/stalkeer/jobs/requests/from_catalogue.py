"""Download catalogue entries that no instance wants: to a folder, or after adding them to an instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stalkeer.adapters.arr.adding import FoundItem
from stalkeer.core.catalogue.episode_numbers import EpisodeNumber
from stalkeer.core.downloads.states import Priority
from stalkeer.core.matching.rules import RuleAction, RuleOrigin
from stalkeer.core.naming.destination import EPISODE, MOVIE, Destination
from stalkeer.core.titles import title_key
from stalkeer.errors import Conflict, InvalidInput, NotFound, StalkeerError
from stalkeer.jobs.catalogue.panel_queries import expand_series
from stalkeer.jobs.downloads.context import DownloadQueue
from stalkeer.jobs.downloads.queue import OfPair, Queued, queue_all
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.matching.library_cache import Matching
from stalkeer.jobs.matching.rule_effects import keep_rules
from stalkeer.jobs.matching.rules import rule_of_pair
from stalkeer.jobs.refresh.refresh import RefreshContext
from stalkeer.jobs.requests.add_item import (
    NUMBER_OF_A_MOVIE,
    AddProposal,
    AddWish,
    InLibrary,
    add_to_library,
    choose_instance,
    find_instances,
    propose_item,
)
from stalkeer.jobs.wanted.sync import WantedSync
from stalkeer.jobs.wanted.sync_item import sync_item
from stalkeer.model import DownloadId, Drive, EntryId, EntryKind, InstanceKind, WantedId
from stalkeer.settings import Settings
from stalkeer.store.catalogue.entries import CatalogueEntry, get_entry
from stalkeer.store.catalogue.episodes import list_episodes_of
from stalkeer.store.downloads.downloads import NewDownload, create_download, find_open_download
from stalkeer.store.library.targets import read_targets
from stalkeer.store.library.wanted import find_wanted
from stalkeer.store.sources.sources import get_source

MOST_LOOK_UPS = 3  # titles that a name can mean, each one question to a service on the internet


class DownloadScope(StrEnum):
    """Choose the amount to download: the entry, its season or its series."""

    ENTRY = "entry"
    SEASON = "season"
    SERIES = "series"


@dataclass(frozen=True)
class CatalogueContext:
    """Describe the parts of the program that these requests use."""

    queue: DownloadQueue
    arrs: Arrs
    matching: Callable[[], Matching]
    refresher: RefreshContext
    settings: Settings


@dataclass(frozen=True)
class CatalogueProposal:
    """Hold the proposals of an instance for an entry. `best` has the same title and year; None if none is sure."""

    entry: CatalogueEntry
    proposal: AddProposal
    best: int | None

    @property
    def doubt(self) -> str:
        """Tell a user of the command line what to give where no result is sure."""
        label, name = self.proposal.instance.label, self.entry.name
        if not self.proposal.found:
            return f"{label} finds nothing with the title of {name}. Give its id with --id, or --folder for a folder."
        known = ", ".join(f"{item.number} {item.title} ({item.year})" for item in self.proposal.found[:10])
        return f"{label} is not sure what {name} is. Choose with --id: {known}"


def download_to_folder(
    context: CatalogueContext,
    entry_id: EntryId,
    scope: DownloadScope = DownloadScope.ENTRY,
    priority: Priority = Priority.NORMAL,
) -> list[DownloadId]:
    """Queue an entry, or all episodes of its season or series, for the folders of finished downloads.

    Names come from the parsed title. No instance is asked. Raises NotFound, InvalidInput, and Conflict where all of
    them are being downloaded already.
    """
    chosen = _choose(context, entry_id, scope)
    made = [_queue_kept(context.queue, entry, priority) for entry in chosen]
    queued = [download_id for download_id in made if download_id is not None]
    if not queued:
        raise Conflict(f"{chosen[0].name} is being downloaded already; `stalkeer download list` shows it.")
    context.queue.wake()
    return queued


@dataclass(frozen=True)
class FolderResult:
    """Hold the result of a request for one entry: its downloads, or the error that says why there is none."""

    entry_id: EntryId
    downloads: tuple[DownloadId, ...] = ()
    error: StalkeerError | None = None


def download_each_to_folder(context: CatalogueContext, entry_ids: Sequence[EntryId]) -> list[FolderResult]:
    """Queue these entries for the folders of finished downloads. A refused entry does not stop the others."""
    return [_request_folder(context, entry_id) for entry_id in entry_ids]


def _request_folder(context: CatalogueContext, entry_id: EntryId) -> FolderResult:
    try:
        return FolderResult(entry_id, tuple(download_to_folder(context, entry_id)))
    except StalkeerError as error:
        return FolderResult(entry_id, error=error)


def has_instance_for(context: CatalogueContext, entry_id: EntryId) -> bool:
    """Tell whether an instance in use could take the entry up."""
    return bool(find_instances(context.arrs, _program(_get(context, entry_id))))


def propose_for_entry(context: CatalogueContext, entry_id: EntryId, slug: str | None = None) -> CatalogueProposal:
    """Ask Radarr or Sonarr what the entry is. Raises NotFound without an instance, and ArrError."""
    entry = _get(context, entry_id)
    row = choose_instance(context.arrs, _program(entry), slug)
    is_movie = _program(entry) is InstanceKind.RADARR
    terms = (f"tmdb:{entry.tmdb_id}",) if is_movie and entry.tmdb_id else entry.titles[:MOST_LOOK_UPS]
    proposal = propose_item(context.arrs, row, terms, lambda found: _surest(entry, found) is not None)
    return CatalogueProposal(entry, proposal, _surest(entry, proposal.found))


def add_and_download(
    context: CatalogueContext,
    entry_id: EntryId,
    wish: AddWish,
    slug: str | None = None,
    scope: DownloadScope = DownloadScope.ENTRY,
) -> list[Queued]:
    """Add the movie or series to its instance where it is not there, pin the entries to its items, and queue them.

    Raises NotFound, InvalidInput, Conflict where the library has everything, and ArrError.
    """
    first = _get(context, entry_id)
    row = choose_instance(context.arrs, _program(first), slug)
    chosen = _by_number(_choose(context, entry_id, scope))
    held = add_to_library(context.arrs, row, wish, chosen.keys())
    wanted = _wanted(context, held)
    if not wanted:
        raise Conflict(
            f"{row.label} has nothing to download of it: it has the files, or does not count them as released. "
            "Download to a folder takes it all the same."
        )
    pairs = [(wanted_id, chosen[number]) for number, wanted_id in _in_order(wanted) if number in chosen]
    matching = context.matching()
    rules = [
        rule_of_pair(matching, wanted_id, entry.id, RuleAction.PIN, "chosen in the catalogue")
        for wanted_id, entry in pairs
    ]
    keep_rules(matching.offline(), rules, RuleOrigin.USER, QuietRun())
    if row.options.drive is Drive.NATIVE:  # an instance grabs a file once for all the episodes in it
        pairs = list({entry.id: (wanted_id, entry) for wanted_id, entry in reversed(pairs)}.values())
    return queue_all(context.queue, [OfPair(entry.id, wanted_id) for wanted_id, entry in pairs])


def read_destination(entry: CatalogueEntry) -> Destination:
    """Read the parts of the file name from the entry. Raises InvalidInput where the entry's name lacks one of them."""
    title = entry.titles[0]
    if entry.kind != EntryKind.EPISODE.value:
        return Destination(MOVIE, title, entry.year)
    if entry.episode is not None:
        # media servers read a number that counts through all seasons as one of the first
        return Destination(EPISODE, title, entry.year, 1 if entry.season is None else entry.season, _episodes(entry))
    if entry.air_date is not None:
        return Destination(EPISODE, title, entry.year, int(entry.air_date[:4]), air_date=entry.air_date)
    raise InvalidInput(f"{entry.name} names neither an episode nor a date, so its file could not be named.")


def _get(context: CatalogueContext, entry_id: EntryId) -> CatalogueEntry:
    with context.queue.database.connect() as connection:
        entry = get_entry(connection, entry_id)
    if entry.kind not in (EntryKind.MOVIE.value, EntryKind.EPISODE.value, EntryKind.SERIES.value):
        raise InvalidInput(f"{entry.name} is neither a movie nor an episode; only those are downloaded.")
    if entry.is_protected:
        raise InvalidInput(f"{entry.name} is encrypted; that is never circumvented.")
    if entry.is_gone:
        raise NotFound(f"{entry.name} is no longer on its playlist.")
    return entry


def _program(entry: CatalogueEntry) -> InstanceKind:
    return InstanceKind.RADARR if entry.kind == EntryKind.MOVIE.value else InstanceKind.SONARR


def _choose(context: CatalogueContext, entry_id: EntryId, scope: DownloadScope) -> list[CatalogueEntry]:
    """Return the entry, or one entry for each episode of its season or series, in order."""
    entry = _get(context, entry_id)
    if entry.kind == EntryKind.SERIES.value:
        _ask_for_episodes(context, entry)
    elif scope is DownloadScope.ENTRY or entry.kind == EntryKind.MOVIE.value:
        return [entry]
    season = entry.season if scope is DownloadScope.SEASON else None
    with context.queue.database.connect() as connection:
        found = list_episodes_of(connection, entry.id, season)
    if not found:
        raise NotFound(f"No episodes of {entry.name} are in the catalogue.")
    return found


def _ask_for_episodes(context: CatalogueContext, entry: CatalogueEntry) -> None:
    with context.queue.database.connect() as connection:
        source_id = get_source(connection, entry.source).id
    expand_series(context.refresher, source_id, [entry.key], QuietRun())


def _queue_kept(queue: DownloadQueue, entry: CatalogueEntry, priority: Priority) -> DownloadId | None:
    destination = read_destination(entry)
    with queue.database.begin() as connection:
        if find_open_download(connection, entry.id) is not None:
            return None
        new = NewDownload(
            entry_id=entry.id,
            source_id=get_source(connection, entry.source).id,
            entry_key=entry.key,
            name=entry.name,
            title=destination.label,
            kind=destination.kind,
            items=(),
            priority=priority.level,
            destination=destination.to_document(),
        )
        return create_download(connection, new, queue.clock())


def _surest(entry: CatalogueEntry, found: Sequence[FoundItem]) -> int | None:
    """Return the only result with the entry's id, or with a title of it and, where both years are known, its year.

    Titles elsewhere count only where no result has the title as its own.
    """
    if entry.tmdb_id and any(item.number == entry.tmdb_id for item in found):
        return entry.tmdb_id
    fitting = [item for item in found if not entry.year or not item.year or entry.year == item.year]
    for title in entry.titles:
        key = title_key(title)
        same = [item for item in fitting if title_key(item.title) == key] or [
            item for item in fitting if key in map(title_key, item.other_titles)
        ]
        if same:
            return same[0].number if len(same) == 1 else None
    return None


def _wanted(context: CatalogueContext, held: InLibrary) -> dict[EpisodeNumber, WantedId]:
    """Read the item from its instance, and return its missing files by season and episode."""
    sync = WantedSync(context.queue.database, context.arrs, context.settings.wanted, QuietRun())
    report = sync_item(sync, held.instance, held.library_arr_id)
    if report.error:
        raise Conflict(report.error)
    with context.queue.database.connect() as connection:
        ids = find_wanted(connection, held.instance.id, list(held.arr_ids.values()))
        targets = read_targets(connection, ids)
    by_arr_id = {arr_id: number for number, arr_id in held.arr_ids.items()}
    return {by_arr_id[target.arr_id]: target.wanted_id for target in targets if not target.is_gone}


def _by_number(chosen: Sequence[CatalogueEntry]) -> dict[EpisodeNumber, CatalogueEntry]:
    """Return the entry for each episode. A file with several episodes serves those that have no file of their own."""
    found = {_number(entry): entry for entry in chosen}
    for entry in chosen:
        if entry.kind == EntryKind.EPISODE.value:
            for episode in _episodes(entry)[1:]:
                found.setdefault(EpisodeNumber(entry.season, episode), entry)
    return found


def _number(entry: CatalogueEntry) -> EpisodeNumber:
    if entry.kind == EntryKind.MOVIE.value:
        return NUMBER_OF_A_MOVIE
    if entry.episode is None:
        return EpisodeNumber(None, 0, entry.air_date or "")
    return EpisodeNumber(entry.season, entry.episode)


def _in_order(wanted: Mapping[EpisodeNumber, WantedId]) -> list[tuple[EpisodeNumber, WantedId]]:
    return sorted(wanted.items(), key=lambda row: row[0].order)


def _episodes(entry: CatalogueEntry) -> tuple[int, ...]:
    """Return the numbers of all episodes that the file holds."""
    first = entry.episode or 0
    return tuple(range(first, max(first, entry.episode_end or first) + 1))


def queued_ids(results: Sequence[Queued]) -> list[DownloadId]:
    """Return the downloads among the results, each once: one download may serve several items."""
    return list(dict.fromkeys(result.download_id for result in results if result.download_id is not None))
