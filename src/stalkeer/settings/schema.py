"""Define every setting: name, type, default, label and description. Documents and settings pages use them.

Sizes are bytes and durations seconds, whatever their text form was; see `units`. A field has a description, a `title`
where its label is not its name, and `examples` where the default does not show the form.
"""

from __future__ import annotations

import re
from datetime import time
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    WithJsonSchema,
    model_validator,
)

from stalkeer.core.downloads.pacing import WEEK, Weekday
from stalkeer.core.downloads.quota import Period
from stalkeer.core.naming.languages import language_code
from stalkeer.model import SkipOwned
from stalkeer.settings.units import TIME_OF_DAY, parse_cron, parse_duration, parse_size, parse_time_of_day

MANY = 1_000_000
Size = Annotated[int, BeforeValidator(parse_size), Field(ge=0, json_schema_extra={"form": "size"})]
TimeOfDay = Annotated[
    time, BeforeValidator(parse_time_of_day), WithJsonSchema({"type": "string", "pattern": f"^{TIME_OF_DAY}$"})
]
Duration = Annotated[float, BeforeValidator(parse_duration), Field(ge=0, json_schema_extra={"form": "duration"})]
Cron = Annotated[str, BeforeValidator(parse_cron), Field(json_schema_extra={"form": "cron"})]

LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def check_slug(value: str) -> str:
    if not SLUG.fullmatch(value):
        raise ValueError("is not a name; accepted: lower-case letters, digits, - and _, at most 64")
    return value


def check_http_url(value: str) -> str:
    if not is_http_url(value):
        raise ValueError("is not a web address; accepted: http://host:port/base or https://...")
    return value.rstrip("/")


def is_http_url(text: str) -> bool:
    try:
        parts = urlsplit(text)  # urlsplit ignores line breaks, which must not reach a request
        return text.isprintable() and parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without an address, a port without a number
        return False


def check_secret_url(value: SecretStr) -> SecretStr:
    check_http_url(value.get_secret_value())
    return value


