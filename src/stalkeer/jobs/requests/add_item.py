"""Look a movie or series up in an instance, add it to the library, and monitor the requested parts."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from stalkeer.adapters.arr.adding import FoundItem, Shelf, add_movie, add_series, look_up
from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.radarr import read_movie, set_movies_monitored
from stalkeer.adapters.arr.reading import read_profiles, read_root_folders
from stalkeer.adapters.arr.resources import EpisodeResource
from stalkeer.adapters.arr.sonarr import read_episodes, read_series, set_episodes_monitored, set_series_monitored
from stalkeer.adapters.arr.values import QualityProfile, RootFolder
from stalkeer.core.catalogue.episode_numbers import EpisodeNumber, find_episode
from stalkeer.errors import ArrError, Conflict, InvalidInput, NotFound
from stalkeer.jobs.library.clients import Arrs
from stalkeer.model import EpisodeId, InstanceKind, MovieId, SeriesId
from stalkeer.store.library.instances import InstanceRow, get_instance, list_instances

EPISODES_S = 30.0  # Sonarr reads the episodes of a new series during this time
LOOK_S = 0.5
NUMBER_OF_A_MOVIE = EpisodeNumber(0, 0)
Numbers = Collection[EpisodeNumber]


@dataclass(frozen=True)
class AddProposal:
    """Hold the results of a title search, and the root folders and profiles to choose from. The first is proposed."""

    instance: InstanceRow
    found: tuple[FoundItem, ...]
    folders: tuple[RootFolder, ...]
    profiles: tuple[QualityProfile, ...]


@dataclass(frozen=True)
class AddWish:
    """Hold the user's choice. `number` is the TMDB or TVDB id. Without a folder or profile, the first is taken."""

    number: int
    root_folder: str | None = None
    profile_id: int | None = None


@dataclass(frozen=True)
class InLibrary:
    """Describe an item in an instance's library.

    `arr_ids` holds the movie's id under NUMBER_OF_A_MOVIE, or the episodes' ids by their numbers on the playlist.
    """

    instance: InstanceRow
    library_arr_id: int
    arr_ids: dict[EpisodeNumber, int]
    was_added: bool


def find_instances(arrs: Arrs, kind: InstanceKind) -> list[InstanceRow]:
    """Return the instances of a program that are in use, the default one first."""
    with arrs.database.connect() as connection:
        return [row for row in list_instances(connection, kind=kind) if row.enabled]


def choose_instance(arrs: Arrs, kind: InstanceKind, slug: str | None) -> InstanceRow:
    """Return the instance named `slug`, or the default one. Raises NotFound and InvalidInput."""
    if slug is not None:
        with arrs.database.connect() as connection:
            row = get_instance(connection, slug)
        if row.kind is not kind:
            raise InvalidInput(f"{row.label} is no {kind.capitalize()}; choose a {kind.capitalize()} for this entry.")
        return row
    rows = find_instances(arrs, kind)
    if not rows:
        raise NotFound(f"There is no {kind.capitalize()}. Add one, or download the entry to a folder.")
    return rows[0]


def propose_item(
    arrs: Arrs, row: InstanceRow, terms: Sequence[str], is_enough: Callable[[Sequence[FoundItem]], bool]
) -> AddProposal:
    """Search the instance term by term, until the results are enough. Raises ArrError where it cannot be asked."""
    found: dict[int, FoundItem] = {}
    with arrs.client(row) as client:
        for term in terms:
            found |= {item.number: item for item in look_up(client, term) if item.number not in found}
            if is_enough(tuple(found.values())):
                break
        return AddProposal(row, tuple(found.values()), read_root_folders(client), read_profiles(client))


def add_to_library(
    arrs: Arrs,
    row: InstanceRow,
    wish: AddWish,
    numbers: Numbers = (),
    sleep: Callable[[float], None] = time.sleep,
) -> InLibrary:
    """Add the item where the library lacks it, and monitor the movie, or these episodes of the series, where files are
    missing.

    Raises NotFound, Conflict and ArrError.
    """
    is_movie = row.kind is InstanceKind.RADARR
    with arrs.client(row) as client:
        found = _known(client, wish, is_movie=is_movie)
        was_added = found.arr_id is None
        arr_id = found.arr_id
        if arr_id is None:
            add = add_movie if is_movie else add_series
            arr_id = add(client, found, _shelf(client, wish))
        if is_movie:
            if not was_added:
                _monitor_movie(client, MovieId(arr_id))
            return InLibrary(row, arr_id, {NUMBER_OF_A_MOVIE: arr_id}, was_added)
        episodes = _await_episodes(client, arr_id, numbers, sleep)
        _monitor_episodes(client, SeriesId(arr_id), episodes.values())
        ids = {number: episode.id for number, episode in episodes.items()}
        return InLibrary(row, arr_id, ids, was_added)


def _monitor_movie(client: ArrClient, movie_id: MovieId) -> None:
    """Monitor a movie without a file. A movie with a file is left alone: Radarr would start to upgrade it."""
    movie = read_movie(client, movie_id)
    if movie is not None and movie.owns_file is False and not movie.monitored:
        set_movies_monitored(client, [movie_id], monitored=True)


def _monitor_episodes(client: ArrClient, series_id: SeriesId, episodes: Iterable[EpisodeResource]) -> None:
    """Monitor the episodes without a file, and their series.

    In an unmonitored series, Sonarr counts no episode as missing.
    """
    lacking = [episode for episode in episodes if episode.owns_file is False]
    if not lacking:
        return
    series = read_series(client, series_id)
    if series is not None and not series.monitored:
        set_series_monitored(client, [series_id], monitored=True)
    unmonitored = [EpisodeId(episode.id) for episode in lacking if not episode.monitored]
    if unmonitored:
        set_episodes_monitored(client, unmonitored, monitored=True)


def _known(client: ArrClient, wish: AddWish, *, is_movie: bool) -> FoundItem:
    catalogue = "tmdb" if is_movie else "tvdb"
    found = next((item for item in look_up(client, f"{catalogue}:{wish.number}") if item.number == wish.number), None)
    if found is None:
        raise NotFound(f"{client.address.label} knows no {catalogue.upper()} id {wish.number}.")
    return found


def _shelf(client: ArrClient, wish: AddWish) -> Shelf:
    folders = [folder.path for folder in read_root_folders(client)]
    profiles = [profile.id for profile in read_profiles(client)]
    if not folders or not profiles:
        raise Conflict(f"{client.address.label} has no root folder or no quality profile; add them there first.")
    folder = wish.root_folder or folders[0]
    profile_id = wish.profile_id or profiles[0]
    if folder not in folders:
        raise InvalidInput(f"{folder!r} is no root folder of {client.address.label}; accepted: {', '.join(folders)}")
    if profile_id not in profiles:
        raise InvalidInput(f"{client.address.label} has no quality profile {profile_id}; accepted: {profiles}")
    return Shelf(folder, profile_id)


def _await_episodes(
    client: ArrClient, series_id: int, numbers: Numbers, sleep: Callable[[float], None]
) -> dict[EpisodeNumber, EpisodeResource]:
    """Return the episodes with these numbers. Wait until Sonarr has read the series."""
    for _ in range(int(EPISODES_S / LOOK_S)):
        every = read_episodes(client, SeriesId(series_id))
        if every:
            found = ((number, find_episode(number, every)) for number in numbers)
            return {number: episode for number, episode in found if episode is not None}
        sleep(LOOK_S)
    raise ArrError(
        f"{client.address.label} has added the series and has not read its episodes yet. Look at it there, then try "
        "again."
    )
