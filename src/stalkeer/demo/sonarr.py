"""Run a Sonarr on loopback: series, episodes, missing and cutoff lists, and a manual import that moves the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stalkeer.demo import imports
from stalkeer.demo.adding import number_episodes, shelve_series, take_out
from stalkeer.demo.arr import run_nothing
from stalkeer.demo.arr_answers import apply_tags, filtered_history, invalid, moment, not_found
from stalkeer.demo.arr_profiles import NO_SCORES
from stalkeer.demo.commands import Command, CommandAction
from stalkeer.demo.custom_formats import scored
from stalkeer.demo.http import Answer, ApiRequest, ApiRoute, Response
from stalkeer.demo.native import NativeSide
from stalkeer.demo.notifications import Notifications
from stalkeer.demo.releases import clean_title, read_group, read_languages, read_quality
from stalkeer.demo.series import (
    BLOCKLIST,
    CALENDAR,
    CUTOFF,
    EDITOR_FIELDS,
    EPISODE_FIELDS,
    EPISODES,
    EPISODES_NEWER,
    HISTORY,
    HISTORY_EVENTS,
    IMPORT_FIELDS,
    MONITOR_FIELDS,
    OLD_SORT_KEYS,
    PREVIEW,
    QUEUE,
    QUEUE_DETAILS,
    SERIES,
    SERIES_FIELDS,
    SERIES_HISTORY,
    SINCE,
    SONARR_EVENTS,
    SORT_KEYS,
    TABLE_NAMES_SINCE,
    WANTED,
    Episode,
    EpisodeFile,
)
from stalkeer.demo.sonarr_imports import SonarrImports
from stalkeer.demo.sonarr_library import SonarrLibrary


class Sonarr(SonarrLibrary):
    """Play a Sonarr with public state: tests and the demo fill `series` with `add_series` and `add_episode`."""

    def __init__(self, library: Path, **options: Any) -> None:
        self._notifications = Notifications(self, SONARR_EVENTS)
        self.native = NativeSide(self)
        self._imports = SonarrImports(self, self._notifications)
        super().__init__(library, **options)

    # -- routes

    def routes(self) -> tuple[ApiRoute, ...]:
        v3 = "/api/v3"
        return (
            *self.native.routes(),
            ApiRoute("GET", f"{v3}/series", self._list, SERIES),
            ApiRoute("POST", f"{v3}/series", self._add, fields=SERIES_FIELDS),
            ApiRoute("GET", f"{v3}/series/{{id}}", self._one_series, {"includeSeasonImages": "bool"}),
            ApiRoute("PUT", f"{v3}/series/{{id}}", self._put_series, {"moveFiles": "bool"}, SERIES_FIELDS),
            ApiRoute("PUT", f"{v3}/series/editor", self._edit, fields=EDITOR_FIELDS),
            ApiRoute("GET", f"{v3}/series/lookup", self._lookup, {"term": "str"}),
            ApiRoute("GET", f"{v3}/episode", self._list_episodes, EPISODES, newer=EPISODES_NEWER),
            ApiRoute("GET", f"{v3}/episode/{{id}}", self._one_episode),
            ApiRoute("PUT", f"{v3}/episode/{{id}}", self._put_episode, fields=EPISODE_FIELDS),
            ApiRoute("PUT", f"{v3}/episode/monitor", self._monitor, {"includeImages": "bool"}, MONITOR_FIELDS),
            ApiRoute("GET", f"{v3}/episodefile", self._files, {"seriesId": "int", "episodeFileIds": "ints"}),
            ApiRoute("GET", f"{v3}/episodefile/{{id}}", self._file),
            ApiRoute("DELETE", f"{v3}/episodefile/{{id}}", self._delete_file),
            ApiRoute("GET", f"{v3}/wanted/missing", self._missing, WANTED),
            ApiRoute("GET", f"{v3}/wanted/cutoff", self._cutoff, CUTOFF),
            ApiRoute("GET", f"{v3}/queue", self._queue, QUEUE),
            ApiRoute("GET", f"{v3}/queue/details", self._queue_details, QUEUE_DETAILS),
            ApiRoute("GET", f"{v3}/blocklist", self._blocklist, BLOCKLIST, since="3.0.6.1335"),
            ApiRoute("GET", f"{v3}/history", self._history, HISTORY),
            ApiRoute("GET", f"{v3}/history/series", self._series_history, SERIES_HISTORY),
            ApiRoute("GET", f"{v3}/history/since", self._since, SINCE),
            ApiRoute("GET", f"{v3}/calendar", self._calendar, CALENDAR),
            ApiRoute("GET", f"{v3}/parse", self._parse, {"title": "str", "path": "str"}),
            ApiRoute("GET", f"{v3}/manualimport", self._imports.preview, PREVIEW),
            ApiRoute("POST", f"{v3}/manualimport", self._imports.reprocess),
            *self._notifications.routes(),
        )

    def title_of(self, number: int) -> str | None:
        series = self.series.get(number)
        return None if series is None else series.title

    def command_jobs(self) -> Mapping[str, CommandAction]:
        jobs = (
            CommandAction("ManualImport", self._imports.manual_import, ("files", "importMode"), "high"),
            CommandAction("RescanSeries", self._rescan, ("seriesId",)),
            CommandAction("RefreshSeries", self._refresh, ("seriesId", "seriesIds", "isNewSeries")),
            CommandAction("EpisodeSearch", self._search, ("episodeIds",)),
            CommandAction("SeasonSearch", run_nothing, ("seriesId", "seasonNumber")),
            CommandAction("SeriesSearch", run_nothing, ("seriesId",)),
            CommandAction("DownloadedEpisodesScan", self._imports.scan, ("path", "downloadClientId", "importMode")),
            CommandAction("RefreshMonitoredDownloads", run_nothing),
            CommandAction("RenameFiles", run_nothing, ("seriesId", "files")),
        )
        return {job.name: job for job in jobs}

    def check_command(self, name: str, body: Mapping[str, Any]) -> None:
        if name == "ManualImport":
            for row in body.get("files") or ():
                self.check_fields("ManualImport file", row, imports.IMPORT_FILE_FIELDS | IMPORT_FIELDS)

    # -- series and episodes

    def _find_episode(self, request: ApiRequest) -> Episode:
        number = int(request.arguments["id"])
        episode = next((episode for episode in self.episodes() if episode.id == number), None)
        if episode is None:
            raise not_found("Episode", number)
        return episode

    def _list(self, request: ApiRequest) -> Response:
        tvdb_id = request.number("tvdbId")
        rows = [series for series in self.series.values() if tvdb_id in (None, series.tvdb_id)]
        return Response(200, [self.series_resource(series) for series in rows])

    def _one_series(self, request: ApiRequest) -> Response:
        return Response(200, self.series_resource(self.find_series(request.arguments["id"])))

    def _put_series(self, request: ApiRequest) -> Response:
        """Replace the whole series by the body: missing fields become the default."""
        series = self.find_series(request.arguments["id"])
        body = {name[:1].lower() + name[1:]: value for name, value in request.json().items()}
        if not body.get("path"):
            raise invalid("Path", "'Path' must not be empty.", body.get("path"))
        if not any(profile["id"] == body.get("qualityProfileId", 0) for profile in self.profiles):
            raise invalid("QualityProfileId", "Quality Profile does not exist", body.get("qualityProfileId", 0))
        series.profile_id = int(body["qualityProfileId"])
        series.monitored = bool(body.get("monitored", True))
        series.tags = list(body.get("tags") or [])
        return Response(202, self.series_resource(series))

    def _add(self, request: ApiRequest) -> Response:
        body = request.json()
        with self.lock:
            series = take_out(body, "tvdbId", self.namesakes, list(self.series.values()), self.profiles)
            number_episodes(series.episodes, max((episode.id for episode in self.episodes()), default=0))
            number = max(self.series, default=0) + 1
            self.series[number] = shelve_series(series, number, body, self.library)
        known = {"id": series.id, "title": series.title, "tvdbId": series.tvdb_id}
        self._notifications.tell("onSeriesAdd", "SeriesAdd", {"series": known})
        return Response(201, self.series_resource(series))

    def _edit(self, request: ApiRequest) -> Response:
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

    def _lookup(self, request: ApiRequest) -> Response:
        term = request.query.get("term", "")
        everything = [*self.series.values(), *self.namesakes]
        if term.startswith(("tvdb:", "tvdbid:")):
            found = [s for s in everything if str(s.tvdb_id) == term.split(":")[1].strip()]
        else:
            wanted = clean_title(term)
            found = [s for s in everything if any(wanted in clean_title(n) for n in (s.title, *s.alternate_titles))]
        return Response(200, [self.series_resource(series) for series in found])

    def _list_episodes(self, request: ApiRequest) -> Response:
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

    def _shown(self, episode: Episode, request: ApiRequest) -> dict[str, Any]:
        row = self.episode_resource(episode)
        if request.flag("includeSeries"):
            row["series"] = self.series_resource(self.series[episode.series_id])
        if request.flag("includeEpisodeFile") and episode.file:
            row["episodeFile"] = self.file_resource(episode.file)
        return row

    def _one_episode(self, request: ApiRequest) -> Response:
        return Response(200, self.episode_resource(self._find_episode(request)))

    def _put_episode(self, request: ApiRequest) -> Response:
        """Read `monitored` only; if missing, it is false."""
        episode = self._find_episode(request)
        episode.monitored = bool(request.json().get("monitored", False))
        return Response(202, self.episode_resource(episode))

    def _monitor(self, request: ApiRequest) -> Response:
        body = request.json()
        rows = [episode for episode in self.episodes() if episode.id in (body.get("episodeIds") or ())]
        for episode in rows:
            episode.monitored = bool(body.get("monitored", False))
        return Response(202, [self.episode_resource(episode) for episode in rows])

    def _files(self, request: ApiRequest) -> Response:
        series_id, numbers = request.number("seriesId"), request.numbers("episodeFileIds")
        if series_id is None and not numbers:
            raise Answer(Response(400, {"message": "seriesId or episodeFileIds must be provided", "description": ""}))
        rows = [f for f in self.all_files() if f.series_id == series_id or f.id in numbers]
        return Response(200, [self.file_resource(file) for file in rows])

    def _find_file(self, request: ApiRequest) -> EpisodeFile:
        number = int(request.arguments["id"])
        file = next((file for file in self.all_files() if file.id == number), None)
        if file is None:
            raise not_found("EpisodeFile", number)
        return file

    def _file(self, request: ApiRequest) -> Response:
        return Response(200, self.file_resource(self._find_file(request)))

    def _delete_file(self, request: ApiRequest) -> Response:
        file = self._find_file(request)
        file.path.unlink(missing_ok=True)
        self.detach(file)
        return Response(200, {})

    # -- lists

    def _wanted(self, request: ApiRequest, rows: Iterable[Episode]) -> Response:
        monitored = request.flag("monitored", default=True)
        kept = [e for e in rows if (e.monitored and self.series[e.series_id].monitored) == monitored]
        shown = [self._shown(e, request) for e in kept]
        if self.is_at_least(TABLE_NAMES_SINCE):
            return self.page(request, shown, SORT_KEYS, "episodes.airDateUtc")
        if "." in request.query.get("sortKey", ""):
            words = "Instance property 'episodes' is not defined for type 'NzbDrone.Core.Tv.Episode'"
            return Response(500, {"message": words, "description": ""})
        return self.page(request, shown, OLD_SORT_KEYS, "airDateUtc")

    def _missing(self, request: ApiRequest) -> Response:
        """Return the missing list: specials are included, episodes still on air are not."""
        now = datetime.now(UTC)
        rows = [e for e in self.episodes() if e.file is None and self.series[e.series_id].has_aired(e, now)]
        return self._wanted(request, rows)

    def _cutoff(self, request: ApiRequest) -> Response:
        rows = [e for e in self.episodes() if e.file and self.is_below_cutoff(e.file)]
        return self._wanted(request, rows)

    def _queue(self, request: ApiRequest) -> Response:
        rows = [self._queue_row(row, request) for row in self.queue]
        return self.page(request, rows, {"timeleft": lambda row: row.get("timeleft") or ""}, "timeleft")

    def _queue_row(self, row: dict[str, Any], request: ApiRequest) -> dict[str, Any]:
        series = self.series.get(row.get("seriesId", 0))
        if request.flag("includeSeries") and series is not None:
            row = row | {"series": self.series_resource(series)}
        return row

    def _queue_details(self, request: ApiRequest) -> Response:
        number = request.number("seriesId")
        return Response(200, [row for row in self.queue if number in (None, row.get("seriesId"))])

    def _blocklist(self, request: ApiRequest) -> Response:
        numbers = request.numbers("seriesIds")
        rows = [row for row in self.blocklist if not numbers or row.get("seriesId") in numbers]
        return self.page(request, rows, {"date": lambda row: row["date"]}, "date")

    def _history(self, request: ApiRequest) -> Response:
        rows = filtered_history(self.history, request, HISTORY_EVENTS)
        episode, series = request.number("episodeId"), request.numbers("seriesIds")
        rows = [r for r in rows if episode in (None, r["episodeId"]) and (not series or r["seriesId"] in series)]
        return self.page(request, rows, {"date": lambda row: (row["date"], row["id"])}, "date")

    def _series_history(self, request: ApiRequest) -> Response:
        number = request.number("seriesId")
        is_old = not self.is_at_least("4.0.0")
        rows = filtered_history(self.history, request, HISTORY_EVENTS, takes_numbers_only=is_old)
        return Response(200, [row for row in reversed(rows) if row["seriesId"] == number])

    def _since(self, request: ApiRequest) -> Response:
        rows = filtered_history(self.history, request, HISTORY_EVENTS)
        return Response(200, [row for row in rows if row["date"] >= request.query.get("date", "")])

    def _calendar(self, request: ApiRequest) -> Response:
        start, end = request.query.get("start", ""), request.query.get("end", "9999")
        rows = [self._shown(e, request) for e in self.episodes() if e.monitored or request.flag("unmonitored")]
        return Response(200, [row for row in rows if start <= row["airDateUtc"] <= end])

    # -- reading names

    def reads(self, release: str) -> bool:
        return self.identify(release)[2] is not None

    def _parse(self, request: ApiRequest) -> Response:
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
        profile = self.profile_of(series) if series else NO_SCORES
        return Response(200, body | scored(self.custom_formats, profile, title))

    def _rescan(self, command: Command) -> str:
        number = command.body.get("seriesId")
        for series in [s for s in self.series.values() if number in (None, s.id)]:
            self.look_for_files(series)
        return "successful"

    def _refresh(self, command: Command) -> str:
        numbers = list(command.body.get("seriesIds") or ())
        if command.body.get("seriesId"):
            numbers.append(command.body["seriesId"])
        for number in numbers or list(self.series):
            if number not in self.series:
                raise LookupError(f"Series with ID {number} does not exist")
            self.look_for_files(self.series[number])
        return "successful"

    def _search(self, command: Command) -> str:
        numbers = command.body.get("episodeIds") or ()
        for episode in self.episodes():
            if episode.id in numbers:
                episode.last_search = moment()
        return "successful"
