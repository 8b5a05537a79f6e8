"""Describe the parts of the program that the jobs on downloads use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from stalkeer.adapters.transfers.pace import Bandwidth
from stalkeer.core.catalogue.access import Access
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.sources.account_status import AccountMonitor
from stalkeer.model import DownloadId, HookName, SourceId
from stalkeer.secrets import SecretBox
from stalkeer.settings import Settings
from stalkeer.store.db.database import Database
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.downloads.variants import ConfirmedMatch


@dataclass(frozen=True)
class DownloadQueue:
    """Hold the parts for the user's actions on the queue.

    `wake` lets a heartbeat of this process check the queue at once. `push` lets an instance with the native drive grab
    a match. It returns the download, and raises Conflict with the instance's reasons.
    """

    database: Database
    clock: Callable[[], datetime]
    settings: Callable[[], Settings]
    wake: Callable[[], None] = lambda: None
    push: Callable[[ConfirmedMatch], DownloadId] | None = None


@dataclass(frozen=True)
class ImportCheck:
    """Hold the answer of the user's script before an import.

    `is_checked` is False where no script is set. `is_stopped` means that the run ends and the script runs again later.
    """

    refusal: str = ""
    is_stopped: bool = False
    is_checked: bool = False


class Hooks(Protocol):
    """Run the user's scripts of this process."""

    def names(self) -> frozenset[HookName]:
        """Return the hooks that are set here."""
        ...

    def ready(self) -> frozenset[HookName]:
        """Return the hooks whose script can be run here now."""
        ...

    def check_import(self, row: DownloadRow, file: Path, should_stop: Callable[[], bool]) -> ImportCheck:
        """Run the script before an import, where it is set."""
        ...


class NoHooks:
    """Stand for a process without scripts."""

    def names(self) -> frozenset[HookName]:
        return frozenset()

    def ready(self) -> frozenset[HookName]:
        return frozenset()

    def check_import(self, row: DownloadRow, file: Path, should_stop: Callable[[], bool]) -> ImportCheck:
        return ImportCheck()


@dataclass(frozen=True)
class DownloadContext:
    """Hold the parts for the jobs that carry out downloads. The engine builds it once."""

    database: Database
    secrets: SecretBox
    settings: Callable[[], Settings]
    clock: Callable[[], datetime]
    dice: Callable[[], float]
    accounts: AccountMonitor
    arrs: Arrs
    access: Callable[[SourceId], Access]
    movie_address: Callable[[SourceId, str, str], str]  # (source, key, template without extension); raises SourceError
    bandwidth: Bandwidth = field(default_factory=Bandwidth)
    disk_full: Callable[[], None] = lambda: None  # called when a write finds the disk full
    # (id, bytes, seconds), for rate samples
    note_fetched: Callable[[DownloadId, int, float], None] = lambda _id, _size, _seconds: None
    wake: Callable[[], None] = lambda: None  # called when work became ready for the next step
    hooks: Hooks = field(default_factory=NoHooks)

    @property
    def incomplete(self) -> Path:
        return self.settings().directories.temp
