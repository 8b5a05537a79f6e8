"""Turn a grabbed release into a download of the queue, or refuse it with the reason."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from stalkeer.adapters.files.obstacles import is_file
from stalkeer.core.downloads.nzb import find_ticket
from stalkeer.core.downloads.outward import outward_reason
from stalkeer.core.downloads.sabnzbd import NZO_PREFIX, Stage, is_own_category
from stalkeer.core.downloads.states import FINISHING_STATES, Action, Intent, Priority
from stalkeer.errors import Conflict
from stalkeer.jobs.downloads.context import DownloadQueue
from stalkeer.jobs.native.tickets import guid_of
from stalkeer.model import FINAL_STATES, DownloadId, DownloadState, Drive, GrabState, InstanceId, WantedId
from stalkeer.secrets import SecretBox
from stalkeer.store.db.database import Transaction
from stalkeer.store.downloads.actions import act
from stalkeer.store.downloads.downloads import (
    NewDownload,
    NewItem,
    add_item,
    create_download,
    find_open_download,
    lock_download,
)
from stalkeer.store.downloads.native_items import find_native, finishing_downloads, release_ours, take_over
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.downloads.variants import ConfirmedMatch, offered_matches
from stalkeer.store.library.instances import InstanceRow, get_instance_by_id
from stalkeer.store.library.targets import downloads_working_for, lock_settled
from stalkeer.store.offers.grabs import GrabbedItem, GrabRow, NewGrab, add_grab, last_grab_of_offer
from stalkeer.store.offers.offers import OfferRow, find_offer

REST_AFTER_FAILURE = timedelta(minutes=15)  # both programs may grab a release once more before their blocklist applies
TAKEN_OVER = (DownloadState.QUEUED, DownloadState.PAUSED, DownloadState.DOWNLOADING)
GIVEN_UP = (DownloadState.QUEUED, DownloadState.PAUSED)


class GrabRefused(Conflict):
    """Report a refused grab. The instance then tries its next release."""


@dataclass(frozen=True)
class GrabWish:
    """Describe the release that an instance wants. `instance` is None where the key belongs to no instance."""

    instance: InstanceRow | None
    category: str = ""
    priority: Priority | None = None
    is_paused: bool = False


@dataclass(frozen=True)
class _Grab:
    """Hold a release with its best entry and its items."""

    offer: OfferRow
    matches: tuple[ConfirmedMatch, ...]

    @property
    def first(self) -> ConfirmedMatch:
        return self.matches[0]

    @property
    def wanted_ids(self) -> tuple[WantedId, ...]:
        return tuple(match.wanted_id for match in self.matches)

    @property
    def items(self) -> tuple[NewItem, ...]:
        return tuple(NewItem(match.wanted_id, match.instance_id, match.arr_id, Drive.NATIVE) for match in self.matches)


def take_grab(queue: DownloadQueue, secrets: SecretBox, nzb: bytes, wish: GrabWish) -> str:
    """Queue the release of an NZB from Stalkeer's indexer. Return its new id. Raises GrabRefused."""
    if is_own_category(wish.category):
        raise GrabRefused(f"The category {wish.category} is for Stalkeer's own downloads. Set another one")
    guid = _guid_of(secrets, nzb)
    fetched = _files_there(queue, guid)
    with queue.database.begin() as connection:
        offer = _offer_of(connection, guid, wish.instance)
        _refuse_repeated(connection, offer, queue)
        grab = _choose(connection, offer)
        lock_settled(connection, grab.wanted_ids)  # grabs of the same item wait for each other
        download_id = (
            _make_way(connection, grab, queue)
            or _join(connection, grab, fetched)
            or _queue(connection, grab, wish, queue)
        )
        nzo_id = f"{NZO_PREFIX}{random_source.token_hex(8)}"
        add_grab(connection, _new_grab(grab, nzo_id, download_id, wish), queue.clock())
    queue.wake()
    return nzo_id


