"""Define the intervals that all workers of a database share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from stalkeer.store.downloads.workers import DEAD_AFTER


@dataclass(frozen=True)
class Intervals:
    """Define when a silent worker stops itself (`stale_s`) and when others take over its work (`dead_s`).

    `dead_s` applies to a worker without a heartbeat and to an admitted run that no thread began. With two different
    times, a run could be given away while its worker still counts as alive.
    """

    heartbeat_s: float = 2.0
    stale_s: float = 20.0
    dead_s: float = DEAD_AFTER.total_seconds()
    resources_s: float = 10.0  # disks, accounts and incomplete files
    grabs_s: float = 20.0  # check whether an instance must be asked about its grabs
    grabs_pause_s: float = 2.0
    instance_s: float = 60.0  # ask an instance about its grabs while nothing happens
    viewers_s: float = 5.0  # ask a media server who watches
    notify_s: float = 10.0  # check for events that make messages, and for messages to send again
    watch_s: float = 20.0  # look at the watch folders
    media_s: float = 5.0  # check for new files to report to the media server
    hooks_s: float = 5.0  # check whether a script is due after a download
    settings_s: float = 3.0  # check whether another process changed the settings

    def __post_init__(self) -> None:
        if not self.heartbeat_s < self.stale_s < self.dead_s:
            raise ValueError(f"a worker must stop itself before it is taken for dead: {self}")

    @property
    def dead_after(self) -> timedelta:
        return timedelta(seconds=self.dead_s)


DEFAULT_INTERVALS = Intervals()
