"""Define the fields that Stalkeer reads from the JSON of Radarr and Sonarr, and convert them to values.

Both programs omit nulls.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from stalkeer.adapters.arr.answers import Number, Resource
from stalkeer.adapters.arr.values import (
    FileQuality,
    KnownTitle,
    LibraryItem,
    LibraryKind,
    MediaFile,
    TitleOrigin,
    WantedReason,
    WantedRecord,
)
from stalkeer.model import WantedKind

LONGEST_OVERVIEW = 2_000


class LanguageResource(Resource):
    id: int = 0
    name: str = ""


class QualityResource(Resource):
    id: Number = 0
    name: str = ""
    source: str = "unknown"
    resolution: Number = 0

    def to_value(self) -> FileQuality:
        return FileQuality(self.id, self.name, self.source, self.resolution)


class QualityModelResource(Resource):
    quality: QualityResource = QualityResource()


class ImageResource(Resource):
    cover_type: str = ""
    remote_url: str = ""


class FormatResource(Resource):
    id: int = 0
    name: str = ""
    include_custom_format_when_renaming: bool = False


class FileResource(Resource):
    """Describe a movie file or episode file."""

    id: int
    path: str = ""
    size: int = 0
    scene_name: str = ""
    quality: QualityModelResource | None = None
    date_added: datetime | None = None
    quality_cutoff_not_met: bool | None = None
    custom_formats: tuple[FormatResource, ...] | None = None  # None: not said. Lists of movies leave them out
    custom_format_score: int | None = None  # means nothing without `custom_formats`: lists say 0 for every movie

    def to_value(self) -> MediaFile:
        return MediaFile(
            id=self.id,
            path=self.path,
            size=self.size,
            scene_name=self.scene_name,
            quality=self.quality.quality.to_value() if self.quality else None,
            added_at=as_utc(self.date_added),
        )


class AlternateTitleResource(Resource):
    title: str = ""
    season_number: Number | None = None
    scene_season_number: Number | None = None


class CollectionResource(Resource):
    title: str = ""


class MovieResource(Resource):
    id: Number
    title: str = ""
    original_title: str = ""
    original_language: LanguageResource | None = None
    alternate_titles: tuple[AlternateTitleResource, ...] = ()
    year: Number = 0
    secondary_year: Number = 0
    runtime: Number = 0
    tmdb_id: Number = 0
    imdb_id: str = ""
    quality_profile_id: Number = 0
    monitored: bool = False
    is_available: bool = False
    has_file: bool | None = None
    movie_file_id: Number | None = None
    movie_file: FileResource | None = None
    path: str = ""
    images: tuple[ImageResource, ...] = ()
    remote_poster: str = ""
    overview: str = ""
    title_slug: str = ""
    tags: tuple[Number, ...] = ()
    certification: str = ""
    collection: CollectionResource | None = None
    in_cinemas: datetime | None = None
    digital_release: datetime | None = None
    physical_release: datetime | None = None
    minimum_availability: str = ""

    @property
    def owns_file(self) -> bool | None:
        """Tell whether it has a file; None when the record does not say. An absent field does not mean `no`."""
        return owns_file(self.has_file, self.movie_file_id, self.movie_file)

    @property
    def is_below_cutoff(self) -> bool | None:
        """Tell whether its file is below the cutoff; None when the record does not say."""
        if self.owns_file is not True:
            return self.owns_file
        return self.movie_file.quality_cutoff_not_met if self.movie_file else None

    @property
    def lacks(self) -> WantedReason | None:
        """Return the list of Radarr that has the movie, missing or cutoff; None for neither, or when the record does
        not say.
        """
        if self.owns_file is False and self.year > 0:
            return WantedReason.MISSING
        return WantedReason.CUTOFF if self.is_below_cutoff else None

    def to_library_item(self) -> LibraryItem:
        return LibraryItem(
            kind=LibraryKind.MOVIE,
            arr_id=self.id,
            title=self.title,
            titles=known_titles(self.title, self.original_title, self.alternate_titles),
            year=self.year or None,
            secondary_year=self.secondary_year or None,
            runtime_min=self.runtime or None,
            tmdb_id=self.tmdb_id or None,
            tvdb_id=None,
            imdb_id=self.imdb_id or None,
            series_type=None,
            original_language=self.original_language.name if self.original_language else None,
            quality_profile_id=self.quality_profile_id or None,
            monitored=self.monitored,
            has_file=bool(self.owns_file),
            path=self.path or None,
            poster=picture_name(self.images, "poster", self.remote_poster),
            tags=self.tags,
            backdrop=picture_name(self.images, "fanart"),
            overview=self.overview.strip()[:LONGEST_OVERVIEW] or None,
            slug=self.title_slug or None,
            size=(self.movie_file.size or None) if self.movie_file else None,
        )

    def to_wanted_item(self, reason: WantedReason) -> WantedRecord:
        return WantedRecord(
            kind=WantedKind.MOVIE,
            arr_id=self.id,
            library_arr_id=self.id,
            reason=reason,
            title=self.title,
            runtime_min=self.runtime or None,
            monitored=self.monitored,
            available=self.is_available,
            current_quality=current_quality(self.movie_file),
        )


class SeriesResource(Resource):
    id: Number
    title: str = ""
    original_language: LanguageResource | None = None
    alternate_titles: tuple[AlternateTitleResource, ...] = ()
    year: Number = 0
    runtime: Number = 0
    tvdb_id: Number = 0
    tmdb_id: Number = 0
    imdb_id: str = ""
    series_type: str = "standard"
    quality_profile_id: Number = 0
    monitored: bool = False
    path: str = ""
    images: tuple[ImageResource, ...] = ()
    remote_poster: str = ""
    overview: str = ""
    title_slug: str = ""
    tags: tuple[Number, ...] = ()
    statistics: SeriesStatisticsResource | None = None
    season_folder: bool = True
    tv_maze_id: Number = 0
    use_scene_numbering: bool = False

    def to_library_item(self) -> LibraryItem:
        return LibraryItem(
            kind=LibraryKind.SERIES,
            arr_id=self.id,
            title=self.title,
            titles=known_titles(self.title, "", self.alternate_titles),
            year=self.year or None,
            secondary_year=None,
            runtime_min=self.runtime or None,
            tmdb_id=self.tmdb_id or None,
            tvdb_id=self.tvdb_id or None,
            imdb_id=self.imdb_id or None,
            series_type=self.series_type,
            original_language=self.original_language.name if self.original_language else None,
            quality_profile_id=self.quality_profile_id or None,
            monitored=self.monitored,
            has_file=self.statistics is not None and self.statistics.episode_file_count > 0,
            path=self.path or None,
            poster=picture_name(self.images, "poster", self.remote_poster),
            tags=self.tags,
            backdrop=picture_name(self.images, "fanart"),
            overview=self.overview.strip()[:LONGEST_OVERVIEW] or None,
            slug=self.title_slug or None,
            size=(self.statistics.size_on_disk or None) if self.statistics else None,
        )


class SeriesStatisticsResource(Resource):
    episode_file_count: Number = 0
    size_on_disk: Number = 0


class EpisodeResource(Resource):
    id: Number
    series_id: Number
    season_number: Number = 0
    episode_number: Number = 0
    title: str = ""
    air_date: str | None = None
    air_date_utc: datetime | None = None
    runtime: Number = 0
    monitored: bool = False
    has_file: bool | None = None
    episode_file_id: Number | None = None
    episode_file: FileResource | None = None
    absolute_episode_number: Number | None = None
    scene_season_number: Number | None = None
    scene_episode_number: Number | None = None
    scene_absolute_episode_number: Number | None = None

    @property
    def owns_file(self) -> bool | None:
        """Tell whether it has a file; None when the record does not say. An absent field does not mean `no`."""
        return owns_file(self.has_file, self.episode_file_id, self.episode_file)

    def to_wanted_item(self, reason: WantedReason) -> WantedRecord:
        return WantedRecord(
            kind=WantedKind.EPISODE,
            arr_id=self.id,
            library_arr_id=self.series_id,
            reason=reason,
            title=self.title,
            season=self.season_number,
            episode=self.episode_number,
            absolute=self.absolute_episode_number,
            scene_season=self.scene_season_number,
            scene_episode=self.scene_episode_number,
            scene_absolute=self.scene_absolute_episode_number,
            air_date=self.air_date,
            air_date_utc=as_utc(self.air_date_utc),
            runtime_min=self.runtime or None,
            monitored=self.monitored,
            current_quality=current_quality(self.episode_file),
        )


def owns_file(has_file: bool | None, file_id: int | None, file: FileResource | None) -> bool | None:  # noqa: FBT001
    """Tell whether an item has a file; None when the record does not say."""
    if has_file or file_id or file is not None:
        return True
    return None if has_file is None and file_id is None else False


def known_titles(title: str, original: str, alternates: tuple[AlternateTitleResource, ...]) -> tuple[KnownTitle, ...]:
    """Return every distinct title, the instance's main title first. A repeated title keeps its best origin."""
    named = [KnownTitle(title, TitleOrigin.TITLE), KnownTitle(original, TitleOrigin.ORIGINAL)]
    named += [KnownTitle(a.title, TitleOrigin.ALTERNATE, _season_or_all(a.season_number)) for a in alternates]
    distinct = {(known.title.casefold(), known.season): known for known in reversed(named) if known.title.strip()}
    return tuple(reversed(distinct.values()))


def _season_or_all(number: int | None) -> int | None:
    return None if number is None or number < 0 else number  # -1 stands for every season


def current_quality(file: FileResource | None) -> FileQuality | None:
    return replace(file.quality.quality.to_value(), file_id=file.id) if file and file.quality else None


def picture_name(images: tuple[ImageResource, ...], kind: str, otherwise: str = "") -> str | None:
    """Return the file name of a picture.

    The name changes with the picture, and is the same for equal pictures of two programs.
    """
    url = next((image.remote_url for image in images if image.cover_type == kind and image.remote_url), "")
    return PurePosixPath(urlsplit(url or otherwise).path).name or None


def as_utc(moment: datetime | None) -> datetime | None:
    """Return a time in UTC. Both programs write UTC, so a time without a zone is UTC."""
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # year 1 or 9999 stands for no date
        return None
