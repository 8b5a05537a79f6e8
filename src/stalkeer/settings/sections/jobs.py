"""Define the settings of the jobs: reading playlists, schedule, retention, matching, wanted items."""

from __future__ import annotations

from typing import Annotated

from pydantic import (
    AfterValidator,
    Field,
    model_validator,
)

from stalkeer.model import JobName
from stalkeer.settings.types import ADVANCED, MANY, Cron, Duration, Section, Size, Words, check_wishes


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


class ScheduleSettings(Section):
    refresh: Cron = Field("0 */6 * * *", title=JobName.REFRESH.label, description="Refresh times of the sources.")
    scan: Cron = Field(
        "30 */6 * * *",
        title=JobName.SCAN.label,
        description="Times at which missing items are read from Radarr and Sonarr.",
    )
    download: Cron = Field(
        "*/15 * * * *", title=JobName.DOWNLOAD.label, description="Times at which confirmed matches are queued."
    )
    hold_downloads: bool = Field(
        False,
        title="Hold automatic downloads",
        json_schema_extra=ADVANCED,
        description="Queue no downloads automatically, regardless of `schedule.download`. The setup wizard sets this "
        "until you finish its last page.",
    )
    cleanup: Cron = Field(
        "30 4 * * *", title=JobName.CLEANUP.label, description="Times at which old data is removed, by `retention`."
    )
    backup: Cron = Field("0 4 * * 0", title=JobName.BACKUP.label, description="Backup times.")


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
        14 * 86400.0,
        title="Playlist copies",
        json_schema_extra=ADVANCED,
        description="How long to keep playlist copies. 0 keeps them forever.",
    )
    quarantine: Duration = Field(
        14 * 86400.0,
        title="Quarantined files",
        json_schema_extra=ADVANCED,
        description="How long to keep downloaded files that turned out wrong. 0 keeps them forever.",
    )
    backups: Duration = Field(
        28 * 86400.0,
        title="Backups",
        description="How long to keep backups. The newest is always kept. 0 keeps them forever.",
    )
    pictures: Duration = Field(
        30 * 86400.0,
        title="Pictures",
        json_schema_extra=ADVANCED,
        description="How long to keep posters and backdrops that no page has shown. 0 keeps them forever.",
    )
    pictures_size: Size = Field(
        500_000_000,
        title="Space for pictures",
        json_schema_extra=ADVANCED,
        description="Space for posters and backdrops on the disk. Those shown longest ago go first.",
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
        description="Replaced by `languages` of each Radarr and Sonarr. Counts for instances without their own.",
        examples=[["fr", "original"]],
    )

    @model_validator(mode="after")
    def _in_order(self) -> MatchingSettings:
        if self.auto_confirm < self.threshold:
            raise ValueError("auto_confirm must not be below threshold")
        return self


class WantedSettings(Section):
    without_instances: bool = Field(
        False,
        title="Without Radarr or Sonarr",
        description="Setup is complete without a Radarr or Sonarr: downloads are chosen in the catalogue and go to a "
        "folder. Has no effect once an instance is added.",
    )
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
        json_schema_extra=ADVANCED,
        description="Delay after a failed download before the item is tried again.",
    )
    hand_back_after: Duration = Field(
        0.0,
        ge=0,
        title="Search indexers after",
        json_schema_extra=ADVANCED,
        description="Let the instance search its indexers for an item that had no match for this long. 0 disables "
        "this.",
        examples=["7d"],
    )
    hand_back_limit: int = Field(
        20,
        ge=1,
        le=MANY,
        title="Indexer searches per scan",
        json_schema_extra=ADVANCED,
        description="Maximum number of items per scan that the instance searches. The longest waiting items come "
        "first.",
    )
