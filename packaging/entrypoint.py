#!/usr/bin/env -S python3 -I -S
"""Start Stalkeer in a container, as the user of PUID and PGID with the umask of UMASK.

As process 1, also pass signals on and collect ended processes that nobody else waits for. Started as another user
(`user:` in a compose file), keep that user. Refuse values that are not understood, instead of running as root.
"""

import errno
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

PROGRAM = "/opt/stalkeer/bin/stalkeer"
DATA_FOLDER = Path("/config")
DEFAULT_ID = 1000
MOST_ID = 2**32 - 2
BAD_SETTING = 5  # exit code of `stalkeer` for a wrong setting
PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


class RefusedError(Exception):
    """The program cannot be started as asked. The message says what to change."""


class User(NamedTuple):
    uid: int
    gid: int
    groups: tuple[int, ...]  # supplementary groups


class Plan(NamedTuple):
    """Hold what to do before the start. Without a user, the container's user stays."""

    user: User | None
    umask: int | None
    notes: tuple[str, ...] = ()


def plan(environ: Mapping[str, str], uid: int, gid: int, groups: Sequence[int]) -> Plan:
    """Decide from the variables and from the user that the container was started as."""
    puid, pgid = _id_of(environ, "PUID"), _id_of(environ, "PGID")
    umask = _umask_of(environ)
    if uid == 0:
        new_gid = DEFAULT_ID if pgid is None else pgid
        return Plan(User(DEFAULT_ID if puid is None else puid, new_gid, _kept(groups, new_gid)), umask)
    is_ignored = puid not in (None, uid) or pgid not in (None, gid)
    note = f"PUID and PGID have no effect: the container was started as user {uid}:{gid}. Remove them or `user`."
    return Plan(None, umask, (note,) if is_ignored else ())


def _id_of(environ: Mapping[str, str], name: str) -> int | None:
    text = environ.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_ID):
        raise RefusedError(
            f"{name} is {text!r}; accepted: a number such as {DEFAULT_ID}, which `id -u` and `id -g` print"
        )
    return int(text)


def _umask_of(environ: Mapping[str, str]) -> int | None:
    text = environ.get("UMASK", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and set(text) <= set("01234567")):
        raise RefusedError(f"UMASK is {text!r}; accepted: an octal number such as 002 or 022")
    return int(text, 8) & 0o777


def _kept(groups: Sequence[int], gid: int) -> tuple[int, ...]:
    """Return the groups that the container was given. The group of root is not one of them, unless PGID names it."""
    return tuple(sorted({one for one in groups if one != 0} | {gid}))


def take_over(folder: Path, user: User) -> list[str]:
    """Give the data folder and its content to the user. Return the paths that could not be changed.

    Symbolic links are not followed, and other file systems mounted below stay as they are.
    """
    failed: list[str] = []
    if not folder.is_dir():
        return failed
    device = folder.stat().st_dev

    def give(name: str, place: str, descriptor: int | None = None) -> bool:
        try:
            return _give(name, descriptor, user, device)
        except OSError as error:
            failed.append(f"{place}: {error.strerror}")
            return True

    def unreadable(error: OSError) -> None:
        failed.append(f"{error.filename}: {error.strerror}")

    give(str(folder), str(folder))
    for place, folders, files, descriptor in os.fwalk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if give(name, f"{place}/{name}", descriptor)]
        for name in files:
            give(name, f"{place}/{name}", descriptor)
    return failed


def _give(name: str, descriptor: int | None, user: User, device: int) -> bool:
    """Change the owner. Return False for what is gone, or on another file system."""
    try:
        found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
        if found.st_dev != device:
            return False
        if (found.st_uid, found.st_gid) != user[:2]:
            os.chown(name, user.uid, user.gid, dir_fd=descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno != errno.EROFS:  # a configuration that is mounted read-only is meant so
            raise
    return True


def become(user: User) -> None:
    """Drop root for good. Raise RefusedError where the container is not allowed to."""
    try:
        os.setgroups(user.groups)
        os.setresgid(user.gid, user.gid, user.gid)
        os.setresuid(user.uid, user.uid, user.uid)
    except OSError as error:
        raise RefusedError(
            f"cannot become user {user.uid}:{user.gid} ({error.strerror}): give the container the capabilities "
            f"SETUID and SETGID, or start it with `user: {user.uid}:{user.gid}` and without PUID and PGID"
        ) from error


def watch_over(start: Callable[[], None]) -> int:
    """Start the program as a child. Pass signals on, and collect every process that ends. Return its exit code.

    The kernel gives process 1 the processes whose parents ended. Uncollected, they would stay as zombies.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)  # a signal to process 1 without a handler would be lost
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        start()

    def pass_on(number: int, _frame: object) -> None:
        if number == signal.SIGINT and os.isatty(0):
            return  # the terminal sends it to both
        with suppress(ProcessLookupError):  # it has just ended
            os.kill(child, number)

    for number in PASSED_ON:
        signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def say(text: str) -> None:
    sys.stderr.write(f"stalkeer container: {text}\n")
    sys.stderr.flush()


def is_joining() -> bool:
    """Return whether this is a command in a running container (`docker exec`). Its parent is outside: it sees none."""
    return os.getpid() != 1 and os.getppid() == 0


def prepare(folder: Path) -> None:
    """Become the wanted user, after the data folder was given to it."""
    done = plan(os.environ, os.getuid(), os.getgid(), os.getgroups())
    for note in done.notes:
        say(note)
    if done.umask is not None:
        os.umask(done.umask)
    if done.user is None:
        return
    failed = [] if is_joining() else take_over(folder, done.user)
    if failed:
        say(f"{len(failed)} paths cannot be given to user {done.user.uid}:{done.user.gid}, such as {failed[0]}")
    become(done.user)


def main(arguments: Sequence[str], program: str = PROGRAM, folder: Path = DATA_FOLDER) -> int:
    def start() -> None:
        os.execv(program, [program, *arguments])  # noqa: S606 - no shell is wanted

    try:
        prepare(folder)
    except RefusedError as error:
        say(str(error))
        return BAD_SETTING
    if os.getpid() == 1:
        return watch_over(start)
    start()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["serve"]))
