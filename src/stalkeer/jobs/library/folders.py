"""Read the owner, permissions and mount of a folder as seen from here."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Owner:
    """Name a user and group by number, because names differ between containers."""

    uid: int
    gid: int


@dataclass(frozen=True)
class FolderFacts:
    path: Path
    owner: Owner
    mode: int
    mount: tuple[int, str]  # device number and mount point: a rename needs both to be equal
    free_bytes: int

    def may_be_changed_by(self, other: Owner) -> bool:
        """Tell whether another user can add, move and delete files here."""
        needed = stat.S_IWOTH | stat.S_IXOTH
        if other.uid == 0:
            return True
        if other.uid == self.owner.uid:
            return self.mode >> 6 & needed == needed
        if other.gid == self.owner.gid:
            return self.mode >> 3 & needed == needed
        return self.mode & needed == needed


def look_at_folder(path: Path) -> FolderFacts | None:
    """Return the facts of a folder; None when it is not visible or not readable."""
    try:
        found = path.stat()
        free = shutil.disk_usage(path).free
    except OSError:
        return None
    if not stat.S_ISDIR(found.st_mode):
        return None
    return FolderFacts(path, Owner(found.st_uid, found.st_gid), found.st_mode, (found.st_dev, _mount_of(path)), free)


def _mount_of(path: Path) -> str:
    current = path.resolve()
    while not os.path.ismount(current):
        current = current.parent
    return str(current)
