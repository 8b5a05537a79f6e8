"""A search of words that thousands of titles have: only titles with all of them are shown, as many as are of use."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from stalkeer.core.catalogue.search import index_words
from stalkeer.store.catalogue.entries import EntrySearch, browse_entries, search_entries
from stalkeer.store.catalogue.search import COMMON, MOST_TITLES
from stalkeer.store.catalogue.titles import GROUP
from stalkeer.store.db.tables import entries, sources, title_words, titles

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
BOTH = MOST_TITLES + 150
SILVER_ONLY = NIGHT_ONLY = COMMON - BOTH + 1


@pytest.fixture
def find(any_database):
    texts = [f"Silver Harbour {number}" for number in range(SILVER_ONLY)]
    texts += [f"Silver Night {number}" for number in range(BOTH)]
    texts += [f"Night Train {number}" for number in range(NIGHT_ONLY)]
    films = [("movie", text) for text in texts]
    groups = [(GROUP, "VOD Silver Night"), (GROUP, "Night Silver Films"), (GROUP, "Silver")]
    source = {"id": 1, "slug": "one", "kind": "m3u", "origin": "ui", "credentials": "{}", "created_at": NOW}
    common = {"source_id": 1, "kind": "movie", "url": "{base}/x", "added_gen": 0, "first_seen": NOW}
    listed = [*groups, *films]
    with any_database.begin() as connection:
        connection.execute(insert(sources), [source])
        connection.execute(
            insert(titles),
            [
                {"id": number, "kind": kind, "text": text, "parser_version": 1, "added_gen": 0}
                for number, (kind, text) in enumerate(listed, start=1)
            ],
        )
        connection.execute(
            insert(title_words),
            [
                {"word": word, "title_id": number}
                for number, (_, text) in enumerate(listed, start=1)
                for word in index_words(text)
            ],
        )
        connection.execute(
            insert(entries),
            [
                {**common, "id": number, "key": f"m:{number}", "title_id": number, "name": text}
                for number, (kind, text) in enumerate(listed, start=1)
                if kind != GROUP
            ],
        )

    def found(words, limit=2 * BOTH):
        search = EntrySearch(words)
        with any_database.connect() as connection:
            listed = search_entries(connection, search, limit=limit)
            assert {entry.id for entry in browse_entries(connection, search, limit=limit)} == {e.id for e in listed}
        return [entry.name for entry in listed]

    return found


def test_common_words_find_titles_that_have_all_of_them(find):
    names = find("night silver")

    assert len(names) == MOST_TITLES
    assert all(name.startswith("Silver Night ") for name in names)


def test_further_words_narrow_what_common_ones_find(find):
    of_a_train = find("train night 299")

    assert find(f"silver {BOTH - 1} night") == [f"Silver Night {BOTH - 1}"]
    assert of_a_train
    assert all("Train" in name and " 299" in name for name in of_a_train)
    assert find("harbour train") == []
