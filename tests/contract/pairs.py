"""Requests and the answers they must get: one table for the demo's servers and for the real programs.

`{movie}`, `{series}`, `{episode}`, `{profile}` and `{root}` are filled in with what the program under test has. Rows
with `writes` change something and are left out where a real program is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Pair:
    endpoint: str
    query: str = ""
    body: Any = None
    status: int = 200
    writes: bool = False

    def __str__(self) -> str:
        return f"{self.endpoint}{'?' if self.query else ''}{self.query} -> {self.status}"


COMMON = (
    Pair("GET system/status"),
    Pair("GET qualityprofile"),
    Pair("GET qualityprofile/{profile}"),
    Pair("GET qualityprofile/999999", status=404),
    Pair("GET qualitydefinition"),
    Pair("GET customformat"),
    Pair("GET rootfolder"),
    Pair("GET tag"),
    Pair("POST tag", body={"label": "stalkeer"}, status=201, writes=True),
    Pair("GET config/naming"),
    Pair("GET config/mediamanagement"),
    Pair("GET remotepathmapping"),
    Pair("GET health"),
    Pair("GET notification"),
    Pair("GET notification/schema"),
    Pair("GET queue/status"),
    Pair("GET command"),
    Pair("GET command/99999999", status=404),
    Pair("POST command", body={"name": "RefreshMonitoredDownloads"}, status=201),
    Pair("POST command", body={"name": "NoSuchCommand"}, status=500),
    Pair("GET blocklist", "page=1&pageSize=10&sortKey=date&sortDirection=ascending"),
    Pair("GET history", "page=1&pageSize=10&sortKey=date&sortDirection=descending&eventType=3"),
    Pair("GET history/since", "date=2026-01-01T00:00:00Z"),
    Pair("GET filesystem", "path={root}/&includeFiles=false"),
    Pair("GET filesystem/type", "path=/no/such/thing.mkv"),
    Pair("GET filesystem/mediafiles", "path={root}"),
    Pair("GET manualimport", "folder=/no/such/folder&filterExistingFiles=false"),
    Pair("POST manualimport", body=[]),
    Pair("GET wanted/missing", "page=x", status=400),
)
RADARR = (
    *COMMON,
    Pair("GET movie", "excludeLocalCovers=true"),
    Pair("GET movie", "tmdbId=1"),
    Pair("GET movie/{movie}"),
    Pair("GET movie/99999999", status=404),
    Pair("GET movie/lookup", "term=some"),
    Pair("GET alttitle", "movieId={movie}"),
    Pair("GET moviefile", "movieId={movie}"),
    Pair("GET moviefile", status=400),
    Pair(
        "GET wanted/missing",
        "page=1&pageSize=50&sortKey=movieMetadata.sortTitle&sortDirection=ascending&monitored=true",
    ),
    Pair("GET wanted/cutoff", "page=1&pageSize=50&sortDirection=ascending&monitored=true"),
    Pair("GET queue", "page=1&pageSize=50&includeMovie=true&includeUnknownMovieItems=false"),
    Pair("GET queue/details", "includeMovie=false"),
    Pair("GET history/movie", "movieId={movie}"),
    Pair("GET calendar", "start=2026-01-01T00:00:00Z&end=2026-12-31T00:00:00Z&unmonitored=false"),
    Pair("GET parse", "title=Some.Film.2020.1080p.WEB-DL.x264-STALKEER"),
    Pair("PUT movie/editor", body={"movieIds": ["{movie}"], "monitored": True}, status=202, writes=True),
    Pair("PUT movie/{movie}", body={"id": "{movie}"}, status=400, writes=True),
    Pair("POST command", body={"name": "RescanMovie", "movieId": "{movie}"}, status=201),
)
SONARR = (
    *COMMON,
    Pair("GET series"),
    Pair("GET series", "tvdbId=1"),
    Pair("GET series/{series}"),
    Pair("GET series/99999999", status=404),
    Pair("GET series/lookup", "term=some"),
    Pair("GET episode", "seriesId={series}"),
    Pair("GET episode", "episodeIds={episode}"),
    Pair("GET episode", status=400),
    Pair("GET episode/{episode}"),
    Pair("GET episodefile", "seriesId={series}"),
    Pair("GET episodefile", status=400),
    Pair(
        "GET wanted/missing",
        "page=1&pageSize=50&sortKey=episodes.airDateUtc&sortDirection=ascending&monitored=true&includeSeries=true",
    ),
    Pair("GET wanted/cutoff", "page=1&pageSize=50&sortDirection=ascending&monitored=true&includeEpisodeFile=true"),
    Pair("GET queue", "page=1&pageSize=50&includeSeries=true&includeUnknownSeriesItems=false"),
    Pair("GET queue/details", "includeSeries=false"),
    Pair("GET history/series", "seriesId={series}"),
    Pair("GET calendar", "start=2026-01-01T00:00:00Z&end=2026-12-31T00:00:00Z&unmonitored=false"),
    Pair("GET parse", "title=Some.Series.S01E01.1080p.WEB-DL.x264-STALKEER"),
    Pair("PUT series/editor", body={"seriesIds": ["{series}"], "monitored": True}, status=202, writes=True),
    Pair("PUT episode/monitor", body={"episodeIds": ["{episode}"], "monitored": True}, status=202, writes=True),
    Pair("POST command", body={"name": "RescanSeries", "seriesId": "{series}"}, status=201),
)