def _guid_of(secrets: SecretBox, nzb: bytes) -> str:
    ticket = find_ticket(nzb)
    guid = None if ticket is None else guid_of(secrets, ticket)
    if guid is None:
        raise GrabRefused(
            "This NZB is not of Stalkeer's indexer. Choose this download client in the indexer Stalkeer only"
        )
    return guid


def _offer_of(connection: Transaction, guid: str, instance: InstanceRow | None) -> OfferRow:
    offer = find_offer(connection, guid)
    if offer is None or offer.pub_date is None:
        raise GrabRefused("This release is not offered any more. Search again")
    if instance is not None and instance.id != offer.instance_id:
        raise GrabRefused(f"{offer.release} was offered to another instance than {instance.label}")
    owner = get_instance_by_id(connection, offer.instance_id)
    if not owner.enabled or owner.removed_at is not None:
        raise GrabRefused(f"{owner.label} is disabled or removed in Stalkeer")
    return offer


def _refuse_repeated(connection: Transaction, offer: OfferRow, queue: DownloadQueue) -> None:
    last = last_grab_of_offer(connection, offer.instance_id, offer.guid)
    if last is not None and _is_being_dropped(connection, last):
        raise GrabRefused(f"{offer.release} was cancelled in Stalkeer a moment ago. Try it again in a minute")
    if last is None or last.state is not GrabState.FAILED or last.ended_at is None:
        return
    if queue.clock() - last.ended_at < REST_AFTER_FAILURE:
        raise GrabRefused(f"{offer.release} failed a moment ago: {outward_reason(None, last.fail_message)}")


def _is_being_dropped(connection: Transaction, grab: GrabRow) -> bool:
    """Return whether the release was cancelled here and its instance does not know yet: a second slot would have the
    same name.
    """
    found = None if grab.removed else find_native(connection, grab.nzo_id)
    return found is not None and found.progress.stage is Stage.DROPPED


def _choose(connection: Transaction, offer: OfferRow) -> _Grab:
    """Choose the best entry that still is the release, with every item that it serves."""
    found = offered_matches(connection, offer)
    if not found:
        raise GrabRefused(f"{offer.release} is no longer on any playlist, or no longer confirmed")
    return _Grab(offer, tuple(match for match in found if match.entry_id == found[0].entry_id))


def _make_way(connection: Transaction, grab: _Grab, queue: DownloadQueue) -> DownloadId | None:
    """Take over a download of these items that is already in the queue, or cancel it. Raises GrabRefused."""
    held = (lock_download(connection, working.id) for working in downloads_working_for(connection, grab.wanted_ids))
    rows = [row for row in held if row.state not in FINAL_STATES]  # a download may have ended before it was locked
    usable = [row for row in rows if _may_take_over(row, grab)]
    taken = max(usable, key=lambda row: row.state is DownloadState.DOWNLOADING, default=None)
    # the other downloads first: their items must be free before they can join the download that is taken over
    for row in rows:
        if row is taken:
            continue
        if not _may_give_up(row):
            raise GrabRefused(f"{row.identity.title} is in Stalkeer's queue already ({_state_of(row)})")
        _give_up(connection, row, grab.wanted_ids, queue)
    return None if taken is None else _take_over(connection, taken, grab)


def _state_of(row: DownloadRow) -> str:
    if _is_leaving(row):
        return "being cancelled"
    return "needs a decision" if row.state is DownloadState.BLOCKED else row.state.value


def _is_leaving(row: DownloadRow) -> bool:
    return row.queue.intent == Intent.CANCEL


def _may_take_over(row: DownloadRow, grab: _Grab) -> bool:
    if _is_leaving(row):
        return False
    instances = {item.instance_id for item in row.items if item.is_open}
    is_ours = all(item.hand_over is Drive.OURS for item in row.items if item.is_open)
    is_of_release = (row.identity.source_id, row.identity.entry_key) in grab.offer.files
    return is_ours and is_of_release and instances == {grab.offer.instance_id} and row.state in TAKEN_OVER


def _may_give_up(row: DownloadRow) -> bool:
    """Tell whether a download may be given up.

    A grabbed release may not, because its instance follows it, and neither may a download that is about to start.
    """
    return (
        row.state in GIVEN_UP
        and not row.queue.is_owned
        and all(item.hand_over is Drive.OURS for item in row.items if item.is_open)
    )


