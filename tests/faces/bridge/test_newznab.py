"""The indexer, read as strictly as Radarr and Sonarr read it. The requests are in the forms that both send."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from stalkeer.core.downloads.nzb import find_ticket
from stalkeer.demo.newznab import IndexerFailed, fetch_nzb, read_all, read_capabilities, read_page, try_indexer
from stalkeer.jobs.matching.decisions import UserDecision, decide_match
from stalkeer.jobs.native.tickets import guid_of
from stalkeer.model import MatchId
from stalkeer.store.db.tables import entries, matches, offer_entries, offers, sources, wanted
from stalkeer.store.library.instances import get_instance
from stalkeer.store.offers.offers import list_offers
from stalkeer.store.sources.description import Credentials
from tests.faces.bridge.conftest import NativeHouse, open_native_house

HD = {"resolution": 1080}


LIST = Credentials(url="http://provider.example:8080/list.m3u", username="annaofthelist", password="keyofthelist4711")


@pytest.fixture(scope="module")
def empty_house(tmp_path_factory: pytest.TempPathFactory, empty_file: Path) -> Iterator[NativeHouse]:
    with open_native_house(tmp_path_factory.mktemp("empty"), empty_file) as opened:
        yield opened


@pytest.fixture(scope="module")
def filled(house: NativeHouse) -> NativeHouse:
    """Both libraries and a catalogue that has most of it."""
    radarr, sonarr, catalogue = house.radarr, house.sonarr, house.catalogue
    radarr.add_movie("Copper Saints", 2010, tmdb_id=438631, imdb_id="tt1160419")
    radarr.add_movie("Runner 2049", 2017)
    radarr.add_movie("Umbra Station", 2016)
    radarr.add_movie("Nowhere to be had", 2001)
    radarr.add_movie("Tom & Jerry <One>", 2011)
    show = sonarr.add_series("Harbour of Ash", 2021, tvdb_id=300001)
    for number in range(1, 5):
        sonarr.add_episode(show, 1, number)
    sonarr.add_episode(show, 0, 1, title="The Long Night")
    news = sonarr.add_series("Evening Desk", 2019, kind="daily", tvdb_id=300002)
    sonarr.add_episode(news, 2024, 86, air_date_utc=datetime(2024, 5, 2, 20, tzinfo=UTC))
    catalogue.list_entries("EN - Copper Saints (2010) 1080p", size=4_831_838_208, **HD)
    catalogue.list_entries("FR - Copper Saints (2010) 1080p", languages="fr", **HD)
    catalogue.list_entries("Copper Saints (2010) 4K", resolution=2160)
    catalogue.list_entries("Copper Saints (2010) 1080p FHD", source="other", **HD)
    catalogue.list_entries("Runner 2049 (2017)", "Tom & Jerry <One> (2011)")
    catalogue.list_entries("Umbra Station (2016) HDTS", quality=json.dumps({"source": "cam"}), resolution=720)
    for number in (1, 2):
        catalogue.list_entries(f"Harbour of Ash S01E0{number}", kind="episode", **HD)
    catalogue.list_entries("Harbour of Ash S01E03-E04", kind="episode", episode_end=4)
    catalogue.list_entries("Harbour of Ash S00E01 The Long Night", kind="episode", **HD)
    catalogue.list_entries("Evening Desk 2024-05-02", kind="episode", air_date="2024-05-02", **HD)
    house.scan()
    decide(house, "The Long Night", UserDecision.CONFIRM)  # a special is always asked about
    with house.app.database.begin() as connection:
        connection.execute(update(sources).values(credentials=house.app.secrets.encrypt(LIST.to_json())))
    house.scan()
    return house


def decide(house: NativeHouse, title: str, verdict: UserDecision) -> MatchId:
    with house.app.database.connect() as connection:
        of_item = select(matches.c.id).join(wanted, wanted.c.id == matches.c.wanted_id)
        match_id = MatchId(connection.scalar(of_item.where(wanted.c.title == title)))
    decide_match(house.app.matching, match_id, verdict)
    return match_id


def titles(house: NativeHouse, slug: str, function: str, **more: str | int) -> list[str]:
    return [item.title for item in read_all(house.fetch, house.settings(slug), function, **more)]


SAINTS = {
    "Copper.Saints.2010.1080p.WEB-DL-STALKEER",
    "Copper.Saints.2010.FRENCH.1080p.WEB-DL-STALKEER",
    "Copper.Saints.2010.2160p.WEB-DL-STALKEER",
}
ASH = [f"Harbour.of.Ash.S01E0{number}.1080p.WEB-DL-STALKEER" for number in (1, 2)]
DOUBLE = "Harbour.of.Ash.S01E03E04.WEB-DL-STALKEER"
SPECIAL = "Harbour.of.Ash.S00E01.1080p.WEB-DL-STALKEER"
DAILY = "Evening.Desk.2024.05.02.1080p.WEB-DL-STALKEER"


def test_both_programs_take_an_indexer_that_has_nothing_yet(empty_house):
    for slug in ("radarr", "sonarr"):
        try_indexer(empty_house.fetch, empty_house.settings(slug))

    (item,) = read_page(empty_house.fetch, empty_house.settings("radarr").url("movie", offset=0, limit=100))
    nzb = fetch_nzb(empty_house.fetch, item)

    assert item.title == "Stalkeer placeholder"
    assert nzb is not None
    assert guid_of(empty_house.app.secrets, find_ticket(nzb) or "") == "placeholder"


def test_prowlarr_takes_it_as_generic_newznab_without_categories_and_ids(empty_house):
    url = f"/newznab/api?t=search&apikey={empty_house.keys['radarr']}&extended=1&limit=100&offset=0"

    assert len(read_page(empty_house.fetch, url)) == 1


def test_a_search_that_finds_nothing_is_an_empty_channel(empty_house):
    settings = empty_house.settings("radarr")

    assert read_page(empty_house.fetch, settings.url("movie", tmdbid=999, offset=0, limit=100)) == []
    assert read_page(empty_house.fetch, settings.url("search", q="Nothing 2021", offset=0, limit=100)) == []
    assert read_page(empty_house.fetch, settings.url("movie", offset=100, limit=100)) == []


def test_the_capabilities_name_every_search_that_is_answered(empty_house):
    found = read_capabilities(empty_house.fetch, empty_house.settings("radarr"))

    assert found.page_size == 100
    assert set(found.searches) == {"search", "movie-search", "tv-search"}
    assert set(found.searches["tv-search"]) == {"q", "tvdbid", "imdbid", "tmdbid", "season", "ep"}
    assert {2040, 5040, 5070} <= found.categories


@pytest.mark.parametrize(
    "asked",
    [
        {"tmdbid": 438631, "imdbid": "1160419"},
        {"tmdbid": 438631},
        {"imdbid": "1160419"},
        {"imdbid": "tt1160419"},
        {"q": "Copper Saints 2010"},
        {"q": "copper saints"},
    ],
)
def test_a_movie_is_found_by_each_id_and_by_title_and_year(filled, asked):
    function = "search" if "q" in asked else "movie"

    assert set(titles(filled, "radarr", function, **asked)) == SAINTS


@pytest.mark.parametrize("ids", ["imdbid=tt", "imdbid=", "tmdbid=", "tmdbid=&imdbid=%20", "tmdbid=0"])
def test_an_id_without_a_number_finds_nothing_and_is_not_the_feed(filled, ids):
    assert read_page(filled.fetch, f"/newznab/api?t=movie&apikey={filled.keys['radarr']}&{ids}") == []


def test_a_title_is_found_without_the_article_in_front_of_it(filled):
    filled.radarr.add_movie("The Quiet Cartographers", 2015)
    filled.sonarr.add_episode(filled.sonarr.add_series("A Paper Lantern", 2012), 1, 2)
    filled.catalogue.list_entries("The Quiet Cartographers (2015)", **HD)
    filled.catalogue.list_entries("A Paper Lantern S01E02", kind="episode", **HD)
    filled.scan()

    for term in ("Quiet Cartographers", "Quiet Cartographers 2015", "The Quiet Cartographers"):
        assert titles(filled, "radarr", "search", q=term) == ["The.Quiet.Cartographers.2015.1080p.WEB-DL-STALKEER"]
    assert titles(filled, "sonarr", "search", q="Paper Lantern S01E02") == [
        "A.Paper.Lantern.S01E02.1080p.WEB-DL-STALKEER"
    ]
    assert titles(filled, "radarr", "search", q="Cartographers") == []


@pytest.mark.parametrize("term", ["Copper Saints 2011", "Copper", "Saints 2010", "Copper Saints 2 2010", "the", "2010"])
def test_a_part_of_a_title_or_another_year_finds_nothing(filled, term):
    assert titles(filled, "radarr", "search", q=term) == []


def test_a_number_in_a_title_is_no_year(filled):
    for term in ("Runner 2049", "Runner 2049 2017"):
        assert titles(filled, "radarr", "search", q=term) == ["Runner.2049.2017.WEB-DL-STALKEER"]


def test_a_cinema_recording_is_offered_as_one(filled):
    assert titles(filled, "radarr", "search", q="Umbra Station 2016") == ["Umbra.Station.2016.720p.TELESYNC-STALKEER"]


@pytest.mark.parametrize(
    ("function", "asked", "found"),
    [
        ("tvsearch", {"tvdbid": 300001, "season": 1, "ep": 1}, ASH[:1]),
        ("tvsearch", {"tvdbid": 300001, "imdbid": "tt1", "tmdbid": 7, "season": 1, "ep": 2}, ASH[1:]),
        ("tvsearch", {"tvdbid": 300001, "season": 1}, [DOUBLE, *reversed(ASH)]),
        ("tvsearch", {"tvdbid": 300001, "season": 1, "ep": 4}, [DOUBLE]),
        ("tvsearch", {"tvdbid": 300001, "season": "00", "ep": 1}, [SPECIAL]),
        ("tvsearch", {"tvdbid": 300001, "season": 2}, []),
        ("tvsearch", {"q": "Harbour of Ash", "season": 1, "ep": 1}, ASH[:1]),
        ("tvsearch", {"tvdbid": 300002, "season": 2024, "ep": "05/02"}, [DAILY]),
        ("tvsearch", {"tvdbid": 300002, "season": 2024}, [DAILY]),
        ("search", {"q": "Harbour of Ash S01E02"}, ASH[1:]),
        ("search", {"q": "Harbour of Ash The Long Night"}, [SPECIAL]),
        ("search", {"q": "Evening Desk 2024 05 02"}, [DAILY]),
    ],
)
def test_episodes_are_found_in_every_form_of_a_search(filled, function, asked, found):
    assert titles(filled, "sonarr", function, **asked) == found


def test_an_absolute_number_finds_an_anime_beside_ids_and_behind_a_title(filled):
    show = filled.sonarr.add_series("Paper Comet", 2020, kind="anime", tvdb_id=300009)
    filled.sonarr.add_episode(show, 2, 1, absolute=14)
    filled.catalogue.list_entries("Paper Comet S02E01", kind="episode", **HD)
    filled.scan()

    expected = ["Paper.Comet.S02E01.1080p.WEB-DL-STALKEER"]
    assert titles(filled, "sonarr", "tvsearch", tvdbid=300009, q="14") == expected
    assert titles(filled, "sonarr", "search", q="Paper Comet 14") == expected
    assert titles(filled, "sonarr", "search", q="Paper Comet 15") == []


def test_the_feed_is_complete_the_newest_first_and_its_pages_are_exact(filled):
    settings = filled.settings("sonarr")
    items = read_all(filled.fetch, settings, "tvsearch")

    dates = [item.published for item in items]
    assert dates == sorted(set(dates), reverse=True)
    assert {DOUBLE, SPECIAL, DAILY, *ASH} <= {item.title for item in items}
    assert len({item.guid for item in items}) == len(items)
    for offset in range(len(items) + 1):
        page = read_page(filled.fetch, settings.url("tvsearch", offset=offset, limit=2))
        assert [item.guid for item in page] == [item.guid for item in items[offset : offset + 2]]
    assert read_page(filled.fetch, settings.url("tvsearch", offset=0, limit=0)) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_the_feed_ends_with_the_placeholder_on_whatever_page_it_comes(filled, limit):
    """Both programs warn of missed releases when no item is as old as the newest of their last sync."""
    settings = filled.settings("sonarr")
    offset, found = 0, []
    while page := read_page(filled.fetch, settings.url("tvsearch", offset=offset, limit=limit)):
        found += page
        offset += limit

    assert [item.title for item in found].count("Stalkeer placeholder") == 1
    assert found[-1].title == "Stalkeer placeholder"
    assert found[-1].published < min(item.published for item in found[:-1])


def test_a_search_has_no_placeholder(filled):
    assert "Stalkeer placeholder" not in titles(filled, "radarr", "movie", tmdbid=438631)


def test_a_release_that_leaves_between_two_pages_hides_none_from_a_program_that_reads_on(filled):
    settings = filled.settings("sonarr")
    whole = read_all(filled.fetch, settings, "tvsearch")

    first = read_page(filled.fetch, settings.url("tvsearch", offset=0, limit=2))
    _decide_all(filled, first[0].guid, "reject")
    second = read_page(filled.fetch, settings.url("tvsearch", offset=2, limit=2))
    _decide_all(filled, first[0].guid, "confirm")

    assert [item.guid for item in (*first, *second)] == [item.guid for item in whole[:4]]


def _decide_all(house: NativeHouse, guid: str, decision: str) -> None:
    with house.app.database.begin() as connection:
        of_offer = (
            select(offer_entries.c.wanted_id)
            .join(offers, offers.c.id == offer_entries.c.offer_id)
            .where(offers.c.guid == guid)
        )
        connection.execute(update(matches).where(matches.c.wanted_id.in_(of_offer)).values(decision=decision))


def test_dates_are_past_and_the_same_after_every_scan(filled):
    before = {item.guid: item.published for item in read_all(filled.fetch, filled.settings("radarr"), "movie")}
    filled.app.clock.advance(86_400)

    again = filled.scan()

    after = {item.guid: item.published for item in read_all(filled.fetch, filled.settings("radarr"), "movie")}
    assert after == before
    assert again.to_document()["offered"] == 0
    assert max(before.values()) < filled.app.clock() - timedelta(minutes=30)


def test_an_item_says_what_is_known_and_no_more(filled):
    items = read_all(filled.fetch, filled.settings("radarr"), "movie", tmdbid=438631)
    by_title = {item.title: item for item in items}
    plain = by_title["Copper.Saints.2010.1080p.WEB-DL-STALKEER"]
    french = by_title["Copper.Saints.2010.FRENCH.1080p.WEB-DL-STALKEER"]

    assert plain.size == 4_831_838_208
    assert french.size == 0
    assert plain.attributes["tmdbid"] == ["438631"]
    assert plain.attributes["imdb"] == ["1160419"]
    assert french.attributes["language"] == ["French"]
    assert "language" not in plain.attributes


def test_two_lists_with_the_same_variant_are_one_release(filled):
    with filled.app.database.connect() as connection:
        instance = get_instance(connection, "radarr")
        by_release = {offer.release: offer for offer in list_offers(connection, instance.id)}

    assert len(by_release["Copper.Saints.2010.1080p.WEB-DL-STALKEER"].files) == 2


def test_categories_choose_pictures_and_foreign_ones_nothing(filled):
    def found(slug: str, function: str, categories: str, **more: str | int) -> set[str]:
        url = f"/newznab/api?t={function}&cat={categories}&apikey={filled.keys[slug]}"
        url += "".join(f"&{name}={value}" for name, value in more.items())
        return {item.title for item in read_page(filled.fetch, url)}

    movie = {"tmdbid": 438631}
    assert found("radarr", "movie", "2045", **movie) == {"Copper.Saints.2010.2160p.WEB-DL-STALKEER"}
    assert found("radarr", "movie", "2040", **movie) == SAINTS
    assert found("radarr", "movie", "2000", **movie) == SAINTS
    assert found("radarr", "movie", "2030", **movie) == set()
    assert found("radarr", "movie", "2030", q="Runner 2049") == {"Runner.2049.2017.WEB-DL-STALKEER"}
    assert found("radarr", "movie", "5040") == set()
    assert found("radarr", "tvsearch", "5040") == set()
    assert found("sonarr", "movie", "2040") == set()
    assert found("sonarr", "search", "5040", q="Harbour of Ash S01E01") == set(ASH[:1])


def test_text_from_outside_stays_text(filled):
    assert titles(filled, "radarr", "search", q="Tom & Jerry <One> 2011") == ["Tom.Jerry.One.2011.WEB-DL-STALKEER"]


@pytest.mark.parametrize(
    ("slug", "query", "found"),
    [
        # as Radarr 3 and Sonarr 3 sent them: the test, a search by ids, by title, by episode, the feed
        ("radarr", "t=movie&cat=2000,2040&extended=1&apikey={}&offset=0&limit=100", None),
        (
            "radarr",
            "t=movie&cat=2000,2040&extended=1&apikey={}&offset=0&limit=100&tmdbid=438631&imdbid=1160419",
            SAINTS,
        ),
        ("radarr", "t=search&cat=2000,2040&extended=1&apikey={}&offset=0&limit=100&q=Copper%20Saints%202010", SAINTS),
        ("sonarr", "t=tvsearch&cat=5030,5040&extended=1&apikey={}&offset=0&limit=100", None),
        (
            "sonarr",
            "t=tvsearch&cat=5030,5040&extended=1&apikey={}&offset=0&limit=100&tvdbid=300001&season=1&ep=2",
            {ASH[1]},
        ),
        (
            "sonarr",
            "t=tvsearch&cat=5030,5040&extended=1&apikey={}&offset=0&limit=100&q=Harbour+of+Ash&season=1&ep=2",
            {ASH[1]},
        ),
        # Prowlarr passes on what it is asked, and asks without categories itself
        ("sonarr", "t=search&extended=1&apikey={}&offset=0&limit=100", None),
        ("radarr", "t=search&extended=1&apikey={}&limit=100&offset=0&q=", None),
        ("radarr", "t=movie&extended=1&apikey={}&limit=100&offset=0", None),
        ("radarr", "t=movie&cat=2000&extended=1&apikey={}&imdbid=1160419&tmdbid=438631&limit=100&offset=0", SAINTS),
        ("radarr", "t=movie&cat=2000&extended=1&apikey={}&q=Copper%20Saints%202010&limit=100&offset=0", SAINTS),
        ("sonarr", "t=tvsearch&cat=5000&extended=1&apikey={}&tvdbid=300001&season=1&ep=2&limit=100&offset=0", {ASH[1]}),
        ("sonarr", "t=tvsearch&cat=5000&extended=1&apikey={}&tvdbid=300002&season=2024&ep=05/02&limit=100", {DAILY}),
        ("sonarr", "t=search&cat=5000&extended=1&apikey={}&q=Harbour%20of%20Ash%20S01E02&limit=100", {ASH[1]}),
    ],
)
def test_requests_as_they_were_recorded_are_answered(filled, slug, query, found):
    items = read_page(filled.fetch, f"/newznab/api?{query.format(filled.keys[slug])}")

    assert {item.title for item in items} == found if found is not None else items


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("t=movie", 100),
        ("t=caps", 100),
        ("t=movie&apikey=0123456789abcdef0123456789abcdef", 100),
        ("t=movie&apikey={read}", 102),
        ("t=movie&apikey={admin}", 102),
        ("apikey={radarr}", 200),
        ("t=music&apikey={radarr}", 202),
        ("t=movie&tmdbid=x&apikey={radarr}", 201),
        ("t=movie&offset=-1&apikey={radarr}", 201),
        ("t=tvsearch&season=x&apikey={sonarr}", 201),
        ("t=tvsearch&season=2024&ep=5/x&apikey={sonarr}", 201),
        ("t=tvsearch&tvdbid=99999999999999999999999999&apikey={sonarr}", 201),
    ],
)
def test_an_error_is_a_document_of_newznab_with_its_code(filled, query, code):
    answer = filled.client.get(f"/newznab/api?{query.format(**filled.keys)}")

    root = ET.fromstring(answer.text)
    assert (root.tag, root.get("code")) == ("error", str(code))
    assert answer.status_code == 200
    assert "xml" in answer.headers["content-type"]


def test_a_wrong_key_is_told_as_such_by_both_programs(filled):
    with pytest.raises(IndexerFailed, match="Invalid API key"):
        try_indexer(filled.fetch, filled.settings("radarr", key="0123456789abcdef0123456789abcdef"))


def test_a_key_finds_its_own_instance_only(filled):
    url = f"/newznab/api?t=search&apikey={filled.keys['sonarr']}&q=Copper+Saints+2010"

    assert read_page(filled.fetch, url) == []


def test_no_answer_says_where_a_file_comes_from_or_what_the_key_is(filled):
    with filled.app.database.connect() as connection:
        rows = connection.execute(select(entries.c.key, entries.c.url)).all()
    secret = {LIST.username, LIST.password, "provider.example", "{base}", *(one.key for one in rows)}
    secret |= {one.url.rpartition("/")[2] for one in rows}
    assert len(secret) > 20

    for slug, function in (("radarr", "movie"), ("sonarr", "tvsearch")):
        url = filled.settings(slug).url(function, offset=0, limit=100)
        feed = filled.client.get(urlsplit(url).path + "?" + urlsplit(url).query).text
        items = read_page(filled.fetch, url)
        nzb = filled.client.get(items[0].download_url).text

        assert len(items) > 2
        for text in (feed, nzb):
            assert [word for word in (filled.keys[slug], *secret) if word in text] == []
        assert set(parse_qs(urlsplit(items[0].download_url).query)) == {"t", "id"}


def test_an_nzb_needs_a_name_that_we_signed(filled):
    (item, *_) = read_all(filled.fetch, filled.settings("radarr"), "movie", tmdbid=438631)

    assert fetch_nzb(filled.fetch, item) is not None
    for forged in (item.download_url[:-1], item.download_url.replace("v1.", "v2."), "/newznab/api?t=get&id=1"):
        assert filled.client.get(forged).status_code == 404


def test_links_follow_the_host_of_the_request_and_the_public_address(filled):
    path = f"/newznab/api?t=movie&tmdbid=438631&apikey={filled.keys['radarr']}"
    live = filled.app.live

    asked = filled.client.get(path, headers={"Host": "stalkeer.lan:7825"}).text
    hostile = filled.client.get(path, headers={"Host": 'x"><b>'}).text
    live.reload({"server.public_url": "https://example.com/vod/"})
    try:
        public = filled.client.get(path, headers={"Host": "stalkeer.lan:7825"}).text
    finally:
        live.reload({})

    assert "http://stalkeer.lan:7825/newznab/api?t=get" in asked
    assert ET.fromstring(hostile).get("code") == "201"
    assert "https://example.com/vod/newznab/api?t=get" in public
    assert "stalkeer.lan" not in public


def test_what_left_the_catalogue_is_not_found_and_its_nzb_is_gone(filled):
    filled.radarr.add_movie("Glass Meridian", 2017)
    (entry_id,) = filled.catalogue.list_entries("Glass Meridian (2017)")
    filled.scan()
    (item,) = read_all(filled.fetch, filled.settings("radarr"), "search", q="Glass Meridian")

    filled.catalogue.drop_entry(entry_id)

    assert titles(filled, "radarr", "search", q="Glass Meridian") == []
    assert fetch_nzb(filled.fetch, item) is None


def test_what_comes_back_is_the_release_that_it_was(filled):
    filled.radarr.add_movie("Slow Orchard", 2018)
    (entry_id,) = filled.catalogue.list_entries("Slow Orchard (2018)")
    filled.scan()
    (known,) = read_all(filled.fetch, filled.settings("radarr"), "search", q="Slow Orchard")
    filled.catalogue.drop_entry(entry_id)
    assert titles(filled, "radarr", "search", q="Slow Orchard") == []

    with filled.app.database.begin() as connection:
        connection.execute(update(entries).where(entries.c.id == entry_id).values(gone_gen=None))

    (item,) = read_all(filled.fetch, filled.settings("radarr"), "search", q="Slow Orchard")
    assert (item.guid, item.title, item.published) == (known.guid, known.title, known.published)


def test_what_is_for_review_or_rejected_is_never_served_and_a_confirmed_match_at_once(filled):
    guid = read_all(filled.fetch, filled.settings("radarr"), "search", q="Umbra Station 2016")[0].guid

    with filled.app.database.begin() as connection:
        of_item = select(wanted.c.id).where(wanted.c.title == "Umbra Station")
        connection.execute(update(matches).where(matches.c.wanted_id.in_(of_item)).values(decision="review"))
    for_review = titles(filled, "radarr", "search", q="Umbra Station 2016")
    decide(filled, "Umbra Station", UserDecision.REJECT)
    rejected = titles(filled, "radarr", "search", q="Umbra Station 2016")
    decide(filled, "Umbra Station", UserDecision.CONFIRM)
    confirmed = read_all(filled.fetch, filled.settings("radarr"), "search", q="Umbra Station 2016")

    assert for_review == rejected == []
    assert [item.guid for item in confirmed] == [guid]