def split_list(value: object) -> object:
    """Split `a, b` from the environment into the list [a, b]."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def check_network(value: str) -> str:
    try:
        return str(ip_network(value, strict=False))
    except ValueError:
        raise ValueError("is not a network; accepted: 192.168.0.0/16, fd00::/8 or one address") from None


def check_switch(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError("is neither yes nor no; accepted: true, false")
    return value


def name_switch(value: object) -> object:
    """Turn a truth value back into yes or no. YAML reads the plain words as truth values."""
    return ("yes" if value else "no") if isinstance(value, bool) else value


def check_key(value: SecretStr) -> SecretStr:
    """Raise ValueError for a key that cannot be sent in a header."""
    if not value.get_secret_value().isascii() or not value.get_secret_value().isprintable():
        raise ValueError("is not a key; accepted: letters, digits and signs without accents")
    return value


def check_wishes(values: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [value for value in values if not re.fullmatch("[a-z]{2}|original", value)]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: no language code; accepted: two letters as in fr, or original")
    return values


def check_languages(values: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [value for value in values if not LANGUAGE.fullmatch(value)]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: no language code; accepted: two letters as in fr, or pt-BR")
    return values


def check_spoken(values: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [value for value in values if not language_code(value)]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: no language that is known; accepted: a code or name, as fr, fre, French")
    return values


ARCHIVES = frozenset({".zip", ".rar", ".7z", ".gz", ".bz2", ".xz", ".zst", ".tar", ".tgz", ".iso", ".exe"})


def check_extensions(values: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple("." + value.strip().lower().lstrip(".") for value in values)
    wrong = [value for value in found if value in ARCHIVES or not value[1:].isalnum()]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: not accepted; accepted: extensions of video formats, as .wtv")
    return found


Switch = Annotated[bool, BeforeValidator(check_switch)]
ApiKey = Annotated[SecretStr, AfterValidator(check_key)]
Slug = Annotated[str, AfterValidator(check_slug)]
HttpUrl = Annotated[str, AfterValidator(check_http_url)]
SecretUrl = Annotated[SecretStr, AfterValidator(check_secret_url)]
Words = Annotated[tuple[str, ...], BeforeValidator(split_list)]
Networks = Annotated[tuple[Annotated[str, AfterValidator(check_network)], ...], BeforeValidator(split_list)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PathMapping(Section):
    local: str = Field(description="Folder path in Stalkeer.", examples=["/data/vod"])
    remote: str = Field(description="Path of the same folder in the instance.", examples=["/downloads"])


class ArrSettings(Section):
    """Define a Radarr or Sonarr instance."""

    name: Slug = Field(
        "default", description="Name in commands and URLs. Must be unique among the instances of one program."
    )
    default: bool = Field(False, description="Use this instance by default. Without one, the first is used.")
    enabled: bool = Field(True, description="Use this instance.")
    url: HttpUrl = Field(description="Address, including the URL base.", examples=["http://radarr:7878"])
    api_key: ApiKey = Field(
        description="API key, from Settings > General > Security in Radarr or Sonarr.", examples=["0123456789abcdef"]
    )
    quality_profile_id: int | None = Field(
        None,
        ge=0,
        le=2**31 - 1,
        description="ID of the Quality Profile that ranks releases, instead of each item's own profile.",
        examples=[4],
    )
    path_mappings: tuple[PathMapping, ...] = Field(
        (), description="Path mappings, if this instance sees Stalkeer's folders under other paths."
    )
    timeout: Duration = Field(
        130.0, gt=0, description="Maximum time for one request. Busy instances can take up to 100 s."
    )
    ca_file: Path | None = Field(
        None, description="PEM file of a custom certificate authority for HTTPS.", examples=["/config/ca.pem"]
    )
    exclude_tags: Words = Field(
        (), description="Movies and series with one of these tags are not downloaded.", examples=[["no-vod"]]
    )
    skip_owned_elsewhere: Annotated[SkipOwned, BeforeValidator(name_switch)] = Field(
        SkipOwned.AUTO,
        description="Skip items that another instance already has a file for. `auto`: only if the Quality Profiles of "
        "both items share a resolution. `yes`: always. `no`: never.",
    )


class PlaylistType(StrEnum):
    M3U = "m3u"
    XTREAM = "xtream"


class FilterField(StrEnum):
    GROUP = "group"
    NAME = "name"
    PATH = "path"
    HOST = "host"


class FilterSettings(Section):
    """Define a filter. `exclude` removes matching entries, `include` the entries that match no `include`."""

    field: FilterField = Field(FilterField.GROUP, description="Field of the entry to match.")
    include: str = Field(
        "", max_length=500, description="Regular expression (RE2) of the entries to keep.", examples=["^VOD"]
    )
    exclude: str = Field(
        "", max_length=500, description="Regular expression (RE2) of the entries to remove.", examples=["sport"]
    )

    @model_validator(mode="after")
    def _is_one(self) -> FilterSettings:
        if bool(self.include) == bool(self.exclude):
            raise ValueError("needs either include or exclude")
        return self


class CatalogueSettings(Section):
    """Control how playlists are read."""

    max_shrink: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Largest share of its entries that a playlist may lose in one refresh. A smaller list waits until "
        "you accept it.",
    )
    max_size: Size = Field(2_000_000_000, ge=1_000_000, description="Maximum size of a playlist after decompression.")
    timeout: Duration = Field(60.0, ge=1, description="Maximum time without data from a playlist or account.")
    archives: int = Field(
        10, ge=0, le=1000, description="Number of compressed playlist copies to keep for each source."
    )
    questions_per_minute: int = Field(
        30,
        ge=1,
        le=600,
        description="Maximum number of questions per minute to each account about single series and movies.",
    )


class PlaylistSettings(Section):
    """Define a source: a playlist file or address, or an Xtream account."""

    name: Slug = Field(description="Unique name in commands, URLs and rules.", examples=["main"])
    type: PlaylistType = Field(PlaylistType.M3U, description="Type of the source.")
    path: Path | None = Field(None, description="Playlist file (`.m3u` or `.m3u8`, optionally gzipped).")
    url: SecretUrl | None = Field(
        None,
        description="Address of the playlist, or of the account's server.",
        examples=["http://provider.example:8080/get.php?username=me&password=secret&type=m3u_plus"],
    )
    username: str = Field("", description="Username of the account, for `type: xtream`.")
    password: SecretStr = Field(SecretStr(""), description="Password of the account, for `type: xtream`.")
    user_agent: str = Field("", max_length=512, description="User-Agent for this source. Empty uses the default.")
    priority: int = Field(
        0, ge=-MANY, le=MANY, description="Of equal releases, the one from the source with the higher priority is used."
    )
    enabled: bool = Field(True, description="Use this source for refreshes and downloads.")
    refresh: Cron = Field("", description="Refresh times of this source. Empty uses `schedule.refresh`.")
    max_connections: int | None = Field(
        None, ge=0, le=MANY, description="Maximum connections. Empty uses the account's limit, 0 is unlimited."
    )
    bandwidth_limit: Size = Field(
        0, description="Speed limit for this source in bytes per second. 0 is unlimited.", examples=["5MB"]
    )
    headers: dict[str, SecretStr] = Field(
        {},
        description="Additional request headers for this source.",
        examples=[{"Referer": "http://provider.example/"}],
    )
    proxy: SecretStr = Field(
        SecretStr(""),
        description="Proxy for this source: http://, https://, socks5:// or socks5h://, with an optional login.",
        examples=["socks5h://127.0.0.1:1080"],
    )
    adult: bool = Field(False, description="Include groups that are labelled as adult.")
    max_shrink: float | None = Field(
        None, ge=0, le=1, description="Value of `catalogue.max_shrink` for this source. Empty uses the common value."
    )
    filters: tuple[FilterSettings, ...] = Field(
        (), description="Filters that select the entries to keep; see docs/sources.md."
    )

    @model_validator(mode="after")
    def _needs_an_address(self) -> PlaylistSettings:
        if self.type is PlaylistType.XTREAM and (self.url is None or not self.username):
            raise ValueError("type xtream needs url, username and password")
        if (self.path is None) == (self.url is None):
            raise ValueError("needs either path or url")
        return self


class HoursSettings(Section):
    """Define a limit for certain hours of the week, in the machine's time zone."""

    days: Annotated[tuple[Weekday, ...], BeforeValidator(split_list)] = Field(
        WEEK, description="Days on which the hours start: mon, tue, wed, thu, fri, sat, sun.", examples=[["sat", "sun"]]
    )
    start: TimeOfDay = Field(description="Start time.", examples=["01:00"])
    end: TimeOfDay = Field(
        description="End time. A time at or before the start is on the next day.", examples=["07:00"]
    )
    limit: Size = Field(
        0, description="Speed limit for all downloads in bytes per second. 0 is unlimited.", examples=["20MB"]
    )
    pause: Switch = Field(False, description="Pause all downloads.")


