"""Hand a finished download over to the library: choose the place of its file, and take the steps of the import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.confirm import find_imported
from stalkeer.adapters.arr.handover import hand_over
from stalkeer.adapters.arr.library_import import find_in_place, take_in_place
from stalkeer.adapters.arr.outcomes import (
    ArrImportMode,
    EpisodesTarget,
    HandOverOutcome,
    HandOverRequest,
    Imported,
    MovieTarget,
)
from stalkeer.adapters.arr.parse import reads_as
from stalkeer.adapters.arr.radarr import MovieChange, find_movie, update_movie
from stalkeer.adapters.arr.reading import read_media_management, tag_id
from stalkeer.adapters.arr.resources import EpisodeResource
from stalkeer.adapters.arr.sonarr import (
    find_series,
    read_episodes,
    read_episodes_by_id,
    set_episodes_monitored,
    tag_series,
)
from stalkeer.adapters.files.extras import SUFFIXES
from stalkeer.core.naming.destination import Destination
from stalkeer.core.naming.facts import NamedFile
from stalkeer.core.naming.release import EpisodeName, FileTraits, MovieName, release_name
from stalkeer.core.titles.labels import label_of
from stalkeer.errors import ArrError, NotFound
from stalkeer.jobs.imports.placement import below, destination_path, kept_path, library_path, name_of, named_file
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.library.path_map import path_map
from stalkeer.model import DownloadId, EpisodeId, EventKind, InstanceId, MovieId, SeriesId, WantedId, WantedKind
from stalkeer.settings.schema import Settings
from stalkeer.settings.sections.transfers import DirectorySettings, ImportMode
from stalkeer.store.db.database import Database
from stalkeer.store.journal.events import Event, Level, record_event
from stalkeer.store.library.instances import InstanceRow, get_instance_by_id
from stalkeer.store.library.targets import (
    TargetRow,
    mark_imported,
    note_present_ids,
    read_other_titles,
    read_targets,
)

MOST_NAMES_TRIED = 5
SHELVES = "shelves"  # a key in a download's facts


@dataclass(frozen=True)
class HandOvers:
    """Hold the parts that placing and importing share. It is built once per worker."""

    database: Database
    arrs: Arrs
    settings: Settings


@dataclass(frozen=True)
class PlacementPlan:
    """Name the target of a finished file and its release. `note` is for the user and may be empty.

    `shelves` are the file's places in the items' own folders, for instances that find it there.
    """

    target: Path
    release: str
    note: str = ""
    shelves: Mapping[InstanceId, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class StagedFile:
    """Hold a placed file with its size."""

    path: Path
    size: int

    @property
    def release(self) -> str:
        return self.path.stem


class Taking(StrEnum):
    """Define how an instance gets the file: from the staging folder, or from the item's own folder."""

    FROM_STAGING = "from staging"
    IN_PLACE = "in place"


@dataclass(frozen=True)
class HandOverStep:
    """Hold a placed file and the items of an instance that it is for.

    `command_id` comes from the `Pending` of the last step. `mode` COPY keeps our file for a further instance; None
    follows `import.copy_files`. `accepted` are rejections that the user overruled. `replaces` overrules rejections
    because of the item's present file.
    """

    instance_id: InstanceId
    wanted_ids: tuple[WantedId, ...]
    file: StagedFile
    command_id: int | None = None
    mode: ArrImportMode | None = None
    accepted: frozenset[str] = frozenset()
    replaces: bool = False
    taking: Taking = Taking.FROM_STAGING


