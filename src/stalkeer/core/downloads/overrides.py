"""Define temporary overrides: a pause of the queue or a speed limit, until a time or until the user ends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from stalkeer.core.downloads.pacing import Allowance

LONGEST_OVERRIDE = timedelta(days=30)
MOST_MINUTES = LONGEST_OVERRIDE // timedelta(minutes=1)


def span_of(minutes: int | None) -> timedelta | None:
    """Return the length of a pause or limit that was given in minutes. None lasts until the user ends it."""
    return None if minutes is None else timedelta(minutes=minutes)


@dataclass(frozen=True)
class QueuePause:
    """Describe a pause of the whole queue. `until` is None where only the user ends it."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class SpeedLimit:
    """Describe a temporary speed limit in bytes/s, instead of that of settings and hours; 0 is unlimited."""

    rate: int
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Overrides:
    """Hold temporary changes by the user. They override the settings."""

    pause: QueuePause | None = None
    speed: SpeedLimit | None = None

    def at(self, now: datetime) -> Overrides:
        """Return the overrides that still apply."""
        return Overrides(
            self.pause if _holds(self.pause, now) else None,
            self.speed if _holds(self.speed, now) else None,
        )

    def apply(self, planned: Allowance) -> Allowance:
        """Return the allowance with the temporary speed limit. A pause of the hours stays."""
        if self.speed is None or planned.is_paused:
            return planned
        return Allowance(self.speed.rate or None)

    def to_document(self) -> dict[str, object]:
        """Return them as the API and the command line show them."""
        pause, speed = self.pause, self.speed
        return {
            "pause": None if pause is None else {"since": pause.since, "until": pause.until},
            "speedLimit": None
            if speed is None
            else {"bytesPerSecond": speed.rate, "since": speed.since, "until": speed.until},
        }


NO_OVERRIDES = Overrides()


def _holds(override: QueuePause | SpeedLimit | None, now: datetime) -> bool:
    return override is not None and (override.until is None or now < override.until)
