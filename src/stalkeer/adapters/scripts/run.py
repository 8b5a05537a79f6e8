"""Run a script of the user: without a shell, in a clean environment, for a limited time.

The script reads a document from its standard input. Its output is read to its end, and only the last part is kept.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import IO

from stalkeer.core.security.plain_text import clean_line

LONGEST_VALUE = 4000  # characters of a variable; the system refuses far longer ones
KEPT_OUTPUT = 64 * 1024  # bytes
LOOK_S = 0.05
GRACE_S = 1.0  # between the request to end and the kill
LAST_WORDS_S = 0.5  # for output that is still in the pipe after the script's end
BASE_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
}


class Ending(StrEnum):
    """Define how a script ended."""

    EXITED = "exited"
    TIMED_OUT = "timed_out"  # killed
    STOPPED = "stopped"  # killed, because Stalkeer stops or the download was cancelled
    NOT_STARTED = "not_started"


@dataclass(frozen=True)
class Script:
    """Describe a run of a script. `variables` are added to the environment, and `document` is its standard input."""

    command: Sequence[str]
    variables: Mapping[str, str]
    document: str
    timeout_s: float


@dataclass(frozen=True)
class ScriptResult:
    """Hold the end of a script. `exit_code` is negative for a signal, and None where it was killed or not started."""

    ending: Ending
    exit_code: int | None
    output: bytes
    seconds: float
    is_shortened: bool = False  # the beginning of the output was left out
    problem: str = ""  # the reason why it was not started


def is_runnable(command: Sequence[str]) -> bool:
    """Tell whether the program of a command line exists and may be executed."""
    return bool(command) and os.path.isfile(command[0]) and os.access(command[0], os.X_OK)  # noqa: PTH113 - no error for any path


def run_script(script: Script, should_stop: Callable[[], bool] = lambda: False) -> ScriptResult:
    """Run a script to its end. Kill its process group after its time limit, or when `should_stop` returns True."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as given:  # a pipe would block where the script does not read it
        given.write(script.document.encode("utf-8", "replace"))
        given.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603 - the user's own program, without a shell
                [os.fsencode(part) for part in script.command],
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment(script.variables),
                cwd="/",
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            return ScriptResult(Ending.NOT_STARTED, None, b"", time.monotonic() - began, problem=reason)
    assert process.stdout is not None
    tail = _Tail(process.stdout)
    ending = _wait(process, began + script.timeout_s, should_stop)
    if ending is not Ending.EXITED:
        _kill_group(process)
    exit_code = process.wait()
    output = tail.close()
    seconds = time.monotonic() - began
    return ScriptResult(
        ending, exit_code if ending is Ending.EXITED else None, output, seconds, is_shortened=tail.is_shortened
    )


def environment(variables: Mapping[str, str]) -> dict[bytes, bytes]:
    """Return the environment of a script: nothing of this process but its home folder and time zone.

    Values are single lines without NUL, because titles are foreign text.
    """
    own = {name: os.environ[name] for name in ("HOME", "TZ") if name in os.environ}
    cleaned = {name: clean_line(value.replace("\0", ""))[:LONGEST_VALUE] for name, value in variables.items()}
    values = {**BASE_ENVIRONMENT, **own, **cleaned}
    return {name.encode(): value.encode("utf-8", "surrogateescape") for name, value in values.items()}


def _wait(process: subprocess.Popen[bytes], deadline: float, should_stop: Callable[[], bool]) -> Ending:
    while True:
        if _has_ended(process):
            return Ending.EXITED
        if should_stop():
            return Ending.STOPPED
        left = deadline - time.monotonic()
        if left <= 0:
            return Ending.TIMED_OUT
        time.sleep(min(LOOK_S, left))


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether the script has ended, and leave its number in use, so that no other process group gets it."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Ask the process group to end, and kill it after a moment: also the processes that outlive the script."""
    os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    while not _has_ended(process) and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    os.killpg(process.pid, signal.SIGKILL)


class _Tail:
    """Read a pipe to its end in a thread of its own, and keep the last part."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.is_shortened = False
        self._pipe = pipe
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._read, name="script output", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe as pipe:
            while chunk := os.read(pipe.fileno(), KEPT_OUTPUT):
                self._kept += chunk
                if len(self._kept) > KEPT_OUTPUT:
                    self.is_shortened = True
                    del self._kept[:-KEPT_OUTPUT]

    def close(self) -> bytes:
        """Return the output. A process that the script left behind may keep the pipe open, and is not waited for."""
        self._thread.join(LAST_WORDS_S)
        return bytes(self._kept)