def plan_placement(
    handovers: HandOvers,
    wanted_ids: Sequence[WantedId],
    extension: str,
    traits: FileTraits,
    again: DownloadId | None = None,
) -> PlacementPlan:
    """Return the staging place of a download for these items, with a release name that the instance parses as them.

    The instance's `/parse` is asked. Where it does not answer, or parses no name correctly, the plain name is used: the
    hand-over names the item by id anyway. `extension` has its dot. With `import.mode` none or library, this is the
    file's final place. Raises PlacementError where that place cannot be seen from here. `again` is a download that
    repeats the items; its file gets a separate place, so that its import is not confused with the earlier one.
    """
    targets = _targets(handovers, wanted_ids)
    directories = handovers.settings.directories
    mode = handovers.settings.import_.mode
    if mode is ImportMode.NONE:
        release = next(iter(_names(targets, (), traits)))
        return PlacementPlan(kept_path(directories, targets, release, extension, traits), release)
    targets = _present(handovers, targets)
    release, note = _release(handovers, targets, traits)
    folder = directories.movies if targets[0].kind is WantedKind.MOVIE else directories.tvshows
    staged = below(folder, release if again is None else f"{release}.{again}", f"{release}{extension}")
    if mode is not ImportMode.LIBRARY or again is not None:
        return PlacementPlan(staged, release, note)
    by_instance = _by_instance(targets)
    file = named_file(release, traits)
    # only the instance replaces an older file, from the staging folder: by its rules, and with its recycle bin
    shelves = {
        instance_id: _library_path(handovers, own, file, extension)
        for instance_id, own in by_instance.items()
        if not any(target.has_file for target in own)
    }
    target = next(iter(shelves.values())) if len(shelves) == len(by_instance) else staged
    return PlacementPlan(target, release, note, shelves)


def plan_kept(
    directories: DirectorySettings, destination: Destination, extension: str, traits: FileTraits
) -> PlacementPlan:
    """Return the final place of a file without an instance: in Stalkeer's own folders, named for media servers."""
    release = release_name(name_of(destination), traits)
    return PlacementPlan(destination_path(directories, destination, release, extension, traits), release)


@dataclass(frozen=True)
class HandOver:
    """Hand a file over to an instance. Its client and items are the same for every step."""

    handovers: HandOvers
    instance: InstanceRow
    client: ArrClient
    targets: Sequence[TargetRow]

    def take(self, step: HandOverStep) -> HandOverOutcome:
        """Take a step.

        On `Pending`, store the command id and call again with it. On `Imported`, the items are no longer wanted here,
        and are unmonitored and tagged in the instance if the settings say so. Raises ArrError where the instance cannot
        be reached; the same step may then be repeated.
        """
        take = take_in_place if step.taking is Taking.IN_PLACE else hand_over
        outcome = take(self.client, self._request(step), path_map(self.instance))
        if isinstance(outcome, Imported):
            _settle(self.handovers, self.instance, self.client, self.targets)
        return outcome

    def find(self, step: HandOverStep) -> Imported | None:
        """Find the file that the instance imported from ours, without a command.

        If it is found, do what follows an import.
        """
        find = find_in_place if step.taking is Taking.IN_PLACE else find_imported
        found = find(self.client, self._request(step), path_map(self.instance).to_remote(step.file.path))
        if found is not None:
            _settle(self.handovers, self.instance, self.client, self.targets)
        return found

    def _request(self, step: HandOverStep) -> HandOverRequest:
        wishes = self.handovers.settings.import_
        return HandOverRequest(
            target=target_of(self.targets),
            file=step.file.path,
            release=step.file.release,
            size=step.file.size,
            mode=step.mode or (ArrImportMode.COPY if wishes.copy_files else ArrImportMode.MOVE),
            command_id=step.command_id,
            accepted=step.accepted,
            replaces=step.replaces,
        )


@contextmanager
def open_hand_over(handovers: HandOvers, step: HandOverStep) -> Iterator[HandOver]:
    """Open the hand-over of these items for all steps. Raises NotFound where no item is left."""
    known = _targets(handovers, step.wanted_ids)
    targets = [target for target in known if target.instance_id == step.instance_id]
    if not targets:
        raise NotFound(f"No item of {step.file.path.name} belongs to this instance any more; see the next scan.")
    with handovers.database.connect() as connection:
        row = get_instance_by_id(connection, step.instance_id)
    with handovers.arrs.client(row) as client:
        present = _present_targets(client, targets)
        _note_present(handovers, targets, present)
        yield HandOver(handovers, row, client, present)


def _note_present(handovers: HandOvers, before: Sequence[TargetRow], now: Sequence[TargetRow]) -> None:
    if list(before) != list(now):
        with handovers.database.begin() as connection:
            note_present_ids(connection, now)


