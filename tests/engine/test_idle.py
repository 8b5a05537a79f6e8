"""What it costs to have nothing to do."""

import resource
import time

import pytest

from stalkeer.engine.intervals import DEFAULT_INTERVALS


@pytest.mark.soak
def test_an_idle_engine_takes_less_than_three_hundredths_of_a_core(house, running):
    running(house.engine(intervals=DEFAULT_INTERVALS))
    time.sleep(3)
    before, began = cpu(), time.monotonic()
    time.sleep(30)

    share = (cpu() - before) / (time.monotonic() - began)

    assert share <= 0.03, f"{share:.1%} of a core"


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
