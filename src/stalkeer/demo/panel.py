"""Define a panel's content: movies, series and channels for `player_api.php` and `get.php`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any] | list[Any]


@dataclass
class PanelAccount:
    """Describe a login. `viewers` are connections used elsewhere; `expires` is in Unix seconds, None for never."""

    username: str
    password: str
    max_connections: int = 1
    status: str = "Active"  # Active | Expired | Banned | Disabled
    expires: int | None = None
    viewers: int = 0
    message: str = ""


@dataclass(frozen=True)
class PanelMovie:
    stream_id: int
    name: str
    extension: str = "mkv"
    category: str = "Films"
    duration_s: int | None = None
    tmdb_id: int | None = None
    year: int | None = None
    added: int = 1_700_000_000
    logo: str = ""


@dataclass(frozen=True)
class SeriesEpisode:
    stream_id: int
    season: int
    number: int
    title: str
    extension: str = "mkv"
    duration_s: int | None = None
    added: int = 1_700_000_000


@dataclass(frozen=True)
class PanelSeries:
    series_id: int
    name: str
    episodes: tuple[SeriesEpisode, ...]
    category: str = "Series"
    tmdb_id: int | None = None
    year: int | None = None
    last_modified: int = 1_700_000_000


@dataclass(frozen=True)
class Channel:
    stream_id: int
    name: str
    category: str = "Live"


@dataclass
class PanelContent:
    """Hold the content that a panel offers to every account."""

    movies: list[PanelMovie] = field(default_factory=list)
    series: list[PanelSeries] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)

    def categories(self, kind: str) -> dict[str, str]:
        """Return category name -> id, in order of appearance."""
        listed: dict[str, Sequence[PanelMovie | PanelSeries | Channel]] = {
            "vod": self.movies,
            "series": self.series,
            "live": self.channels,
        }
        names = dict.fromkeys(item.category for item in listed[kind])
        base = {"vod": 1, "series": 1001, "live": 2001}[kind]
        return {name: str(base + position) for position, name in enumerate(names)}


def answer(listing: PanelContent, query: Mapping[str, str]) -> Document | None:
    """Answer a `player_api.php` `action`; None for an unknown action."""
    actions: dict[str, Callable[[PanelContent, Mapping[str, str]], Document]] = {
        "get_vod_categories": lambda known, _: _categories(known, "vod"),
        "get_series_categories": lambda known, _: _categories(known, "series"),
        "get_live_categories": lambda known, _: _categories(known, "live"),
        "get_vod_streams": _movies,
        "get_series": _series,
        "get_live_streams": _channels,
        "get_vod_info": _movie_info,
        "get_series_info": _series_info,
    }
    action = actions.get(query.get("action", ""))
    return None if action is None else action(listing, query)


def user_info(account: PanelAccount, active: int, now: int, port: int) -> Document:
    return {
        "user_info": {
            "username": account.username,
            "password": account.password,
            "message": account.message,
            "auth": 1,
            "status": account.status,
            "exp_date": None if account.expires is None else str(account.expires),
            "is_trial": "0",
            "active_cons": active,
            "created_at": "1640995200",
            "max_connections": str(account.max_connections),
            "allowed_output_formats": ["m3u8", "ts"],
        },
        "server_info": {
            "url": "127.0.0.1",
            "port": str(port),
            "https_port": "443",
            "server_protocol": "http",
            "rtmp_port": "8880",
            "timezone": "UTC",
            "timestamp_now": now,
            "time_now": "2026-01-15 12:00:00",
        },
    }


def playlist(listing: PanelContent, account: PanelAccount, base: str) -> Iterator[str]:
    """Yield the account's whole content as lines of `get.php?type=m3u_plus`."""
    yield "#EXTM3U\n"
    login = f"{account.username}/{account.password}"
    for channel in listing.channels:
        yield f'#EXTINF:-1 tvg-id="" tvg-name="{channel.name}" tvg-logo="" group-title="{channel.category}",'
        yield f"{channel.name}\n{base}/{login}/{channel.stream_id}\n"
    for movie in listing.movies:
        yield f'#EXTINF:-1 tvg-id="" tvg-name="{movie.name}" tvg-logo="{movie.logo}" group-title="{movie.category}",'
        yield f"{movie.name}\n{base}/movie/{login}/{movie.stream_id}.{movie.extension}\n"
    for series in listing.series:
        for episode in series.episodes:
            name = f"{series.name} S{episode.season:02} E{episode.number:02}"
            yield f'#EXTINF:-1 tvg-id="" tvg-name="{name}" tvg-logo="" group-title="{series.category}",'
            yield f"{name}\n{base}/series/{login}/{episode.stream_id}.{episode.extension}\n"


