"""Lock a data folder for its worker. The system releases the lock when the process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from stalkeer.errors import ConfigurationError


class FolderLock:
    def __init__(self, folder: Path) -> None:
        self._path = folder / "worker.lock"
        self._descriptor = -1

    def acquire(self) -> bool:
        """False where another process holds it."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(
                f"data_dir: {str(self._path)!r} cannot be written: {error.strerror}; accepted: a folder that the user "
                f"who runs Stalkeer (uid {os.getuid()}) can write"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_held(folder: Path) -> bool:
    """Return whether a worker uses this data folder."""
    lock = FolderLock(folder)
    if not (folder / "worker.lock").exists():
        return False
    if lock.acquire():
        lock.release()
        return False
    return True