class QuotaSettings(Section):
    """Define a download quota. Running downloads stop within seconds after it is reached."""

    period: Period = Field(description="`day`, `week` (from Monday) or `month`.")
    size: Size = Field(gt=0, description="Maximum bytes in the period.", examples=["50GB"])
    source: str = Field("", description="Source that the quota applies to. Empty applies to all sources together.")


class DownloadSettings(Section):
    concurrent_limit: int = Field(
        3,
        ge=0,
        le=MANY,
        title="Concurrent downloads",
        description="Maximum number of concurrent downloads. 0 is unlimited.",
    )
    retry_attempts: int = Field(
        5,
        ge=0,
        le=MANY,
        title="Attempts",
        description="Number of attempts without new bytes before the next variant is tried, or the download fails. "
        "0 stands for 20.",
    )
    retry_delay: Duration = Field(
        60.0,
        title="Retry delay",
        description="Delay before the first retry. It doubles with each retry, with a random variation.",
    )
    per_host_limit: int = Field(
        0,
        ge=0,
        le=MANY,
        title="Concurrent downloads per host",
        description="Maximum number of concurrent downloads from one host. 0 is unlimited.",
    )
    viewer_reserve: int = Field(
        1,
        ge=0,
        le=MANY,
        title="Connections reserved for watching",
        description="Connections of each account that stay free for watching. Ignored for accounts with only one "
        "connection.",
    )
    reconnect_gap: Duration = Field(
        5.0,
        title="Delay between connections",
        description="Delay before a closed connection to an account is used again. Providers notice closed "
        "connections late.",
    )
    bandwidth_limit: Size = Field(
        0,
        title="Speed limit",
        description="Speed limit for all downloads in bytes per second. 0 is unlimited.",
        examples=["10MB"],
    )
    hours: tuple[HoursSettings, ...] = Field(
        (), description="Other speed limits, or a pause, at certain hours. The first matching one applies."
    )
    quotas: tuple[QuotaSettings, ...] = Field((), description="Download quotas for a day, week or month.")
    min_free: Size = Field(
        1_000_000_000,
        title="Minimum free space",
        description="Disk space to keep free. Downloads wait until there is enough space.",
        examples=["5GB"],
    )
    assumed_size: Size = Field(
        4_000_000_000,
        title="Assumed size of unknown files",
        description="Disk space to reserve for a file of unknown size, and at most for a size that only one answer has "
        "told.",
    )
    timeout: Duration = Field(
        600.0,
        title="Timeout",
        description="Maximum time without data before an attempt fails. A connection without data is replaced after "
        "60 s. There is no limit for the whole download.",
    )
    min_speed: Size = Field(
        10_000,
        title="Minimum speed",
        description="Bytes per second below which a download makes room for another one that waits for its slot or "
        "account. 0 is no minimum.",
    )
    min_speed_time: Duration = Field(
        300.0,
        ge=1,
        title="Time below the minimum speed",
        description="Time for which a download must be slower than the minimum speed before it makes room.",
    )
    https_only: bool = Field(
        False,
        title="Require HTTPS",
        description="Reject addresses and redirects of playlists and files that do not use HTTPS.",
    )
    verify_tls: bool = Field(
        True,
        title="Certificate validation",
        description="Validate HTTPS certificates. Without validation, others can impersonate the provider.",
    )
    ca_file: Path | None = Field(
        None,
        title="Custom certificate authority",
        description="PEM file of certificates to trust instead of the system's.",
        examples=["/config/provider-ca.pem"],
    )
    verify_downloads: bool = Field(
        True,
        title="Verify downloaded files",
        description="Check that a file is a complete video before it is imported. Without the check it still has to "
        "begin like a video.",
    )
    accept_unknown: Annotated[Words, AfterValidator(check_extensions)] = Field(
        (),
        title="Accept unknown formats",
        description="Extensions of video formats that Stalkeer does not know and accepts without a check. Archives and "
        "encrypted files are never accepted.",
        examples=[[".wtv"]],
    )
    checksum_sidecar: bool = Field(
        False,
        title="Look for checksum files",
        description="Look for a checksum next to each file (FILE.sha256, .sha1 or .md5). This takes one more request "
        "for each file.",
    )
    duration_tolerance: float = Field(
        0.4,
        ge=0,
        le=1,
        title="Runtime tolerance",
        description="Largest allowed difference between the runtimes of file and item, as a fraction. 0 disables the "
        "check.",
    )
    audio_languages: Annotated[Words, AfterValidator(check_spoken)] = Field(
        (),
        title="Required audio languages",
        description="Reject files without audio in one of these languages (codes or English names: fr, fre, French). "
        "Empty accepts any language. Files with a track of unknown language are accepted.",
        examples=[["fr", "en"]],
    )


