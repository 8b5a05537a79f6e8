"""Ask instances about the releases that they grabbed: imported, not importable, removed, or cancelled here.

A poll reads the instance's queue, and its history of each download that has left the queue. Every step may be repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.tracking import (
    DownloadHistory,
    TrackedDownload,
    look_at_client,
    read_download_history,
    read_tracked,
    remove_tracked,
)
from stalkeer.adapters.files.removal import remove_if_empty, remove_staged
from stalkeer.core.downloads.sabnzbd import Stage
from stalkeer.core.downloads.states import Action
from stalkeer.errors import ArrError
from stalkeer.jobs.library.clients import Arrs
from stalkeer.model import InstanceId
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.downloads.actions import act
from stalkeer.store.downloads.native_items import (
    ImportedFile,
    NativeGrab,
    confirm_import,
    forget_storage,
    list_untidy,
    list_watched,
    note_trouble,
    release_grab,
    take_back,
)
from stalkeer.store.library.instances import get_instance_by_id
from stalkeer.store.offers.grabs import GrabRow, remove_grab

log = logging.getLogger(__name__)

POLL_EVERY = timedelta(minutes=1)
# an instance asks its clients once a minute, so it may not know a new grab before that
UNKNOWN_FOR = timedelta(minutes=3)
# an instance that answered for this time without a row of a ready file has lost its download client
LOST_AFTER = timedelta(hours=2)
# time that an instance gets to write the history of an import that it has reported
WRITES_HISTORY_WITHIN = timedelta(minutes=1)
MOST_HISTORIES = 50  # most requests in a poll of an instance


@dataclass
class GrabWatch:
    """Follow the grabs of the instances. `wake` reports that a download has changed."""

    database: Database
    arrs: Arrs
    clock: Callable[[], datetime]
    wake: Callable[[], None] = lambda: None
    every: timedelta = POLL_EVERY
    _polled: dict[InstanceId, datetime] = field(default_factory=dict)
    # since when a ready file has no row, by the id of its grab
    _unknown_since: dict[str, datetime] = field(default_factory=dict)
    _told: dict[str, datetime] = field(default_factory=dict)  # when its instance was first asked about a dropped grab
    _hurried: set[str] = field(default_factory=set)  # dropped grabs that no longer cause an early poll
    _reported: dict[str, datetime] = field(default_factory=dict)  # when an instance reported the import of a grab

    def note_reported(self, nzo_id: str) -> None:
        """Poll the instance of this grab soon, until its history names the file: it has reported the import without
        the path.
        """
        self._reported[nzo_id] = self.clock()

    def look(self) -> bool:
        """Poll every instance that is due.

        An instance that does not answer does not stop the others. Return True to look again soon.
        """
        with self.database.connect() as connection:
            watched = list_watched(connection)
        by_instance: dict[InstanceId, list[NativeGrab]] = {}
        for native in watched:
            by_instance.setdefault(native.grab.instance_id, []).append(native)
        for instance_id, grabs in by_instance.items():
            if self._is_due(instance_id, grabs):
                self._poll(instance_id, grabs)
        self._tidy()
        reported = self._drop_old_reports({native.grab.nzo_id for native in watched})
        dropped = {native.grab.nzo_id for native in watched if native.progress.stage is Stage.DROPPED}
        self._told = {nzo_id: at for nzo_id, at in self._told.items() if nzo_id in dropped}
        self._hurried &= dropped
        return bool(dropped) or reported

    def _drop_old_reports(self, watched: Collection[str]) -> bool:
        """Forget the reports of grabs that are confirmed or were waited for long enough. Return whether any is left."""
        now = self.clock()
        for nzo_id, at in list(self._reported.items()):  # an event may add one meanwhile
            if nzo_id not in watched or now - at > WRITES_HISTORY_WITHIN:
                self._reported.pop(nzo_id, None)
        return bool(self._reported)

    def _is_due(self, instance_id: InstanceId, grabs: Sequence[NativeGrab]) -> bool:
        """Tell whether to poll an instance: once a minute, and at once after a file became ready, or a grab was
        imported or removed there or cancelled here.
        """
        last, now = self._polled.get(instance_id), self.clock()
        if last is None or not last <= now < last + self.every:
            return True
        if any(native.progress.stage is Stage.DROPPED and native.grab.nzo_id not in self._hurried for native in grabs):
            return True
        reports = [self._reported[native.grab.nzo_id] for native in grabs if native.grab.nzo_id in self._reported]
        if any(at > last for at in reports):
            return True
        if now < last + self.moment:
            return False
        if reports:
            return True
        return any(_is_urgent(native) or (native.grab.ended_at or native.grab.created_at) > last for native in grabs)

    def _poll(self, instance_id: InstanceId, grabs: Sequence[NativeGrab]) -> None:
        self._polled[instance_id] = self.clock()
        self._hurried |= {native.grab.nzo_id for native in grabs if native.progress.stage is Stage.DROPPED}
        with self.database.connect() as connection:
            row = get_instance_by_id(connection, instance_id)
        if row.removed_at is not None or not row.enabled:
            self._forget_unknown(grabs)
            return
        try:
            with self.arrs.client(row) as client:
                _Poll(self, client, read_tracked(client)).follow(grabs)
        except ArrError as error:
            self._forget_unknown(grabs)
            log.info("%s: its grabs could not be checked and are checked again in a minute: %s", row.label, error)

    @property
    def moment(self) -> timedelta:
        """Return the shortest time between two polls, after which an instance has refreshed its download client on
        request.
        """
        return self.every / 12

    def is_unheard_of(self, grab: GrabRow) -> bool:
        """Return whether the instance has no row of a cancelled grab, although it refreshed its client since."""
        now = self.clock()
        return now - self._told.setdefault(grab.nzo_id, now) >= self.moment

    def is_lost(self, grab: GrabRow) -> bool:
        """Return whether the instance has answered for hours without a row of this file.

        Time without answers does not count.
        """
        now = self.clock()
        return grab.ended_at is not None and now - self._unknown_since.setdefault(grab.nzo_id, now) > LOST_AFTER

    def note_known(self, grab: GrabRow) -> None:
        """Restart the wait for a row of the instance."""
        self._unknown_since.pop(grab.nzo_id, None)

    def _forget_unknown(self, grabs: Sequence[NativeGrab]) -> None:
        for native in grabs:
            self.note_known(native.grab)

    def _tidy(self) -> None:
        """Remove the links of grabs that have ended."""
        with self.database.connect() as connection:
            found = list_untidy(connection)
        for grab in found:
            with suppress(OSError):  # the instance has moved the file, and often its folder as well
                remove_link(Path(grab.storage))
            with self.database.begin() as connection:
                forget_storage(connection, grab)


def remove_link(link: Path) -> None:
    """Delete the file that was linked for an instance, and the folder of its release."""
    if link.parent.is_dir():
        remove_staged(link)
    remove_if_empty(link.parent)


def _is_urgent(native: NativeGrab) -> bool:
    return native.grab.removed or native.progress.stage is Stage.DROPPED


@dataclass
class _Poll:
    """Poll an instance once."""

    watch: GrabWatch
    client: ArrClient
    tracked: dict[str, TrackedDownload]
    histories: int = 0

    def follow(self, grabs: Sequence[NativeGrab]) -> None:
        unseen = [self._follow(native) for native in grabs]
        if any(unseen):
            look_at_client(self.client)

    def _follow(self, native: NativeGrab) -> bool:
        """Follow a grab. Return True where the instance has not noticed yet that the file is ready."""
        row = self.tracked.get(native.grab.nzo_id.casefold())
        if row is None or row.is_imported:
            return self._look_up(native)
        self.watch.note_known(native.grab)
        if native.progress.stage is Stage.DROPPED:
            remove_tracked(self.client, row.row_id)
            self._forget(native.grab)
            return False
        if native.grab.removed:
            return False  # the instance is still busy with it
        self._change(lambda connection, now: note_trouble(connection, native.grab, row.trouble or None, now))
        return not row.trouble and native.grab.ended_at is not None and self._is_new(native.grab.ended_at)

    def _look_up(self, native: NativeGrab) -> bool:
        """Handle a grab that has left the instance's queue, or is not in it yet, by the instance's history."""
        if self.histories >= MOST_HISTORIES:
            return False
        self.histories += 1
        found = read_download_history(self.client, native.grab.nzo_id)
        if found.is_imported:
            self._confirm(native.grab, found)
        elif native.progress.stage is Stage.DROPPED:
            if not self.watch.is_unheard_of(native.grab):
                return True
            self._forget(native.grab)
        elif found.is_given_up or native.grab.removed:
            self._release(native.grab)
        elif self.watch.is_lost(native.grab):
            self._take_back(native.grab)
        else:
            return native.grab.ended_at is not None and self._is_new(native.grab.ended_at)
        return False

    def _take_back(self, grab: GrabRow) -> None:
        """Let Stalkeer import the file, because the instance no longer knows it: its download client was removed."""
        label = self.client.address.label
        reason = f"{label} has not asked for it since it was ready. Check that Stalkeer is its download client"
        self._change(lambda connection, now: take_back(connection, grab, reason, now))

    def _confirm(self, grab: GrabRow, found: DownloadHistory) -> None:
        file = ImportedFile(found.path, found.file_id)
        self._change(lambda connection, now: confirm_import(connection, grab, file, now))

    def _release(self, grab: GrabRow) -> None:
        self._change(lambda connection, now: drop_grab(connection, grab, now))

    def _forget(self, grab: GrabRow) -> None:
        self._change(lambda connection, _now: remove_grab(connection, grab.nzo_id))

    def _change(self, change: Callable[[Transaction, datetime], bool]) -> None:
        with self.watch.database.begin() as connection:
            is_changed = change(connection, self.watch.clock())
        if is_changed:
            self.watch.wake()

    def _is_new(self, at: datetime) -> bool:
        return self.watch.clock() - at < UNKNOWN_FOR


def drop_grab(connection: Transaction, grab: GrabRow, now: datetime) -> bool:
    """Release a grab that its instance no longer wants, and cancel the download if it serves no other item."""
    remove_grab(connection, grab.nzo_id)
    is_idle = release_grab(connection, grab, "was removed from the queue of its instance", now)
    if is_idle and grab.download_id is not None:
        act(connection, grab.download_id, Action.CANCEL, now)
    return True
