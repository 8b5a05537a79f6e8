"""Rules on an item's page: offsets with preview, whole titles, blocks, and the instance's own search."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import redirect_stdout

import pytest
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.faces.cli.main import run_command_line
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.match import match_wanted
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.runtime import App
from stalkeer.store.library.wanted_list import list_wanted
from stalkeer.store.matching.candidates import list_candidates
from stalkeer.store.matching.rules import list_rules
from tests.doubles.catalogue import Catalogue
from tests.doubles.instances import know
from tests.doubles.server import make_server

PART = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    security = build_security(app)
    headers = {"X-Api-Key": security.keys.ensure()}
    with TestClient(make_server(app, security), headers=headers, client=("192.168.1.20", 40000)) as opened:
        yield opened


@pytest.fixture
def anime(app, database, clock) -> list[int]:
    """Twelve wanted episodes of a second season, which the list counts through: their ids."""
    catalogue = Catalogue(database, clock)
    series = catalogue.series("Silver Lantern", 2020, series_type="anime", tvdb_id=371980)
    ids = [catalogue.episode(series, 2, number, absolute=12 + number) for number in range(1, 13)]
    catalogue.list_entries(*(f"Silver Lantern (2020) S01E{number:02}" for number in range(1, 25)), kind="episode")
    match_wanted(app.matching, QuietRun())
    return ids


def decisions(app: App, wanted_id: int) -> list[str]:
    with app.database.connect() as connection:
        return [one.decision.value for one in list_candidates(connection, wanted_id)]


def test_an_offset_is_proposed_previewed_and_kept(app, client, anime):
    assert decisions(app, anime[0]) == ["review"]
    page = client.get(f"/wanted/{anime[0]}/rules", headers=PART).text
    api = client.get("/api/v1/rules/offset/proposal", params={"wantedId": anime[0]}).json()
    out = io.StringIO()
    with redirect_stdout(out):
        given = ["match", "offset", str(anime[0]), "--propose", "--json"]
        run_command_line(given, build=lambda _: app, serve=lambda _: None)

    assert "through all seasons" in page and 'value="-12"' in page
    assert (api["season"], api["episode"], api["onlySeason"], api["hits"]) == (1, -12, 1, 12)
    assert json.loads(out.getvalue())["proposal"] == api
    form = {"season": 1, "episode": -12, "only_season": "1"}
    preview = client.post(f"/wanted/{anime[0]}/offset/preview", data=form, headers=PART).text
    assert "Silver Lantern S02E01" in preview and "confirm" in preview
    assert decisions(app, anime[0]) == ["review"], "a preview changes nothing"

    client.post(f"/wanted/{anime[0]}/offset", data=form, headers=PART)

    assert {decision for one in anime for decision in decisions(app, one)} == {"confirm"}


@pytest.mark.parametrize("face", ["page", "api", "command line"])
def test_the_proposed_offset_is_accepted_from_a_pair_to_review(app, client, anime, face):
    assert f'hx-post="/matches/offset/{anime[0]}"' in client.get(f"/matches?item={anime[0]}").text

    if face == "page":
        assert client.post(f"/matches/offset/{anime[0]}", headers=PART).is_success
    elif face == "api":
        assert client.post("/api/v1/rules/offset/proposal", json={"wantedId": anime[0]}).is_success
    else:
        with redirect_stdout(io.StringIO()):
            given = ["match", "offset", str(anime[0]), "--accept", "--json"]
            run_command_line(given, build=lambda _: app, serve=lambda _: None)

    assert {decision for one in anime for decision in decisions(app, one)} == {"confirm"}
    assert client.post("/api/v1/rules/offset/proposal", json={"wantedId": 999}).status_code == 404


def test_all_entries_of_a_title_are_decided_at_once_and_an_entry_is_blocked(app, client, anime):
    with app.database.connect() as connection:
        match = list_candidates(connection, anime[0])[0]

    client.post(f"/matches/{match.match_id}/title/reject", headers=PART)
    client.post(f"/matches/block/{match.entry_id}", headers=PART)

    with app.database.connect() as connection:
        actions = sorted(row.rule.action.value for row in list_rules(connection))
    assert actions == ["block", "reject"]
    assert "confirm" not in decisions(app, anime[0])


def test_the_instance_is_asked_to_search_its_own_indexers(app, client, tmp_path):
    (tmp_path / "films").mkdir()
    with Radarr(tmp_path / "films") as radarr:
        know(app.arrs, radarr)
        radarr.add_movie("Dune", 2021)
        sync_wanted(app.database, app.arrs, app.settings.wanted, QuietRun())
        with app.database.connect() as connection:
            (item,) = list_wanted(connection)
        assert "Let radarr search" in client.get(f"/wanted/{item.id}/rules", headers=PART).text

        client.post(f"/wanted/{item.id}/upstream", headers=PART)
        assert client.post(f"/api/v1/missing/{item.id}/search").is_success
        with redirect_stdout(io.StringIO()) as out:
            run_command_line(["arr", "search", "Dune", "--json"], build=lambda _: app, serve=lambda _: None)

        assert json.loads(out.getvalue())["item"] == "Dune (2021)"
        assert [command.job.name for command in radarr.commands.all()] == ["MoviesSearch"] * 3


def test_every_face_lets_sonarr_search_for_all_missing_episodes_of_a_series(app, client, tmp_path):
    (tmp_path / "tv").mkdir()
    with Sonarr(tmp_path / "tv") as sonarr:
        know(app.arrs, sonarr)
        series = sonarr.add_series("Quiet Cartographers", 2020)
        episodes = [sonarr.add_episode(series, 1, number) for number in (1, 2, 3)]
        sonarr.add_file([episodes[0]])
        sync_wanted(app.database, app.arrs, app.settings.wanted, QuietRun())
        with app.database.connect() as connection:
            item = list_wanted(connection)[0]

        page = client.get(f"/wanted/series/{item.library_id}", headers=PART).text
        part = client.get(f"/wanted/{item.id}/rules?series=true", headers=PART).text
        client.post(f"/wanted/series/{item.library_id}/upstream", headers=PART)
        answer = client.post(f"/api/v1/missing/series/{item.library_id}/search")
        out = io.StringIO()
        with redirect_stdout(out):
            given = ["arr", "search", str(item.id), "--series", "--json"]
            run_command_line(given, build=lambda _: app, serve=lambda _: None)

        assert f"/wanted/{item.id}/rules?series=true" in page and "search for all missing episodes" in part
        assert answer.status_code == 204 and len(json.loads(out.getvalue())["items"]) == 2
        searches = [
            command.body["episodeIds"] for command in sonarr.commands.all() if command.job.name == "EpisodeSearch"
        ]
        assert searches == [[episode.id for episode in episodes[1:]]] * 3
        assert client.post("/api/v1/missing/series/999999/search").status_code == 404


def test_a_rule_of_numbers_names_the_season_and_the_source_that_it_is_for(app, client, anime):
    client.post(f"/wanted/{anime[0]}/offset", data={"season": 1, "only_season": "1", "source": "tv"}, headers=PART)

    with app.database.connect() as connection:
        (row,) = list_rules(connection)
    assert row.rule.label == "Silver Lantern: season +1, episode +0, in the list's season 1, on tv"


def test_the_candidates_of_an_open_item_follow_a_decision(app, client, anime):
    page = client.get(f"/wanted/{anime[0]}", headers=PART).text

    assert re.search(r'id="item-candidates"[^>]*hx-trigger="live:matches[^>]*hx-select="#item-candidates"', page, re.S)
    assert 'id="item-status"' in page and 'id="item-actions"' in page
