"""The part of a scan's subject that names what is searched for."""

import pytest

from stalkeer.core.downloads.search_terms import NO_NUMBERS, ItemNumbers
from stalkeer.core.downloads.searched import read_searched, searched_text


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        (NO_NUMBERS, ""),
        (ItemNumbers(season=3), "s3"),
        (ItemNumbers(season=0, episode=1), "s0e1"),
        (ItemNumbers(season=2024, air_date="2024-05-02"), "d2024-05-02"),
        (ItemNumbers(absolute=120), "a120"),
    ],
)
def test_numbers_are_read_as_they_were_written(numbers, text):
    assert searched_text(numbers) == text
    assert searched_text(read_searched(text)) == text


@pytest.mark.parametrize("text", ["x", "s", "s3e", "e3", "s123456", "d2024-5-2", "a", "s3 ", "\u0663", "s\u0663"])
def test_anything_else_is_no_such_text(text):
    assert read_searched(text) is None