def wanted_extras(database: Database, arrs: Arrs, instance_ids: Iterable[InstanceId]) -> tuple[str, ...]:
    """Return the suffixes of the extra files that any of these instances imports.

    An instance that does not answer adds none.
    """
    wanted: set[str] = set()
    for instance_id in instance_ids:
        with database.connect() as connection:
            row = get_instance_by_id(connection, instance_id)
        try:
            with arrs.client(row) as client:
                media = read_media_management(client)
        except ArrError:
            continue
        if media.imports_extra_files:
            wanted |= {f".{word.strip().lstrip('.').lower()}" for word in media.extra_file_extensions.split(",")}
    return tuple(suffix for suffix in SUFFIXES if suffix in wanted)


def shelves_of(facts: Mapping[str, object] | None) -> dict[InstanceId, Path]:
    """Return the file's places in the items' own folders, as they were stored before it was placed."""
    noted = (facts or {}).get(SHELVES)
    return {InstanceId(int(key)): Path(str(path)) for key, path in noted.items()} if isinstance(noted, dict) else {}


def target_of(targets: Sequence[TargetRow]) -> MovieTarget | EpisodesTarget:
    first = targets[0]
    if first.kind is WantedKind.MOVIE:
        return MovieTarget(MovieId(first.arr_id))
    return EpisodesTarget(SeriesId(first.library_arr_id), tuple(EpisodeId(target.arr_id) for target in targets))


def _by_instance(targets: Sequence[TargetRow]) -> dict[InstanceId, list[TargetRow]]:
    found: dict[InstanceId, list[TargetRow]] = {}
    for target in targets:
        found.setdefault(target.instance_id, []).append(target)
    return found


def _library_path(handovers: HandOvers, own: Sequence[TargetRow], file: NamedFile, extension: str) -> Path:
    """Return the place in the folder of these items, which belong to the same instance."""
    with handovers.database.connect() as connection:
        row = get_instance_by_id(connection, own[0].instance_id)
    with handovers.arrs.client(row) as client:
        return library_path(client, path_map(row), own, file, extension)


def _targets(handovers: HandOvers, wanted_ids: Sequence[WantedId]) -> tuple[TargetRow, ...]:
    with handovers.database.connect() as connection:
        targets = read_targets(connection, wanted_ids)
    if not targets:
        raise NotFound("The items of this download are no longer in any library; cancel it or scan again.")
    return targets


def _present(handovers: HandOvers, targets: Sequence[TargetRow]) -> tuple[TargetRow, ...]:
    """Return the targets with their present ids, or with their stored ids where the instance cannot be reached now."""
    found: list[TargetRow] = []
    for instance_id, own in _by_instance(targets).items():
        with handovers.database.connect() as connection:
            row = get_instance_by_id(connection, instance_id)
        try:
            with handovers.arrs.client(row) as client:
                present = _present_targets(client, own)
        except ArrError:
            present = tuple(own)
        _note_present(handovers, own, present)
        found += present
    return tuple(found)


def _release(handovers: HandOvers, targets: tuple[TargetRow, ...], traits: FileTraits) -> tuple[str, str]:
    """Return the first of the item's names that its instance parses correctly. Only a few names are tried."""
    with handovers.database.connect() as connection:
        row = get_instance_by_id(connection, targets[0].instance_id)
        others = read_other_titles(connection, targets[0].library_id)
    own = [target for target in targets if target.instance_id == row.id]
    names = list(dict.fromkeys(_names(own, others, traits)))[:MOST_NAMES_TRIED]
    try:
        with handovers.arrs.client(row) as client:
            fitting = next((name for name in names if reads_as(client, name, target_of(own))), None)
    except ArrError as error:
        return names[0], f"The name was not checked with the instance: {error}"
    if fitting is None:
        return names[0], f"{row.label} parses no name of {own[0].title!r} as this item; it is imported by its id."
    return fitting, ""


