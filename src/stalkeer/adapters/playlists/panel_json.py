"""Convert an Xtream panel's answers into our values. Every field may be missing, null, or of another type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any, NamedTuple

from stalkeer.adapters.playlists.loose_json import as_int, as_items, as_map, as_text
from stalkeer.core.catalogue.extension import UNKNOWN, with_extension
from stalkeer.core.catalogue.filters import CATEGORY_SEPARATOR
from stalkeer.core.titles.episode import find_mark
from stalkeer.model import AccountStatus, Entry, EntryKind, NumbersFrom

LOGIN = "{username}/{password}"
SERIES_ADDRESS = "{base}/player_api.php?username={username}&password={password}&action=get_series_info&series_id="
_YEARS = range(1870, 2200)
_EXTENSION = 8
_TOO_MANY = re.compile(r"too many|max\w*[ _]conn|connection limit|connections? (?:in use|exceeded|reached)|in use")
_STATUS_WORDS = {
    AccountStatus.EXPIRED: re.compile(r"expired|expirad|abgelaufen|expiré|истек"),
    AccountStatus.BANNED: re.compile(r"\bban(?:ned)?\b|blocked"),
    AccountStatus.DISABLED: re.compile(r"disabled|inactive|suspended|deactivated|not active"),
}


@dataclass(frozen=True)
class AccountInfo:
    """Hold an account's state as the panel reports it."""

    status: AccountStatus
    active: int | None = None
    maximum: int | None = None
    expires_at: datetime | None = None
    message: str = ""
    is_trial: bool = False
    is_full: bool = False  # the panel refuses the login because all connections are in use

    @property
    def is_usable(self) -> bool:
        return self.status in (AccountStatus.ACTIVE, AccountStatus.UNKNOWN)


@dataclass(frozen=True)
class MovieDetails:
    """Hold the details of `get_vod_info`; sizes in bytes, durations in seconds, None for unknown values."""

    tmdb_id: int | None = None
    duration_s: int | None = None
    size: int | None = None
    bitrate: int | None = None  # kbit/s
    video: str = ""
    audio: str = ""
    height: int | None = None
    year: int | None = None
    extension: str = ""


def account_info(answer: object, now: datetime) -> AccountInfo | None:
    """Read the account's state; None for an answer that is not from a panel.

    A wrong username or password is `refused`.
    """
    user = as_map(as_map(answer).get("user_info"))
    if not user:
        return None
    auth = as_int(user.get("auth"))
    message = as_text(user.get("message"))
    if auth == 0:
        return _refused(as_text(user.get("status")), message)
    status = _status_of(as_text(user.get("status")).lower(), is_let_in=bool(auth))
    expires = as_int(user.get("exp_date"))
    expires_at = datetime.fromtimestamp(expires, UTC) if expires and 0 < expires < 32_000_000_000 else None
    if status is AccountStatus.ACTIVE and expires_at is not None and expires_at < now:
        status = AccountStatus.EXPIRED
    return AccountInfo(
        status=status,
        active=as_int(user.get("active_cons")),
        maximum=as_int(user.get("max_connections")) or None,  # 0 means no limit
        expires_at=expires_at,
        message=message,
        is_trial=as_int(user.get("is_trial")) == 1,
    )


def _refused(word: str, message: str) -> AccountInfo:
    """Return why a login is refused, by the panel's status, then by its message."""
    said = f"{word} {message}".lower()
    if _TOO_MANY.search(said):
        return AccountInfo(AccountStatus.UNKNOWN, message=message or word, is_full=True)
    for status in (AccountStatus.EXPIRED, AccountStatus.BANNED, AccountStatus.DISABLED):
        if _STATUS_WORDS[status].search(said):
            return AccountInfo(status, message=message)
    return AccountInfo(AccountStatus.REFUSED, message=message or "the username or the password is wrong")


def _status_of(word: str, *, is_let_in: bool) -> AccountStatus:
    if word in (AccountStatus.ACTIVE, AccountStatus.EXPIRED, AccountStatus.BANNED, AccountStatus.DISABLED):
        return AccountStatus(word)
    return AccountStatus.ACTIVE if is_let_in else AccountStatus.UNKNOWN


def category_names(items: Iterator[Mapping[str, Any]]) -> dict[str, str]:
    return {as_text(item.get("category_id")): unescape(as_text(item.get("category_name"))) for item in items}


