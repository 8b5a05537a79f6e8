"""Sources, the catalogue and filters over the API."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from stalkeer.demo.panel import PanelMovie, PanelSeries, SeriesEpisode
from stalkeer.demo.provider import Provider
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.refresh.refresh import refresh_sources
from stalkeer.store.sources.sources import get_source
from tests.doubles.catalogue import Catalogue

SECRET = "s3cret-pass"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        running.account("ann-login", SECRET, max_connections=2)
        running.listing.movies = [PanelMovie(n, f"EN - The Silver River {n} (19{n})") for n in range(50, 60)]
        running.listing.series = [PanelSeries(7, "Dark Harbour", (SeriesEpisode(70, 1, 1, "Pilot"),))]
        yield running


def login(provider: Provider) -> dict[str, object]:
    return {"url": provider.url, "username": "ann-login", "password": SECRET}


def refresh(app, name="tv"):
    return refresh_sources(app.refresher, QuietRun(), name).sources[0]


def test_a_source_is_tested_saved_refreshed_and_searched(client, app, provider):
    tested = client.post("/api/v1/sources/test", json=login(provider)).json()
    assert (tested["usable"], tested["kinds"]) == (True, {"movie": 10, "series": 1})
    assert tested["account"]["max"] == 2
    assert tested["samples"][0] == {
        "name": "EN - The Silver River 50 (1950)",
        "kind": "movie",
        "title": "The Silver River 50",
        "year": 1950,
        "season": None,
        "episode": None,
    }

    added = client.post("/api/v1/sources", json={"name": "tv", **login(provider)})
    assert added.status_code == 201
    assert refresh(app).changes.added == 11

    shown = client.get("/api/v1/sources/tv").json()
    assert (shown["kinds"], shown["account"]["status"]) == ({"movie": 10, "series": 1}, "active")
    found = client.get("/api/v1/entries", params={"search": "silver river 53"}).json()["records"]
    assert [entry["year"] for entry in found] == [1953]
    assert client.get(f"/api/v1/entries/{found[0]['id']}").json() == found[0]


def test_no_answer_tells_a_login(client, app, provider):
    for method, path, body in (
        ("POST", "/api/v1/sources", {"name": "tv", **login(provider)}),
        ("GET", "/api/v1/sources", None),
        ("POST", "/api/v1/sources/tv/test", None),
        ("PATCH", "/api/v1/sources/tv", {"priority": 3}),
        ("GET", "/api/v1/entries", None),
    ):
        answer = client.request(method, path, json=body)
        assert answer.status_code < 300, answer.text
        assert SECRET not in answer.text and "ann-login" not in answer.text


def test_a_pasted_get_php_address_becomes_the_account(client, provider):
    url = f"{provider.url}/get.php?username=ann-login&password={SECRET}&type=m3u_plus"

    assert client.post("/api/v1/sources", json={"name": "tv", "url": url}).json()["kind"] == "xtream"
    kept = client.post("/api/v1/sources", json={"name": "list", "url": url, "asPlaylist": True}).json()
    assert kept["kind"] == "m3u"
    assert client.post("/api/v1/sources/list/test").json()["isAccountAddress"] is True


def test_a_wrong_login_is_told_in_words(client, provider):
    answer = client.post("/api/v1/sources/test", json={**login(provider), "password": "wrong"}).json()

    assert answer["usable"] is False
    assert answer["problem"]


@pytest.mark.parametrize(
    "change",
    [
        {"refresh": False},
        {"headers": {"X-A": "b\r\nX-Evil: 1"}},
        {"headers": {"X A": "b"}},
        {"headers": {"X-A\r\n": "b"}},
        {"userAgent": "player\r\nX-Evil: 1"},
        {"proxy": "file:///etc/passwd"},
        {"proxy": "http://proxy\r\n:80"},
    ],
)
def test_what_cannot_be_sent_or_is_of_the_wrong_kind_is_refused(client, change):
    answer = client.post("/api/v1/sources", json={"name": "main", "url": "http://127.0.0.1:9/list"} | change)

    assert answer.status_code == 422


def test_an_address_with_a_line_break_is_no_address(client):
    answer = client.post("/api/v1/sources", json={"name": "main", "url": "http://127.0.0.1:9/list\r\nX-Own: 1"})

    assert answer.status_code == 422


@pytest.mark.parametrize("url", ["/etc/passwd", "file:///etc/passwd", "ftp://h/x"])
def test_a_request_never_reads_a_file_of_the_server(client, url):
    answer = client.post("/api/v1/sources/test", json={"url": url})

    assert answer.status_code == 422 or answer.json()["usable"] is False
    assert "root:" not in answer.text


def test_limits_of_a_source_are_set_kept_and_taken_back(client, app, provider):
    client.post("/api/v1/sources", json={"name": "tv", **login(provider), "maxConnections": 2})

    def limits(change):
        assert client.patch("/api/v1/sources/tv", json=change).status_code == 200
        with app.database.connect() as connection:
            row = get_source(connection, "tv")
        return row.max_connections, row.bandwidth_limit, row.options.max_shrink

    assert limits({"bandwidthLimit": 5_000, "maxShrink": 0.5}) == (2, 5_000, 0.5)
    assert limits({"priority": 4}) == (2, 5_000, 0.5)
    assert limits({"maxConnections": None, "bandwidthLimit": None, "maxShrink": None}) == (None, None, None)


def test_names_are_unique_and_a_removed_source_can_come_back(client, app, provider):
    body = {"name": "tv", **login(provider)}
    client.post("/api/v1/sources", json=body)
    refresh(app)
    assert client.post("/api/v1/sources", json=body).status_code == 409

    assert client.delete("/api/v1/sources/tv").status_code == 204
    assert client.get("/api/v1/sources/tv").status_code == 404
    assert client.get("/api/v1/entries").json()["records"] == []

    assert client.post("/api/v1/sources", json=body).json()["entries"] == 11


def test_the_changes_of_a_refresh_are_listed(client, app, provider):
    client.post("/api/v1/sources", json={"name": "tv", **login(provider)})
    refresh(app)
    provider.listing.movies = [*provider.listing.movies[1:], PanelMovie(99, "New Film (2020)")]
    refresh(app)

    records = client.get("/api/v1/sources/tv/changes").json()["records"]

    assert {(record["change"], record["name"]) for record in records} == {
        ("added", "New Film (2020)"),
        ("removed", "EN - The Silver River 50 (1950)"),
    }
    groups = client.get("/api/v1/sources/tv/groups").json()["records"]
    assert groups == [
        {"group": "Films", "kind": "movie", "entries": 10},
        {"group": "Series", "kind": "series", "entries": 1},
    ]


def test_pages_of_entries_follow_one_another(client, app, provider):
    client.post("/api/v1/sources", json={"name": "tv", **login(provider)})
    refresh(app)

    first = client.get("/api/v1/entries", params={"pageSize": 6}).json()
    second = client.get("/api/v1/entries", params={"pageSize": 6, "cursor": first["nextCursor"]}).json()

    assert first["totalRecords"] == 11
    assert len({entry["id"] for entry in first["records"] + second["records"]}) == 11
    assert second["nextCursor"] is None


@pytest.mark.parametrize("words", ["spider-man", "Spider Man", "PÁRA", "man: para", "宇宙", "rix"])
def test_entries_are_found_by_words_in_whatever_spelling(app, client, words):
    Catalogue(app.database, app.clock).list_entries(
        "FR - Le Prix (2020) Spider-Man: Para", "FR - 宇宙 Prix Spider-Man: Para"
    )

    assert client.get("/api/v1/entries", params={"search": words}).json()["records"]
    assert not client.get("/api/v1/entries", params={"search": words + " nowhere"}).json()["records"]


def test_filters_are_previewed_kept_changed_and_taken_back(client, app, provider):
    client.post("/api/v1/sources", json={"name": "tv", **login(provider)})
    refresh(app)
    new = {"field": "name", "mode": "exclude", "pattern": "river 5[0-4]"}

    preview = client.post("/api/v1/filters/preview", json=new).json()
    assert (preview["entries"], preview["dropped"], preview["groups"]) == (11, 5, {"Films": 5})
    made = client.post("/api/v1/filters", json={**new, "source": "tv"}).json()
    assert refresh(app).entries == 6

    client.patch(f"/api/v1/filters/{made['id']}", json={"enabled": False})
    assert refresh(app).entries == 11
    assert [row["enabled"] for row in client.get("/api/v1/filters").json()["records"]] == [False]
    assert client.delete(f"/api/v1/filters/{made['id']}").status_code == 204
    assert client.delete(f"/api/v1/filters/{made['id']}").status_code == 404


@pytest.mark.parametrize("pattern", ["(", "a(?=b)", r"(a)\1", "x{2000}{2000}", " "])
def test_a_pattern_that_cannot_be_used_is_refused_with_the_reason(client, pattern):
    answer = client.post("/api/v1/filters", json={"pattern": pattern})

    assert answer.status_code == 422, answer.text
    assert json.loads(answer.text)["detail"]


def test_filters_of_the_configuration_are_changed_there(client, app):
    from stalkeer.core.catalogue.filters import Field, Mode
    from stalkeer.store.sources.filters import CONFIG, Filter, add_filter

    with app.database.begin() as connection:
        row = add_filter(connection, Filter(Field.GROUP, Mode.EXCLUDE, "x"), None, app.clock(), CONFIG)

    assert client.delete(f"/api/v1/filters/{row.id}").status_code == 409
