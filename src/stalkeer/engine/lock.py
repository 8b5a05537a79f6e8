"""Lock a data folder for its worker. The system releases the lock when the process ends."""

from __future__ import annotations

import os
from pathlib import Path

from stalkeer.errors import ConfigurationError
from stalkeer.file_lock import FileLock


class FolderLock:
    def __init__(self, folder: Path) -> None:
        self._path = folder / "worker.lock"
        self._lock = FileLock(self._path)

    def acquire(self) -> bool:
        """Return False when another process holds it."""
        try:
            return self._lock.acquire()
        except OSError as error:
            raise ConfigurationError(
                f"data_dir: {str(self._path)!r} cannot be locked: {error.strerror}; accepted: a folder that the user "
                f"who runs Stalkeer (uid {os.getuid()}) can write"
            ) from error

    def release(self) -> None:
        self._lock.release()


def is_held(folder: Path) -> bool:
    """Return whether a worker uses this data folder."""
    lock = FolderLock(folder)
    if not (folder / "worker.lock").exists():
        return False
    if lock.acquire():
        lock.release()
        return False
    return True