def _names(targets: Sequence[TargetRow], others: Sequence[str], traits: FileTraits) -> Iterator[str]:
    first = targets[0]
    for title in (first.title, *others):
        if first.kind is WantedKind.MOVIE:
            yield release_name(MovieName(title, first.year), traits)
            continue
        season, episodes = first.season or 0, tuple(target.episode or 0 for target in targets)
        is_daily = first.series_type == "daily" and len(targets) == 1
        air_date = first.air_date if is_daily else None
        yield release_name(EpisodeName(title, season, episodes, air_date), traits)
        if air_date:
            yield release_name(EpisodeName(title, season, episodes), traits)


def _settle(handovers: HandOvers, row: InstanceRow, client: ArrClient, targets: Sequence[TargetRow]) -> None:
    """Do what follows an import, and return notes about it.

    The file is imported, so a failure here is only reported.
    """
    now = handovers.arrs.clock()
    with handovers.database.begin() as connection:
        mark_imported(connection, [target.wanted_id for target in targets], now)
    try:
        _apply_wishes(handovers, client, targets)
    except ArrError as error:
        with handovers.database.begin() as connection:
            record_event(
                connection,
                now,
                Event(
                    EventKind.IMPORT_UNSETTLED,
                    str(error),
                    Level.WARNING,
                    wanted_id=targets[0].wanted_id,
                    instance_id=row.id,
                ),
            )


def _apply_wishes(handovers: HandOvers, client: ArrClient, targets: Sequence[TargetRow]) -> None:
    wishes = handovers.settings.import_
    tags = (tag_id(client, wishes.tag),) if wishes.tag else ()
    if targets[0].kind is WantedKind.MOVIE:
        change = MovieChange(monitored=False if wishes.unmonitor else None, add_tags=tags)
        update_movie(client, MovieId(targets[0].arr_id), change)
        return
    if wishes.unmonitor:
        set_episodes_monitored(client, [EpisodeId(target.arr_id) for target in targets], monitored=False)
    if tags:
        tag_series(client, [SeriesId(targets[0].library_arr_id)], tags)


# --- items under the ids that their instance has for them now -------------------------------------------------------


def _present_targets(client: ArrClient, targets: Sequence[TargetRow]) -> tuple[TargetRow, ...]:
    """Return the targets of an instance with their present ids.

    Raises NotFound when the instance no longer has one of them, and ArrError when it cannot be reached.
    """
    if targets[0].kind is WantedKind.MOVIE:
        return tuple(_present_movie(client, target) for target in targets)
    return _present_episodes(client, targets)


def _present_movie(client: ArrClient, target: TargetRow) -> TargetRow:
    movie = find_movie(client, MovieId(target.library_arr_id), target.tmdb_id)
    if movie is None:
        raise _gone(client, target.title)
    return replace(target, arr_id=movie.id, library_arr_id=movie.id)


def _present_episodes(client: ArrClient, targets: Sequence[TargetRow]) -> tuple[TargetRow, ...]:
    first = targets[0]
    series = find_series(client, SeriesId(first.library_arr_id), first.tvdb_id)
    if series is None:
        raise _gone(client, first.title)
    episodes = _numbered(read_episodes_by_id(client, [EpisodeId(target.arr_id) for target in targets]), series.id)
    if any(_number(target) not in episodes for target in targets):
        episodes = _numbered(read_episodes(client, SeriesId(series.id)), series.id)
    return tuple(_present_episode(client, target, episodes) for target in targets)


def _numbered(episodes: Sequence[EpisodeResource], series_id: int) -> dict[tuple[int, int], EpisodeResource]:
    return {(e.season_number, e.episode_number): e for e in episodes if e.series_id == series_id}


def _number(target: TargetRow) -> tuple[int, int]:
    return target.season or 0, target.episode or 0


def _present_episode(
    client: ArrClient, target: TargetRow, episodes: dict[tuple[int, int], EpisodeResource]
) -> TargetRow:
    season, number = _number(target)
    episode = episodes.get((season, number))
    if episode is None:
        raise _gone(client, label_of(target.title, target.year, season, number, target.air_date))
    return replace(target, arr_id=episode.id, library_arr_id=episode.series_id)


def _gone(client: ArrClient, title: str) -> NotFound:
    return NotFound(f"{client.address.label} no longer has {title}. Add it there again and scan, or remove the file.")
