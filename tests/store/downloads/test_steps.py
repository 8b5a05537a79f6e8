"""Looks at a few rows of a large catalogue do not walk over all of it: counted in steps of SQLite's machine."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.library_cache import Matching
from stalkeer.jobs.matching.match import match_wanted
from stalkeer.model import Decision, SourceId
from stalkeer.settings.sections.jobs import MatchingSettings
from stalkeer.store.catalogue.entries import EntrySearch, browse_entries, search_entries
from stalkeer.store.catalogue.panel_cache import series_to_expand
from stalkeer.store.db.database import open_database, sqlite_url
from stalkeer.store.db.tables import entries, metadata, sources
from stalkeer.store.downloads.variants import confirmed_matches
from stalkeer.store.matching.matches import MatchFilter, count_matches, list_matches
from tests.doubles.catalogue import Catalogue

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
EACH = 20_000


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A wanted film with its matches and a series, among thousands of other films and series; one live channel."""
    database = open_database(sqlite_url(tmp_path_factory.mktemp("steps") / "s.db"))
    metadata.create_all(database.engine)
    house = Catalogue(database, lambda: NOW)
    house.film("Dune", 2021)
    with database.begin() as connection:
        source = {"id": 1, "slug": "tv", "kind": "m3u", "origin": "config", "credentials": "{}", "created_at": NOW}
        connection.execute(insert(sources).values(source))
        common = {"source_id": 1, "url": "{base}/x", "added_gen": 0, "first_seen": NOW}
        for kind in ("film", "series"):
            rows = [common | {"key": f"{kind}:{n}", "kind": kind, "name": f"Other {n}"} for n in range(EACH)]
            connection.execute(insert(entries), rows)
        connection.execute(insert(entries).values(common | {"key": "live:1", "kind": "live", "name": "News"}))
        connection.execute(
            insert(entries).values(common | {"key": "series:own", "kind": "series", "name": "Severance"})
        )
    house.list_entries("Dune (2021)", "FR - Dune (2021)", "Dune", source="own")
    match_wanted(Matching(database, MatchingSettings(), lambda: NOW), QuietRun())
    yield database
    database.close()


LOOKS = {
    "matches": lambda c: list_matches(c, MatchFilter()),
    "matches in review": lambda c: list_matches(c, MatchFilter(decision=Decision.REVIEW)),
    "how many matches there are": lambda c: count_matches(c, MatchFilter()),
    "what may be queued": confirmed_matches,
    "series to ask for": lambda c: series_to_expand(
        c, SourceId(1), ["series:own", *(f"other:{n}" for n in range(400))], NOW
    ),
    "entries of a kind that few have": lambda c: search_entries(c, EntrySearch(kind="live")),
    "entries with words that few have": lambda c: search_entries(c, EntrySearch(words="dune")),
    "the same as a page": lambda c: browse_entries(c, EntrySearch(kind="live")),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_at_a_few_rows_does_not_walk_over_the_catalogue(large, look):
    steps: list[int] = []

    with large.connect() as connection:
        connection.connection.driver_connection.set_progress_handler(lambda: steps.append(1), 100)
        found = look(connection)
        connection.connection.driver_connection.set_progress_handler(None, 0)

    assert found
    assert len(steps) * 100 < EACH
