"""How often a worker is heard of, and from when on it counts as gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Rhythm:
    """A worker that could not write for `stale_s` stops itself well before others take over at `dead_s`."""

    pulse_s: float = 2.0
    stale_s: float = 20.0
    dead_s: float = 30.0
    unclaimed_s: float = 30.0  # an admitted run that no thread began
    survey_s: float = 10.0  # disks, accounts, litter
    settings_s: float = 3.0  # what another process changed: noticed within five seconds

    def __post_init__(self) -> None:
        if not self.pulse_s < self.stale_s < self.dead_s:
            raise ValueError(f"a worker must stop itself before it is taken for dead: {self}")

    @property
    def dead_after(self) -> timedelta:
        return timedelta(seconds=self.dead_s)

    @property
    def unclaimed_after(self) -> timedelta:
        return timedelta(seconds=self.unclaimed_s)


USUAL = Rhythm()
