"""Hold automatic downloads back while the set-up guide is walked through for the first time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from stalkeer.settings.change import LOCKED
from stalkeer.settings.live import LiveSettings
from stalkeer.store.db.database import Database
from stalkeer.store.downloads.downloads import has_downloads

HOLD = "schedule.hold_downloads"


class Program(Protocol):
    """The running program, as far as its settings and its database matter here."""

    @property
    def live(self) -> LiveSettings: ...

    @property
    def database(self) -> Database: ...

    def change_settings(self, changes: Mapping[str, object]) -> None: ...


def hold_downloads(program: Program) -> None:
    """Queue nothing by itself until `release_downloads`.

    Does nothing where the guide was finished before, where the setting stands elsewhere, and where something was
    downloaded already: that program is in use.
    """
    if program.live.loaded.origins.get(HOLD) is not None:
        return
    with program.database.connect() as connection:
        is_in_use = has_downloads(connection)
    if not is_in_use:
        program.change_settings({HOLD: True})


def release_downloads(program: Program) -> None:
    """From now on the schedule of downloads counts. It is remembered, so that the guide holds nothing again."""
    if program.live.loaded.origins.get(HOLD) not in LOCKED:
        program.change_settings({HOLD: False})
