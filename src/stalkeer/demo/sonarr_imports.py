"""Preview, judge and import finished files as the demo's Sonarr."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stalkeer.demo import imports
from stalkeer.demo.arr_answers import invalid
from stalkeer.demo.arr_files import is_unpacking, video_files
from stalkeer.demo.arr_profiles import profile_rank, quality_of
from stalkeer.demo.commands import Command
from stalkeer.demo.custom_formats import score_refusal
from stalkeer.demo.http import Answer, ApiRequest, Response
from stalkeer.demo.notifications import Notifications
from stalkeer.demo.releases import BY_ID
from stalkeer.demo.series import REPROCESS_FIELDS, Episode, LibrarySeries
from stalkeer.demo.sonarr_library import SonarrLibrary


class SonarrImports:
    """Import into the library of `sonarr` and report through `notifications`."""

    def __init__(self, sonarr: SonarrLibrary, notifications: Notifications) -> None:
        self._sonarr = sonarr
        self._notifications = notifications

    def preview(self, request: ApiRequest) -> Response:
        """List the series' own files, not the folder, when `seriesId` is given."""
        number = request.number("seriesId")
        if number is not None:
            series = self._sonarr.find_series(number)
            paths = video_files(series.path) if series.path.is_dir() else []
            return Response(200, [self._item(imports.look_at(p, series.path, self._sonarr.program)) for p in paths])
        folder = self._sonarr.real(request.query.get("folder", "").rstrip("/"))
        if folder is None or not folder.exists():
            return Response(200, [])
        paths = [folder] if folder.is_file() else video_files(folder)
        if request.flag("filterExistingFiles", default=True):
            known = {file.path for file in self._sonarr.all_files()}
            paths = [path for path in paths if path not in known]
        return Response(200, [self._item(imports.look_at(path, folder, self._sonarr.program)) for path in paths])

    def _item(self, candidate: imports.ExaminedFile) -> dict[str, Any]:
        path = candidate.path
        series, episodes, read = self._sonarr.identify(path.stem)
        if series is None and not candidate.is_loose:
            series, episodes, read = self._sonarr.identify(candidate.folder.name)
        return {
            "id": abs(hash(path)) % 2**31,
            "path": self._sonarr.seen(path),
            "relativePath": path.name,
            "folderName": None if candidate.is_loose else candidate.folder.name,
            "name": path.stem,
            "size": path.stat().st_size,
            "series": self._sonarr.series_resource(series) if series else None,
            "seasonNumber": read.season if read else None,
            "episodes": [self._sonarr.episode_resource(episode) for episode in episodes],
            "releaseGroup": candidate.group,
            "quality": candidate.quality.model(self._sonarr.program),
            "languages": candidate.languages,
            "qualityWeight": candidate.quality.weight,
            "customFormats": [],
            "customFormatScore": 0,
            "indexerFlags": 0,
            "releaseType": "multiEpisode" if len(episodes) > 1 else "singleEpisode",
            "rejections": self._rejections(candidate, series, episodes, candidate.quality.id),
        }

    def _rejections(
        self, candidate: imports.ExaminedFile, series: LibrarySeries | None, episodes: Sequence[Episode], quality: int
    ) -> list[dict[str, str]]:
        if series is None:
            return [imports.rejection("Unknown Series")]
        if not episodes:
            return [imports.rejection("Invalid season or episode")]
        found = imports.media_rejections(candidate, series.runtime_min)
        if is_unpacking(candidate.path):
            found.append(imports.rejection("File is still being unpacked"))
        minimum = int(self._sonarr.media_management["minimumFreeSpaceWhenImporting"])
        found += imports.space_rejections(candidate, self._sonarr.library, minimum)
        profile = self._sonarr.profile_of(series)
        for episode in episodes:
            if episode.file is None or episode.file.path == candidate.path:
                continue
            held = quality_of(episode.file.quality)
            if profile_rank(profile, quality) < profile_rank(profile, held):
                words = f"Existing quality: {BY_ID[held].name}. New Quality {BY_ID[quality].name}."
                found.append(imports.rejection(f"Not an upgrade for existing episode file(s). {words}"))
            elif profile_rank(profile, quality) == profile_rank(profile, held):
                names = episode.file.release_title, candidate.names[0]
                refusal = score_refusal(self._sonarr.custom_formats, profile, *names)
                found += [imports.rejection(refusal)] if refusal else []
        return found

    def reprocess(self, request: ApiRequest) -> Response:
        """Judge each file with the ids of the caller. Imports nothing. Needs quality and languages."""
        rows = request.json()
        if not isinstance(rows, list):
            raise invalid("", "The JSON value could not be converted.")
        return Response(200, [self._judge(row) for row in rows])

    def _judge(self, row: Mapping[str, Any]) -> dict[str, Any]:
        self._sonarr.check_fields("POST /manualimport", row, REPROCESS_FIELDS)
        if not row.get("quality") or row.get("languages") is None:
            words = "Object reference not set to an instance of an object."
            raise Answer(Response(500, {"message": words, "description": ""}))
        path = self._sonarr.real(str(row.get("path", "")))
        if path is None or not path.is_file():
            raise Answer(Response(500, {"message": f"Could not find file '{row.get('path')}'", "description": ""}))
        series = self._sonarr.find_series(row.get("seriesId") or 0)
        numbers = row.get("episodeIds") or ()
        episodes = [episode for episode in series.episodes if episode.id in numbers]
        candidate = imports.look_at(path, path.parent, self._sonarr.program)
        judged = {
            "id": row.get("id", 0),
            "path": row["path"],
            "seriesId": series.id,
            "seasonNumber": episodes[0].season if episodes else None,
            "episodes": [self._sonarr.episode_resource(episode) for episode in episodes],
            "episodeIds": list(numbers),
            "quality": row["quality"],
            "languages": row["languages"],
            "releaseGroup": row.get("releaseGroup") or candidate.group,
            "downloadId": row.get("downloadId"),
        }
        judged |= {"customFormats": [], "customFormatScore": 0, "indexerFlags": row.get("indexerFlags", 0)}
        judged["releaseType"] = row.get("releaseType", "unknown")
        return judged | {"rejections": self._rejections(candidate, series, episodes, quality_of(row["quality"]))}

    def manual_import(self, command: Command) -> str:
        """Import without any rules. An unknown series ends the whole batch; a missing file is skipped silently."""
        mode = str(command.body.get("importMode", "auto"))
        for row in command.body.get("files") or ():
            series = self._sonarr.series.get(int(row.get("seriesId") or 0))
            if series is None:
                raise LookupError(f"Series with ID {row.get('seriesId')} does not exist")
            episodes = [e for e in self._sonarr.episodes() if e.id in (row.get("episodeIds") or ())]
            path = self._sonarr.real(str(row["path"]))
            if path is None or not path.is_file() or not episodes:
                continue
            with self._sonarr.lock:
                self.take_in(path, series, episodes, {"importMode": mode} | dict(row))
        return "successful"

    def take_in(self, source: Path, series: LibrarySeries, episodes: Sequence[Episode], row: Mapping[str, Any]) -> None:
        candidate = imports.look_at(source, source.parent, self._sonarr.program)
        model = row.get("quality") or candidate.quality.model(self._sonarr.program)
        name = source.name
        if self._sonarr.naming["renameEpisodes"]:
            numbers = "-".join(f"E{episode.number:02}" for episode in episodes)
            first = episodes[0]
            name = f"{series.title} - S{first.season:02}{numbers} - {first.title} {model['quality']['name']}"
            name += source.suffix
        target = self._sonarr.season_folder(series, episodes[0].season) / name
        replaced = [episode.file for episode in episodes if episode.file]
        for file in replaced:
            if file.path != target:
                file.path.unlink(missing_ok=True)
            self._sonarr.detach(file)
        mode = str(row.get("importMode", "auto"))
        imports.take_in(source, target, mode)
        imports.take_extras(source, target, mode, self._sonarr.media_management)
        file = self._sonarr.attach(episodes, target, model, row.get("languages") or candidate.languages)
        file.release_group = row.get("releaseGroup") or candidate.group
        file.scene_name = source.stem if candidate.is_loose else candidate.folder.name
        details = {
            "fileId": str(file.id),
            "droppedPath": self._sonarr.seen(source),
            "importedPath": self._sonarr.seen(target),
        }
        download = {"downloadId": row["downloadId"]} if row.get("downloadId") else {}
        for episode in episodes:
            numbers_of = {"episodeId": episode.id, "seriesId": series.id} | download
            self._sonarr.note_history("downloadFolderImported", source.stem, quality=model, data=details, **numbers_of)
        body: dict[str, Any] = {"series": {"id": series.id, "title": series.title, "tvdbId": series.tvdb_id}}
        body["episodes"] = [
            {"id": e.id, "episodeNumber": e.number, "seasonNumber": e.season, "title": e.title} for e in episodes
        ]
        body |= {"episodeFile": self._sonarr.file_resource(file), "isUpgrade": bool(replaced)} | download
        self._notifications.tell("onDownload", "Download", body)

    def scan(self, command: Command) -> str:
        """Import by names only. A scan that imports nothing completes with `unsuccessful`."""
        folder = self._sonarr.real(str(command.body.get("path", "")).rstrip("/"))
        if folder is None or not folder.exists():
            return "unsuccessful"
        imported = 0
        for path in [folder] if folder.is_file() else video_files(folder):
            candidate = imports.look_at(path, folder, self._sonarr.program)
            series, episodes, _ = self._sonarr.identify(path.stem)
            if series and not self._rejections(candidate, series, episodes, candidate.quality.id):
                with self._sonarr.lock:
                    self.take_in(path, series, episodes, {"importMode": command.body.get("importMode", "auto")})
                imported += 1
        return "successful" if imported else "unsuccessful"
