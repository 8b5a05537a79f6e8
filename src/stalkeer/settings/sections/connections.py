"""Define the settings of what Stalkeer connects to: instances, sources, The Movie Database."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    model_validator,
)

from stalkeer.core.downloads.viewing import UseWhen
from stalkeer.model import Drive, SkipOwned
from stalkeer.settings.types import (
    ADVANCED,
    MANY,
    ApiKey,
    Cron,
    Duration,
    HttpUrl,
    SecretUrl,
    Section,
    Size,
    Slug,
    Switch,
    TimeOfDay,
    Words,
    check_languages,
    check_wanted_languages,
    is_http_url,
    name_switch,
    split_list,
)


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
    languages: Annotated[Words, AfterValidator(check_wanted_languages)] = Field(
        (),
        description="Wanted languages, best first: `fr` prefers French, `fr:require` refuses what is known to lack it, "
        "`original` is the item's own language. An unknown language never refuses; the file's own tracks decide in "
        "the end. Of several required languages one is enough. Where it is empty, those set on the page count.",
        examples=[["fr", "original", "en:require"]],
    )
    skip_owned_elsewhere: Annotated[SkipOwned, BeforeValidator(name_switch)] = Field(
        SkipOwned.AUTO,
        description="Skip items that another instance already has a file for. `auto`: only if the Quality Profiles of "
        "both items share a resolution. `yes`: always. `no`: never.",
    )
    drive: Drive = Field(
        Drive.OURS,
        description="Who looks for missing items. `ours`: Stalkeer looks, downloads and imports. `native`: the "
        "instance searches Stalkeer as an indexer, grabs and imports by itself.",
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


class PlaylistSettings(Section):
    """Define a source: a playlist file or address, or an Xtream account."""

    name: Slug = Field(description="Unique name in commands, URLs and rules.", examples=["main"])
    type: PlaylistType = Field(
        PlaylistType.M3U, description="Type of the source. With a `username` the default is `xtream`."
    )
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
    use: UseWhen = Field(
        UseWhen.ANY,
        description="When downloads may use the account: at `any` time, at certain `hours`, or `manual`: only what you "
        "start yourself.",
    )
    use_from: TimeOfDay | None = Field(
        None, description="Start of the hours, for `use: hours`. Empty is 01:00.", examples=["01:00"]
    )
    use_until: TimeOfDay | None = Field(
        None, description="End of the hours, for `use: hours`. Empty is 07:00.", examples=["07:00"]
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

    @model_validator(mode="before")
    @classmethod
    def _is_an_account(cls, values: object) -> object:
        """Take a source with a username as an account: no playlist asks for one."""
        if isinstance(values, dict) and values.get("username") and not values.get("type"):
            return {**values, "type": PlaylistType.XTREAM}
        return values

    @model_validator(mode="after")
    def _needs_an_address(self) -> PlaylistSettings:
        if self.type is PlaylistType.XTREAM and (self.url is None or not self.username):
            raise ValueError("type xtream needs url, username and password")
        if (self.path is None) == (self.url is None):
            raise ValueError("needs either path or url")
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
        "https://api.themoviedb.org",
        title="API URL",
        json_schema_extra=ADVANCED,
        description="API address. Change it only for a mirror or cache.",
    )


class MediaServerType(StrEnum):
    NONE = "none"
    PLEX = "plex"
    JELLYFIN = "jellyfin"
    EMBY = "emby"


def read_mappings(value: object) -> object:
    """Read path mappings: `/data/vod=/media, /other=/there`, a list of such texts, or `local` and `remote` as in an
    instance.
    """
    found = split_list(value)
    if not isinstance(found, list | tuple):
        return found
    return tuple(
        f"{part.get('local', '')}={part.get('remote', '')}" if isinstance(part, dict) else part for part in found
    )


def check_mappings(values: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [value for value in values if not all(part.strip() for part in value.partition("="))]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: no path mapping; accepted: the local path first, as /data/vod=/media")
    return tuple("=".join(part.strip() for part in value.split("=", 1)) for value in values)


class MediaServerSettings(Section):
    """Define the media server, which shows who watches and gets reports of new files."""

    type: MediaServerType = Field(
        MediaServerType.NONE,
        title="Media server",
        description="Plex, Jellyfin or Emby: while somebody watches from an account, downloads from it pause.",
    )
    url: str = Field(
        "",
        max_length=2000,
        title="Address",
        description="Address of the media server.",
        examples=["http://jellyfin:8096"],
    )
    token: SecretStr = Field(
        SecretStr(""),
        title="Token",
        description="Token of Plex, or API key of Jellyfin or Emby.",
        examples=["0123456789"],
    )
    refresh: Switch = Field(
        False,
        title="Tell it of new files",
        description="Tell the media server of new files that no Radarr or Sonarr imports: with `import.mode: none`, "
        "and downloads to a folder. Radarr and Sonarr tell it of their own files.",
    )
    path_mappings: Annotated[tuple[str, ...], BeforeValidator(read_mappings), AfterValidator(check_mappings)] = Field(
        (),
        title="Path mappings",
        description="Path mappings, if the media server sees Stalkeer's folders under other paths: the local path, an "
        "equals sign and the path in the media server.",
        examples=[["/data/vod=/media"]],
    )

    @model_validator(mode="after")
    def _is_whole(self) -> MediaServerSettings:
        if self.type is not MediaServerType.NONE and not is_http_url(self.url):
            raise ValueError("url is not a web address; accepted: http://host:port or https://...")
        return self

    @property
    def is_told(self) -> bool:
        """Return whether new files are reported to the media server."""
        return self.refresh and self.type is not MediaServerType.NONE
