"""List the requests, parameters and fields that Stalkeer uses of Radarr and Sonarr, and the first version of each.

The versions are only for messages and documents. A client decides by the answer: `without` says what it does when a
request answers 404, a parameter is ignored, or a field is absent. A row without a version exists in every version of
API v3. Tests compare the table with the clients, with recorded walks, with the demo's servers and with the documents.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from stalkeer.model import InstanceKind

RADARR, SONARR = InstanceKind.RADARR, InstanceKind.SONARR
BOTH = frozenset({RADARR, SONARR})
OLDEST: Mapping[InstanceKind, str] = MappingProxyType({RADARR: "4.0.3", SONARR: "4.0.0"})


@dataclass(frozen=True)
class Newer:
    """Hold the first versions with a request, parameter or field. Empty means every version of API v3."""

    radarr: str = ""
    sonarr: str = ""
    without: str = ""  # what Stalkeer does with an earlier version

    def of(self, kind: InstanceKind) -> str:
        return self.radarr if kind is RADARR else self.sonarr


ALWAYS = Newer()
Named = Mapping[str, Newer]


def _named(plain: str, **newer: Newer) -> Named:
    return MappingProxyType(dict.fromkeys(plain.split(), ALWAYS) | newer)


@dataclass(frozen=True)
class Usage:
    """Describe a request that Stalkeer sends. `query` holds its parameters, `body` the fields of its body."""

    endpoint: str  # method and path below /api/v3, with {id} for a number
    programs: Collection[InstanceKind] = BOTH
    since: Newer = ALWAYS
    query: Named = field(default_factory=dict)
    body: Named = field(default_factory=dict)

    def matches(self, kind: InstanceKind, method: str, path: str) -> bool:
        known_method, _, pattern = self.endpoint.partition(" ")
        return (
            kind in self.programs
            and method == known_method
            and re.fullmatch(re.escape(pattern).replace(r"\{id\}", r"\d+"), path) is not None
        )


PAGE = "page pageSize sortDirection"
_FLAGS = Newer("5.4.0.8636", "4.0.1.1168", "the flags are sent as 0 and ignored")
_TYPE = Newer(sonarr="4.0.2.1223", without="Sonarr derives the type from the number of episodes")
_LANGUAGES = Newer(sonarr="4.0.0", without="no languages are sent")
_WANTED = Newer("5.6.0.8846", without="the library says what each movie lacks")
_SORTS_BY_AIR_DATE = Newer(sonarr="4.0.0", without="asked again with the older name of the sort key")
_NO_COVERS = Newer("5.0.2.8103", without="the covers are read too, a little slower")
_BY_ID = Newer("4.0.0.5745", "4.0.0", "the title alone says what is pushed")
_BY_QUALITY = "upgrades are decided by quality alone"
_REFINES = "the scan goes on without it and its report says so"

USAGES: tuple[Usage, ...] = (
    Usage("GET system/status"),
    Usage("GET health"),
    Usage("GET rootfolder"),
    Usage("GET qualityprofile"),
    Usage("GET qualitydefinition"),
    Usage("GET customformat", since=Newer(sonarr="4.0.0", without="file names are built without custom formats")),
    Usage("GET tag"),
    Usage("POST tag", body=_named("label")),
    Usage("GET config/naming"),
    Usage("GET config/mediamanagement"),
    Usage("GET remotepathmapping"),
    Usage("GET queue", {RADARR}, query=_named(f"{PAGE} sortKey includeUnknownMovieItems")),
    Usage("GET queue", {SONARR}, query=_named(f"{PAGE} sortKey includeUnknownSeriesItems")),
    Usage("DELETE queue/{id}", query=_named("removeFromClient blocklist skipRedownload")),
    Usage("GET history", query=_named(f"{PAGE} sortKey downloadId")),
    Usage("GET blocklist", since=Newer("4.0.0.5745", "3.0.6.1335", _REFINES), query=_named(f"{PAGE} sortKey")),
    Usage("GET filesystem", query=_named("path includeFiles")),
    Usage("GET filesystem/type", query=_named("path")),
    Usage("GET parse", since=Newer("3.1.0.4893", without="the name is not checked"), query=_named("title")),
    Usage("GET manualimport", query=_named("folder filterExistingFiles")),
    Usage(
        "POST manualimport",
        body=_named(
            "id path quality movieId seriesId episodeIds",
            releaseGroup=Newer("4.0.0.5745", "3.0.7.1477", "the group is ignored"),
            languages=_LANGUAGES,
            indexerFlags=_FLAGS,
            releaseType=Newer(sonarr="4.0.2.1312", without="the type is ignored"),
        ),
    ),
    Usage("GET command"),
    Usage("GET command/{id}"),
    Usage(
        "POST command",
        body=_named(
            "name importMode files path folderName quality movieId seriesId episodeIds movieIds",
            releaseGroup=Newer("4.0.0.5745", "3.0.7.1477", "the group is ignored"),
            languages=_LANGUAGES,
            indexerFlags=_FLAGS,
            releaseType=_TYPE,
            seriesIds=Newer(sonarr="4.0.0", without="only the first series is refreshed"),
        ),
    ),
    Usage("GET notification"),
    Usage("GET notification/schema"),
    Usage("POST notification"),
    Usage("POST notification/test"),
    Usage("PUT notification/{id}"),
    Usage("DELETE notification/{id}"),
    Usage("GET indexer"),
    Usage("GET indexer/schema"),
    Usage("POST indexer"),
    Usage("PUT indexer/{id}"),
    Usage("DELETE indexer/{id}"),
    Usage("GET downloadclient"),
    Usage("GET downloadclient/schema"),
    Usage("POST downloadclient"),
    Usage("PUT downloadclient/{id}"),
    Usage("DELETE downloadclient/{id}"),
    Usage(
        "POST release/push",
        body=_named("title downloadUrl protocol publishDate indexer indexerId size", tmdbId=_BY_ID, tvdbId=_BY_ID),
    ),
    Usage("GET mediacover/{id}/poster-250.jpg"),
    Usage("GET mediacover/{id}/poster-500.jpg"),
    Usage("GET mediacover/{id}/fanart-360.jpg"),
    Usage(
        "GET movie",
        {RADARR},
        query=_named("tmdbId", excludeLocalCovers=_NO_COVERS),
    ),
    Usage("GET movie/{id}", {RADARR}),
    Usage("PUT movie/editor", {RADARR}, body=_named("movieIds monitored tags applyTags")),
    Usage("GET movie/lookup", {RADARR}, query=_named("term")),
    Usage(
        "POST movie",
        {RADARR},
        body=_named(
            "title tmdbId year qualityProfileId rootFolderPath minimumAvailability monitored addOptions searchForMovie"
        ),
    ),
    Usage("GET moviefile", {RADARR}, query=_named("movieId")),
    Usage("GET wanted/missing", {RADARR}, _WANTED, query=_named(f"{PAGE} sortKey monitored")),
    Usage("GET wanted/cutoff", {RADARR}, _WANTED, query=_named(f"{PAGE} sortKey monitored")),
    Usage("GET history/movie", {RADARR}, query=_named("movieId eventType")),
    Usage("GET calendar", {RADARR}, query=_named("start end unmonitored")),
    Usage("GET series", {SONARR}, query=_named("tvdbId")),
    Usage("GET series/{id}", {SONARR}),
    Usage("PUT series/editor", {SONARR}, body=_named("seriesIds monitored tags applyTags")),
    Usage("GET series/lookup", {SONARR}, query=_named("term")),
    Usage(
        "POST series",
        {SONARR},
        body=_named(
            "title tvdbId qualityProfileId rootFolderPath seasonFolder monitored addOptions monitor"
            " searchForMissingEpisodes"
        ),
    ),
    Usage("GET episode", {SONARR}, query=_named("seriesId episodeIds")),
    Usage("PUT episode/monitor", {SONARR}, body=_named("episodeIds monitored")),
    Usage("GET episodefile", {SONARR}, query=_named("seriesId episodeFileIds")),
    Usage(
        "GET wanted/missing",
        {SONARR},
        query=_named(f"{PAGE} monitored includeSeries includeImages", sortKey=_SORTS_BY_AIR_DATE),
    ),
    Usage(
        "GET wanted/cutoff",
        {SONARR},
        query=_named(f"{PAGE} monitored includeSeries includeImages includeEpisodeFile", sortKey=_SORTS_BY_AIR_DATE),
    ),
    Usage("GET history/series", {SONARR}, query=_named("seriesId eventType")),
    Usage("GET calendar", {SONARR}, query=_named("start end unmonitored includeSeries")),
)

# the fields that Stalkeer reads, by record: the class names of `adapters.arr` without `Resource`
FIELDS: Mapping[str, Named] = MappingProxyType(
    {
        "Language": _named("id name"),
        "Quality": _named("id name source resolution"),
        "QualityModel": _named("quality"),
        "Image": _named("coverType remoteUrl"),
        "File": _named(
            "id path size sceneName quality dateAdded qualityCutoffNotMet",
            customFormats=Newer(sonarr="4.0.0", without=_BY_QUALITY),
            customFormatScore=Newer("4.7.2.7686", "4.0.0", "the scores of the profile are added"),
        ),
        "AlternateTitle": _named("title seasonNumber sceneSeasonNumber"),
        "Collection": _named("title"),
        "Movie": _named(
            "id title originalTitle alternateTitles year secondaryYear runtime tmdbId imdbId qualityProfileId monitored"
            " isAvailable hasFile movieFile path images remotePoster overview titleSlug tags certification collection"
            " inCinemas digitalRelease physicalRelease minimumAvailability",
            originalLanguage=Newer("4.1.0.6095", without="the original language is not known"),
            movieFileId=Newer("5.6.0.8846", without="`hasFile` says whether it has a file"),
        ),
        "Series": _named(
            "id title alternateTitles year runtime tvdbId imdbId seriesType qualityProfileId monitored path images"
            " remotePoster overview titleSlug tags statistics seasonFolder tvMazeId useSceneNumbering",
            originalLanguage=Newer(sonarr="4.0.0", without="the original language is not known"),
            tmdbId=Newer(sonarr="4.0.5.1760", without="the series is known by its TVDB id only"),
        ),
        "SeriesStatistics": _named("episodeFileCount sizeOnDisk"),
        "Episode": _named(
            "id seriesId seasonNumber episodeNumber title airDate airDateUtc monitored hasFile episodeFileId"
            " episodeFile absoluteEpisodeNumber sceneSeasonNumber sceneEpisodeNumber sceneAbsoluteEpisodeNumber",
            runtime=Newer(sonarr="4.0.0", without="the running time of the series is taken"),
        ),
        "ScheduledEpisode": _named("series"),
        "Command": _named(
            "id name status message exception body",
            result=Newer("4.5.1.7282", "4.0.0", "the file in the instance says whether a command succeeded"),
        ),
        "Page": _named("totalRecords records"),
        "Queue": _named("id movieId episodeId title status trackedDownloadState downloadClient"),
        "Tracked": _named(
            "id downloadId trackedDownloadState trackedDownloadStatus statusMessages errorMessage",
        ),
        "TrackedMessage": _named("title messages"),
        "TrackedData": _named(
            "importedPath", fileId=Newer("3.1.0.4893", without="the import is confirmed without the file's id")
        ),
        "TrackedEvent": _named("eventType data"),
        "EventPage": _named("records"),
        "Blocklist": _named("id movieId episodeIds sourceTitle date message"),
        "ProfileItem": _named("id name allowed quality items"),
        "Profile": _named(
            "id name upgradeAllowed cutoff language items",
            formatItems=Newer(sonarr="4.0.0", without=_BY_QUALITY),
            minFormatScore=Newer(sonarr="4.0.0", without=_BY_QUALITY),
            cutoffFormatScore=Newer(sonarr="4.0.0", without=_BY_QUALITY),
            minUpgradeFormatScore=Newer("5.12.0", "4.0.10", "any higher score is an upgrade"),
        ),
        "ProfileFormat": _named("format score"),
        "Definition": _named(
            "quality minSize maxSize", preferredSize=Newer(sonarr="4.0.0", without="no size is preferred")
        ),
        "RootFolder": _named("id path accessible freeSpace"),
        "Tag": _named("id label"),
        "Mapping": _named("host remotePath localPath"),
        "MediaManagement": _named(
            "copyUsingHardlinks minimumFreeSpaceWhenImporting skipFreeSpaceCheckWhenImporting setPermissionsLinux"
            " chmodFolder importExtraFiles extraFileExtensions episodeTitleRequired recycleBin"
        ),
        "Health": _named("source message"),
        "HistoryData": _named(
            "droppedPath importedPath", fileId=Newer("3.1.0.4893", without="the place and the size of the file say it")
        ),
        "History": _named("data"),
        "Status": _named(
            "version urlBase osName",
            appName=Newer("4.0.3.5879", "3.0.7.1477", "the program is told as too old"),
            instanceName=Newer("4.2.0.6438", "3.0.9.1549", "the program is shown by its kind"),
            isDocker=Newer(sonarr="4.0.0", without="it counts as not in a container"),
        ),
        "Rejection": _named("reason type"),
        "Preview": _named(
            "path folderName quality rejections",
            languages=_LANGUAGES,
            releaseGroup=Newer("4.0.0.5745", "3.0.7.1477", "no group is sent"),
            releaseType=_TYPE,
            indexerFlags=_FLAGS,
        ),
        "Entry": _named("name path"),
        "EventFile": _named("id path sourcePath"),
        "Listing": _named("directories"),
        "Title": _named("title"),
        "Lookup": _named("id title originalTitle alternateTitles year tmdbId tvdbId"),
        "Added": _named("id"),
        "Found": _named("title originalTitle alternateTitles year tmdbId tvdbId"),
        "MovieNaming": _named(
            "renameMovies replaceIllegalCharacters colonReplacementFormat standardMovieFormat movieFolderFormat"
        ),
        "SeriesNaming": _named(
            "renameEpisodes replaceIllegalCharacters multiEpisodeStyle standardEpisodeFormat dailyEpisodeFormat"
            " animeEpisodeFormat seriesFolderFormat seasonFolderFormat specialsFolderFormat",
            colonReplacementFormat=Newer(sonarr="4.0.0", without="colons are replaced as Sonarr does by default"),
            customColonReplacementFormat=Newer(sonarr="4.0.6.1847", without="there is no custom replacement"),
        ),
        "Id": _named("id"),
        "Format": _named("id name includeCustomFormatWhenRenaming"),
        "Parse": _named(
            "movie series episodes",
            customFormats=Newer("4.7.2.7686", "4.0.0", "file names are built without custom formats"),
            customFormatScore=Newer("4.7.2.7686", "4.0.0", _BY_QUALITY),
        ),
        "Provider": _named("id name implementation fields"),
        "Field": _named("name value"),
        "Saved": _named("id"),
        "Pushed": _named("title approved rejections"),
        "Item": _named("id title"),
        "StatusMessage": _named("title messages"),
        "Event": _named(
            "eventType movie series episodes movieFile episodeFile downloadId isUpgrade deleteReason message level",
            sourcePath=Newer("5.15.1.9463", "4.0.6.1847", "the file says where it came from"),
            downloadStatusMessages=Newer("5.4.5.8715", "4.0.2.1408", "the event's message is shown"),
        ),
    }
)

# the events of a webhook; an instance without one offers no switch for it
EVENTS: Named = _named(
    "onGrab onDownload onUpgrade onHealthIssue onMovieDelete onMovieFileDelete onMovieFileDeleteForUpgrade"
    " onSeriesDelete onEpisodeFileDelete onEpisodeFileDeleteForUpgrade",
    onHealthRestored=Newer("4.5.1.7282", "4.0.0", "the next scan sees that it is well again"),
    onManualInteractionRequired=Newer("4.5.1.7282", "4.0.0", "the question is seen in the instance only"),
    onMovieAdded=Newer("4.2.0.6438", without="the next scan finds the movie"),
    onSeriesAdd=Newer(sonarr="4.0.0", without="the next scan finds the series"),
)


def numbers(version: str) -> tuple[int, ...]:
    """Read the leading numbers of a version: `5.6.0.8846` and `5.6.0-develop` both begin with 5, 6, 0."""
    found = re.match(r"\d+(?:\.\d+)*", version.strip())
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def find_usage(kind: InstanceKind, method: str, path: str) -> Usage | None:
    """Find the row of a request. `path` is below /api/v3, without a query."""
    return next((usage for usage in USAGES if usage.matches(kind, method, path)), None)


@dataclass(frozen=True)
class Fallback:
    """Describe a request, parameter or field that older supported versions lack, and what Stalkeer does then."""

    name: str
    newer: Newer


def fallbacks() -> Iterator[Fallback]:
    """Yield every fallback for the oldest supported versions."""
    for usage in USAGES:
        if _is_newer(usage.since):
            yield Fallback(usage.endpoint, usage.since)
        for kind, names in (("?", usage.query), (" body: ", usage.body)):
            yield from (Fallback(f"{usage.endpoint}{kind}{n}", newer) for n, newer in names.items() if _is_newer(newer))
    for record, names in FIELDS.items():
        yield from (Fallback(f"{record}.{name}", newer) for name, newer in names.items() if _is_newer(newer))
    yield from (Fallback(f"webhook: {name}", newer) for name, newer in EVENTS.items() if _is_newer(newer))


def _is_newer(newer: Newer) -> bool:
    return any(numbers(newer.of(kind))[:3] > numbers(oldest) for kind, oldest in OLDEST.items())
