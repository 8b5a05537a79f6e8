"""How alike two titles are, for the list of near misses."""

from __future__ import annotations

import pytest

from stalkeer.core.matching.compare import likeness


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("lowtide", "lowtidesofsummer", True),
        ("ironorchard", "ironorchards", True),
        ("thecartographer", "thecartogarpher", True),
        ("winterintrieste", "winterskies", False),
        ("paperplanes", "paperboy", False),
        ("", "anything", False),
    ],
)
def test_titles_that_share_a_word_at_most_are_not_alike(one: str, other: str, is_alike: bool):
    assert (likeness(one, other) >= 0.65) is is_alike
