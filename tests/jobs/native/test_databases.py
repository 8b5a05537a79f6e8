"""An instance's feed and searches on either database."""

from __future__ import annotations

import pytest

from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.match import match_wanted
from stalkeer.jobs.native.indexer import FeedQuery, Indexer, Pictures
from stalkeer.jobs.native.offers import prepare_offers
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.model import Drive
from stalkeer.store.library.finding import ForeignIds
from stalkeer.store.library.instances import InstanceOptions, get_instance
from tests.doubles.app import make_app
from tests.doubles.catalogue import Catalogue
from tests.doubles.instances import know

NATIVE = InstanceOptions(drive=Drive.NATIVE)


@pytest.fixture
def asked(tmp_path, any_database, clock):
    """Ask the indexer of a program whose lists have five movies and an episode."""
    app = make_app(tmp_path / "data", any_database, clock)
    catalogue = Catalogue(any_database, clock)
    with Radarr(tmp_path / "movies") as radarr, Sonarr(tmp_path / "tv") as sonarr:
        for number in range(1, 6):
            radarr.add_movie(f"Copper Saint {number}", 2010, tmdb_id=500 + number)
            lines = 2160 if number == 5 else 1080
            catalogue.list_entries(f"Copper Saint {number} (2010)", resolution=lines, size=number * 1000)
        sonarr.add_episode(sonarr.add_series("Harbour of Ash", 2021, tvdb_id=300001), 1, 1)
        catalogue.list_entries("Harbour of Ash S01E01", kind="episode", resolution=1080)
        for server in (radarr, sonarr):
            know(app.arrs, server, options=NATIVE)
        sync_wanted(any_database, app.arrs, app.settings.wanted, QuietRun())
        match_wanted(app.matching, QuietRun())
        prepare_offers(any_database, app.arrs, QuietRun())
        indexer = Indexer(any_database, app.arrs, None)

        def ask(slug, **query):
            with any_database.connect() as connection:
                row = get_instance(connection, slug)
            return indexer.search(row, FeedQuery(**query))

        yield ask


def test_the_feed_is_walked_to_its_end_and_a_search_finds_its_item(asked):
    whole = asked("radarr").offers
    pages = [asked("radarr", offset=offset, limit=2) for offset in (0, 2, 4, 6)]
    alone = asked("radarr", offset=3, limit=1)
    movie = asked("radarr", ids=ForeignIds(tmdb=503))
    best = asked("radarr", pictures=frozenset({Pictures.UHD}))
    episode = asked("sonarr", ids=ForeignIds(tvdb=300001))

    assert [offer.pub_date for offer in whole] == sorted({offer.pub_date for offer in whole}, reverse=True)
    assert [offer for page in pages for offer in page.offers] == list(whole)
    assert [page.total for page in pages] == [3, 5, 6, 6]
    assert alone.offers == whole[3:4]
    assert [(offer.release, offer.size) for offer in movie.offers] == [
        ("Copper.Saint.3.2010.1080p.WEB-DL-STALKEER", 3000)
    ]
    assert [offer.release for offer in best.offers] == ["Copper.Saint.5.2010.2160p.WEB-DL-STALKEER"]
    assert [(offer.season, offer.episodes) for offer in episode.offers] == [(1, (1,))]
