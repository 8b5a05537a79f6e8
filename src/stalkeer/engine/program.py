"""Describe the parts of the program that the engine uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from stalkeer.core.catalogue.access import Access
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.sources.account_status import AccountMonitor
from stalkeer.model import SourceId
from stalkeer.secrets import SecretBox
from stalkeer.settings import Settings
from stalkeer.settings.live import LiveSettings
from stalkeer.store.db.database import Database


class CheckFolders(Protocol):
    @property
    def data_dir(self) -> Path: ...

    @property
    def engine_database(self) -> Path: ...


class Program(Protocol):
    """Describe the wired program, as far as the engine uses it."""

    @property
    def live(self) -> LiveSettings: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def database(self) -> Database: ...

    @property
    def secrets(self) -> SecretBox: ...

    @property
    def paths(self) -> CheckFolders: ...

    @property
    def clock(self) -> Callable[[], datetime]: ...

    def reread_settings(self) -> None: ...


@dataclass(frozen=True)
class EngineClients:
    """Describe the clients for accounts and instances."""

    arrs: Arrs
    access: Callable[[SourceId], Access]
    accounts: AccountMonitor
    movie_address: Callable[[SourceId, str, str], str]
    # looks once at the watch folders, with (wake, is_stopping); None: this process takes no files
    watch_folders: Callable[[Callable[[], None], Callable[[], bool]], bool] | None = None
