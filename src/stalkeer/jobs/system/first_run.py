"""Report the progress of the setup, and hold back automatic downloads while its wizard runs for the first time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from stalkeer.settings import Settings
from stalkeer.settings.change import LOCKED
from stalkeer.settings.live import LiveSettings
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.downloads.downloads import has_downloads
from stalkeer.store.system.dashboard import has_anything

HOLD = "schedule.hold_downloads"


class RunningProgram(Protocol):
    """Describe the parts of the running program that this module uses."""

    @property
    def live(self) -> LiveSettings: ...

    @property
    def database(self) -> Database: ...

    def change_settings(self, changes: Mapping[str, object]) -> None: ...


@dataclass(frozen=True)
class SetupState:
    has_instance: bool
    has_source: bool
    is_alone: bool  # the user chose to use Stalkeer without Radarr and Sonarr

    @property
    def needs_instance(self) -> bool:
        return not (self.has_instance or self.is_alone)

    @property
    def is_complete(self) -> bool:
        return self.has_source and not self.needs_instance


def read_setup(connection: Transaction, settings: Settings) -> SetupState:
    has_instance, has_source = has_anything(connection)
    return SetupState(has_instance, has_source, is_alone(settings, has_instance=has_instance))


def is_alone(settings: Settings, *, has_instance: bool) -> bool:
    return settings.wanted.without_instances and not has_instance


def hold_downloads(program: RunningProgram) -> None:
    """Queue nothing automatically until `release_downloads`. Do nothing where `is_first_run` is false."""
    if is_first_run(program):
        program.change_settings({HOLD: True})


def is_first_run(program: RunningProgram) -> bool:
    """Tell whether the wizard has neither held nor released downloads yet, and nothing was downloaded.

    Return False where the configuration file contains the setting.
    """
    if program.live.loaded.origins.get(HOLD) is not None:
        return False
    with program.database.connect() as connection:
        return not has_downloads(connection)


def release_downloads(program: RunningProgram) -> None:
    """Let the schedule of downloads apply from now on. The wizard will not hold downloads back again."""
    if program.live.loaded.origins.get(HOLD) not in LOCKED:
        program.change_settings({HOLD: False})
