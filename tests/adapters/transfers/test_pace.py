"""The shared bandwidth: limits by name, changed while transfers run."""

import pytest

from stalkeer.adapters.transfers.pace import Bandwidth
from tests.doubles.clock import FakeClock

MB = 1_000_000


@pytest.fixture
def bandwidth():
    return Bandwidth(FakeClock().monotonic)


def test_a_transfer_without_a_limit_is_not_paused(bandwidth):
    assert bandwidth.pace("source 1").take(100 * MB) == 0.0


def test_the_global_limit_is_shared_by_all(bandwidth):
    bandwidth.limit(Bandwidth.GLOBAL, MB)

    bandwidth.pace("source 1").take(MB)

    assert bandwidth.pace("source 2").take(MB) == pytest.approx(2.0)


def test_a_source_s_limit_leaves_other_sources_alone(bandwidth):
    bandwidth.limit("source 1", MB)

    assert bandwidth.pace("source 1").take(MB) == pytest.approx(1.0)
    assert bandwidth.pace("source 2").take(MB) == 0.0


def test_a_limit_can_be_lifted_and_changed_while_transfers_run(bandwidth):
    pace = bandwidth.pace()
    bandwidth.limit(Bandwidth.GLOBAL, 1000)
    pace.take(MB)

    bandwidth.limit(Bandwidth.GLOBAL, 10 * MB)
    faster = pace.take(0)
    bandwidth.limit(Bandwidth.GLOBAL, 0)

    assert faster <= 1.0  # an old debt does not outlive the limit it came from
    assert pace.take(MB) == 0.0