class DirectorySettings(Section):
    """Define the download folders. The loader fills empty values with folders below `data_dir/vod`."""

    movies: Path = Field(
        Path(),
        title="Movies folder",
        description="Folder of finished movies until they are imported. With `import.mode: none` they stay here.",
        examples=["/data/vod/complete/movies"],
    )
    tvshows: Path = Field(
        Path(),
        title="Episodes folder",
        description="Folder of finished episodes until they are imported. With `import.mode: none` they stay here.",
        examples=["/data/vod/complete/tv"],
    )
    temp: Path = Field(
        Path(),
        title="Incomplete downloads folder",
        description="Folder of incomplete downloads. Use the same file system as for the finished files.",
        examples=["/data/vod/incomplete"],
    )
    file_mode: str = Field(
        "",
        pattern="^(0?[0-7]{3})?$",
        title="File permissions",
        description="Octal permissions of finished files. Empty uses the umask.",
        examples=["664"],
    )
    folder_mode: str = Field(
        "",
        pattern="^(0?[0-7]{3})?$",
        title="Folder permissions",
        description="Octal permissions of created folders. Empty uses the umask.",
        examples=["775"],
    )


class ImportMode(StrEnum):
    MANUAL = "manual"
    LIBRARY = "library"
    NONE = "none"


