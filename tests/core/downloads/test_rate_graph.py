"""Speed graphs: a sample covers its seconds."""

from __future__ import annotations

import pytest

from stalkeer.core.downloads.rate_graph import SampleSpan, Steps, spread_samples

STEPS = Steps(start=1000, length_s=10, count=6)


@pytest.mark.parametrize("every_s", [2.0, 10.0, 13.7, 30.0])
def test_a_steady_speed_is_a_level_line_whatever_the_time_between_samples(every_s: float):
    ends = [980 + every_s * number for number in range(int(120 / every_s))]

    sums = spread_samples([SampleSpan(end, every_s, round(1_200_000 * every_s)) for end in ends], STEPS)

    assert sums == [pytest.approx(12_000_000, rel=1e-6)] * 6


def test_bytes_outside_the_graph_are_left_out_and_those_inside_are_kept():
    sums = spread_samples([SampleSpan(1005, 10, 100), SampleSpan(1065, 10, 100), SampleSpan(900, 5, 100)], STEPS)

    assert sums == [50, 0, 0, 0, 0, 50]


def test_a_sample_without_seconds_counts_where_it_ends():
    assert spread_samples([SampleSpan(1025, 0, 7)], STEPS) == [0, 0, 7, 0, 0, 0]


def test_no_samples_are_a_line_of_zeros():
    assert spread_samples([], STEPS) == [0] * 6
