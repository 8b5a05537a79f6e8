"""Update a single movie or series after a hint that it changed, without reading the whole library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.radarr import read_movie
from stalkeer.adapters.arr.resources import EpisodeResource, SeriesResource
from stalkeer.adapters.arr.sonarr import read_episodes, read_series
from stalkeer.adapters.arr.values import LibraryItem, LibraryKind, WantedReason, WantedRecord
from stalkeer.core.downloads.search_terms import NO_NUMBERS, ItemNumbers
from stalkeer.errors import ArrError
from stalkeer.jobs.wanted.sync import InstanceSync, Spared, WantedSync, judge, read_facts
from stalkeer.model import Drive, InstanceKind, MovieId, SeriesId
from stalkeer.settings.sections.jobs import WantedSettings
from stalkeer.store.library.instances import InstanceRow
from stalkeer.store.library.library import KnownItems, identity_of, read_known_items, remove_items, save_items
from stalkeer.store.library.wanted import KnownWanteds, free_wanted_ids, mark_gone, read_known_wanted, save_wanted


def sync_item(
    sync: WantedSync, row: InstanceRow, library_arr_id: int, searched: ItemNumbers | None = None
) -> InstanceSync:
    """Read a movie, or a series and its missing episodes. Remove it here when it left the instance."""
    try:
        with sync.arrs.client(row) as client:
            return _sync_item(sync, row, client, library_arr_id, searched)
    except ArrError as error:
        return InstanceSync(row.slug, row.kind, error=str(error))


def _sync_item(
    sync: WantedSync, row: InstanceRow, client: ArrClient, library_arr_id: int, searched: ItemNumbers | None
) -> InstanceSync:
    now = sync.arrs.clock()
    is_movie = row.kind is InstanceKind.RADARR
    read = _read_movie if is_movie else _read_series
    found = read(client, library_arr_id, _wishes_for(row, sync.wishes), now, searched)
    kind = LibraryKind.MOVIE if is_movie else LibraryKind.SERIES
    with sync.database.begin() as connection:
        identity = None if found is None else identity_of(found[0])
        library = read_known_items(connection, row.id, kind, library_arr_id, identity)
        if found is None:
            return InstanceSync(row.slug, row.kind, gone=remove_items(connection, library, ()))
        changed = save_items(connection, row.id, [found[0]], library, now)
    own = {library_arr_id: library[library_arr_id]}  # without a row that has just lost this id
    counts = _save_wanted(sync, row, client, own, found[1])
    return InstanceSync(
        row.slug, row.kind, library=1, missing=len(found[1]), changed=changed + counts[0], gone=counts[1]
    )


def _wishes_for(row: InstanceRow, wishes: WantedSettings) -> WantedSettings:
    """Return the wanted items.

    With the native drive, unmonitored items count too, because the instance searches for them when its user asks.
    """
    is_native = row.options.drive is Drive.NATIVE
    return wishes.model_copy(update={"unmonitored": True}) if is_native else wishes


def _save_wanted(
    sync: WantedSync, row: InstanceRow, client: ArrClient, library: KnownItems, items: list[WantedRecord]
) -> tuple[int, int]:
    """Save the wanted items. Return the numbers of changed and of gone items."""
    facts = read_facts(sync, row, Spared(client))
    (library_row,) = library.values()
    with sync.database.begin() as connection:
        known = read_known_wanted(connection, row.id, library_row.id)
        items = [item for item in items if not (item.meets_cutoff and _is_below_cutoff(item.arr_id, known))]
        rows = [judge(item, library, facts) for item in items]
        free_wanted_ids(connection, row.id, [item.arr_id for item in items], known)
        changed = save_wanted(connection, row.id, rows, known, sync.arrs.clock())
        below_cutoff = {arr_id for arr_id, old in known.items() if old.reason == WantedReason.CUTOFF.value}
        seen = {item.arr_id for item in items} | below_cutoff  # only the cutoff list says whether they still are
        return changed, mark_gone(connection, known, seen, None, sync.arrs.clock())


def _is_below_cutoff(arr_id: int, known: KnownWanteds) -> bool:
    """Tell whether the instance lists the item as one below its cutoff: an episode does not say so itself."""
    row = known.get(arr_id)
    return row is not None and not row.is_gone and row.reason == WantedReason.CUTOFF.value


Found = tuple[LibraryItem, list[WantedRecord]]


def _read_movie(
    client: ArrClient, movie_id: int, wishes: WantedSettings, _now: datetime, searched: ItemNumbers | None
) -> Found | None:
    movie = read_movie(client, MovieId(movie_id))
    if movie is None:
        return None
    item = movie.to_library_item()
    if searched is not None and movie.owns_file:
        held = replace(movie.to_wanted_item(WantedReason.CUTOFF), meets_cutoff=not movie.is_below_cutoff)
        return item, [held]
    is_missing = movie.lacks is WantedReason.MISSING and (movie.monitored or wishes.unmonitored)
    return item, [movie.to_wanted_item(WantedReason.MISSING)] if is_missing else []


def _read_series(
    client: ArrClient, series_id: int, wishes: WantedSettings, now: datetime, searched: ItemNumbers | None
) -> Found | None:
    series = read_series(client, SeriesId(series_id))
    if series is None:
        return None
    episodes = read_episodes(client, SeriesId(series_id))
    held = () if searched is None else _held(episodes, searched)
    return series.to_library_item(), [*_missing(series, episodes, wishes, now), *held]


def _held(episodes: tuple[EpisodeResource, ...], searched: ItemNumbers) -> Iterator[WantedRecord]:
    """Yield the episodes with a file that are searched for."""
    for episode in episodes:
        if episode.owns_file:
            item = replace(episode.to_wanted_item(WantedReason.CUTOFF), meets_cutoff=True)
            if _is_searched(item, searched):
                yield item


def _is_searched(item: WantedRecord, numbers: ItemNumbers) -> bool:
    """Tell whether an item has these numbers, by the instance's own counting or by scene's."""
    if numbers == NO_NUMBERS:
        return True
    if numbers.air_date is not None:
        return item.air_date == numbers.air_date
    if numbers.absolute is not None:
        return numbers.absolute in (item.absolute, item.scene_absolute)
    if numbers.episode is not None:
        own = (item.season, item.episode), (item.scene_season, item.scene_episode)
        return (numbers.season, numbers.episode) in own
    of_year = (item.air_date or "").startswith(f"{numbers.season}-")
    return of_year or numbers.season in (item.season, item.scene_season)


def _missing(
    series: SeriesResource, episodes: tuple[EpisodeResource, ...], wishes: WantedSettings, now: datetime
) -> Iterator[WantedRecord]:
    """Yield missing episodes as the instance's own list counts them: no file, aired completely, monitored."""
    for episode in episodes:
        item = episode.to_wanted_item(WantedReason.MISSING)
        has_aired = item.air_date_utc is not None and item.air_date_utc + timedelta(minutes=series.runtime) <= now
        is_monitored = (episode.monitored and series.monitored) or wishes.unmonitored
        if episode.owns_file is False and has_aired and is_monitored:
            yield item