def movie_entry(item: Mapping[str, Any], groups: Mapping[str, str]) -> Entry | None:
    """Read a row of `get_vod_streams`; None where it has no id."""
    stream = as_int(item.get("stream_id"))
    if stream is None:
        return None
    return Entry(
        key=f"movie:{stream}",
        kind=EntryKind.MOVIE.value,
        name=_name(item) or f"Film {stream}",
        url=_movie_address(stream, _extension(item)),
        group=_group(item, groups),
        logo=_logo(item.get("stream_icon")) or _logo(item.get("cover")),
        duration_s=_positive(item.get("duration_secs")),
        tmdb_id=_tmdb(item),
        year=_year(item),
        added=_positive(item.get("added")),
        reason="account",
    )


def _movie_address(stream: int, extension: str) -> str:
    address = f"{{base}}/movie/{LOGIN}/{stream}{UNKNOWN}"
    return with_extension(address, extension) if extension else address


def live_entry(item: Mapping[str, Any], groups: Mapping[str, str]) -> Entry | None:
    stream = as_int(item.get("stream_id"))
    if stream is None:
        return None
    return Entry(
        key=f"live:{stream}",
        kind=EntryKind.LIVE.value,
        name=_name(item) or f"Channel {stream}",
        url=f"{{base}}/live/{LOGIN}/{stream}.ts",
        group=_group(item, groups),
        logo=_logo(item.get("stream_icon")),
        reason="account",
    )


def series_entry(item: Mapping[str, Any], groups: Mapping[str, str]) -> Entry | None:
    """Read a row of `get_series`, whose episodes are listed on request."""
    series = as_int(item.get("series_id"))
    if series is None:
        return None
    return Entry(
        key=f"show:{series}",
        kind=EntryKind.SERIES.value,
        name=_name(item) or f"Series {series}",
        url=f"{SERIES_ADDRESS}{series}",
        group=_group(item, groups),
        logo=_logo(item.get("cover")),
        tmdb_id=_tmdb(item),
        year=_year(item),
        added=_positive(item.get("last_modified")),
        reason="account",
    )


def episode_entries(answer: object, series: Entry) -> list[Entry]:
    """Read the episodes of `get_series_info`: a map of seasons, a list of seasons (its place is the season), or a flat
    list. Season 0 is a season."""
    episodes = as_map(answer).get("episodes")
    entries: dict[str, Entry] = {}
    for place, item in _episode_items(episodes):
        entry = _episode(item, place, series)
        if entry is not None:
            entries.setdefault(entry.key, entry)
    return list(entries.values())


class _Place(NamedTuple):
    """Hold the place of an episode in the account's answer: the season that lists it, and its order there from 1."""

    season: int | None = None
    order: int | None = None


def _episode_items(episodes: object) -> Iterator[tuple[_Place, Mapping[str, Any]]]:
    if isinstance(episodes, dict):
        for key, listed in episodes.items():
            for order, item in enumerate(as_items(listed), start=1):
                yield _Place(as_int(key), order), item
    elif isinstance(episodes, list):
        for season, listed in enumerate(episodes):
            if isinstance(listed, dict) and "id" in listed:
                yield _Place(), listed
            else:
                for order, item in enumerate(as_items(listed), start=1):
                    yield _Place(season, order), item


def _episode(item: Mapping[str, Any], place: _Place, series: Entry) -> Entry | None:
    stream = as_int(item.get("id"))
    if stream is None:
        return None
    info = as_map(item.get("info"))
    title = unescape(as_text(item.get("title")))
    season, on_season = _season(as_int(item.get("season")), place.season, title)
    number, on_number = _number(as_int(item.get("episode_num")), place.order, title)
    agreement = on_season if on_number is NumbersFrom.ACCOUNT or on_season is NumbersFrom.SPLIT else on_number
    name = title if _names_series(title, series.name) else f"{series.name} {_marker(season, number)} {title}".strip()
    return Entry(
        key=f"series:{stream}",
        kind=EntryKind.EPISODE.value,
        name=name,
        url=with_extension(f"{{base}}/series/{LOGIN}/{stream}", _extension(item) or _extension(info)),
        group=series.group,
        logo=_logo(info.get("movie_image")) or series.logo,
        duration_s=_positive(info.get("duration_secs")),
        season=season,
        episode=number,
        year=series.year,
        added=_positive(item.get("added")),
        reason=agreement.value,
    )


