"""Figures as people say them."""

from __future__ import annotations

import pytest

from stalkeer.faces.web import formats


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (None, "–"),
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 kB"),
        (1_440_000, "1.4 MB"),
        (812_000_000, "812 MB"),
        (4_100_000_000, "4.1 GB"),
        (2_500_000_000_000, "2.5 TB"),
    ],
)
def test_sizes_are_decimal_and_short(count, said):
    assert formats.size(count) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (0, "0 s"),
        (48, "48 s"),
        (125, "2 min 5 s"),
        (7_200, "2 h"),
        (7_501, "2 h 5 min"),
        (273_600, "3 d 4 h"),
    ],
)
def test_lengths_of_time_have_their_two_largest_units(seconds, said):
    assert formats.duration(seconds) == said


def test_a_share_reads_as_whole_only_when_it_is():
    assert formats.percent_text(99.97) == "99.9 %"
    assert formats.percent_text(100) == "100 %"


def test_a_download_of_unknown_size_says_what_is_here():
    assert formats.done_text(580_000, None) == "580 kB"
    assert formats.done_text(924_000_000, 2_100_000_000) == "924 MB of 2.1 GB"


def test_the_time_left_is_unknown_without_speed_or_size():
    assert formats.eta(1000, 0, None) == ""
    assert formats.eta(None, 0, 10.0) == ""
    assert formats.eta(1000, 400, 10.0) == "1 min"