class ImportSettings(Section):
    mode: ImportMode = Field(
        ImportMode.MANUAL,
        title="Import mode",
        description="`manual`: the instance imports the file. `library`: Stalkeer puts the file into the library "
        "folder and starts a rescan. `none`: the file stays in the download folder.",
    )
    copy_files: bool = Field(
        False,
        title="Copy instead of move",
        description="Let the instance copy or hardlink the file instead of moving it.",
    )
    unmonitor: bool = Field(False, title="Unmonitor imported items", description="Unmonitor items after their import.")
    tag: str = Field(
        "",
        max_length=64,
        title="Tag for imported items",
        description="Tag to add to imported movies and series. Empty adds none.",
    )


class ScheduleSettings(Section):
    refresh: Cron = Field("0 */6 * * *", title="Refresh sources", description="Refresh times of the sources.")
    scan: Cron = Field(
        "30 */6 * * *",
        title="Scan for missing",
        description="Times at which missing items are read from Radarr and Sonarr.",
    )
    download: Cron = Field(
        "*/15 * * * *", title="Queue confirmed matches", description="Times at which confirmed matches are queued."
    )
    hold_downloads: bool = Field(
        False,
        title="Hold automatic downloads",
        description="Queue no downloads automatically, regardless of `schedule.download`. The setup wizard sets this "
        "until you finish its last page.",
    )
    cleanup: Cron = Field(
        "30 4 * * *", title="Clean up", description="Times at which old data is removed, by `retention`."
    )
    backup: Cron = Field("0 4 * * 0", title="Backup", description="Backup times.")


class RetentionSettings(Section):
    downloads: Duration = Field(
        30 * 86400.0,
        title="Finished downloads",
        description="How long to keep finished downloads in the queue. 0 keeps them forever.",
    )
    history: Duration = Field(
        365 * 86400.0, title="History", description="How long to keep history events. 0 keeps them forever."
    )
    logs: Duration = Field(
        30 * 86400.0, title="Log files", description="How long to keep log files. 0 keeps them forever."
    )
    archives: Duration = Field(
        14 * 86400.0, title="Playlist copies", description="How long to keep playlist copies. 0 keeps them forever."
    )
    quarantine: Duration = Field(
        14 * 86400.0,
        title="Quarantined files",
        description="How long to keep downloaded files that turned out wrong. 0 keeps them forever.",
    )
    backups: Duration = Field(
        28 * 86400.0,
        title="Backups",
        description="How long to keep backups. The newest is always kept. 0 keeps them forever.",
    )


class MatchingSettings(Section):
    threshold: float = Field(
        0.8, ge=0, le=1, title="Review score", description="Minimum score to offer a match for review, from 0 to 1."
    )
    auto_confirm: float = Field(
        0.95,
        ge=0,
        le=1,
        title="Automatic confirmation score",
        description="Minimum score to confirm a match automatically, from 0 to 1.",
    )
    languages: Annotated[Words, AfterValidator(check_wishes)] = Field(
        (),
        title="Preferred languages",
        description="Preferred languages, best first (ISO 639-1; `original` is the item's own language). Releases in "
        "these languages come first. Others are still accepted.",
        examples=[["fr", "original"]],
    )

    @model_validator(mode="after")
    def _in_order(self) -> MatchingSettings:
        if self.auto_confirm < self.threshold:
            raise ValueError("auto_confirm must not be below threshold")
        return self


