"""Hold automatic downloads back during the first run of the setup wizard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from stalkeer.settings.change import LOCKED
from stalkeer.settings.live import LiveSettings
from stalkeer.store.db.database import Database
from stalkeer.store.downloads.downloads import has_downloads

HOLD = "schedule.hold_downloads"


class RunningProgram(Protocol):
    """Describe the running program, as far as this module uses it."""

    @property
    def live(self) -> LiveSettings: ...

    @property
    def database(self) -> Database: ...

    def change_settings(self, changes: Mapping[str, object]) -> None: ...


def hold_downloads(program: RunningProgram) -> None:
    """Queue nothing automatically until `release_downloads`. Does nothing where `is_first_run` is false."""
    if is_first_run(program):
        program.change_settings({HOLD: True})


def is_first_run(program: RunningProgram) -> bool:
    """Tell whether the wizard has not held or released the downloads yet, and nothing was downloaded.

    False also where the configuration has the setting.
    """
    if program.live.loaded.origins.get(HOLD) is not None:
        return False
    with program.database.connect() as connection:
        return not has_downloads(connection)


def release_downloads(program: RunningProgram) -> None:
    """Let the schedule of downloads apply from now on. The wizard then holds nothing again."""
    if program.live.loaded.origins.get(HOLD) not in LOCKED:
        program.change_settings({HOLD: False})
