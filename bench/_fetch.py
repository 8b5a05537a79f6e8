"""Fetches files with Stalkeer's transfers in a process of its own, and prints what that cost as JSON.

`python -m bench._fetch FOLDER LIMIT WINDOW CA URL...`: LIMIT in bytes/s and WINDOW in s (0: none), CA a file or "-".
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from pathlib import Path

from stalkeer.adapters.transfers.pace import Bandwidth
from stalkeer.adapters.transfers.request import Fetched, StopReason, Tls, TransferFailed, TransferRequest
from stalkeer.adapters.transfers.transfer import transfer
from stalkeer.core.downloads.resume import HeldPart

WARM_UP_S = 1.0


class Counting:
    """Counts bytes; `stop_at` ends the transfer at a moment, for figures over a window. `steady` omits its start."""

    def __init__(self, stop_at: float | None, steady_at: float) -> None:
        self.size = 0
        self.steady = 0
        self.stop_at = stop_at
        self.steady_at = steady_at
        self.enough: int | None = None

    def opened(self, shutdown: object) -> None: ...

    def stopping(self) -> StopReason | None:
        is_over = self.stop_at is not None and time.monotonic() >= self.stop_at
        is_over |= self.enough is not None and self.size >= self.enough
        return StopReason.PAUSE if is_over else None

    def received(self, size: int) -> None:
        self.size += size
        if self.stop_at is not None and time.monotonic() >= self.steady_at:
            self.steady += size

    def durable(self, held: HeldPart) -> None: ...

    def interrupted(self, failure: TransferFailed) -> float | None:
        return None


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def resident() -> int:
    """Bytes in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main(folder: str, limit: str, window: str, ca: str, *urls: str) -> None:
    bandwidth = Bandwidth()
    bandwidth.limit(Bandwidth.GLOBAL, float(limit) or None)
    tls = Tls(verify=ca != "-", ca_file=None if ca == "-" else Path(ca))
    idle, begun, before = resident(), time.monotonic(), cpu()
    stop_at = begun + float(window) if float(window) else None
    watchers = [Counting(stop_at, begun + WARM_UP_S) for _ in urls]
    outcomes: list[object] = []

    def fetch(number: int, url: str) -> None:
        request = TransferRequest(url, Path(folder) / f"{number}.part", tls=tls, run=1)
        outcomes.append(transfer(request, watchers[number], bandwidth.pace()))

    threads = [threading.Thread(target=fetch, args=(number, url)) for number, url in enumerate(urls)]
    for thread in threads:
        thread.start()
    most = idle
    while any(thread.is_alive() for thread in threads):
        most = max(most, resident())
        threads[0].join(0.1)
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    print(
        json.dumps(
            {
                "cpu_s": cpu() - before,
                "wall_s": time.monotonic() - begun,
                "sizes": [watcher.size for watcher in watchers],
                "steady": [watcher.steady for watcher in watchers],
                "grown": most - idle,
                "fetched": sum(isinstance(outcome, Fetched) for outcome in outcomes),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
