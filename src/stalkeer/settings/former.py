"""List the settings of the original Stalkeer in Go, each with its replacement or the reason why there is none."""

from __future__ import annotations

_DATABASE = "use `database.url`, which holds host, port, user, password and name; without it a SQLite file is used"
_REFRESH = "use `schedule.refresh`, or `playlists[].refresh` for one source: a cron line such as `0 */6 * * *`"
_SCAN = "use `schedule.scan`, a cron line such as `30 */6 * * *`"
_SOURCE = "use `playlists[].url`"
_LOGIN = "write user and password into `playlists[].url`, before the host name and an `@`"
_INCLUDE = "use `playlists[].filters` with `include`, one filter for each pattern"
_EXCLUDE = "use `playlists[].filters` with `exclude`, one filter for each pattern"
_SAVED = "remove it: progress is saved every few seconds"

FORMER = {
    "database.host": _DATABASE,
    "database.port": _DATABASE,
    "database.user": _DATABASE,
    "database.password": _DATABASE,
    "database.dbname": _DATABASE,
    "database.sslmode": "add it to `database.url`: `...?sslmode=require`",
    "m3u.file_path": "use `playlists[].path`",
    "m3u.update_interval": _REFRESH,
    "m3u.download.enabled": "use `playlists[].enabled`",
    "m3u.download.url": _SOURCE,
    "m3u.download.archive_dir": "remove it: copies of playlists are kept in `data_dir/archives`",
    "m3u.download.retention_count": "use `catalogue.archives`",
    "m3u.download.max_file_size_mb": "use `catalogue.max_size`, with a unit: `500MB`",
    "m3u.download.timeout_seconds": "use `catalogue.timeout`, the time without data and not the time for all of it",
    "m3u.download.retry_attempts": "remove it: a refresh that fails is repeated at its next time",
    "m3u.download.auth_username": _LOGIN,
    "m3u.download.auth_password": _LOGIN,
    "m3u.download.schedule_enabled": _REFRESH,
    "m3u.download.interval_hours": _REFRESH,
    "filter.group_title.include_patterns": f"{_INCLUDE} (`field: group`)",
    "filter.group_title.exclude_patterns": f"{_EXCLUDE} (`field: group`)",
    "filter.tvg_name.include_patterns": f"{_INCLUDE} (`field: name`)",
    "filter.tvg_name.exclude_patterns": f"{_EXCLUDE} (`field: name`)",
    "logging.app.level": "use `logging.level`: `debug`, `info`, `warning` or `error`",
    "logging.database.level": "remove it: there is one level, `logging.level`",
    "api.port": "use `server.port`; the default is 7825",
    "tmdb.enabled": "remove it: TMDB is used when `tmdb.api_key` is set",
    "tmdb.requests_per_second": "remove it: Stalkeer sends at most ten requests per second",
    "radarr.sync_interval": _SCAN,
    "sonarr.sync_interval": _SCAN,
    "downloads.movies_path": "use `directories.movies`, the folder of finished movies until Radarr imports them",
    "downloads.tvshows_path": "use `directories.tvshows`, the folder of finished episodes until Sonarr imports them",
    "downloads.temp_dir": "use `directories.temp`",
    "downloads.max_parallel": "use `downloads.concurrent_limit`",
    "downloads.resume_enabled": "remove it: downloads are always resumed",
    "downloads.progress_interval_mb": _SAVED,
    "downloads.progress_interval_seconds": _SAVED,
    "downloads.lock_timeout_minutes": "remove it: downloads of a stopped worker are taken over after 30 s",
    "downloads.max_retry_attempts": "use `downloads.retry_attempts`",
}


_SECTIONS = {name.rsplit(".", depth)[0] for name in FORMER for depth in range(1, name.count(".") + 1)}


def is_former_section(path: tuple[str, ...]) -> bool:
    return ".".join(path) in _SECTIONS


def advice_for(path: tuple[str, ...]) -> str | None:
    """Return what to do about a setting of the original Stalkeer. List positions in the path are ignored."""
    advice = FORMER.get(".".join(part for part in path if not part.isdigit()))
    return advice and advice.replace("`", "")
