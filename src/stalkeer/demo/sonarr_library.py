"""Hold the state of the demo's Sonarr: series, episodes, files, and the mapping of names to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stalkeer.demo import imports
from stalkeer.demo.arr import ArrServer
from stalkeer.demo.arr_answers import not_found
from stalkeer.demo.arr_files import video_files
from stalkeer.demo.arr_profiles import is_below_cutoff, quality_of
from stalkeer.demo.custom_formats import scored
from stalkeer.demo.probe import probe
from stalkeer.demo.releases import BY_ID, ReadEpisode, read_episode, read_group
from stalkeer.demo.series import (
    FIELD_VERSIONS,
    NAMING,
    TABLE_NAMES_SINCE,
    Episode,
    EpisodeFile,
    LibrarySeries,
    episode_resource,
    file_resource,
    series_resource,
)

LONG_AGO = datetime(2020, 1, 1, 20, 0, tzinfo=UTC)


class SonarrLibrary(ArrServer):
    program = "Sonarr"
    field_versions = FIELD_VERSIONS
    custom_formats_since = TABLE_NAMES_SINCE
    version = "4.0.19.2979"

    def __init__(self, library: Path, **options: Any) -> None:
        self.series: dict[int, LibrarySeries] = {}
        self.namesakes: list[LibrarySeries] = []
        self._last_file = 0
        super().__init__(library, **options)
        self.naming = dict(NAMING)
        self.media_management |= {"autoUnmonitorPreviouslyDownloadedEpisodes": False, "createEmptySeriesFolders": False}
        self.media_management |= {"episodeTitleRequired": "always"}

    def add_series(self, title: str, year: int, **more: Any) -> LibrarySeries:
        """Add a monitored series without episodes, in the library folder `Title`."""
        number = max(self.series, default=0) + 1
        folder = title.replace("/", "+").replace(":", " -").replace("?", "")
        values: dict[str, Any] = {"tvdb_id": 300_000 + number, "path": self.library / folder} | more
        with self.lock:
            self.series[number] = LibrarySeries(number, title, year, **values)
        return self.series[number]

    def add_episode(self, series: LibrarySeries, season: int, number: int, **more: Any) -> Episode:
        """Add a monitored episode that has aired and has no file."""
        with self.lock:
            identity = max((episode.id for episode in self.episodes()), default=0) + 1
            values: dict[str, Any] = {"title": f"Part {number}", "air_date_utc": LONG_AGO} | more
            episode = Episode(identity, series.id, season, number, **values)
            series.episodes.append(episode)
        return episode

    def add_namesake(self, title: str, year: int, *, tvdb_id: int, **more: Any) -> None:
        """Add a series outside the library that a title look-up finds."""
        self.namesakes.append(LibrarySeries(0, title, year, tvdb_id, self.library / title, **more))

    def add_file(self, episodes: Sequence[Episode], quality: int = 3, content: bytes = b"") -> EpisodeFile:
        """Give the episodes a shared file of that quality in the library."""
        series = self.series[episodes[0].series_id]
        numbers = "".join(f"E{episode.number:02}" for episode in episodes)
        path = self.season_folder(series, episodes[0].season) / f"{series.title} S{episodes[0].season:02}{numbers}.mkv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return self.attach(episodes, path, BY_ID[quality].model(self.program), [{"id": 1, "name": "English"}])

    def episodes(self) -> list[Episode]:
        return [episode for series in self.series.values() for episode in series.episodes]

    def attach(
        self,
        episodes: Sequence[Episode],
        path: Path,
        quality: dict[str, Any],
        languages: list[dict[str, Any]],
    ) -> EpisodeFile:
        self._last_file += 1
        first = episodes[0]
        size = path.stat().st_size
        file = EpisodeFile(self._last_file, first.series_id, first.season, path, size, quality, languages)
        file.release_type = "multiEpisode" if len(episodes) > 1 else "singleEpisode"
        file.release_group = read_group(path.stem)
        file.media_info = imports.media_info(probe(path))
        for episode in episodes:
            episode.file = file
        return file

    @staticmethod
    def season_folder(series: LibrarySeries, season: int) -> Path:
        return series.path / (f"Season {season}" if season else "Specials")

    def find_series(self, identity: object) -> LibrarySeries:
        series = self.series.get(int(str(identity)))
        if series is None:
            raise not_found("Series", identity)
        return series

    def all_files(self) -> list[EpisodeFile]:
        return list({e.file.id: e.file for e in self.episodes() if e.file}.values())

    def detach(self, file: EpisodeFile) -> None:
        for episode in self.episodes():
            if episode.file is file:
                episode.file = None

    def profile_of(self, series: LibrarySeries) -> Mapping[str, Any]:
        return next(profile for profile in self.profiles if profile["id"] == series.profile_id)

    def is_below_cutoff(self, file: EpisodeFile) -> bool:
        return is_below_cutoff(self.profile_of(self.series[file.series_id]), quality_of(file.quality))

    def identify(self, name: str) -> tuple[LibrarySeries | None, list[Episode], ReadEpisode | None]:
        read = read_episode(name)
        if read is None:
            return None, [], None
        found = [series for series in self.series.values() if series.answers_to(read.title)]
        if len(found) != 1:
            return None, [], read
        series = found[0]
        return series, [episode for episode in series.episodes if _is_meant(episode, read, series)], read

    def rescan(self) -> None:
        """Take over the files in the library, as after a restart."""
        for series in self.series.values():
            self.look_for_files(series)

    def look_for_files(self, series: LibrarySeries) -> None:
        """Update the files from the series' own folder; names must identify the episode. No history or messages."""
        with self.lock:
            for episode in series.episodes:
                if episode.file and not episode.file.path.is_file():
                    self.detach(episode.file)
            known = {file.path for file in self.all_files()}
            for path in video_files(series.path) if series.path.is_dir() else []:
                read = read_episode(path.stem)
                found = [e for e in series.episodes if read and _is_meant(e, read, series)]
                if path not in known and found:
                    candidate = imports.look_at(path, series.path, self.program)
                    self.attach(found, path, candidate.quality.model(self.program), candidate.languages)

    def series_resource(self, series: LibrarySeries) -> dict[str, Any]:
        return series_resource(series, self.seen(series.path), self.root_folder)

    def episode_resource(self, episode: Episode) -> dict[str, Any]:
        return episode_resource(episode, self.series[episode.series_id])

    def file_resource(self, file: EpisodeFile) -> dict[str, Any]:
        row = file_resource(file, self.series[file.series_id], self.seen(file.path))
        profile = self.profile_of(self.series[file.series_id])
        row |= scored(self.custom_formats, profile, file.release_title)
        return row | {"qualityCutoffNotMet": self.is_below_cutoff(file)}


def _is_meant(episode: Episode, read: ReadEpisode, series: LibrarySeries) -> bool:
    if read.air_date is not None:
        return episode.air_date_utc.date().isoformat() == read.air_date
    if read.absolute:
        return series.kind == "anime" and episode.absolute in read.absolute
    return episode.season == read.season and episode.number in read.episodes
