"""The process that carries out one heavy run, as its parent starts it and as it holds on to its parent."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path


def child_command(config: Path | None) -> Callable[[int], Sequence[str]]:
    """The command line of a process that carries out one run; it finds its settings as this one did."""
    chosen = [] if config is None else ["--config", str(config)]
    return lambda run_id: [sys.executable, "-m", "stalkeer", *chosen, "worker", "--run", str(run_id)]


def end_with_parent() -> None:
    """End this process when the one that holds the other end of its standard input does, however that ended.

    Another worker takes the run over then, and must not find this process still at it.
    """

    def watch() -> None:
        sys.stdin.buffer.read()
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
