"""Define the hours of the day in which a target gets no messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from stalkeer.errors import InvalidInput

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class QuietHours:
    """Hold the begin and the end in local time. Hours that end before they begin go over midnight."""

    begin: time
    end: time

    @classmethod
    def of_text(cls, text: str) -> QuietHours | None:
        """Read `22:00-07:00`; None for an empty text. Raises InvalidInput.

        >>> str(QuietHours.of_text("22:00 - 7:30"))
        '22:00-07:30'
        """
        if not text.strip():
            return None
        found = _HOURS.fullmatch(text.strip())
        if found is None:
            words = f"{text.strip()[:40]!r} are no quiet hours; write them as 22:00-07:00, or leave them empty"
            raise InvalidInput(words, fields={"quiet_hours": words})
        hours = cls(time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4])))
        if hours.begin == hours.end:
            words = "Quiet hours that end when they begin would never end; switch the target off instead"
            raise InvalidInput(words, fields={"quiet_hours": words})
        return hours

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M}"

    def holds(self, local: datetime) -> bool:
        now = local.time().replace(tzinfo=None)
        if self.begin < self.end:
            return self.begin <= now < self.end
        return now >= self.begin or now < self.end

    def last_end(self, local: datetime) -> datetime:
        """Return the last end of the hours before `local`."""
        end = local.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        return end if end <= local else end - DAY
