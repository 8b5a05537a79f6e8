"""The words that users have for the kinds of entries, and the values that rows have."""

from __future__ import annotations

import pytest

from stalkeer.model import EntryKind, KindWord, count_by_word


def test_every_stored_kind_has_a_word_and_every_word_a_stored_kind():
    assert [KindWord.of(kind.value).stored for kind in EntryKind] == [kind.value for kind in EntryKind]


def test_a_movie_is_called_movie_and_stored_as_it_always_was():
    assert (KindWord.of("film"), KindWord.MOVIE.value, KindWord.MOVIE.stored) == (KindWord.MOVIE, "movie", "film")
    assert count_by_word({"film": 2, "live": 1}) == {"movie": 2, "live": 1}


def test_the_word_of_earlier_releases_is_accepted_as_input():
    assert KindWord("film") is KindWord.MOVIE
    with pytest.raises(ValueError, match="films"):
        KindWord("films")
