"""Define the settings of downloads, their folders and their import."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
)

from stalkeer.core.downloads.pacing import WEEK, Weekday
from stalkeer.core.downloads.quota import Period
from stalkeer.settings.types import (
    ADVANCED,
    MANY,
    Duration,
    Folders,
    Section,
    Size,
    Switch,
    TimeOfDay,
    Words,
    check_extensions,
    check_spoken,
    split_list,
)


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
        json_schema_extra=ADVANCED,
        description="Delay before the first retry. It doubles with each retry, with a random variation.",
    )
    per_host_limit: int = Field(
        0,
        ge=0,
        le=MANY,
        title="Concurrent downloads per host",
        json_schema_extra=ADVANCED,
        description="Maximum number of concurrent downloads from one host. 0 is unlimited.",
    )
    viewer_reserve: int = Field(
        1,
        ge=0,
        le=MANY,
        title="Connections reserved for watching",
        json_schema_extra=ADVANCED,
        description="Connections of each account that stay free for watching. Ignored for accounts with only one "
        "connection.",
    )
    reconnect_gap: Duration = Field(
        5.0,
        title="Delay between connections",
        json_schema_extra=ADVANCED,
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
        json_schema_extra=ADVANCED,
        description="Disk space to reserve for a file of unknown size, and at most for a size that only one answer has "
        "told.",
    )
    timeout: Duration = Field(
        600.0,
        title="Timeout",
        json_schema_extra=ADVANCED,
        description="Maximum time without data before an attempt fails. A connection without data is replaced after "
        "60 s. There is no limit for the whole download.",
    )
    min_speed: Size = Field(
        10_000,
        title="Minimum speed",
        json_schema_extra=ADVANCED,
        description="Bytes per second below which a download makes room for another one that waits for its slot or "
        "account. 0 is no minimum.",
    )
    min_speed_time: Duration = Field(
        300.0,
        ge=1,
        title="Time below the minimum speed",
        json_schema_extra=ADVANCED,
        description="Time for which a download must be slower than the minimum speed before it makes room.",
    )
    https_only: bool = Field(
        False,
        title="Require HTTPS",
        json_schema_extra=ADVANCED,
        description="Reject addresses and redirects of playlists and files that do not use HTTPS.",
    )
    verify_tls: bool = Field(
        True,
        title="Certificate validation",
        json_schema_extra=ADVANCED,
        description="Validate HTTPS certificates. Without validation, others can impersonate the provider.",
    )
    ca_file: Path | None = Field(
        None,
        title="Custom certificate authority",
        json_schema_extra=ADVANCED,
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
        json_schema_extra=ADVANCED,
        description="Extensions of video formats that Stalkeer does not know and accepts without a check. Archives and "
        "encrypted files are never accepted.",
        examples=[[".wtv"]],
    )
    checksum_sidecar: bool = Field(
        False,
        title="Look for checksum files",
        json_schema_extra=ADVANCED,
        description="Look for a checksum next to each file (FILE.sha256, .sha1 or .md5). This takes one more request "
        "for each file.",
    )
    duration_tolerance: float = Field(
        0.4,
        ge=0,
        le=1,
        title="Runtime tolerance",
        json_schema_extra=ADVANCED,
        description="Largest allowed difference between the runtimes of file and item, as a fraction. 0 disables the "
        "check.",
    )
    audio_languages: Annotated[Words, AfterValidator(check_spoken)] = Field(
        (),
        title="Required audio languages",
        description="Replaced by `languages` of each Radarr and Sonarr, with `:require`. Counts for instances without "
        "their own: codes or English names of which a file must have one.",
        examples=[["fr", "en"]],
    )


class DirectorySettings(Section):
    """Define the download folders. The loader fills empty values with folders below `data_dir/vod`."""

    movies: Path = Field(
        Path(),
        title="Movies folder",
        description="Folder of finished movies until they are imported. If nothing is imported, they stay here.",
        examples=["/data/vod/complete/movies"],
    )
    tvshows: Path = Field(
        Path(),
        title="Episodes folder",
        description="Folder of finished episodes until they are imported. If nothing is imported, they stay here.",
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
        json_schema_extra=ADVANCED,
        description="Octal permissions of finished files. Empty uses the umask.",
        examples=["664"],
    )
    folder_mode: str = Field(
        "",
        pattern="^(0?[0-7]{3})?$",
        title="Folder permissions",
        json_schema_extra=ADVANCED,
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
        json_schema_extra=ADVANCED,
        description="Tag to add to imported movies and series. Empty adds none.",
    )


class WatchSettings(Section):
    """Define the watch folders: videos that other programs put there are imported."""

    folders: Folders = Field(
        (),
        title="Watch folders",
        description="Folders in which other programs put finished videos. Wanted movies and episodes among them are "
        "imported. Use no folder that Stalkeer, Radarr or Sonarr use otherwise.",
        examples=[["/data/watch"]],
    )
    settle: Duration = Field(
        60.0,
        ge=1,
        title="Wait for changes",
        json_schema_extra=ADVANCED,
        description="Time for which a file must keep its size and date before it is taken.",
    )
    keep: bool = Field(
        False,
        title="Keep imported files",
        description="Leave files in the watch folder after their import, for example while a torrent seeds.",
    )
