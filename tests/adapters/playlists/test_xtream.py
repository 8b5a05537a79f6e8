"""Panels as they are: every quirk at once is read, every refusal is told in words."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from stalkeer.adapters.playlists.loose_json import ItemStream, as_int, as_text
from stalkeer.adapters.playlists.panel_json import account_info, episode_entries, movie_details
from stalkeer.adapters.playlists.xtream import Panel, PanelLogin
from stalkeer.errors import NotAPlaylist, SourceError, SourceRefused, SourceUnreachable
from stalkeer.model import Entry
from tests.doubles.hostile_panel import HostilePanel

NOW = datetime(2026, 1, 15, tzinfo=UTC)
SERIES = Entry("show:9", "series", "Dark Harbour", "{base}/x", "Series", year=2019)


def test_every_quirk_at_once_is_read(tmp_path):
    with HostilePanel() as server:
        panel = Panel(PanelLogin(server.url + "/some/base", "ann", "p@ss word"), tmp_path)
        oddities: Counter[str] = Counter()
        entries = {entry.key: entry for entry in panel.entries(panel.lists(lambda *_: None), oddities)}

    assert set(entries) == {"movie:1", "movie:2", "movie:3", "movie:4", "show:9", "show:10", "live:30"}
    first, second, third = entries["movie:1"], entries["movie:2"], entries["movie:3"]
    assert first == Entry(
        key="movie:1",
        kind="film",
        name="Tom & Jerry",
        url="{base}/movie/{username}/{password}/1.mkv",
        group="Films & more",
        logo="http://i.example/1.jpg",
        tmdb_id=101,
        year=1992,
        added=1_600_000_000,
        reason="account",
    )
    assert (second.name, second.url.rpartition("/")[2], second.group, second.year) == (
        "Film 2",
        "2.{extension}",
        "",
        None,
    )
    assert third.name == "Line break"
    assert entries["show:10"].name == "Only a title"
    assert oddities == {"without-id": 2, "not-an-object": 3}


def test_a_login_in_a_logo_is_not_kept(tmp_path):
    with HostilePanel() as server:
        film = {"stream_id": 1, "name": "Film", "stream_icon": f"{server.url}/logo/ann77/p%40ssword/1.jpg"}
        server.answers["get_vod_streams"] = json.dumps([film]).encode()
        panel = Panel(PanelLogin(server.url, "ann77", "p@ssword"), tmp_path)
        entries = {entry.key: entry for entry in panel.entries(panel.lists(lambda *_: None), Counter())}

    assert entries["movie:1"].logo == "{base}/logo/{username}/{password}/1.jpg"


def test_the_account_is_asked_with_its_login_encoded(tmp_path):
    with HostilePanel() as server:
        Panel(PanelLogin(server.url, "ann", "p@ss&word"), tmp_path).account(NOW)

    assert parse_qs(urlsplit(server.asked[0]).query) == {"username": ["ann"], "password": ["p@ss&word"]}


@pytest.mark.parametrize(
    ("user", "status", "maximum"),
    [
        ({"auth": 1, "status": "Active", "max_connections": "2", "active_cons": "1"}, "active", 2),
        ({"auth": "1", "status": "Active", "max_connections": 0}, "active", None),
        ({"auth": 1, "status": "Active", "max_connections": None}, "active", None),
        ({"auth": 1, "status": "Banned"}, "banned", None),
        ({"auth": 1, "status": "Disabled"}, "disabled", None),
        ({"auth": 1, "status": "Active", "exp_date": str(int((NOW - timedelta(days=1)).timestamp()))}, "expired", None),
        ({"auth": 1, "status": "Active", "exp_date": "Unlimited"}, "active", None),
        ({"auth": 0}, "refused", None),
        ({"auth": "0", "status": "Expired"}, "expired", None),
        ({"auth": 0, "message": "Your account has been banned"}, "banned", None),
        ({"auth": 0, "status": "Disabled", "message": ""}, "disabled", None),
        ({"auth": False, "message": "Account suspended"}, "disabled", None),
        ({"auth": 0, "message": "invalid username or password"}, "refused", None),
        ({"auth": 1}, "active", None),
        ({"username": "ann"}, "unknown", None),
    ],
)
def test_an_account_says_how_it_is(user, status, maximum):
    info = account_info({"user_info": user, "server_info": []}, NOW)

    assert info is not None
    assert (info.status, info.maximum) == (status, maximum)


@pytest.mark.parametrize("said", ["Too many connections", "MAX_CONNECTIONS reached", "All connections in use"])
def test_an_account_that_is_full_is_neither_wrong_nor_disabled(said):
    info = account_info({"user_info": {"auth": 0, "message": said}}, NOW)

    assert info is not None
    assert (info.is_full, info.status) == (True, "unknown")


@pytest.mark.parametrize("answer", [None, [], {}, {"user_info": []}, "text", 7])
def test_what_is_no_panels_answer_is_no_account(answer):
    assert account_info(answer, NOW) is None


EPISODE = {"id": "70", "episode_num": "2", "title": "Dark Harbour - S01E02", "container_extension": "mkv", "season": 1}


@pytest.mark.parametrize(
    ("episodes", "found"),
    [
        ({"1": [EPISODE]}, [("series:70", 1, 2)]),
        ({"0": [{"id": 71, "episode_num": 1, "title": "Special"}]}, [("series:71", 0, 1)]),
        ([None, [{"id": 72, "episode_num": 3}]], [("series:72", 1, 3)]),
        ([[{"id": 73, "episode_num": 1}], [{"id": 74, "episode_num": 1}]], [("series:73", 0, 1), ("series:74", 1, 1)]),
        ([EPISODE], [("series:70", 1, 2)]),
        ({"1": {"5": EPISODE}}, [("series:70", 1, 2)]),
        ({"1": [None, "x", {"title": "no id"}]}, []),
        ([], []),
        (None, []),
        ("none", []),
    ],
)
def test_episodes_come_in_every_form(episodes, found):
    entries = episode_entries({"seasons": [], "info": [], "episodes": episodes}, SERIES)

    assert [(entry.key, entry.season, entry.episode) for entry in entries] == found
    assert all(entry.name.startswith("Dark Harbour") for entry in entries)


@pytest.mark.parametrize(
    ("own", "listed", "title", "found"),
    [
        (1, "1", "Pilot", (1, "account")),
        (1, "2", "Show S02E01", (2, "account-majority")),
        (2, "1", "Show S02E01", (2, "account-majority")),
        (1, "2", "Pilot", (1, "account-split")),
        (1, "2", "Show S05E01", (1, "account-split")),
    ],
)
def test_a_season_that_field_and_key_dispute_is_what_the_title_states(own, listed, title, found):
    episodes = {listed: [{"id": 7, "season": own, "episode_num": 1, "title": title}]}

    [entry] = episode_entries({"episodes": episodes}, SERIES)

    assert (entry.season, entry.reason) == found


@pytest.mark.parametrize(
    ("own", "title", "found"),
    [
        (5, "Show S01E02 Pilot", (2, "account-majority")),  # its title and its order in the list agree
        (5, "Show S01E07", (5, "account")),  # nothing but the field and the name: matching finds them at odds
        (2, "Show S01E05", (2, "account")),
        (5, "Pilot", (5, "account")),  # a list with gaps
    ],
)
def test_a_number_that_title_and_order_dispute_is_what_they_agree_on(own, title, found):
    listed = [{"id": 1, "season": 1, "episode_num": 1}, {"id": 2, "season": 1, "episode_num": own, "title": title}]

    _, entry = episode_entries({"episodes": {"1": listed}}, SERIES)

    assert (entry.episode, entry.reason) == found


def test_a_series_without_episodes_has_none():
    assert episode_entries({"info": []}, SERIES) == []


@pytest.mark.parametrize("answer", [{"info": []}, {"info": None, "movie_data": None}, None, []])
def test_an_unknown_film_has_no_details(answer):
    assert movie_details(answer).tmdb_id is None


def test_a_films_details_are_read_whatever_their_type():
    details = movie_details(
        {
            "info": {
                "tmdb_id": "603",
                "duration": "02:16:00",
                "bitrate": 5000.0,
                "video": {"codec_name": "hevc", "height": "1080"},
                "audio": [],
                "releasedate": "1999-03-31",
            }
        }
    )

    assert (details.tmdb_id, details.duration_s, details.bitrate, details.video, details.height, details.year) == (
        603,
        8160,
        5000,
        "hevc",
        1080,
        1999,
    )


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        (b"blocked", NotAPlaylist, "blocked"),
        (b"<html><body>Too many requests</body></html>", NotAPlaylist, "Too many requests"),
        (b'{"user_info":{"auth":0}}', SourceRefused, "refuses the login"),
        (b'[{"stream_id":1,"name":"A"},{"stream_id":2,"na', SourceUnreachable, "cut off"),
        (b'[{"stream_id":1} nonsense ' + b"x" * 100, SourceError, ""),
    ],
)
def test_an_answer_that_is_no_list_is_an_error_in_words(tmp_path, body, error, said):
    with HostilePanel() as server:
        server.answers["get_vod_streams"] = body
        panel = Panel(PanelLogin(server.url, "ann", "secret-pass"), tmp_path)
        with pytest.raises(error) as raised:
            list(panel.entries(panel.lists(lambda *_: None), Counter()))

    assert said in str(raised.value)
    assert "secret-pass" not in str(raised.value)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b"\xef\xbb\xbf[]", b"false"])
def test_what_stands_for_an_empty_list_is_one(tmp_path, body):
    with HostilePanel() as server:
        for action in ("get_vod_streams", "get_series", "get_live_streams"):
            server.answers[action] = body
        panel = Panel(PanelLogin(server.url, "ann", "x"), tmp_path)

        assert list(panel.entries(panel.lists(lambda *_: None), Counter())) == []


def test_a_list_longer_than_memory_should_hold_is_read_item_by_item(tmp_path):
    class Pieces:
        """A list of films that arrives a few bytes at a time."""

        def __init__(self, text: bytes) -> None:
            self.text = text

        def read(self, size: int) -> bytes:
            piece, self.text = self.text[:7], self.text[7:]
            return piece

    items = [{"stream_id": n, "name": "Zoë \u202b[1]\u202c {x}", "rating": 1.5e3} for n in range(50)]

    assert list(ItemStream(Pieces(json.dumps(items, ensure_ascii=False).encode()), "x")) == items


@pytest.mark.parametrize(
    ("value", "number"),
    [("7", 7), (" 7 ", 7), ("7.0", 7), (7.9, 7), (True, 1), ("", None), ("7a", None), ([], None), (float("nan"), None)],
)
def test_numbers_come_in_many_types(value, number):
    assert as_int(value) == number


def test_text_that_no_database_takes_is_mended():
    assert as_text(json.loads('"A\\ud800B\\u0000C"')) == "ABC"


def test_a_silent_panel_is_unreachable(tmp_path: Path) -> None:
    panel = Panel(PanelLogin("http://127.0.0.1:9", "ann", "secret-pass", timeout_s=1), tmp_path)

    with pytest.raises(SourceUnreachable) as raised:
        panel.account(NOW)

    assert "secret-pass" not in str(raised.value)


# Vateron-Media/XC_VM #51, firestaerter3/Jellyfin-Xtream-Library #22: 404 and 403 for what an account has not
@pytest.mark.parametrize("status", [404, 403, 401, 405, 410, 501])
@pytest.mark.parametrize(
    ("gone", "missing", "kinds"),
    [
        (["get_live_streams"], ("channels",), {"movie", "show"}),
        (["get_live_streams", "get_series"], ("series", "channels"), {"movie"}),
        (["get_vod_streams", "get_series", "get_series_categories"], ("movies", "series"), {"live"}),
    ],
)
def test_what_a_panel_offers_is_read_and_the_rest_is_named(tmp_path, status, gone, missing, kinds):
    with HostilePanel() as server:
        server.statuses = dict.fromkeys(gone, status)
        panel = Panel(PanelLogin(server.url, "ann", "x"), tmp_path)
        lists = panel.lists(lambda *_: None)
        entries = list(panel.entries(lists, Counter()))

    assert lists.missing == missing
    assert {entry.key.partition(":")[0] for entry in entries} == kinds


@pytest.mark.parametrize(
    "page", [b"<html><head><title>404 Not Found</title></head></html>", b"<p>No live here</p>", b"Access denied"]
)
def test_a_page_in_place_of_a_list_is_a_list_that_is_not_offered(tmp_path, page):
    with HostilePanel() as server:
        server.answers["get_live_streams"] = page
        panel = Panel(PanelLogin(server.url, "ann", "x"), tmp_path)

        assert panel.lists(lambda *_: None).missing == ("channels",)


def test_a_list_that_had_entries_before_is_not_taken_for_one_that_was_never_offered(tmp_path):
    with HostilePanel() as server:
        server.statuses = {"get_series": 404}
        panel = Panel(PanelLogin(server.url, "ann", "x"), tmp_path)

        with pytest.raises(SourceRefused, match="list of series"):
            panel.lists(lambda *_: None, {"series"})


@pytest.mark.parametrize(
    "wrapped", ['{"data": %s, "total": 6}', '{"success": true, "movies": %s}', '{"0": {"a": 1}, "js": %s}']
)
def test_a_list_within_a_document_is_read(tmp_path, wrapped):
    with HostilePanel() as server:
        server.answers["get_vod_streams"] = (wrapped % json.dumps([{"stream_id": 7, "name": "Film"}])).encode()
        panel = Panel(PanelLogin(server.url, "ann", "x"), tmp_path)
        entries = list(panel.entries(panel.lists(lambda *_: None), Counter()))

    assert [entry.key for entry in entries if entry.kind == "film"] == ["movie:7"]


def test_a_panel_without_any_list_is_an_error(tmp_path):
    with HostilePanel() as server:
        server.statuses = dict.fromkeys(["get_vod_streams", "get_series", "get_live_streams"], 404)
        panel = Panel(PanelLogin(server.url, "ann", "x"), tmp_path)

        with pytest.raises(SourceRefused, match="nothing is at this address"):
            panel.lists(lambda *_: None)


PHP = b"<br />\n<b>Warning</b>:  Undefined array key in <b>/home/a/api.php</b> on line <b>7</b><br />\n"


# Kevinjil/Jellyfin.Xtream #282, lKinderBueno/Streamity-Xtream-IPTV-Web-player #4, snapcreek/duplicator #87
@pytest.mark.parametrize("before", [b"", b"\n", PHP, b"PHP Notice:  x\n"])
@pytest.mark.parametrize(
    "behind", [b"", PHP, b"<script>var a = {};</script>", b'{"user_info":{"auth":0}}', b"]]", b"\0\0"]
)
def test_json_is_read_whatever_stands_around_it(tmp_path, before, behind):
    with HostilePanel() as server:
        for action, body in list(server.answers.items()):
            server.answers[action] = before + body + behind if body[:1] in b"[{" and body else body
        panel = Panel(PanelLogin(server.url, "ann", "x"), tmp_path)

        assert panel.account(NOW).maximum == 1
        entries = list(panel.entries(panel.lists(lambda *_: None), Counter()))

    assert len(entries) == 7


# m3ue/m3u-tv #257
@pytest.mark.parametrize(
    ("own", "listed"),
    [("5", [5, 6]), ("5", ["6", "5"]), ("5", "[5,6]"), ("5", {"0": 5, "1": 6}), ("5", [6, None, 99]), ("5,6", None)],
)
def test_all_categories_of_an_item_are_its_group(tmp_path, own, listed):
    with HostilePanel() as server:
        categories = [{"category_id": "5", "category_name": "Films"}, {"category_id": 6, "category_name": "A;B"}]
        server.answers["get_vod_categories"] = json.dumps(categories).encode()
        film = {"stream_id": 1, "name": "Film", "category_id": own, "category_ids": listed}
        server.answers["get_vod_streams"] = json.dumps([film]).encode()
        panel = Panel(PanelLogin(server.url, "ann", "x"), tmp_path)
        entries = {entry.key: entry for entry in panel.entries(panel.lists(lambda *_: None), Counter())}

    assert entries["movie:1"].group == "Films;A,B"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "password is wrong"),
        (403, "expired or blocked"),
        (429, "too many requests"),
        (458, "too many connections"),
    ],
)
def test_a_refusing_status_is_said_as_what_it_is(tmp_path, status, said):
    with HostilePanel() as server:
        server.statuses = {"": status}
        with pytest.raises(SourceError, match=said):
            Panel(PanelLogin(server.url, "ann", "x"), tmp_path).account(NOW)


@pytest.mark.parametrize(
    ("base", "said"),
    [("http://127.0.0.1:9", "refuses connections"), ("http://no-such-host.invalid", "host name is unknown")],
)
def test_a_server_that_is_not_reached_is_said_as_what_it_is(tmp_path, base, said):
    with pytest.raises(SourceUnreachable, match=said):
        Panel(PanelLogin(base, "ann", "x"), tmp_path).account(NOW)
