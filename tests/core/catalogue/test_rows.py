import pytest

from stalkeer.core.catalogue.content import CONTENT, full_content
from stalkeer.core.catalogue.rows import RowMaker
from stalkeer.model import Entry

_TMDB = CONTENT.index("tmdb_id") - 1  # a draft has no title_id yet


def _tmdb_ids(*entries):
    return [full_content(("", *draft.content))[_TMDB + 1] for draft in RowMaker().drafts(entries)]


@pytest.mark.parametrize(
    "name", ["Some Film 2010 tmdb-27205", "Some Film (2010) {tmdb-27205}", "X (2010) [TMDBID=27205]"]
)
def test_the_id_that_a_movies_name_says_is_kept_with_it(name):
    assert _tmdb_ids(Entry("movie:1", "film", name, "http://example.com/1.mkv")) == [27205]


def test_the_accounts_id_goes_before_the_names_and_an_episodes_id_is_its_own():
    movie = Entry("movie:1", "film", "Some Film tmdb-27205", "http://example.com/1.mkv", tmdb_id=603)
    episode = Entry("series:1", "episode", "Some Show S01E02 tmdb-27205", "http://example.com/2.mkv")

    assert _tmdb_ids(movie, episode) == [603, ""]
