"""Start a process for one heavy run, and end it with its parent."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

# Niceness, as in nice(1). Not the lowest: whoever waits for the database waits for its writer, and that one for the
# processor.
PRIORITY = 15


def child_command(config: Path | None) -> Callable[[int], Sequence[str]]:
    """Return a function that makes the command line of a run. The child finds the settings of this process."""
    chosen = [] if config is None else ["--config", str(config)]
    return lambda run_id: [sys.executable, "-m", "stalkeer", *chosen, "worker", "--run", str(run_id)]


def step_back() -> None:
    """Lower the priority of this process, so that pages and downloads go before a refresh.

    On Linux it also never takes the processor from another process when it wakes up. There the priority of its reading
    and writing follows from its niceness.
    """
    with suppress(OSError):
        os.nice(PRIORITY)
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def end_with_parent() -> None:
    """End this process as soon as the process at the other end of its standard input has ended.

    Another worker then takes the run over, and both must not work on it.
    """

    def watch() -> None:
        sys.stdin.buffer.read()
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