class TmdbSettings(Section):
    """Configure The Movie Database. Without a key it is not used."""

    api_key: ApiKey = Field(
        SecretStr(""),
        title="API key",
        description="Your API key (v3) or read access token (v4) of themoviedb.org. Empty disables TMDB.",
        examples=["0123456789abcdef0123456789abcdef"],
    )
    language: Annotated[Words, AfterValidator(check_languages)] = Field(
        (),
        title="Title languages",
        description="Languages of the alternative titles to use (ISO 639-1, also `pt-BR`). Empty uses all.",
        examples=[["fr", "de"]],
    )
    url: HttpUrl = Field(
        "https://api.themoviedb.org", title="API URL", description="API address. Change it only for a mirror or cache."
    )


class DatabaseSettings(Section):
    """Configure the database. The loader fills an empty address."""

    url: SecretStr = Field(
        SecretStr(""),
        title="Database URL",
        description="Database address. Empty uses a SQLite file in `data_dir`.",
        examples=["postgresql://stalkeer:secret@db/stalkeer"],
    )


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    CONSOLE = "console"
    JSON = "json"


class LoggingSettings(Section):
    level: LogLevel = Field(
        LogLevel.INFO, title="Log level", description="Minimum level of log messages. Takes effect at once."
    )
    format: LogFormat = Field(
        LogFormat.CONSOLE, title="Console format", description="Format of log lines on the console."
    )
    file: bool = Field(True, title="Log to files", description="Also write log files to `data_dir/logs`.")
    file_size: Size = Field(
        10_000_000, ge=10_000, title="Log file size", description="Size at which a log file is rotated."
    )
    files: int = Field(
        10, ge=1, le=1000, title="Number of log files", description="Number of rotated log files to keep."
    )


class ServerSettings(Section):
    host: str = Field("0.0.0.0", title="Bind address", description="Address to listen on.")  # noqa: S104 - a server for the LAN; login is on
    port: int = Field(7825, ge=0, le=65535, title="Port", description="Port of the web UI and API. 0 uses a free port.")
    url_base: str = Field(
        "", title="URL base", description="Path before every URL, for a reverse proxy.", examples=["/stalkeer"]
    )

    @model_validator(mode="before")
    @classmethod
    def _tidy_base(cls, values: object) -> object:
        if not isinstance(values, dict) or not isinstance(values.get("url_base"), str):
            return values
        base = "/".join(part for part in values["url_base"].split("/") if part)
        if not re.fullmatch(r"[A-Za-z0-9/_.~-]*", base):
            raise ValueError("url_base is not a path; accepted: /stalkeer")
        return {**values, "url_base": f"/{base}" if base else ""}


class AuthMode(StrEnum):
    FORMS = "forms"
    EXTERNAL = "external"
    LOCAL = "local"


class SecuritySettings(Section):
    mode: AuthMode = Field(
        AuthMode.FORMS,
        title="Authentication",
        description="`forms`: login page. `external`: a trusted reverse proxy sends the username. `local`: no login "
        "from `local_networks`, login page for other addresses.",
    )
    local_networks: Networks = Field(
        ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"),
        title="Local networks",
        description="Addresses of the local network.",
    )
    trusted_proxies: Networks = Field(
        (),
        title="Trusted proxies",
        description="Addresses of reverse proxies whose `X-Forwarded-*` and username headers are trusted.",
        examples=[["172.18.0.2"]],
    )
    allowed_hosts: Words = Field(
        (),
        title="Allowed host names",
        description="Additional host names that need no login with mode `local`. IP addresses, `localhost` and names "
        "of local networks are always allowed. This protects against DNS rebinding.",
        examples=[["stalkeer.example.org"]],
    )
    user_header: str = Field(
        "Remote-User",
        max_length=64,
        pattern="^[A-Za-z0-9-]+$",
        title="Username header",
        description="Header that contains the username, for mode `external`.",
    )
    require_https: bool = Field(
        False, title="Require HTTPS", description="Reject requests without HTTPS, except from this machine."
    )
    session_lifetime: Duration = Field(
        30 * 86400.0, ge=60, title="Session lifetime", description="Time after which an unused login expires."
    )
    api_limit: int = Field(
        600,
        ge=0,
        le=MANY,
        title="API requests per minute",
        description="Maximum requests per minute for each API key and address. 0 is unlimited.",
    )
    login_limit: int = Field(
        5,
        ge=1,
        le=MANY,
        title="Login attempts per minute",
        description="Maximum login attempts per minute for each address.",
    )
    max_body: Size = Field(
        1_000_000, ge=100_000, title="Maximum request size", description="Maximum size of a request body."
    )
    max_upload: Size = Field(
        50_000_000,
        ge=100_000,
        title="Maximum upload size",
        description="Maximum size of an uploaded file, such as a backup.",
    )


