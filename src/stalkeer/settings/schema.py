"""Define every setting: name, type, default and description. Docs, `config show` and the UI's help use them.

Sizes are in bytes and durations in seconds, whatever their text form; see `units`. Each key needs a description and,
if the default does not show the form, `examples`.
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
    """Turn a boolean back into its word: YAML reads a plain yes or no as a boolean."""
    return ("yes" if value else "no") if isinstance(value, bool) else value


def check_key(value: SecretStr) -> SecretStr:
    """Check that a key fits into a header, which allows ASCII only."""
    if not value.get_secret_value().isascii() or not value.get_secret_value().isprintable():
        raise ValueError("is not a key; accepted: letters, digits and signs without accents")
    return value


def check_wishes(values: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [value for value in values if not re.fullmatch("[a-z]{2}|original", value)]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: not a language code; accepted: two letters as in fr, or original")
    return values


def check_languages(values: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [value for value in values if not LANGUAGE.fullmatch(value)]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: not a language code; accepted: two letters as in fr, or pt-BR")
    return values


def check_spoken(values: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [value for value in values if not language_code(value)]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: not a known language; accepted: a code or name such as fr, fre, French")
    return values


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
    """A Radarr or Sonarr."""

    name: Slug = Field("default", description="Name in commands and URLs; unique among instances of one program.")
    default: bool = Field(False, description="Default instance; the first one unless set.")
    enabled: bool = Field(True, description="Whether the instance is used.")
    url: HttpUrl = Field(description="Its address, with its URL base.", examples=["http://radarr:7878"])
    api_key: ApiKey = Field(description="Its API key: Settings > General > Security.", examples=["0123456789abcdef"])
    quality_profile_id: int | None = Field(
        None,
        ge=0,
        le=2**31 - 1,
        description="ID of the Quality Profile that ranks releases, instead of each item's own profile.",
        examples=[4],
    )
    path_mappings: tuple[PathMapping, ...] = Field(
        (), description="Path mappings, where this instance has other paths for Stalkeer's folders."
    )
    timeout: Duration = Field(
        130.0, gt=0, description="Timeout of a request; both programs may need up to 100 s when busy."
    )
    ca_file: Path | None = Field(
        None, description="PEM file of a custom certificate authority for HTTPS.", examples=["/config/ca.pem"]
    )
    exclude_tags: Words = Field(
        (), description="Movies and series with one of these tags are not downloaded.", examples=[["no-vod"]]
    )
    skip_owned_elsewhere: Annotated[SkipOwned, BeforeValidator(name_switch)] = Field(
        SkipOwned.AUTO,
        description="Whether to skip items that another instance has a file of. auto: only if the "
        "quality profiles of both items share a resolution. yes: always. no: never.",
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
    """A filter. `exclude` drops matching entries; `include` keeps only entries that match an include filter."""

    field: FilterField = Field(FilterField.GROUP, description="The field to match.")
    include: str = Field(
        "", max_length=500, description="Regular expression (RE2) of entries to keep.", examples=["^VOD"]
    )
    exclude: str = Field(
        "", max_length=500, description="Regular expression (RE2) of entries to drop.", examples=["sport"]
    )

    @model_validator(mode="after")
    def _is_one(self) -> FilterSettings:
        if bool(self.include) == bool(self.exclude):
            raise ValueError("needs either include or exclude")
        return self


class CatalogueSettings(Section):
    """Settings for making the catalogue from playlists."""

    max_shrink: float = Field(
        0.2,
        ge=0,
        le=1,
        description="A refresh that would lose more than this share of a playlist's entries is refused.",
    )


class PlaylistSettings(Section):
    """A source: a playlist file or URL, or an Xtream account."""

    name: Slug = Field(description="Name in commands, URLs and rules; unique.", examples=["main"])
    type: PlaylistType = Field(PlaylistType.M3U, description="Kind of source.")
    path: Path | None = Field(None, description="The playlist file (`.m3u`, `.m3u8`, also gzipped).")
    url: SecretUrl | None = Field(
        None,
        description="Address of the playlist, or of the account's server.",
        examples=["http://provider.example:8080/get.php?username=me&password=secret&type=m3u_plus"],
    )
    username: str = Field("", description="Username of the account, for `type: xtream`.")
    password: SecretStr = Field(SecretStr(""), description="Password of the account, for `type: xtream`.")
    user_agent: str = Field("", max_length=512, description="User-Agent for this source. Empty uses the default.")
    priority: int = Field(
        0, ge=-MANY, le=MANY, description="If several sources have the same variant, the highest priority wins."
    )
    enabled: bool = Field(True, description="Use this source for refreshes and downloads.")
    refresh: Cron = Field("", description="Refresh times of this source. Empty uses `schedule.refresh`.")
    max_connections: int | None = Field(
        None, ge=0, le=MANY, description="Connections at once; empty uses the account's own limit, 0 is unlimited."
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
    adult: bool = Field(False, description="Whether adult groups are kept.")
    max_shrink: float | None = Field(
        None, ge=0, le=1, description="Value of `catalogue.max_shrink` for this source. Empty uses the common value."
    )
    filters: tuple[FilterSettings, ...] = Field(
        (), description="Filters that select the entries to keep; see docs/sources.md."
    )
    filters: tuple[FilterSettings, ...] = Field(
        (), description="Filters for this source's entries; see docs/sources.md."
    )

    @model_validator(mode="after")
    def _needs_an_address(self) -> PlaylistSettings:
        if self.type is PlaylistType.XTREAM and (self.url is None or not self.username):
            raise ValueError("type xtream needs url, username and password")
        if (self.path is None) == (self.url is None):
            raise ValueError("needs either path or url")
        return self


class HoursSettings(Section):
    """A bandwidth limit for certain hours of the week, in the machine's time zone."""

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
    """A download quota per period. When it is used up, running downloads stop within seconds."""

    period: Period = Field(description="`day`, `week` (from Monday) or `month`.")
    size: Size = Field(gt=0, description="Bytes in the period.", examples=["50GB"])
    source: str = Field("", description="Name of its source; empty counts all sources together.")


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
        description="Number of attempts without progress before a download fails. 0 is unlimited.",
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
        5.0, description="Wait after closing a connection to an account, because providers notice late."
    )
    hours: tuple[HoursSettings, ...] = Field(
        (), description="Other limits, or a pause, at certain hours; the first matching window is used."
    )
    quotas: tuple[QuotaSettings, ...] = Field((), description="Download quotas for a day, week or month.")
    min_free: Size = Field(
        1_000_000_000,
        title="Minimum free space",
        description="Disk space to keep free. Downloads wait until there is enough space.",
        examples=["5GB"],
    )
    assumed_size: Size = Field(4_000_000_000, description="Space reserved for a file of unknown size.")
    timeout: Duration = Field(
        600.0,
        description="How long an attempt may go on without data, over all its reconnects; a silent connection is "
        "replaced after 60 s. There is no limit on the whole download.",
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
    verify_tls: bool = Field(True, description="Check certificates; without it, anybody can pose as the provider.")
    ca_file: Path | None = Field(
        None,
        title="Custom certificate authority",
        description="PEM file of certificates to trust instead of the system's.",
        examples=["/config/provider-ca.pem"],
    )
    verify_downloads: bool = Field(
        True, description="Whether to check that a file is a complete video before its import."
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
        description="Required audio languages, as codes or English names (fr, fre, French): a file must have one; "
        "empty accepts any. A file with a track of unknown language is accepted.",
        examples=[["fr", "en"]],
    )


class DirectorySettings(Section):
    """The loader fills empty values with folders below `data_dir/vod`."""

    movies: Path = Field(
        Path(),
        description="Finished movies before their import; the final place with `import.mode: none`.",
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
    unmonitor: bool = Field(False, description="Whether an item is unmonitored once it is imported.")
    tag: str = Field("", max_length=64, description="Tag that imported movies and series get; empty for none.")


class ScheduleSettings(Section):
    refresh: Cron = Field("0 */6 * * *", description="When sources are refreshed.")
    scan: Cron = Field("30 */6 * * *", description="When wanted items are read from Radarr and Sonarr.")
    download: Cron = Field("*/15 * * * *", description="When confirmed matches are queued.")
    hold_downloads: bool = Field(
        False,
        description="Queue nothing automatically, whatever `schedule.download` says. The set-up guide sets it until "
        "the button on its last page is pressed.",
    )
    cleanup: Cron = Field("30 4 * * *", description="When old data is removed, as set in `retention`.")
    backup: Cron = Field("0 4 * * 0", description="When a backup is made.")


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
    backups: Duration = Field(
        28 * 86400.0,
        title="Backups",
        description="How long to keep backups. The newest is always kept. 0 keeps them forever.",
    )


class MatchingSettings(Section):
    threshold: float = Field(0.8, ge=0, le=1, description="Score from which a match is offered for review.")
    auto_confirm: float = Field(0.95, ge=0, le=1, description="Score from which a match is confirmed without asking.")
    languages: Annotated[Words, AfterValidator(check_wishes)] = Field(
        (),
        description="Preferred languages, the most preferred first (ISO 639-1; `original` is the item's own). They "
        "decide between the variants that the quality profile allows; no variant is refused.",
        examples=[["fr", "original"]],
    )

    @model_validator(mode="after")
    def _in_order(self) -> MatchingSettings:
        if self.auto_confirm < self.threshold:
            raise ValueError("auto_confirm must not be below threshold")
        return self


class TmdbSettings(Section):
    """The Movie Database. Optional: it is used only with a key."""

    api_key: ApiKey = Field(
        SecretStr(""),
        description="Your own API key (v3) or read access token (v4) of themoviedb.org; empty does not use TMDB.",
        examples=["0123456789abcdef0123456789abcdef"],
    )
    language: Annotated[Words, AfterValidator(check_languages)] = Field(
        (),
        description="Languages of the titles to use (ISO 639-1, also `pt-BR`); empty uses all.",
        examples=[["fr", "de"]],
    )
    url: HttpUrl = Field("https://api.themoviedb.org", description="TMDB's address, for your own mirror or cache.")


class DatabaseSettings(Section):
    """The loader fills in an empty URL."""

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
    level: LogLevel = Field(LogLevel.INFO, description="Log level; can be changed at run time.")
    format: LogFormat = Field(LogFormat.CONSOLE, description="The form of log lines on the terminal.")
    file: bool = Field(True, description="Whether `serve` also writes rotating files under `data_dir/logs`.")
    file_size: Size = Field(10_000_000, ge=10_000, description="Size at which a log file is rotated.")
    files: int = Field(10, ge=1, le=1000, description="Rotated log files that are kept.")


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
        (), description="Reverse proxies whose `X-Forwarded-*` and user header are trusted.", examples=[["172.18.0.2"]]
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
        description="Whether items below their quality cutoff are downloaded, too, when a better variant is found; "
        "they are always listed.",
    )
    unavailable: bool = Field(
        False, description="Whether movies are downloaded before the instance considers them available."
    )
    hand_back_after: Duration = Field(
        0.0,
        ge=0,
        description="Time without a match after which the instance searches an item on its own indexers; 0: never.",
        examples=["7d"],
    )
    hand_back_limit: int = Field(
        20, ge=1, le=MANY, description="Items to hand back per scan, the longest waiting first."
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
    catalogue: CatalogueSettings = Field(CatalogueSettings(), description="How playlists are read.")
    downloads: DownloadSettings = Field(DownloadSettings(), description="How files are fetched.")
    directories: DirectorySettings = Field(DirectorySettings(), description="Where files go.")
    import_: ImportSettings = Field(ImportSettings(), alias="import", description="How files are handed over.")
    schedule: ScheduleSettings = Field(ScheduleSettings(), description="When jobs run.")
    retention: RetentionSettings = Field(RetentionSettings(), description="How long things are kept.")
    matching: MatchingSettings = Field(
        MatchingSettings(), description="When a match is confirmed, and which variant is preferred."
    )
    tmdb: TmdbSettings = Field(TmdbSettings(), description="More titles of wanted items; optional.")
    wanted: WantedSettings = Field(WantedSettings(), description="Which items are wanted.")
    database: DatabaseSettings = Field(DatabaseSettings(), description="Where rows are kept.")
    logging: LoggingSettings = Field(LoggingSettings(), description="What is written to logs.")
    server: ServerSettings = Field(ServerSettings(), description="The web server.")
    security: SecuritySettings = Field(SecuritySettings(), description="Who may use it.")

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
