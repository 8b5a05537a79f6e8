"""What `stalkeer serve` costs while it has nothing to do and nobody looks."""

from __future__ import annotations

import time

import psutil
import pytest

MEASURED_S = 60


@pytest.mark.soak
@pytest.mark.timeout(400)
def test_an_idle_server_takes_less_than_three_hundredths_of_a_core(program, world):
    stalkeer = program()
    stalkeer.serve()
    stalkeer.job("refresh")
    stalkeer.job("scan")
    stalkeer.settle()
    time.sleep(5)
    process = psutil.Process(stalkeer.pid)
    before, began = cpu_s(process), time.monotonic()

    time.sleep(MEASURED_S)
    share = (cpu_s(process) - before) / (time.monotonic() - began)

    print(f"\nidle: {share:.2%} of a core, {process.memory_info().rss / 1e6:.0f} MB")  # noqa: T201
    assert share <= 0.03, f"{share:.1%} of a core"


def cpu_s(process: psutil.Process) -> float:
    """The server's own and its children's."""
    return sum(process.cpu_times()[:4])
