"""A Sonarr on loopback: series, episodes, missing and cutoff lists, manual import that really moves the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stalkeer.demo import imports
from stalkeer.demo.arr import (
    PAGED,
    ArrServer,
    apply_tags,
    filtered_history,
    invalid,
    is_below_cutoff,
    is_unpacking,
    moment,
    not_found,
    profile_rank,
    quality_of,
    run_nothing,
    video_files,
)
from stalkeer.demo.commands import Command, Job
from stalkeer.demo.http import Answer, Request, Response, Route
from stalkeer.demo.notifications import Notifications
from stalkeer.demo.probe import probe
from stalkeer.demo.releases import (
    BY_ID,
    ReadEpisode,
    clean_title,
    read_episode,
    read_group,
    read_languages,
    read_quality,
)
from stalkeer.demo.series import (
    CALENDAR,
    CUTOFF,
    EDITOR_FIELDS,
    EPISODE_FIELDS,
    EPISODES,
    HISTORY,
    HISTORY_EVENTS,
    IMPORT_FIELDS,
    MONITOR_FIELDS,
    NAMING,
    PREVIEW,
    QUEUE,
    QUEUE_DETAILS,
    REPROCESS_FIELDS,
    SERIES,
    SERIES_FIELDS,
    SERIES_HISTORY,
    SINCE,
    SONARR_EVENTS,
    SORT_KEYS,
    WANTED,
    Episode,
    EpisodeFile,
    Series,
    episode_resource,
    file_resource,
    series_resource,
)

LONG_AGO = datetime(2020, 1, 1, 20, 0, tzinfo=UTC)


class Sonarr(ArrServer):
    """State is public: tests and the demo fill `series` with `add_series` and `add_episode`."""

    program = "Sonarr"
    version = "4.0.19.2979"

    def __init__(self, library: Path, **options: Any) -> None:
        self.series: dict[int, Series] = {}
        self.namesakes: list[Series] = []
        self.notifier = Notifications(self, SONARR_EVENTS)
        self._last_file = 0
        super().__init__(library, **options)
        self.naming = dict(NAMING)
        self.media_management |= {"autoUnmonitorPreviouslyDownloadedEpisodes": False, "createEmptySeriesFolders": False}
        self.media_management |= {"episodeTitleRequired": "always"}

    def add_series(self, title: str, year: int, **more: Any) -> Series:
        """A monitored series without episodes, in the folder `Title` of the library."""
        number = max(self.series, default=0) + 1
        folder = title.replace("/", "+").replace(":", " -").replace("?", "")
        values: dict[str, Any] = {"tvdb_id": 300_000 + number, "path": self.library / folder} | more
        with self.lock:
            self.series[number] = Series(number, title, year, **values)
        return self.series[number]

    def add_episode(self, series: Series, season: int, number: int, **more: Any) -> Episode:
        """A monitored episode that has aired and has no file."""
        with self.lock:
            identity = max((episode.id for episode in self.episodes()), default=0) + 1
            values: dict[str, Any] = {"title": f"Part {number}", "air_date_utc": LONG_AGO} | more
            episode = Episode(identity, series.id, season, number, **values)
            series.episodes.append(episode)
        return episode

    def add_namesake(self, title: str, year: int, *, tvdb_id: int, **more: Any) -> None:
        """A series outside the library that a look-up of its title finds."""
        self.namesakes.append(Series(0, title, year, tvdb_id, self.library / title, **more))

    def add_file(self, episodes: Sequence[Episode], quality: int = 3, content: bytes = b"") -> EpisodeFile:
        """The episodes as already in the library, in one file of that quality on disk."""
        series = self.series[episodes[0].series_id]
        numbers = "".join(f"E{episode.number:02}" for episode in episodes)
        path = self._folder(series, episodes[0].season) / f"{series.title} S{episodes[0].season:02}{numbers}.mkv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return self._attach(episodes, path, BY_ID[quality].model(self.program), [{"id": 1, "name": "English"}])

    def episodes(self) -> list[Episode]:
        return [episode for series in self.series.values() for episode in series.episodes]

    def _attach(
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
    def _folder(series: Series, season: int) -> Path:
        return series.path / (f"Season {season}" if season else "Specials")

    # -- routes

    def routes(self) -> tuple[Route, ...]:
        v3 = "/api/v3"
        return (
            Route("GET", f"{v3}/series", self._list, SERIES),
            Route("GET", f"{v3}/series/{{id}}", self._one_series, {"includeSeasonImages": "bool"}),
            Route("PUT", f"{v3}/series/{{id}}", self._put_series, {"moveFiles": "bool"}, SERIES_FIELDS),
            Route("PUT", f"{v3}/series/editor", self._edit, fields=EDITOR_FIELDS),
            Route("GET", f"{v3}/series/lookup", self._lookup, {"term": "str"}),
            Route("GET", f"{v3}/episode", self._list_episodes, EPISODES),
            Route("GET", f"{v3}/episode/{{id}}", self._one_episode),
            Route("PUT", f"{v3}/episode/{{id}}", self._put_episode, fields=EPISODE_FIELDS),
            Route("PUT", f"{v3}/episode/monitor", self._monitor, {"includeImages": "bool"}, MONITOR_FIELDS),
            Route("GET", f"{v3}/episodefile", self._files, {"seriesId": "int", "episodeFileIds": "ints"}),
            Route("GET", f"{v3}/episodefile/{{id}}", self._file),
            Route("DELETE", f"{v3}/episodefile/{{id}}", self._delete_file),
            Route("GET", f"{v3}/wanted/missing", self._missing, WANTED),
            Route("GET", f"{v3}/wanted/cutoff", self._cutoff, CUTOFF),
            Route("GET", f"{v3}/queue", self._queue, QUEUE),
            Route("GET", f"{v3}/queue/details", self._queue_details, QUEUE_DETAILS),
            Route("GET", f"{v3}/blocklist", self._blocklist, PAGED | {"seriesIds": "ints", "protocols": "str"}),
            Route("GET", f"{v3}/history", self._history, HISTORY),
            Route("GET", f"{v3}/history/series", self._series_history, SERIES_HISTORY),
            Route("GET", f"{v3}/history/since", self._since, SINCE),
            Route("GET", f"{v3}/calendar", self._calendar, CALENDAR),
            Route("GET", f"{v3}/parse", self._parse, {"title": "str", "path": "str"}),
            Route("GET", f"{v3}/manualimport", self._preview, PREVIEW),
            Route("POST", f"{v3}/manualimport", self._reprocess),
            *self.notifier.routes(),
        )

    def command_jobs(self) -> Mapping[str, Job]:
        jobs = (
            Job("ManualImport", self._manual_import, ("files", "importMode"), "high"),
            Job("RescanSeries", self._rescan, ("seriesId",)),
            Job("RefreshSeries", self._refresh, ("seriesId", "seriesIds", "isNewSeries")),
            Job("EpisodeSearch", self._search, ("episodeIds",)),
            Job("SeasonSearch", run_nothing, ("seriesId", "seasonNumber")),
            Job("SeriesSearch", run_nothing, ("seriesId",)),
            Job("DownloadedEpisodesScan", self._scan, ("path", "downloadClientId", "importMode")),
            Job("RefreshMonitoredDownloads", run_nothing),
            Job("RenameFiles", run_nothing, ("seriesId", "files")),
        )
        return {job.name: job for job in jobs}

    def check_command(self, name: str, body: Mapping[str, Any]) -> None:
        if name == "ManualImport":
            for row in body.get("files") or ():
                self.check_fields("ManualImport file", row, imports.IMPORT_FILE_FIELDS | IMPORT_FIELDS)

    # -- series and episodes

    def _find(self, identity: object) -> Series:
        series = self.series.get(int(str(identity)))
        if series is None:
            raise not_found("Series", identity)
        return series

    def _find_episode(self, request: Request) -> Episode:
        number = int(request.arguments["id"])
        episode = next((episode for episode in self.episodes() if episode.id == number), None)
        if episode is None:
            raise not_found("Episode", number)
        return episode

    def _list(self, request: Request) -> Response:
        tvdb_id = request.number("tvdbId")
        rows = [series for series in self.series.values() if tvdb_id in (None, series.tvdb_id)]
        return Response(200, [self.series_resource(series) for series in rows])

    def _one_series(self, request: Request) -> Response:
        return Response(200, self.series_resource(self._find(request.arguments["id"])))

    def _put_series(self, request: Request) -> Response:
        """The body stands for the whole series: what it leaves out becomes the default."""
        series = self._find(request.arguments["id"])
        body = {name[:1].lower() + name[1:]: value for name, value in request.json().items()}
        if not body.get("path"):
            raise invalid("Path", "'Path' must not be empty.", body.get("path"))
        if not any(profile["id"] == body.get("qualityProfileId", 0) for profile in self.profiles):
            raise invalid("QualityProfileId", "Quality Profile does not exist", body.get("qualityProfileId", 0))
        series.profile_id = int(body["qualityProfileId"])
        series.monitored = bool(body.get("monitored", True))
        series.tags = list(body.get("tags") or [])
        return Response(202, self.series_resource(series))

    def _edit(self, request: Request) -> Response:
        body = request.json()
        rows = [self.series[number] for number in body.get("seriesIds") or () if number in self.series]
        for series in rows:
            if body.get("monitored") is not None:
                series.monitored = bool(body["monitored"])
            if body.get("qualityProfileId") is not None:
                series.profile_id = int(body["qualityProfileId"])
            if body.get("tags") is not None:
                series.tags = apply_tags(series.tags, body["tags"], str(body.get("applyTags", "add")))
        return Response(202, [self.series_resource(series) for series in rows])

    def _lookup(self, request: Request) -> Response:
        term = request.query.get("term", "")
        everything = [*self.series.values(), *self.namesakes]
        if term.startswith(("tvdb:", "tvdbid:")):
            found = [s for s in everything if str(s.tvdb_id) == term.split(":")[1].strip()]
        else:
            wanted = clean_title(term)
            found = [s for s in everything if any(wanted in clean_title(n) for n in (s.title, *s.alternate_titles))]
        return Response(200, [self.series_resource(series) for series in found])

    def _list_episodes(self, request: Request) -> Response:
        series_id, file_id = request.number("seriesId"), request.number("episodeFileId")
        numbers = request.numbers("episodeIds")
        if series_id is not None:
            season = request.number("seasonNumber")
            rows = [e for e in self.episodes() if e.series_id == series_id and season in (None, e.season)]
        elif numbers:
            rows = [episode for episode in self.episodes() if episode.id in numbers]
        elif file_id is not None:
            rows = [episode for episode in self.episodes() if episode.file and episode.file.id == file_id]
        else:
            raise Answer(Response(400, {"message": "seriesId or episodeIds must be provided", "description": ""}))
        shown = [self._shown(episode, request) for episode in rows]
        return Response(200, shown)

    def _shown(self, episode: Episode, request: Request) -> dict[str, Any]:
        row = self.episode_resource(episode)
        if request.flag("includeSeries"):
            row["series"] = self.series_resource(self.series[episode.series_id])
        if request.flag("includeEpisodeFile") and episode.file:
            row["episodeFile"] = self.file_resource(episode.file)
        return row

    def _one_episode(self, request: Request) -> Response:
        return Response(200, self.episode_resource(self._find_episode(request)))

    def _put_episode(self, request: Request) -> Response:
        """Reads `monitored` and nothing else; left out, it is false."""
        episode = self._find_episode(request)
        episode.monitored = bool(request.json().get("monitored", False))
        return Response(202, self.episode_resource(episode))

    def _monitor(self, request: Request) -> Response:
        body = request.json()
        rows = [episode for episode in self.episodes() if episode.id in (body.get("episodeIds") or ())]
        for episode in rows:
            episode.monitored = bool(body.get("monitored", False))
        return Response(202, [self.episode_resource(episode) for episode in rows])

    def _all_files(self) -> list[EpisodeFile]:
        return list({e.file.id: e.file for e in self.episodes() if e.file}.values())

    def _files(self, request: Request) -> Response:
        series_id, numbers = request.number("seriesId"), request.numbers("episodeFileIds")
        if series_id is None and not numbers:
            raise Answer(Response(400, {"message": "seriesId or episodeFileIds must be provided", "description": ""}))
        rows = [f for f in self._all_files() if f.series_id == series_id or f.id in numbers]
        return Response(200, [self.file_resource(file) for file in rows])

    def _find_file(self, request: Request) -> EpisodeFile:
        number = int(request.arguments["id"])
        file = next((file for file in self._all_files() if file.id == number), None)
        if file is None:
            raise not_found("EpisodeFile", number)
        return file

    def _file(self, request: Request) -> Response:
        return Response(200, self.file_resource(self._find_file(request)))

    def _delete_file(self, request: Request) -> Response:
        file = self._find_file(request)
        file.path.unlink(missing_ok=True)
        self._detach(file)
        return Response(200, {})

    def _detach(self, file: EpisodeFile) -> None:
        for episode in self.episodes():
            if episode.file is file:
                episode.file = None

    # -- lists

    def _wanted(self, request: Request, rows: Iterable[Episode]) -> Response:
        monitored = request.flag("monitored", default=True)
        kept = [e for e in rows if (e.monitored and self.series[e.series_id].monitored) == monitored]
        return self.page(request, [self._shown(e, request) for e in kept], SORT_KEYS, "episodes.airDateUtc")

    def _missing(self, request: Request) -> Response:
        """Specials are on the list too; what has not finished airing is not."""
        now = datetime.now(UTC)
        rows = [e for e in self.episodes() if e.file is None and self.series[e.series_id].has_aired(e, now)]
        return self._wanted(request, rows)

    def _cutoff(self, request: Request) -> Response:
        rows = [e for e in self.episodes() if e.file and self._is_below_cutoff(e.file)]
        return self._wanted(request, rows)

    def _profile(self, series: Series) -> Mapping[str, Any]:
        return next(profile for profile in self.profiles if profile["id"] == series.profile_id)

    def _is_below_cutoff(self, file: EpisodeFile) -> bool:
        return is_below_cutoff(self._profile(self.series[file.series_id]), quality_of(file.quality))

    def _queue(self, request: Request) -> Response:
        rows = [self._queue_row(row, request) for row in self.queue]
        return self.page(request, rows, {"timeleft": lambda row: row.get("timeleft") or ""}, "timeleft")

    def _queue_row(self, row: dict[str, Any], request: Request) -> dict[str, Any]:
        series = self.series.get(row.get("seriesId", 0))
        if request.flag("includeSeries") and series is not None:
            row = row | {"series": self.series_resource(series)}
        return row

    def _queue_details(self, request: Request) -> Response:
        number = request.number("seriesId")
        return Response(200, [row for row in self.queue if number in (None, row.get("seriesId"))])

    def _blocklist(self, request: Request) -> Response:
        numbers = request.numbers("seriesIds")
        rows = [row for row in self.blocklist if not numbers or row.get("seriesId") in numbers]
        return self.page(request, rows, {"date": lambda row: row["date"]}, "date")

    def _history(self, request: Request) -> Response:
        rows = filtered_history(self.history, request, HISTORY_EVENTS)
        episode, series = request.number("episodeId"), request.numbers("seriesIds")
        rows = [r for r in rows if episode in (None, r["episodeId"]) and (not series or r["seriesId"] in series)]
        return self.page(request, rows, {"date": lambda row: (row["date"], row["id"])}, "date")

    def _series_history(self, request: Request) -> Response:
        number = request.number("seriesId")
        rows = filtered_history(self.history, request, HISTORY_EVENTS)
        return Response(200, [row for row in reversed(rows) if row["seriesId"] == number])

    def _since(self, request: Request) -> Response:
        rows = filtered_history(self.history, request, HISTORY_EVENTS)
        return Response(200, [row for row in rows if row["date"] >= request.query.get("date", "")])

    def _calendar(self, request: Request) -> Response:
        start, end = request.query.get("start", ""), request.query.get("end", "9999")
        rows = [self._shown(e, request) for e in self.episodes() if e.monitored or request.flag("unmonitored")]
        return Response(200, [row for row in rows if start <= row["airDateUtc"] <= end])

    # -- reading names

    def identify(self, name: str) -> tuple[Series | None, list[Episode], ReadEpisode | None]:
        read = read_episode(name)
        if read is None:
            return None, [], None
        found = [series for series in self.series.values() if series.answers_to(read.title)]
        if len(found) != 1:
            return None, [], read
        series = found[0]
        return series, [episode for episode in series.episodes if _is_meant(episode, read, series)], read

    def _parse(self, request: Request) -> Response:
        title = request.query.get("title") or Path(request.query.get("path", "")).name
        series, episodes, read = self.identify(title)
        if read is None:
            return Response(200, {"title": title})
        languages = read_languages(title)
        parsed = {
            "releaseTitle": title,
            "seriesTitle": read.title,
            "seriesTitleInfo": {"title": read.title, "titleWithoutYear": read.title, "year": 0},
            "quality": read_quality(title, "", self.program).model(self.program),
            "seasonNumber": read.season,
            "episodeNumbers": list(read.episodes),
            "absoluteEpisodeNumbers": list(read.absolute),
            "specialAbsoluteEpisodeNumbers": [],
            "airDate": read.air_date,
            "languages": languages,
            "fullSeason": False,
            "isDaily": read.air_date is not None,
            "isAbsoluteNumbering": bool(read.absolute),
            "special": False,
            "releaseGroup": read_group(title),
            "releaseType": "multiEpisode" if len(read.episodes) > 1 else "singleEpisode",
        }
        body: dict[str, Any] = {"title": title, "parsedEpisodeInfo": parsed, "languages": languages}
        body["series"] = self.series_resource(series) if series else None
        body["episodes"] = [self.episode_resource(episode) for episode in episodes]
        return Response(200, body | {"customFormats": [], "customFormatScore": 0})

    # -- manual import

    def _preview(self, request: Request) -> Response:
        """With `seriesId` the folder is not looked at: the series' own files are listed."""
        number = request.number("seriesId")
        if number is not None:
            series = self._find(number)
            paths = video_files(series.path) if series.path.is_dir() else []
            return Response(200, [self._item(imports.look_at(p, series.path, self.program)) for p in paths])
        folder = self.real(request.query.get("folder", "").rstrip("/"))
        if folder is None or not folder.exists():
            return Response(200, [])
        paths = [folder] if folder.is_file() else video_files(folder)
        if request.flag("filterExistingFiles", default=True):
            known = {file.path for file in self._all_files()}
            paths = [path for path in paths if path not in known]
        return Response(200, [self._item(imports.look_at(path, folder, self.program)) for path in paths])

    def _item(self, candidate: imports.Candidate) -> dict[str, Any]:
        path = candidate.path
        series, episodes, read = self.identify(path.stem)
        if series is None and not candidate.is_loose:
            series, episodes, read = self.identify(candidate.folder.name)
        return {
            "id": abs(hash(path)) % 2**31,
            "path": self.seen(path),
            "relativePath": path.name,
            "folderName": None if candidate.is_loose else candidate.folder.name,
            "name": path.stem,
            "size": path.stat().st_size,
            "series": self.series_resource(series) if series else None,
            "seasonNumber": read.season if read else None,
            "episodes": [self.episode_resource(episode) for episode in episodes],
            "releaseGroup": candidate.group,
            "quality": candidate.quality.model(self.program),
            "languages": candidate.languages,
            "qualityWeight": candidate.quality.weight,
            "customFormats": [],
            "customFormatScore": 0,
            "indexerFlags": 0,
            "releaseType": "multiEpisode" if len(episodes) > 1 else "singleEpisode",
            "rejections": self._rejections(candidate, series, episodes, candidate.quality.id),
        }

    def _rejections(
        self, candidate: imports.Candidate, series: Series | None, episodes: Sequence[Episode], quality: int
    ) -> list[dict[str, str]]:
        if series is None:
            return [imports.rejection("Unknown Series")]
        if not episodes:
            return [imports.rejection("Invalid season or episode")]
        found = imports.media_rejections(candidate, series.runtime_min)
        if is_unpacking(candidate.path):
            found.append(imports.rejection("File is still being unpacked"))
        minimum = int(self.media_management["minimumFreeSpaceWhenImporting"])
        found += imports.space_rejections(candidate, self.library, minimum)
        profile = self._profile(series)
        for episode in episodes:
            if episode.file is None or episode.file.path == candidate.path:
                continue
            held = quality_of(episode.file.quality)
            if profile_rank(profile, quality) < profile_rank(profile, held):
                words = f"Existing quality: {BY_ID[held].name}. New Quality {BY_ID[quality].name}."
                found.append(imports.rejection(f"Not an upgrade for existing episode file(s). {words}"))
        return found

    def _reprocess(self, request: Request) -> Response:
        """Judges each file with the ids that the caller gives; imports nothing. Needs quality and languages."""
        rows = request.json()
        if not isinstance(rows, list):
            raise invalid("", "The JSON value could not be converted.")
        return Response(200, [self._judge(row) for row in rows])

    def _judge(self, row: Mapping[str, Any]) -> dict[str, Any]:
        self.check_fields("POST /manualimport", row, REPROCESS_FIELDS)
        if not row.get("quality") or row.get("languages") is None:
            words = "Object reference not set to an instance of an object."
            raise Answer(Response(500, {"message": words, "description": ""}))
        path = self.real(str(row.get("path", "")))
        if path is None or not path.is_file():
            raise Answer(Response(500, {"message": f"Could not find file '{row.get('path')}'", "description": ""}))
        series = self._find(row.get("seriesId") or 0)
        numbers = row.get("episodeIds") or ()
        episodes = [episode for episode in series.episodes if episode.id in numbers]
        candidate = imports.look_at(path, path.parent, self.program)
        judged = {
            "id": row.get("id", 0),
            "path": row["path"],
            "seriesId": series.id,
            "seasonNumber": episodes[0].season if episodes else None,
            "episodes": [self.episode_resource(episode) for episode in episodes],
            "episodeIds": list(numbers),
            "quality": row["quality"],
            "languages": row["languages"],
            "releaseGroup": row.get("releaseGroup") or candidate.group,
            "downloadId": row.get("downloadId"),
        }
        judged |= {"customFormats": [], "customFormatScore": 0, "indexerFlags": row.get("indexerFlags", 0)}
        judged["releaseType"] = row.get("releaseType", "unknown")
        return judged | {"rejections": self._rejections(candidate, series, episodes, quality_of(row["quality"]))}

    def _manual_import(self, command: Command) -> str:
        """No rule is asked. An unknown series ends the whole batch; a file that is not there is skipped in silence."""
        mode = str(command.body.get("importMode", "auto"))
        for row in command.body.get("files") or ():
            series = self.series.get(int(row.get("seriesId") or 0))
            if series is None:
                raise LookupError(f"Series with ID {row.get('seriesId')} does not exist")
            episodes = [e for e in self.episodes() if e.id in (row.get("episodeIds") or ())]
            path = self.real(str(row["path"]))
            if path is None or not path.is_file() or not episodes:
                continue
            with self.lock:
                self._import(path, series, episodes, {"importMode": mode} | dict(row))
        return "successful"

    def _import(self, source: Path, series: Series, episodes: Sequence[Episode], row: Mapping[str, Any]) -> None:
        candidate = imports.look_at(source, source.parent, self.program)
        model = row.get("quality") or candidate.quality.model(self.program)
        name = source.name
        if self.naming["renameEpisodes"]:
            numbers = "-".join(f"E{episode.number:02}" for episode in episodes)
            first = episodes[0]
            name = f"{series.title} - S{first.season:02}{numbers} - {first.title} {model['quality']['name']}"
            name += source.suffix
        target = self._folder(series, episodes[0].season) / name
        replaced = [episode.file for episode in episodes if episode.file]
        for file in replaced:
            if file.path != target:
                file.path.unlink(missing_ok=True)
            self._detach(file)
        imports.take_in(source, target, str(row.get("importMode", "auto")))
        file = self._attach(episodes, target, model, row.get("languages") or candidate.languages)
        file.release_group = row.get("releaseGroup") or candidate.group
        file.scene_name = source.stem if candidate.is_loose else candidate.folder.name
        details = {"fileId": str(file.id), "droppedPath": self.seen(source), "importedPath": self.seen(target)}
        for episode in episodes:
            numbers_of = {"episodeId": episode.id, "seriesId": series.id}
            self.note_history("downloadFolderImported", source.stem, quality=model, data=details, **numbers_of)
        body: dict[str, Any] = {"series": {"id": series.id, "title": series.title, "tvdbId": series.tvdb_id}}
        body["episodes"] = [
            {"id": e.id, "episodeNumber": e.number, "seasonNumber": e.season, "title": e.title} for e in episodes
        ]
        body |= {"episodeFile": self.file_resource(file), "isUpgrade": bool(replaced)}
        self.notifier.tell("onDownload", "Download", body)

    def _rescan(self, command: Command) -> str:
        number = command.body.get("seriesId")
        for series in [s for s in self.series.values() if number in (None, s.id)]:
            self._look_for_files(series)
        return "successful"

    def rescan(self) -> None:
        """Take on what lies in the library already, as after a restart."""
        for series in self.series.values():
            self._look_for_files(series)

    def _refresh(self, command: Command) -> str:
        numbers = list(command.body.get("seriesIds") or ())
        if command.body.get("seriesId"):
            numbers.append(command.body["seriesId"])
        for number in numbers or list(self.series):
            if number not in self.series:
                raise LookupError(f"Series with ID {number} does not exist")
            self._look_for_files(self.series[number])
        return "successful"

    def _look_for_files(self, series: Series) -> None:
        """The series' own folder decides; names must tell the episode. No history, no message."""
        with self.lock:
            for episode in series.episodes:
                if episode.file and not episode.file.path.is_file():
                    self._detach(episode.file)
            known = {file.path for file in self._all_files()}
            for path in video_files(series.path) if series.path.is_dir() else []:
                read = read_episode(path.stem)
                found = [e for e in series.episodes if read and _is_meant(e, read, series)]
                if path not in known and found:
                    candidate = imports.look_at(path, series.path, self.program)
                    self._attach(found, path, candidate.quality.model(self.program), candidate.languages)

    def _search(self, command: Command) -> str:
        numbers = command.body.get("episodeIds") or ()
        for episode in self.episodes():
            if episode.id in numbers:
                episode.last_search = moment()
        return "successful"

    def _scan(self, command: Command) -> str:
        """Reads names only; a scan that imports nothing has completed, and says so as `unsuccessful`."""
        folder = self.real(str(command.body.get("path", "")).rstrip("/"))
        if folder is None or not folder.exists():
            return "unsuccessful"
        imported = 0
        for path in [folder] if folder.is_file() else video_files(folder):
            candidate = imports.look_at(path, folder, self.program)
            series, episodes, _ = self.identify(path.stem)
            if series and not self._rejections(candidate, series, episodes, candidate.quality.id):
                with self.lock:
                    self._import(path, series, episodes, {"importMode": command.body.get("importMode", "auto")})
                imported += 1
        return "successful" if imported else "unsuccessful"

    # -- resources

    def series_resource(self, series: Series) -> dict[str, Any]:
        return series_resource(series, self.seen(series.path), self.root_folder)

    def episode_resource(self, episode: Episode) -> dict[str, Any]:
        return episode_resource(episode, self.series[episode.series_id])

    def file_resource(self, file: EpisodeFile) -> dict[str, Any]:
        row = file_resource(file, self.series[file.series_id], self.seen(file.path))
        return row | {"qualityCutoffNotMet": self._is_below_cutoff(file)}


def _is_meant(episode: Episode, read: ReadEpisode, series: Series) -> bool:
    if read.air_date is not None:
        return episode.air_date_utc.date().isoformat() == read.air_date
    if read.absolute:
        return series.kind == "anime" and episode.absolute in read.absolute
    return episode.season == read.season and episode.number in read.episodes