def _season(own: int | None, listed: int | None, title: str) -> tuple[int | None, NumbersFrom]:
    """Return the season of an episode by its field and the key of its list. Its title decides where they differ."""
    if own is None or listed is None or own == listed:
        return (listed if own is None else own), NumbersFrom.ACCOUNT
    mark = find_mark(title, EntryKind.EPISODE.value)
    stated = mark.season if mark is not None else None
    if stated in (own, listed):
        return stated, NumbersFrom.MAJORITY
    return own, NumbersFrom.SPLIT


def _number(own: int | None, order: int | None, title: str) -> tuple[int | None, NumbersFrom]:
    """Return the number of an episode by its field.

    Its title decides where it has another number and the order in the list agrees with it. The order alone is no
    evidence, because a list may have gaps.
    """
    mark = find_mark(title, EntryKind.EPISODE.value) if own is not None and own != order else None
    if mark is not None and order is not None and mark.episodes == (order,):
        return order, NumbersFrom.MAJORITY
    return own, NumbersFrom.ACCOUNT


def _names_series(title: str, series: str) -> bool:
    """Tell if an episode's title already begins with its series' name."""
    return bool(series) and title.casefold().startswith(series.casefold())


def _marker(season: int | None, number: int | None) -> str:
    if season is None or number is None:
        return ""
    return f"S{season:02d}E{number:02d}"


def movie_details(answer: object) -> MovieDetails:
    """Read `get_vod_info`; nothing for an unknown id, whose `info` is an empty list."""
    info, data = as_map(as_map(answer).get("info")), as_map(as_map(answer).get("movie_data"))
    video, audio = as_map(info.get("video")), as_map(info.get("audio"))
    return MovieDetails(
        tmdb_id=_tmdb(info) or _tmdb(data),
        duration_s=_positive(info.get("duration_secs")) or _clock(as_text(info.get("duration"))),
        size=_positive(info.get("size")) or _positive(info.get("file_size")),
        bitrate=_positive(info.get("bitrate")),
        video=as_text(video.get("codec_name")),
        audio=as_text(audio.get("codec_name")),
        height=_positive(video.get("height")),
        year=_year({**data, **info}),
        extension=_extension(data) or _extension(info),
    )


def _name(item: Mapping[str, Any]) -> str:
    return unescape(as_text(item.get("name")) or as_text(item.get("title")))[:1000]


def _group(item: Mapping[str, Any], groups: Mapping[str, str]) -> str:
    """Join all categories of an item, its own first; a separator within a name is replaced."""
    listed = item.get("category_ids")
    further = listed.values() if isinstance(listed, dict) else listed if isinstance(listed, list) else ()
    ids = [
        *as_text(item.get("category_id")).split(","),
        *further,
        *as_text(listed).strip("[] ").split(","),
    ]
    names = dict.fromkeys(name for category in ids if (name := groups.get(as_text(category).strip('"'))))
    return CATEGORY_SEPARATOR.join(name.replace(CATEGORY_SEPARATOR, ",") for name in names)


def _extension(item: Mapping[str, Any]) -> str:
    extension = as_text(item.get("container_extension")).lower().lstrip(".")
    return extension if extension.isalnum() and extension.isascii() and len(extension) <= _EXTENSION else ""


def _logo(value: object) -> str:
    text = as_text(value)
    return text if text.lower().startswith(("http://", "https://")) and len(text) < 2_000 else ""


def _tmdb(item: Mapping[str, Any]) -> int | None:
    return _positive(item.get("tmdb_id")) or _positive(item.get("tmdb"))


def _year(item: Mapping[str, Any]) -> int | None:
    for name in ("year", "releaseDate", "releasedate", "release_date"):
        year = as_int(as_text(item.get(name))[:4])
        if year in _YEARS:
            return year
    return None


def _positive(value: object) -> int | None:
    number = as_int(value)
    return number if number is not None and 0 < number < 1 << 53 else None


def _clock(text: str) -> int | None:
    """Return the seconds of `01:52:10`."""
    parts = text.split(":")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 9 for part in parts):
        return None
    hours, minutes, seconds = (int(part) for part in parts)
    return hours * 3600 + minutes * 60 + seconds or None
