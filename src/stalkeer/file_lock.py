"""Lock a file for one process. The system frees the lock when the process ends.

Where the file system has no locks, the file contains the name of the process that holds it. The lock of a process that
no longer runs is ignored.
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from stalkeer.durable import REFUSED
from stalkeer.private_files import private_opener

NO_LOCKS = REFUSED | {errno.ENOLCK}
HELD = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES})


class FileLock:
    """Lock the file at `path`, which is created. Two locks in the same process exclude each other, too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._owner_file: Path | None = None

    def acquire(self) -> bool:
        """Return False where another lock of the file is held. Raises OSError where the file cannot be opened."""
        descriptor = private_opener(str(self._path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if error.errno in HELD:
                return False
            if error.errno not in NO_LOCKS:
                raise
            return self._acquire_by_name()
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if self._owner_file is not None:
            self._owner_file.unlink(missing_ok=True)
            self._owner_file = None

    def _acquire_by_name(self) -> bool:
        owner = self._path.with_name(self._path.name + ".owner")
        for _ in range(2):
            try:
                descriptor = os.open(owner, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                if _is_alive(owner):
                    return False
                owner.unlink(missing_ok=True)
                continue
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(_name_of(os.getpid()))
            self._owner_file = owner
            return True
        return False


def _is_alive(owner: Path) -> bool:
    try:
        name = owner.read_text(encoding="ascii")
        pid = int(name.split()[0])
    except (OSError, ValueError, IndexError):  # the process was killed before it wrote its name
        return False
    return _name_of(pid) == name


def _name_of(pid: int) -> str:
    """Return a name for the process that no later process gets.

    The process number alone is reused, also after a reboot.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        started = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
    return f"{pid} {started} {boot}\n"
