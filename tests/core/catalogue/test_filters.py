"""A pattern of a user is matched in linear time, whatever it is."""

from __future__ import annotations

import time

import pytest

from stalkeer.core.catalogue.filters import Field, Filter, FilterSet, Mode, check_pattern
from stalkeer.errors import InvalidInput
from stalkeer.model import Entry, EntryKind

HANGING = ["(a+)+$", "(a*)*b", "(a|aa)+$", "(.*a){20}b", "^(([a-z])+.)+[A-Z]([a-z])+$"]


@pytest.mark.parametrize("pattern", HANGING)
def test_a_pattern_that_would_hang_elsewhere_is_matched_at_once(pattern):
    check_pattern(pattern)
    filters = FilterSet([Filter(Field.NAME, Mode.EXCLUDE, pattern)], keep_adult=True)
    entry = Entry(key="1", name="a" * 5000 + "!", url="http://tv.example.com/a.mkv", kind=EntryKind.MOVIE, group="")
    started = time.process_time()

    filters.left_out(entry)

    assert time.process_time() - started < 2


@pytest.mark.parametrize("pattern", ["(", "a{1001}{1001}", r"(a)\1", "(?=a)", "a" * 501, " "])
def test_a_pattern_that_is_too_complex_or_unknown_is_refused(pattern):
    with pytest.raises(InvalidInput):
        check_pattern(pattern)