def _take_over(connection: Transaction, row: DownloadRow, grab: _Grab) -> DownloadId:
    take_over(connection, row.id, grab.wanted_ids)
    held = {item.wanted_id for item in row.items if item.is_open}
    for item in grab.items:
        if item.wanted_id not in held:
            add_item(connection, row.id, item)
    return row.id


def _give_up(connection: Transaction, row: DownloadRow, wanted_ids: Sequence[WantedId], queue: DownloadQueue) -> None:
    """Cancel a download of another release. A download that also serves other items only releases these."""
    if any(item.is_open and item.wanted_id not in wanted_ids for item in row.items):
        release_ours(connection, row.id, wanted_ids)
    else:
        act(connection, row.id, Action.CANCEL, queue.clock())


def _files_there(queue: DownloadQueue, guid: str) -> frozenset[DownloadId]:
    """Return the downloads of a release whose fetched file exists.

    This runs outside a transaction, because a disk may hang.
    """
    with queue.database.connect() as connection:
        offer = find_offer(connection, guid)
        rows = [] if offer is None else finishing_downloads(connection, offer.files)
    return frozenset(row.id for row in rows if is_file(_file_of(row)))


def _file_of(row: DownloadRow) -> Path:
    place = row.transfer.part_path if row.state is DownloadState.FETCHED else row.outcome.placed_path
    return Path(place or "")


def _join(connection: Transaction, grab: _Grab, fetched: Collection[DownloadId]) -> DownloadId | None:
    """Join a download that fetches the same file for another instance, or has `fetched` it."""
    joined = find_open_download(connection, grab.first.entry_id)
    if joined is None:
        rows = finishing_downloads(connection, [(grab.first.source_id, grab.first.entry_key)])
        held = (lock_download(connection, row.id) for row in rows if row.id in fetched)
        joined = next((row.id for row in held if _may_join(row)), None)
    if joined is not None:
        for item in grab.items:
            add_item(connection, joined, item)
    return joined


def _may_join(row: DownloadRow) -> bool:
    """Return whether the file stays until another instance has a link of it.

    A download without items removes its file, and an import by Stalkeer moves it away.
    """
    waiting = [item for item in row.items if item.is_open]
    is_linked = all(item.hand_over is Drive.NATIVE for item in waiting)
    is_untouched = not row.queue.is_owned and all(item.command_id is None for item in waiting)
    is_there = row.state in FINISHING_STATES and not _is_leaving(row)
    return bool(waiting) and is_there and (is_linked or is_untouched)


def _queue(connection: Transaction, grab: _Grab, wish: GrabWish, queue: DownloadQueue) -> DownloadId:
    """Create a download, or join the one that already fetches the same file for another instance."""
    made = create_download(connection, _new_download(grab, wish), queue.clock())
    if made is None:
        raise GrabRefused(f"{grab.first.title} is being downloaded already")
    if wish.is_paused:
        act(connection, made, Action.PAUSE, queue.clock())
    return made


def _new_download(grab: _Grab, wish: GrabWish) -> NewDownload:
    first, others = grab.first, len(grab.matches) - 1
    return NewDownload(
        entry_id=first.entry_id,
        source_id=first.source_id,
        entry_key=first.entry_key,
        name=first.entry_name,
        title=f"{first.title} and {others} more" if others else first.title,
        kind=first.kind,
        items=grab.items,
        priority=(wish.priority or Priority.NORMAL).level,
    )


def _new_grab(grab: _Grab, nzo_id: str, download_id: DownloadId, wish: GrabWish) -> NewGrab:
    return NewGrab(
        nzo_id=nzo_id,
        instance_id=InstanceId(grab.offer.instance_id),
        offer_guid=grab.offer.guid,
        release=grab.offer.release,
        kind=grab.offer.kind,
        items=tuple(GrabbedItem(match.wanted_id, match.arr_id) for match in grab.matches),
        category=wish.category,
        priority=(wish.priority or Priority.NORMAL).level,
        download_id=download_id,
    )
