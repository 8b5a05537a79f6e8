"""Run a Radarr on loopback: movies, missing and cutoff lists, and a manual import that really moves the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stalkeer.demo import imports
from stalkeer.demo.adding import shelve_movie, take_out
from stalkeer.demo.arr import ArrServer, run_nothing
from stalkeer.demo.arr_answers import apply_tags, filtered_history, invalid, moment, not_found
from stalkeer.demo.arr_files import is_unpacking, video_files
from stalkeer.demo.arr_profiles import NO_SCORES, is_below_cutoff, profile_rank, quality_of
from stalkeer.demo.commands import Command, CommandAction
from stalkeer.demo.custom_formats import score_refusal, scored
from stalkeer.demo.http import Answer, ApiRequest, ApiRoute, Response
from stalkeer.demo.movies import (
    BLOCKLIST,
    CALENDAR,
    EDITOR_FIELDS,
    FIELD_VERSIONS,
    HISTORY,
    HISTORY_EVENTS,
    MOVIE_FIELDS,
    MOVIE_HISTORY,
    MOVIES,
    MOVIES_NEWER,
    NAMING,
    PREVIEW,
    QUEUE,
    RADARR_EVENTS,
    REPROCESS_FIELDS,
    SINCE,
    SORT_KEYS,
    WANTED,
    WANTED_SINCE,
    Movie,
    MovieFile,
    alternate_titles,
)
from stalkeer.demo.native import NativeSide
from stalkeer.demo.notifications import Notifications
from stalkeer.demo.posters import images_of
from stalkeer.demo.probe import probe
from stalkeer.demo.releases import BY_ID, clean_title, read_group, read_languages, read_movie, read_quality


class Radarr(ArrServer):
    """Play a Radarr with public state: tests and the demo fill `movies` with `add_movie` and read the results."""

    program = "Radarr"
    version = "6.1.1.10360"
    field_versions = FIELD_VERSIONS

    def __init__(self, library: Path, **options: Any) -> None:
        self.movies: dict[int, Movie] = {}
        self.namesakes: list[Movie] = []
        self.notifier = Notifications(self, RADARR_EVENTS)
        self.native = NativeSide(self)
        super().__init__(library, **options)
        self.naming = dict(NAMING)
        self.media_management |= {"autoUnmonitorPreviouslyDownloadedMovies": False, "createEmptyMovieFolders": False}
        self.media_management |= {"autoRenameFolders": False, "pathsDefaultStatic": False}

    def add_movie(self, title: str, year: int, *, runtime_min: int = 100, **more: Any) -> Movie:
        """Add a monitored, available movie without a file, in the library folder `Title (Year)`."""
        number = max(self.movies, default=0) + 1
        folder = f"{title} ({year})".replace("/", "+").replace(":", " -").replace("?", "")
        values: dict[str, Any] = {"tmdb_id": 100_000 + number, "path": self.library / folder} | more
        movie = Movie(number, title, year, runtime_min, **values)
        with self.lock:
            self.movies[number] = movie
        return movie

    def add_namesake(self, title: str, year: int, *, tmdb_id: int, runtime_min: int = 100, **more: Any) -> None:
        """Add a movie outside the library that a title look-up finds."""
        self.namesakes.append(Movie(0, title, year, runtime_min, tmdb_id, self.library / title, **more))

    def add_file(self, movie: Movie, quality: int = 3, content: bytes = b"", name: str | None = None) -> MovieFile:
        """Give the movie a file of that quality in the library."""
        path = movie.path / (name or f"{movie.title} ({movie.year}).mkv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return self._attach(movie, path, BY_ID[quality].model(self.program), [{"id": 1, "name": "English"}])

    def _attach(self, movie: Movie, path: Path, quality: dict[str, Any], languages: list[dict[str, Any]]) -> MovieFile:
        number = max((m.file.id for m in self.movies.values() if m.file), default=self._last_file) + 1
        self._last_file = number
        movie.file = MovieFile(number, movie.id, path, path.stat().st_size, quality, languages, read_group(path.stem))
        movie.file.media_info = imports.media_info(probe(path))
        return movie.file

    _last_file = 0

    # -- routes

    def routes(self) -> tuple[ApiRoute, ...]:
        v3 = "/api/v3"
        return (
            *self.native.routes(),
            ApiRoute("GET", f"{v3}/movie", self._list, MOVIES, newer=MOVIES_NEWER),
            ApiRoute("POST", f"{v3}/movie", self._add, fields=MOVIE_FIELDS),
            ApiRoute("GET", f"{v3}/movie/{{id}}", lambda r: Response(200, self.movie_resource(self._find(r)))),
            ApiRoute("PUT", f"{v3}/movie/{{id}}", self._put, {"moveFiles": "bool"}, MOVIE_FIELDS),
            ApiRoute("PUT", f"{v3}/movie/editor", self._edit, fields=EDITOR_FIELDS),
            ApiRoute("GET", f"{v3}/movie/lookup", self._lookup, {"term": "str"}),
            ApiRoute("GET", f"{v3}/alttitle", self._alternates, {"movieId": "int", "movieMetadataId": "int"}),
            ApiRoute("GET", f"{v3}/moviefile", self._files, {"movieId": "ints", "movieFileIds": "ints"}),
            ApiRoute("GET", f"{v3}/moviefile/{{id}}", self._file),
            ApiRoute("DELETE", f"{v3}/moviefile/{{id}}", self._delete_file),
            ApiRoute("GET", f"{v3}/wanted/missing", self._missing, WANTED, since=WANTED_SINCE),
            ApiRoute("GET", f"{v3}/wanted/cutoff", self._cutoff, WANTED, since=WANTED_SINCE),
            ApiRoute("GET", f"{v3}/queue", self._queue, QUEUE),
            ApiRoute("GET", f"{v3}/queue/details", self._queue_details, {"movieId": "int", "includeMovie": "bool"}),
            ApiRoute("GET", f"{v3}/blocklist", self._blocklist, BLOCKLIST, since="4.0.0.5745"),
            ApiRoute("GET", f"{v3}/history", self._history, HISTORY),
            ApiRoute("GET", f"{v3}/history/movie", self._movie_history, MOVIE_HISTORY),
            ApiRoute("GET", f"{v3}/history/since", self._since, SINCE),
            ApiRoute("GET", f"{v3}/calendar", self._calendar, CALENDAR),
            ApiRoute("GET", f"{v3}/parse", self._parse, {"title": "str"}, since="3.1.0.4893"),
            ApiRoute("GET", f"{v3}/manualimport", self._preview, PREVIEW),
            ApiRoute("POST", f"{v3}/manualimport", self._reprocess),
            *self.notifier.routes(),
        )

    def title_of(self, number: int) -> str | None:
        movie = self.movies.get(number)
        return None if movie is None else movie.title

    def command_jobs(self) -> Mapping[str, CommandAction]:
        jobs = (
            CommandAction("ManualImport", self._manual_import, ("files", "importMode"), "high"),
            CommandAction("RescanMovie", self._rescan, ("movieId",)),
            CommandAction("RefreshMovie", self._refresh, ("movieIds", "isNewMovie")),
            CommandAction("MoviesSearch", self._search, ("movieIds",)),
            CommandAction("DownloadedMoviesScan", self._scan, ("path", "downloadClientId", "importMode")),
            CommandAction("RefreshMonitoredDownloads", run_nothing),
            CommandAction("RenameFiles", run_nothing, ("movieId", "files")),
        )
        return {job.name: job for job in jobs}

    def check_command(self, name: str, body: Mapping[str, Any]) -> None:
        if name == "ManualImport":
            for row in body.get("files") or ():
                self.check_fields("ManualImport file", row, imports.IMPORT_FILE_FIELDS | {"movieId", "movieFileId"})

    def _find(self, request: ApiRequest) -> Movie:
        movie = self.movies.get(int(request.arguments["id"]))
        if movie is None:
            raise not_found("Movie", request.arguments["id"])
        return movie

    def _list(self, request: ApiRequest) -> Response:
        tmdb_id = request.number("tmdbId")
        rows = [m for m in self.movies.values() if tmdb_id in (None, m.tmdb_id)]
        return Response(200, [self.movie_resource(movie) for movie in rows])

    def _put(self, request: ApiRequest) -> Response:
        """Replace the whole movie by the body: missing fields become the default, including monitored and tags."""
        movie = self._find(request)
        body = {name[:1].lower() + name[1:]: value for name, value in request.json().items()}
        if not body.get("path"):
            raise invalid("Path", "'Path' must not be empty.", body.get("path"))
        if not any(profile["id"] == body.get("qualityProfileId", 0) for profile in self.profiles):
            raise invalid("QualityProfileId", "Quality Profile does not exist", body.get("qualityProfileId", 0))
        path = self.real(str(body["path"]))
        movie.path = path if path is not None else movie.path
        movie.profile_id = int(body["qualityProfileId"])
        movie.monitored = bool(body.get("monitored", True))
        movie.minimum_availability = str(body.get("minimumAvailability", "tba"))
        movie.tags = list(body.get("tags") or [])
        return Response(202, self.movie_resource(movie))

    def _add(self, request: ApiRequest) -> Response:
        body = request.json()
        with self.lock:
            movie = take_out(body, "tmdbId", self.namesakes, list(self.movies.values()), self.profiles)
            number = max(self.movies, default=0) + 1
            self.movies[number] = shelve_movie(movie, number, body, self.library)
        self.announce(movie)
        return Response(201, self.movie_resource(movie))

    def announce(self, movie: Movie) -> None:
        """Send the event that a movie was added."""
        known = {"id": movie.id, "title": movie.title, "year": movie.year, "tmdbId": movie.tmdb_id}
        self.notifier.tell("onMovieAdded", "MovieAdded", {"movie": known, "addMethod": "manual"})

    def _edit(self, request: ApiRequest) -> Response:
        body = request.json()
        movies = [self.movies[number] for number in body.get("movieIds") or () if number in self.movies]
        for movie in movies:
            if body.get("monitored") is not None:
                movie.monitored = bool(body["monitored"])
            if body.get("qualityProfileId") is not None:
                movie.profile_id = int(body["qualityProfileId"])
            if body.get("minimumAvailability") is not None:
                movie.minimum_availability = str(body["minimumAvailability"])
            if body.get("tags") is not None:
                movie.tags = apply_tags(movie.tags, body["tags"], str(body.get("applyTags", "add")))
        return Response(202, [self.movie_resource(movie) for movie in movies])

    def _lookup(self, request: ApiRequest) -> Response:
        term = request.query.get("term", "")
        everything = [*self.movies.values(), *self.namesakes]
        if term.startswith(("tmdb:", "tmdbid:")):
            found = [m for m in everything if str(m.tmdb_id) == term.split(":")[1].strip()]
        elif term.startswith(("imdb:", "imdbid:")):
            found = [m for m in everything if m.imdb_id == term.split(":")[1].strip()]
        else:
            wanted = clean_title(term)
            found = [m for m in everything if any(wanted in clean_title(n) for n in (m.title, *m.alternate_titles))]
        return Response(200, [self.movie_resource(movie) for movie in found])

    def _alternates(self, request: ApiRequest) -> Response:
        movie = self.movies.get(request.number("movieId", 0) or 0)
        return Response(200, alternate_titles(movie) if movie else [])

    def _files(self, request: ApiRequest) -> Response:
        movie_ids, file_ids = request.numbers("movieId"), request.numbers("movieFileIds")
        if not movie_ids and not file_ids:
            raise Answer(Response(400, {"message": "Must provide a movieId or movieFileIds", "description": ""}))
        files = [m.file for m in self.movies.values() if m.file and (m.id in movie_ids or m.file.id in file_ids)]
        return Response(200, [self.file_resource(file) for file in files])

    def _owner(self, request: ApiRequest) -> Movie:
        number = int(request.arguments["id"])
        movie = next((m for m in self.movies.values() if m.file and m.file.id == number), None)
        if movie is None:
            raise not_found("MovieFile", number)
        return movie

    def _file(self, request: ApiRequest) -> Response:
        file = self._owner(request).file
        assert file is not None
        return Response(200, self.file_resource(file))

    def _delete_file(self, request: ApiRequest) -> Response:
        movie = self._owner(request)
        assert movie.file is not None
        movie.file.path.unlink(missing_ok=True)
        movie.file = None
        return Response(200, {})

    def _missing(self, request: ApiRequest) -> Response:
        monitored = request.flag("monitored", default=True)
        rows = [m for m in self.movies.values() if m.file is None and m.year > 0 and m.monitored == monitored]
        return self.page(request, [self.movie_resource(m) for m in rows], SORT_KEYS, "movieMetadata.sortTitle")

    def _cutoff(self, request: ApiRequest) -> Response:
        monitored = request.flag("monitored", default=True)
        rows = [m for m in self.movies.values() if m.monitored == monitored and self._is_below_cutoff(m)]
        return self.page(request, [self.movie_resource(m) for m in rows], SORT_KEYS, "movieMetadata.sortTitle")

    def _profile(self, movie: Movie) -> Mapping[str, Any]:
        return next(profile for profile in self.profiles if profile["id"] == movie.profile_id)

    def _is_below_cutoff(self, movie: Movie) -> bool:
        if movie.file is None:
            return False
        return is_below_cutoff(self._profile(movie), quality_of(movie.file.quality))

    def _queue(self, request: ApiRequest) -> Response:
        with_movie = request.flag("includeMovie")
        rows = [row | ({"movie": self._embedded(row)} if with_movie else {}) for row in self.queue]
        return self.page(request, rows, {"timeleft": lambda row: row.get("timeleft") or ""}, "timeleft")

    def _embedded(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        movie = self.movies.get(row.get("movieId", 0))
        return self.movie_resource(movie) if movie else None

    def _queue_details(self, request: ApiRequest) -> Response:
        number = request.number("movieId")
        return Response(200, [row for row in self.queue if number in (None, row.get("movieId"))])

    def _blocklist(self, request: ApiRequest) -> Response:
        numbers = request.numbers("movieIds")
        rows = [row for row in self.blocklist if not numbers or row.get("movieId") in numbers]
        return self.page(request, rows, {"date": lambda row: row["date"]}, "date")

    def _history(self, request: ApiRequest) -> Response:
        rows = filtered_history(self.history, request, HISTORY_EVENTS)
        numbers = request.numbers("movieIds")
        rows = [row for row in rows if not numbers or row["movieId"] in numbers]
        return self.page(request, rows, {"date": lambda row: (row["date"], row["id"])}, "date")

    def _movie_history(self, request: ApiRequest) -> Response:
        number = request.number("movieId")
        is_old = not self.is_at_least("4.0.0")
        rows = filtered_history(self.history, request, HISTORY_EVENTS, takes_numbers_only=is_old)
        return Response(200, [row for row in reversed(rows) if row["movieId"] == number])

    def _since(self, request: ApiRequest) -> Response:
        rows = filtered_history(self.history, request, HISTORY_EVENTS)
        return Response(200, [row for row in rows if row["date"] >= request.query.get("date", "")])

    def _calendar(self, request: ApiRequest) -> Response:
        movies = [m for m in self.movies.values() if m.monitored or request.flag("unmonitored")]
        start, end = request.query.get("start", ""), request.query.get("end", "9999")
        return Response(200, [self.movie_resource(m) for m in movies if start <= f"{m.year}-06-01T00:00:00Z" <= end])

    # -- reading names

    def identify(self, names: Iterable[str]) -> Movie | None:
        """Return the movie that a release name means; None when none or several match."""
        for name in names:
            read = read_movie(name)
            found = [m for m in self.movies.values() if read and m.answers_to(read.title, read.year)]
            if len(found) == 1:
                return found[0]
        return None

    def reads(self, release: str) -> bool:
        return read_movie(release) is not None

    def _parse(self, request: ApiRequest) -> Response:
        title = request.query.get("title", "")
        read = read_movie(title)
        if not title or read is None:
            return Response(200, {"title": title})
        movie = self.identify((title,))
        languages = read_languages(title)
        parsed = {
            "movieTitles": [read.title],
            "originalTitle": title,
            "releaseTitle": title,
            "simpleReleaseTitle": title,
            "quality": read_quality(title, "", self.program).model(self.program),
            "languages": languages,
            "releaseGroup": read_group(title),
            "edition": "",
            "year": read.year,
            "imdbId": "",
            "tmdbId": 0,
            "movieTitle": read.title,
            "primaryMovieTitle": read.title,
        }
        body: dict[str, Any] = {"title": title, "parsedMovieInfo": parsed, "languages": languages}
        body |= {"movie": self.movie_resource(movie) if movie else None}
        profile = self._profile(movie) if movie else NO_SCORES
        return Response(200, body | scored(self.custom_formats, profile, title))

    # -- manual import

    def _preview(self, request: ApiRequest) -> Response:
        """List the movie's own files, not the folder, when `movieId` comes without `downloadId`."""
        number = request.number("movieId")
        if number is not None and not request.query.get("downloadId"):
            movie = self.movies.get(number)
            if movie is None:
                raise not_found("Movie", number)
            paths = video_files(movie.path) if movie.path.is_dir() else []
            rows = [self._item(imports.look_at(path, movie.path, self.program), movie) for path in paths]
            return Response(200, rows)
        folder = self.real(request.query.get("folder", "").rstrip("/"))
        if folder is None or not folder.exists():
            return Response(200, [])
        paths = [folder] if folder.is_file() else video_files(folder)
        if request.flag("filterExistingFiles", default=True):
            known = {m.file.path for m in self.movies.values() if m.file}
            paths = [path for path in paths if path not in known]
        candidates = [imports.look_at(path, folder, self.program) for path in paths]
        return Response(200, [self._item(c, self.identify((folder.name, *c.names))) for c in candidates])

    def _item(self, candidate: imports.ExaminedFile, movie: Movie | None) -> dict[str, Any]:
        path = candidate.path
        return {
            "id": abs(hash(path)) % 2**31,
            "path": self.seen(path),
            "relativePath": path.name,
            "folderName": None if candidate.is_loose else candidate.folder.name,
            "name": path.stem,
            "size": path.stat().st_size,
            "movie": self.movie_resource(movie) if movie else None,
            "quality": candidate.quality.model(self.program),
            "languages": candidate.languages,
            "qualityWeight": candidate.quality.weight,
            "releaseGroup": candidate.group,
            "customFormats": [],
            "customFormatScore": 0,
            "indexerFlags": 0,
            "rejections": self._rejections(candidate, movie, candidate.quality.id),
        }

    def _rejections(self, candidate: imports.ExaminedFile, movie: Movie | None, quality: int) -> list[dict[str, str]]:
        if movie is None:
            return [imports.rejection("Unknown Movie")]
        found = imports.media_rejections(candidate, movie.runtime_min)
        if is_unpacking(candidate.path):
            found.append(imports.rejection("File is still being unpacked"))
        minimum = int(self.media_management["minimumFreeSpaceWhenImporting"])
        found += imports.space_rejections(candidate, self.library, minimum)
        if movie.file is not None and candidate.path != movie.file.path:
            profile = self._profile(movie)
            held = quality_of(movie.file.quality)
            if profile_rank(profile, quality) < profile_rank(profile, held):
                words = f"Existing quality: {BY_ID[held].name}. New Quality {BY_ID[quality].name}."
                found.append(imports.rejection(f"Not an upgrade for existing movie file. {words}"))
            elif profile_rank(profile, quality) == profile_rank(profile, held):
                names = movie.file.release_title, candidate.names[0]
                refusal = score_refusal(self.custom_formats, profile, *names)
                found += [imports.rejection(refusal)] if refusal else []
        return found

    def _reprocess(self, request: ApiRequest) -> Response:
        """Judge each file with the ids of the caller. Imports nothing."""
        rows = request.json()
        if not isinstance(rows, list):
            raise invalid("", "The JSON value could not be converted.")
        return Response(200, [self._judge(row) for row in rows])

    def _judge(self, row: Mapping[str, Any]) -> dict[str, Any]:
        self.check_fields("POST /manualimport", row, REPROCESS_FIELDS)
        path = self.real(str(row.get("path", "")))
        if path is None or not path.is_file():
            raise Answer(Response(500, {"message": f"Could not find file '{row.get('path')}'", "description": ""}))
        candidate = imports.look_at(path, path.parent, self.program)
        movie = self.movies.get(int(row.get("movieId") or 0))
        if row.get("movieId") and movie is None:
            raise not_found("Movie", row["movieId"])
        model = row.get("quality") or candidate.quality.model(self.program)
        judged = {
            "id": row.get("id", 0),
            "path": row["path"],
            "movieId": movie.id if movie else 0,
            "movie": self.movie_resource(movie) if movie else None,
            "quality": model,
            "languages": row.get("languages") or candidate.languages,
            "releaseGroup": row.get("releaseGroup") or candidate.group,
            "downloadId": row.get("downloadId"),
        }
        judged |= {"customFormats": [], "customFormatScore": 0, "indexerFlags": row.get("indexerFlags", 0)}
        return judged | {"rejections": self._rejections(candidate, movie, quality_of(model))}

    def _manual_import(self, command: Command) -> str:
        """Import without any rules. An unknown movie ends the whole batch; a missing file is skipped silently."""
        mode = str(command.body.get("importMode", "auto"))
        for row in command.body.get("files") or ():
            movie = self.movies.get(int(row.get("movieId") or 0))
            if movie is None:
                raise LookupError(f"Movie with ID {row.get('movieId')} does not exist")
            path = self.real(str(row["path"]))
            if path is None or not path.is_file():
                continue
            with self.lock:
                self._import(path, movie, mode, row)
        return "successful"

    def _import(self, source: Path, movie: Movie, mode: str, row: Mapping[str, Any]) -> None:
        candidate = imports.look_at(source, source.parent, self.program)
        model = row.get("quality") or candidate.quality.model(self.program)
        name = source.name
        if self.naming["renameMovies"]:
            name = f"{movie.path.name} {model['quality']['name']}{source.suffix}"
        target = movie.path / name
        replaced = movie.file
        if replaced is not None and replaced.path != target:
            replaced.path.unlink(missing_ok=True)
        imports.take_in(source, target, mode)
        imports.take_extras(source, target, mode, self.media_management)
        file = self._attach(movie, target, model, row.get("languages") or candidate.languages)
        file.release_group = row.get("releaseGroup") or candidate.group
        file.scene_name = candidate.folder.name if not candidate.is_loose else source.stem
        paths = {"fileId": str(file.id), "droppedPath": self.seen(source), "importedPath": self.seen(target)}
        details = paths | {"releaseGroup": file.release_group, "size": str(file.size)}
        download = {"downloadId": row["downloadId"]} if row.get("downloadId") else {}
        more = {"movieId": movie.id, "quality": model, "data": details} | download
        self.note_history("downloadFolderImported", source.stem, **more)
        told = {"id": movie.id, "title": movie.title, "year": movie.year, "tmdbId": movie.tmdb_id}
        body: dict[str, Any] = {"movie": told}
        body |= {"movieFile": self.file_resource(file), "isUpgrade": replaced is not None} | download
        self.notifier.tell("onDownload", "Download", body)

    def _rescan(self, command: Command) -> str:
        number = command.body.get("movieId")
        for movie in [m for m in self.movies.values() if number in (None, m.id)]:
            self._look_for_file(movie)
        return "successful"

    def rescan(self) -> None:
        """Take over the files in the library, as after a restart."""
        for movie in self.movies.values():
            self._look_for_file(movie)

    def _refresh(self, command: Command) -> str:
        numbers: Sequence[int] = command.body.get("movieIds") or tuple(self.movies)
        for number in numbers:
            if number not in self.movies:
                raise LookupError(f"Movie with ID {number} does not exist")
            self._look_for_file(self.movies[number])
        return "successful"

    def _look_for_file(self, movie: Movie) -> None:
        """Update the movie's file from its own folder, without history or messages."""
        with self.lock:
            if movie.file is not None and not movie.file.path.is_file():
                movie.file = None
            paths = video_files(movie.path) if movie.path.is_dir() else []
            if movie.file is None and paths:
                candidate = imports.look_at(paths[0], movie.path, self.program)
                self._attach(movie, paths[0], candidate.quality.model(self.program), candidate.languages)

    def _search(self, command: Command) -> str:
        for number in command.body.get("movieIds") or ():
            if number in self.movies:
                self.movies[number].last_search = moment()
        return "successful"

    def _scan(self, command: Command) -> str:
        """Import by names only. A scan that imports nothing completes with `unsuccessful`."""
        folder = self.real(str(command.body.get("path", "")).rstrip("/"))
        if folder is None or not folder.exists():
            return "unsuccessful"
        imported = 0
        for path in [folder] if folder.is_file() else video_files(folder):
            candidate = imports.look_at(path, folder, self.program)
            movie = self.identify(candidate.names)
            if movie is not None and not self._rejections(candidate, movie, candidate.quality.id):
                with self.lock:
                    self._import(path, movie, str(command.body.get("importMode", "auto")), {})
                imported += 1
        return "successful" if imported else "unsuccessful"

    # -- resources

    def movie_resource(self, movie: Movie) -> dict[str, Any]:
        path = self.seen(movie.path)
        size = movie.file.size if movie.file else 0
        return {
            "id": movie.id or None,
            "title": movie.title,
            "originalTitle": movie.original_title or movie.title,
            "originalLanguage": {"id": 1, "name": "English"},
            "alternateTitles": alternate_titles(movie),
            "secondaryYear": movie.secondary_year,
            "secondaryYearSourceId": 0,
            "sortTitle": movie.sort_title,
            "sizeOnDisk": size,
            "status": "released",
            "overview": movie.overview,
            "inCinemas": f"{movie.year}-03-01T00:00:00Z" if movie.year else None,
            "digitalRelease": f"{movie.year}-06-01T00:00:00Z" if movie.year else None,
            "images": images_of(movie.id, movie.poster, movie.backdrop),
            "year": movie.year,
            "path": path,
            "qualityProfileId": movie.profile_id,
            "hasFile": movie.file is not None,
            "movieFileId": movie.file.id if movie.file else 0,
            "monitored": movie.monitored,
            "minimumAvailability": movie.minimum_availability,
            "isAvailable": movie.is_available,
            "folderName": path,
            "runtime": movie.runtime_min,
            "cleanTitle": clean_title(movie.title),
            "imdbId": movie.imdb_id,
            "tmdbId": movie.tmdb_id,
            "titleSlug": str(movie.tmdb_id),
            "rootFolderPath": f"{self.root_folder}/",
            "genres": [],
            "keywords": [],
            "tags": list(movie.tags),
            "added": "2026-01-01T00:00:00Z",
            "ratings": {},
            "movieFile": self._unscored(movie.file) if movie.file else None,
            "popularity": 1.0,
            "lastSearchTime": movie.last_search,
            "statistics": {"movieFileCount": int(bool(movie.file)), "sizeOnDisk": size, "releaseGroups": []},
        }

    def _unscored(self, file: MovieFile) -> dict[str, Any]:
        """Return a file within a movie: without its custom formats, whose score is then 0 whatever they are."""
        row = self.file_resource(file)
        del row["customFormats"]
        return row | {"customFormatScore": 0}

    def file_resource(self, file: MovieFile) -> dict[str, Any]:
        movie = self.movies[file.movie_id]
        return {
            "id": file.id,
            "movieId": file.movie_id,
            "relativePath": file.path.relative_to(movie.path).as_posix(),
            "path": self.seen(file.path),
            "size": file.size,
            "dateAdded": file.date_added,
            "sceneName": file.scene_name,
            "releaseGroup": file.release_group,
            "edition": "",
            "languages": file.languages,
            "quality": file.quality,
            **scored(self.custom_formats, self._profile(movie), file.release_title),
            "indexerFlags": 0,
            "mediaInfo": file.media_info,
            "qualityCutoffNotMet": is_below_cutoff(self._profile(movie), quality_of(file.quality)),
        }