def _categories(listing: PanelContent, kind: str) -> Document:
    return [
        {"category_id": number, "category_name": name, "parent_id": 0}
        for name, number in listing.categories(kind).items()
    ]


def _movies(listing: PanelContent, query: Mapping[str, str]) -> Document:
    numbers = listing.categories("vod")
    return [
        {
            "num": position,
            "name": movie.name,
            "title": movie.name,
            "year": "" if movie.year is None else str(movie.year),
            "stream_type": "movie",
            "stream_id": movie.stream_id,
            "stream_icon": movie.logo,
            "rating": 7.1,
            "rating_5based": 3.6,
            "added": str(movie.added),
            "category_id": numbers[movie.category],
            "category_ids": [int(numbers[movie.category])],
            "container_extension": movie.extension,
            "custom_sid": "",
            "direct_source": "",
            **({} if movie.tmdb_id is None else {"tmdb": str(movie.tmdb_id)}),
        }
        for position, movie in enumerate(listing.movies, 1)
        if query.get("category_id", numbers[movie.category]) == numbers[movie.category]
    ]


def _series(listing: PanelContent, query: Mapping[str, str]) -> Document:
    numbers = listing.categories("series")
    return [
        {
            "num": position,
            "name": series.name,
            "series_id": series.series_id,
            "cover": "",
            "plot": "",
            "releaseDate": "" if series.year is None else f"{series.year}-01-01",
            "last_modified": str(series.last_modified),
            "rating": "7",
            "category_id": numbers[series.category],
            "category_ids": [int(numbers[series.category])],
            **({} if series.tmdb_id is None else {"tmdb": str(series.tmdb_id)}),
        }
        for position, series in enumerate(listing.series, 1)
        if query.get("category_id", numbers[series.category]) == numbers[series.category]
    ]


def _channels(listing: PanelContent, query: Mapping[str, str]) -> Document:
    numbers = listing.categories("live")
    return [
        {
            "num": position,
            "name": channel.name,
            "stream_type": "live",
            "stream_id": channel.stream_id,
            "category_id": numbers[channel.category],
        }
        for position, channel in enumerate(listing.channels, 1)
        if query.get("category_id", numbers[channel.category]) == numbers[channel.category]
    ]


def _movie_info(listing: PanelContent, query: Mapping[str, str]) -> Document:
    movie = next((movie for movie in listing.movies if str(movie.stream_id) == query.get("vod_id")), None)
    if movie is None:
        return {"info": []}
    info: dict[str, Any] = {"duration_secs": movie.duration_s or 0, "bitrate": 0}
    if movie.tmdb_id is not None:
        info["tmdb_id"] = movie.tmdb_id
    return {
        "info": info,
        "movie_data": {
            "stream_id": movie.stream_id,
            "name": movie.name,
            "added": str(movie.added),
            "category_id": listing.categories("vod")[movie.category],
            "container_extension": movie.extension,
            "custom_sid": "",
            "direct_source": "",
        },
    }


def _series_info(listing: PanelContent, query: Mapping[str, str]) -> Document:
    series = next((series for series in listing.series if str(series.series_id) == query.get("series_id")), None)
    if series is None:
        return {"seasons": [], "info": []}
    seasons: dict[str, list[dict[str, Any]]] = {}
    for episode in series.episodes:
        seasons.setdefault(str(episode.season), []).append(
            {
                "id": str(episode.stream_id),
                "episode_num": episode.number,
                "title": episode.title,
                "container_extension": episode.extension,
                "info": {"duration_secs": episode.duration_s or 0},
                "custom_sid": "",
                "added": str(episode.added),
                "season": episode.season,
                "direct_source": "",
            }
        )
    answered: dict[str, Any] = {
        "seasons": [{"season_number": int(number), "name": f"Season {number}"} for number in seasons],
        "info": {"name": series.name, "last_modified": str(series.last_modified)},
    }
    if seasons:
        answered["episodes"] = seasons
    return answered
