"""Does the picture of a file suit the items it is fetched for? What was measured is kept with the entry.

A file that is what its name says was judged when it was chosen; only one that says nothing or something else is judged
by its picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stalkeer.adapters.arr.values import QualityProfile
from stalkeer.adapters.files.facts import SD, Picture
from stalkeer.adapters.files.picture import picture_of
from stalkeer.errors import StoreError
from stalkeer.jobs.library.profiles import profile_of
from stalkeer.model import WantedId
from stalkeer.store.catalogue.pictures import note_picture
from stalkeer.store.catalogue.traits import entry_traits
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.downloads.downloads import DownloadRow, ItemState
from stalkeer.store.downloads.variants import find_pair
from stalkeer.store.library.instances import list_instances

CODE = "picture"  # of the problem
LOOKED_AT = 64 * 1024 * 1024  # bytes of a file after which its head has nothing more to say
HD = 720


@dataclass(frozen=True)
class Misfit:
    """The items of a download whose quality profile does not allow the picture. `is_for_all`: no item is left."""

    wanted_ids: tuple[WantedId, ...]
    reason: str
    is_for_all: bool


def judge_file(database: Database, row: DownloadRow, part: Path) -> Misfit | None:
    """The items that the file must not be given to; None where it suits all of them, or does not say its picture.

    Raises OSError where the file cannot be read.
    """
    picture = picture_of(part)
    if picture is None:
        return None
    with database.begin() as connection:
        _remember(connection, row, picture.lines)
        return _misfit(connection, row, picture)


class HeadCheck:
    """Looks at a file on its way until its picture is known."""

    def __init__(self, database: Database, row: DownloadRow, part: Path) -> None:
        self._database = database
        self._row = row
        self._part = part
        self._is_done = False

    def __call__(self, durable: int) -> str | None:
        """Return why the file, of which `durable` bytes are here, need not be fetched any further, or None."""
        if self._is_done or not durable:
            return None
        try:
            is_known = picture_of(self._part) is not None
            misfit = judge_file(self._database, self._row, self._part) if is_known else None
        except (OSError, StoreError):  # no reason to stop a transfer: the next look may tell
            return None
        self._is_done = is_known or durable >= LOOKED_AT
        return misfit.reason if misfit is not None and misfit.is_for_all else None


def _remember(connection: Transaction, row: DownloadRow, lines: int) -> None:
    known = entry_traits(connection, row.identity.entry_id)
    if known is not None and not _is_same(known.resolution, lines):
        note_picture(connection, row.identity.source_id, row.identity.entry_key, lines)


def _misfit(connection: Transaction, row: DownloadRow, picture: Picture) -> Misfit | None:
    instances = {instance.id: instance for instance in list_instances(connection)}
    open_ids = [item.wanted_id for item in row.items if item.state in (ItemState.WAITING, ItemState.IMPORTING)]
    reasons: dict[WantedId, str] = {}
    for wanted_id in open_ids:
        match = find_pair(connection, row.identity.entry_id, wanted_id)
        if match is None or _is_same(match.named_resolution, picture.lines):
            continue
        instance = instances.get(match.instance_id)
        profile = profile_of(instance, match.profile_id)
        if instance is not None and profile is not None and not _allows(profile, picture.lines):
            reasons[wanted_id] = f"which the quality profile {profile.name!r} of {instance.label} does not allow"
    if not reasons:
        return None
    said = f"its picture is {picture.width}x{picture.height} ({picture.lines}p), {_joined(reasons.values())}"
    return Misfit(tuple(reasons), said, is_for_all=len(reasons) == len(open_ids))


def _allows(profile: QualityProfile, lines: int) -> bool:
    """A quality without a resolution may have any."""
    allowed = [one.quality.resolution for one in profile.qualities if one.allowed]
    return not allowed or any(not resolution or _is_same(resolution, lines) for resolution in allowed)


def _is_same(named: int | None, lines: int) -> bool:
    """Below HD there are several names for one kind of picture."""
    return named is not None and (named == lines or (named < HD and lines == SD))


def _joined(reasons: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(reasons))
