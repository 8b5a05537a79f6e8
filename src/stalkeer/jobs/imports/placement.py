"""Choose the place of a finished file that no instance moves: the item's own folder, or a folder of Stalkeer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.naming import read_movie_naming, read_series_naming
from stalkeer.adapters.arr.parse import formats_for_names
from stalkeer.adapters.arr.paths import PathMap
from stalkeer.adapters.arr.radarr import read_movie
from stalkeer.adapters.arr.sonarr import read_series
from stalkeer.adapters.files.obstacles import is_folder
from stalkeer.adapters.files.space import FOLDER_MEMORY, LASTING_STATES, claim
from stalkeer.core.downloads.sabnzbd import category_folder
from stalkeer.core.naming.destination import MOVIE, Destination
from stalkeer.core.naming.episode import (
    NamedEpisode,
    NamedSeries,
    SeriesNaming,
    episode_file_name,
    season_folder_name,
    series_folder_name,
)
from stalkeer.core.naming.facts import MediaTraits, NamedFile
from stalkeer.core.naming.movie import MovieNaming, NamedMovie, movie_file_name, movie_folder_name
from stalkeer.core.naming.names import is_fitting
from stalkeer.core.naming.release import CODEC_WORDS, GROUP, EpisodeName, FileTraits, MovieName
from stalkeer.errors import NotFound, PlacementError, PlacementRefused
from stalkeer.model import InstanceKind, MovieId, SeriesId, WantedKind
from stalkeer.settings.schema import Settings
from stalkeer.settings.sections.transfers import DirectorySettings
from stalkeer.store.library.instances import InstanceRow
from stalkeer.store.library.targets import TargetRow
from stalkeer.store.offers.grabs import GrabRow

WITHOUT_YEAR = MovieNaming(renames=True, file_format="{Movie Title} {Quality Full}", folder_format="{Movie Title}")
KEPT_SEASON_FOLDER = "Season {season:00}"  # media servers want two digits


def kept_path(
    directories: DirectorySettings, targets: Sequence[TargetRow], release: str, extension: str, traits: FileTraits
) -> Path:
    """Return the final place for `import.mode: none`: in Stalkeer's folders, named for media servers."""
    file = named_file(release, traits)
    first = targets[0]
    if first.kind is WantedKind.MOVIE:
        movie = NamedMovie(first.title, first.year, tmdb_id=first.tmdb_id, imdb_id=first.imdb_id or "")
        naming = MovieNaming(renames=True)
        name = movie_file_name(naming, movie, file, extension)
        return below(directories.movies, movie_folder_name(naming, movie), name)
    series, naming_of = _series_of(first), SeriesNaming(renames=True, season_folder_format=KEPT_SEASON_FOLDER)
    season = season_folder_name(naming_of, series, first.season or 0)
    name = episode_file_name(naming_of, series, _episodes(targets), file, extension)
    return below(directories.tvshows, series_folder_name(naming_of, series), season, name)


def destination_path(
    directories: DirectorySettings, destination: Destination, release: str, extension: str, traits: FileTraits
) -> Path:
    """Return the final place of a file without a wanted item, named as by `kept_path`."""
    file = named_file(release, traits)
    if destination.kind == MOVIE:
        movie = NamedMovie(destination.title, destination.year)
        naming = MovieNaming(renames=True) if destination.year else WITHOUT_YEAR
        name = movie_file_name(naming, movie, file, extension)
        return below(directories.movies, movie_folder_name(naming, movie), name)
    air_date = destination.air_date
    series = NamedSeries(destination.title, destination.year, kind="daily" if air_date else "standard")
    naming_of = SeriesNaming(renames=True, season_folder_format=KEPT_SEASON_FOLDER)
    season = season_folder_name(naming_of, series, destination.season)
    numbers = destination.episodes or (0,)
    episodes = [NamedEpisode(destination.season, number, air_date=air_date) for number in numbers]
    name = episode_file_name(naming_of, series, episodes, file, extension)
    return below(directories.tvshows, series_folder_name(naming_of, series), season, name)


def name_of(destination: Destination) -> MovieName | EpisodeName:
    if destination.kind == MOVIE:
        return MovieName(destination.title, destination.year)
    return EpisodeName(destination.title, destination.season, destination.episodes, destination.air_date or None)


def library_path(
    client: ArrClient, paths: PathMap, targets: Sequence[TargetRow], file: NamedFile, extension: str
) -> Path:
    """Return the place for `import.mode: library`: in the item's own folder, named by the instance's format.

    Raises PlacementError where the library cannot be seen from here.
    """
    first = targets[0]
    folder, name = (
        _movie(client, first, file, extension)
        if first.kind is WantedKind.MOVIE
        else _episode(client, targets, file, extension)
    )
    local = paths.to_local(folder)
    library = paths.to_local(str(Path(folder).parent)) if first.kind is WantedKind.MOVIE else local.parent
    if not is_folder(local) and not is_folder(library):
        raise PlacementError(
            f"Stalkeer does not see the library folder {library} of {client.address.label}. Mount it, or say in "
            "path_mappings under which name it is mounted here; `stalkeer doctor paths` helps."
        )
    return below(local, name)


MASTERS = "stalkeer-files"  # folder for files of which instances import links


def native_master(directories: DirectorySettings, grab: GrabRow, extension: str) -> Path:
    """Return the place of a file that only instances with the native drive import. They get links of it."""
    folder = finished_folder(directories, grab.kind)
    return below(folder, MASTERS, str(grab.download_id), f"{grab.release}{extension}")


