"""Check whether the resolution of a file fits the items of its download, and store the measured resolution with the
entry.

A file with the resolution of its name was judged when it was chosen; only a file with no or another resolution in its
name is judged here.
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
from stalkeer.store.downloads.rows import DownloadRow, ItemState
from stalkeer.store.downloads.variants import find_pair
from stalkeer.store.library.instances import list_instances

CODE = "picture"  # code of the problem
LOOKED_AT = 64 * 1024 * 1024  # bytes of a file that are searched for its picture size
HD = 720


@dataclass(frozen=True)
class Misfit:
    """Hold the items of a download whose quality profile does not allow the resolution.

    `is_for_all` means that no item is left.
    """

    wanted_ids: tuple[WantedId, ...]
    reason: str
    is_for_all: bool


def judge_file(database: Database, row: DownloadRow, part: Path) -> Misfit | None:
    """Return the items that the file does not fit; None where it fits all of them, or its resolution is unknown.

    Raises OSError where the file cannot be read.
    """
    picture = picture_of(part)
    if picture is None:
        return None
    with database.begin() as connection:
        _remember(connection, row, picture.lines)
        return _misfit(connection, row, picture)


class HeadCheck:
    """Read a file during its transfer until its resolution is known."""

    def __init__(self, database: Database, row: DownloadRow, part: Path) -> None:
        self._database = database
        self._row = row
        self._part = part
        self._is_done = False

    def __call__(self, durable: int) -> str | None:
        """Return why the transfer can stop after `durable` bytes, or None."""
        if self._is_done or not durable:
            return None
        try:
            is_known = picture_of(self._part) is not None
            misfit = judge_file(self._database, self._row, self._part) if is_known else None
        except (OSError, StoreError):  # no reason to stop the transfer: the next look may succeed
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
    """Tell whether the profile allows the resolution. A quality without a resolution allows any."""
    allowed = [quality.quality.resolution for quality in profile.qualities if quality.allowed]
    return not allowed or any(not resolution or _is_same(resolution, lines) for resolution in allowed)


def _is_same(named: int | None, lines: int) -> bool:
    """Tell whether both resolutions mean the same picture. Below HD, several names are in use for it."""
    return named is not None and (named == lines or (named < HD and lines == SD))


def _joined(reasons: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(reasons))
