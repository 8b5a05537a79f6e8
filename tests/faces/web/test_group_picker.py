"""What a test of a new source offers to keep, and what becomes of the answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.refresh.refresh import refresh_sources
from stalkeer.runtime import App
from stalkeer.store.sources.filters import list_filters
from stalkeer.store.sources.sources import get_source

LISTED = (("|FR| Films", "Un film"), ("|FR| Séries", "Une série"), ("|EN| Films", "A Film"), ("XXX", "Other Film"))


@pytest.fixture
def form(tmp_path: Path) -> dict[str, str]:
    lines = [
        f'#EXTINF:-1 group-title="{group}",{name} ({2000 + n})\nhttp://127.0.0.1/movie/u/p/{n}.mkv'
        for n, (group, name) in enumerate(LISTED)
    ]
    (tmp_path / "list.m3u").write_text("#EXTM3U\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return {"how": "file", "path": str(tmp_path / "list.m3u"), "slug": "mine"}


def boxes(page: str) -> dict[str, tuple[str, bool]]:
    """Group -> the name of its box, and whether it is ticked."""
    found = re.findall(r'name="(keep-group\.\d+)" value="1"( checked)?><span>([^<]+?) <', page)
    return {group: (name, bool(ticked)) for name, ticked, group in found}


def answer(page: str, kept: set[str]) -> dict[str, str]:
    offered = re.search(r'name="offered_groups" value="([^"]*)"', page)
    assert offered is not None
    ticked = {name: "1" for group, (name, _) in boxes(page).items() if group in kept}
    return {"offered_groups": offered[1].replace("&#34;", '"'), **ticked}


def test_groups_are_offered_by_language_and_adult_ones_are_off(client: TestClient, form: dict[str, str]):
    page = client.post("/sources/test", data=form).text

    assert "French" in page and "English" in page
    assert {group: ticked for group, (_, ticked) in boxes(page).items()} == {
        "|FR| Films": True,
        "|FR| Séries": True,
        "|EN| Films": True,
        "XXX": False,
    }


def test_the_picker_says_why_a_group_is_left_out(client: TestClient, form: dict[str, str]):
    page = client.post("/sources/test", data=form).text

    assert "left out, labelled “xxx”" in page
    assert page.count("left out, labelled") == 1


def test_the_page_of_a_source_shows_the_groups_that_were_left_out_and_why(
    client: TestClient, app: App, form: dict[str, str]
):
    page = client.post("/sources/test", data=form).text
    client.post("/sources", data={**form, **answer(page, {"|EN| Films"})})
    refresh_sources(app.refresher, QuietRun(), "mine")

    groups = client.get("/sources/mine/groups").text

    assert "3 groups left out" in groups
    assert "labelled as adult: “xxx”" in groups
    assert groups.count("filter: exclude group") == 2


@pytest.mark.parametrize("path", ["/sources", "/setup/source"])
def test_what_is_not_ticked_becomes_filters(client: TestClient, app: App, form: dict[str, str], path: str):
    page = client.post("/sources/test", data=form).text

    client.post(path, data={**form, **answer(page, {"|EN| Films"})})

    with app.database.connect() as connection:
        source = get_source(connection, "mine")
        [kept] = list_filters(connection, source.id)
    assert kept.filter.mode == "exclude" and kept.filter.field == "group" and "fr" in kept.filter.pattern
    assert not source.options.adult


def test_an_adult_group_that_is_ticked_is_kept(client: TestClient, app: App, form: dict[str, str]):
    page = client.post("/sources/test", data=form).text

    client.post("/sources", data={**form, **answer(page, {group for group, _ in LISTED})})

    with app.database.connect() as connection:
        source = get_source(connection, "mine")
        assert source.options.adult and list_filters(connection, source.id) == []


def test_nothing_ticked_is_refused_since_nothing_would_be_kept(client: TestClient, form: dict[str, str]):
    page = client.post("/sources/test", data=form).text

    said = client.post("/sources", data={**form, **answer(page, set())})

    assert said.status_code == 422 and "No group is ticked" in said.text


def test_a_source_that_was_not_tested_is_kept_whole(client: TestClient, app: App, form: dict[str, str]):
    client.post("/sources", data=form)

    with app.database.connect() as connection:
        assert list_filters(connection, get_source(connection, "mine").id) == []