def native_link(directories: DirectorySettings, slug: str, grab: GrabRow, extension: str) -> Path:
    """Return the place where an instance finds the file: a folder with the name of the release, in the folder of its
    category.
    """
    folder = native_folder(directories, grab.kind, slug) / category_folder(grab.category)
    return below(folder, grab.release, f"{grab.release}{extension}")


def native_folder(directories: DirectorySettings, kind: WantedKind, slug: str) -> Path:
    """Return the folder for an instance's completed downloads.

    No two instances share a folder, because each moves its files away.
    """
    return below(finished_folder(directories, kind), category_folder(slug))


def instance_folder(directories: DirectorySettings, instance: InstanceRow) -> Path:
    kind = WantedKind.MOVIE if instance.kind is InstanceKind.RADARR else WantedKind.EPISODE
    return native_folder(directories, kind, instance.slug)


def category_path(directories: DirectorySettings, instance: InstanceRow, category: str) -> Path:
    """Return the folder in which an instance looks for the completed downloads of a category."""
    return instance_folder(directories, instance) / category_folder(category)


def finished_folder(directories: DirectorySettings, kind: WantedKind) -> Path:
    return directories.movies if kind is WantedKind.MOVIE else directories.tvshows


def below(folder: Path, *names: str) -> Path:
    """Return the path in `folder` under these names.

    Raises PlacementRefused where a name would lead out of the folder or fits no file system.
    """
    parts = [part for name in names for part in name.split("/")]
    unfit = next((part for part in parts if not is_fitting(part)), None)
    if unfit is not None:
        raise PlacementRefused(
            f"Nothing can be placed in {folder} as {'/'.join(parts)}: {unfit!r} is no name that every file system "
            "takes. Change the title or the naming format it comes from, then retry."
        )
    return folder.joinpath(*parts)


def check_own_folder(settings: Settings, target: Path, mode: int | None) -> None:
    """Create Stalkeer's folder of `target` with `mode` the first time; later, only check that it is there.

    Raises PlacementError where its disk is missing, so that files do not fill the mount point instead.
    """
    for folder in (settings.directories.movies, settings.directories.tvshows):
        if not target.is_relative_to(folder):
            continue
        found = claim(folder, settings.data_dir / FOLDER_MEMORY, mode)
        if not found.is_usable:
            kind = PlacementRefused if found.state in LASTING_STATES else PlacementError
            raise kind(f"{target.name} cannot be placed: {found.problem}")


def named_file(release: str, traits: FileTraits) -> NamedFile:
    lines = {480: 480, 576: 480, 720: 720, 1080: 1080, 2160: 2160}.get(traits.resolution or 0)
    media = MediaTraits(
        video_codec=CODEC_WORDS.get((traits.codec or "").lower(), ""),
        audio_languages=traits.languages,
    )
    quality = f"WEBDL-{lines}p" if lines else ""
    return NamedFile(quality, release_group=GROUP, original_title=release, original_filename=release, media=media)


def _movie(client: ArrClient, target: TargetRow, file: NamedFile, extension: str) -> tuple[str, str]:
    movie = read_movie(client, MovieId(target.library_arr_id))
    if movie is None:
        raise NotFound(f"{client.address.label} no longer has {target.title!r}.")
    named = NamedMovie(
        title=movie.title,
        year=movie.year or None,
        original_title=movie.original_title,
        tmdb_id=movie.tmdb_id or None,
        imdb_id=movie.imdb_id,
        certification=movie.certification,
        collection=movie.collection.title if movie.collection else "",
    )
    naming = read_movie_naming(client)
    return movie.path, movie_file_name(naming, named, _with_formats(client, file, naming.file_format), extension)


def _episode(client: ArrClient, targets: Sequence[TargetRow], file: NamedFile, extension: str) -> tuple[str, str]:
    series = read_series(client, SeriesId(targets[0].library_arr_id))
    if series is None:
        raise NotFound(f"{client.address.label} no longer has {targets[0].title!r}.")
    naming = read_series_naming(client)
    named = NamedSeries(
        title=series.title,
        year=series.year or None,
        kind=series.series_type,
        tvdb_id=series.tvdb_id or None,
        tmdb_id=series.tmdb_id or None,
        tvmaze_id=series.tv_maze_id or None,
        imdb_id=series.imdb_id,
    )
    formats = f"{naming.standard_format}{naming.daily_format}{naming.anime_format}"
    file = _with_formats(client, file, formats)
    name = episode_file_name(naming, named, _episodes(targets), file, extension)
    if not series.season_folder:
        return series.path, name
    return series.path, f"{season_folder_name(naming, named, targets[0].season or 0)}/{name}"


def _with_formats(client: ArrClient, file: NamedFile, pattern: str) -> NamedFile:
    """Return the file with its custom formats, which are read only where the instance puts them into names."""
    if "customformat" not in re.sub(r"[- ._]", "", pattern).lower():
        return file
    return replace(file, custom_formats=formats_for_names(client, file.original_title))


def _series_of(target: TargetRow) -> NamedSeries:
    return NamedSeries(
        target.title,
        target.year,
        target.series_type or "standard",
        tvdb_id=target.tvdb_id,
        tmdb_id=target.tmdb_id,
        imdb_id=target.imdb_id or "",
    )


def _episodes(targets: Sequence[TargetRow]) -> list[NamedEpisode]:
    return [NamedEpisode(t.season or 0, t.episode or 0, t.item_title, t.absolute, t.air_date or "") for t in targets]