class WantedSettings(Section):
    cutoff: bool = Field(
        False,
        title="Download upgrades",
        description="Also download better releases for items below their quality cutoff. Such items are always "
        "listed under Cutoff Unmet.",
    )
    specials: bool = Field(False, title="Download specials", description="Download specials (season 0).")
    unmonitored: bool = Field(
        False, title="List unmonitored items", description="Also list items that are not monitored."
    )
    unavailable: bool = Field(
        False,
        title="Download before availability",
        description="Download movies before their minimum availability in Radarr.",
    )
    cooldown: Duration = Field(
        6 * 3600.0,
        ge=0,
        title="Delay after a failed download",
        description="Delay after a failed download before the item is tried again.",
    )
    hand_back_after: Duration = Field(
        0.0,
        ge=0,
        title="Search indexers after",
        description="Let the instance search its indexers for an item that had no match for this long. 0 disables "
        "this.",
        examples=["7d"],
    )
    hand_back_limit: int = Field(
        20,
        ge=1,
        le=MANY,
        title="Indexer searches per scan",
        description="Maximum number of items per scan that the instance searches. The longest waiting items come "
        "first.",
    )


class Settings(Section):
    """Hold all settings. They are immutable. `import` is `import_` in Python."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    data_dir: Path = Field(
        description="Folder of the database, secret key, logs, playlist copies and backups.", examples=["/config"]
    )
    secret_key_file: Path | None = Field(
        None, description="File with the encryption key of stored credentials. Empty uses `data_dir/secret.key`."
    )
    radarr: tuple[ArrSettings, ...] = Field((), description="Radarr instances.")
    sonarr: tuple[ArrSettings, ...] = Field((), description="Sonarr instances.")
    playlists: tuple[PlaylistSettings, ...] = Field((), description="Sources.")
    catalogue: CatalogueSettings = Field(CatalogueSettings(), description="Reading of playlists.")
    downloads: DownloadSettings = Field(DownloadSettings(), description="Downloads.")
    directories: DirectorySettings = Field(DirectorySettings(), description="Download folders.")
    import_: ImportSettings = Field(ImportSettings(), alias="import", description="Import of finished files.")
    schedule: ScheduleSettings = Field(ScheduleSettings(), description="Schedule of the jobs.")
    retention: RetentionSettings = Field(RetentionSettings(), description="How long to keep data.")
    matching: MatchingSettings = Field(MatchingSettings(), description="Scores of matches, and preferred languages.")
    tmdb: TmdbSettings = Field(
        TmdbSettings(), title="The Movie Database", description="Additional titles from TMDB; optional."
    )
    wanted: WantedSettings = Field(WantedSettings(), description="Wanted items.")
    database: DatabaseSettings = Field(DatabaseSettings(), description="Database.")
    logging: LoggingSettings = Field(LoggingSettings(), description="Logs.")
    server: ServerSettings = Field(ServerSettings(), description="Web server.")
    security: SecuritySettings = Field(SecuritySettings(), description="Access to the web UI and API.")

    @model_validator(mode="after")
    def _names_are_unique(self) -> Settings:
        for key, entries in (("radarr", self.radarr), ("sonarr", self.sonarr), ("playlists", self.playlists)):
            names = [entry.name for entry in entries]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{key}.name is used twice: {', '.join(twice)}; accepted: a unique name for each")
        for key, instances in (("radarr", self.radarr), ("sonarr", self.sonarr)):
            if sum(instance.default for instance in instances) > 1:
                raise ValueError(f"{key}.default is true for several; accepted: one default instance")
        return self


Layer = Literal["flag", "environment", "ui", "file", "default"]
