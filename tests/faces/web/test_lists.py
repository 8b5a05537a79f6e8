"""Lists as people use them: filters and panels in the address, many rows at once, chosen columns, search."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import func, insert, select
from starlette.testclient import TestClient

from stalkeer.runtime import App
from stalkeer.store.db import tables
from tests.faces.web.conftest import Tab, build_sample, served, visitor
from tests.faces.web.sample import fill

ROWS = 130  # more than a page of the queue


def lengthen_queue(app: App) -> None:
    shared = {"entry_id": 1, "source_id": 1, "kind": "movie", "state": "queued", "total": 1000, "offset": 0}
    times = {"created_at": app.clock(), "updated_at": app.clock()}
    names = [{"entry_key": f"k{n}", "name": f"Row {n}", "title": f"Row {n}", "rank": 100.0 + n} for n in range(ROWS)]
    with app.database.begin() as connection:
        connection.execute(insert(tables.downloads), [{**shared, **times, **name} for name in names])


@dataclass(frozen=True)
class Desk:
    app: App
    tab: Tab


@pytest.fixture(scope="module")
def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One site with a long queue and one open tab."""
    app = build_sample(tmp_path_factory.mktemp("lists") / "data")
    lengthen_queue(app)
    with served(app) as base, visitor(browser) as open_one:
        yield Desk(app, open_one(base))
    app.close()


@pytest.mark.browser
def test_a_panel_stands_in_the_address_and_back_closes_it(desk: Desk):
    page = desk.tab.go("/wanted?kind=movie")
    drawer = page.locator("#drawer")

    page.get_by_role("link", name="Cold Harbour (2021)", exact=True).click()
    expect(drawer).to_be_visible()
    expect(page).to_have_url(f"{desk.tab.base}/wanted?kind=movie&open=/wanted/2")
    page.reload()
    expect(drawer.get_by_role("heading", name="Cold Harbour (2021)")).to_be_visible()
    page.go_back()
    expect(drawer).to_be_hidden()
    expect(page).to_have_url(f"{desk.tab.base}/wanted?kind=movie")


@pytest.mark.browser
def test_a_filter_stands_in_the_address_and_the_menu_leads_back_to_it(desk: Desk):
    page = desk.tab.go("/wanted")

    page.get_by_label("Type").select_option("episode")
    expect(page.get_by_text("10 items", exact=True)).to_be_visible()
    expect(page).to_have_url(f"{desk.tab.base}/wanted?kind=episode")
    page.get_by_role("link", name="Calendar", exact=True).click()
    page.get_by_role("link", name="Wanted", exact=True).click()

    expect(page).to_have_url(f"{desk.tab.base}/wanted?kind=episode")
    expect(page.get_by_label("Type")).to_have_value("episode")
    page.get_by_label("Type").select_option("")
    expect(page.get_by_text("20 items", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_text("10 items", exact=True)).to_be_visible()


@pytest.mark.browser
def test_a_range_and_every_page_are_chosen(desk: Desk):
    page = desk.tab.go("/activity?show=waiting&q=Row")
    bulk = page.locator(".bulk")

    page.get_by_label("Select Row 3", exact=True).check()
    page.get_by_label("Select Row 7", exact=True).click(modifiers=["Shift"])
    expect(bulk).to_contain_text("5 selected")

    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Select all 130 downloads").click()
    expect(bulk).to_contain_text("130 selected")
    bulk.get_by_role("button", name="Pause").click()
    expect(page.locator(".toast").last).to_contain_text("130 downloads paused")


@pytest.mark.browser
def test_a_column_that_was_put_away_stays_away(desk: Desk):
    page = desk.tab.go("/catalogue")
    head = page.get_by_role("columnheader", name="Source")
    expect(head).to_be_visible()

    page.locator("summary[aria-label=Columns]").click()
    page.get_by_role("checkbox", name="Source").uncheck()
    expect(head).to_be_hidden()
    page.reload()
    expect(head).to_be_hidden()
    expect(page.get_by_role("columnheader", name="Quality")).to_be_visible()


@pytest.mark.browser
def test_a_series_opens_from_its_poster_with_its_seasons(desk: Desk):
    page = desk.tab.go("/wanted?view=posters")

    page.get_by_role("link", name="Harbour Lights").click()

    expect(page.locator("#drawer").get_by_text("Season 1")).to_be_visible()
    page.locator("#drawer").get_by_role("link", name="Part 2").click()
    expect(page.locator("#drawer").get_by_role("heading", name="Harbour Lights S01E02")).to_be_visible()
    page.go_back()
    expect(page.locator("#drawer")).to_be_hidden()


def test_a_season_is_queued_at_once(client: TestClient, app: App):
    fill(app.database, app.secrets, app.clock())
    match = {"score": 0.98, "decision": "confirm", "decided_by": "auto", "evidence": {}, "matched_at": app.clock()}
    with app.database.begin() as connection:
        query = select(tables.wanted.c.id, tables.wanted.c.library_id).where(tables.wanted.c.kind == "episode")
        items = connection.execute(query.order_by(tables.wanted.c.id).limit(2)).all()
        for entry, item in enumerate(items, 1):
            connection.execute(insert(tables.matches).values(wanted_id=item.id, entry_id=entry, **match))

    page = client.get("/wanted").text
    said = client.post(f"/wanted/series/{items[0].library_id}/1/download", headers={"HX-Request": "true"})
    again = client.post(f"/wanted/series/{items[0].library_id}/1/download")

    assert page.count("Download season") == 1
    assert "2 downloads queued" in unquote(said.headers["Stalkeer-Toast"])
    assert again.status_code == 422


def test_the_history_is_searched(client: TestClient, app: App):
    fill(app.database, app.secrets, app.clock())

    page = client.get("/activity/history?q=stille").text

    assert "Der stille Fluss" in page and "Paper Moons" not in page
    assert "No event matches this filter" in client.get("/activity/history?q=nowhere").text


def test_the_queue_says_how_much_is_left_and_how_long_it_takes(client: TestClient, app: App):
    fill(app.database, app.secrets, app.clock())
    with app.database.connect() as connection:
        table = tables.downloads
        is_open = table.c.state.not_in(("completed", "cancelled", "failed"))
        left = connection.execute(select(func.sum(table.c.total - table.c.offset)).where(is_open)).scalar_one()

    text = client.get("/live.json").json()["texts"]["left"]

    assert text.startswith(f"{left / 1e9:.1f} GB left, about ")
    assert text in client.get("/activity").text


def test_all_items_of_a_filter_are_queued_by_its_address(client: TestClient, app: App):
    fill(app.database, app.secrets, app.clock())
    with app.database.begin() as connection:
        connection.execute(tables.download_items.delete())

    said = client.post(
        "/wanted/many", data={"verb": "download", "everything": "/wanted?kind=movie"}, headers={"HX-Request": "true"}
    )

    assert "8 downloads queued" in unquote(said.headers["Stalkeer-Toast"])


def test_everything_that_ended_is_cleared_from_the_queue(client: TestClient, app: App):
    fill(app.database, app.secrets, app.clock())

    client.post("/activity/all/remove")

    ended = client.get("/activity?show=done").text
    assert "No download matches this filter." in ended
    assert "Cold Harbour" in client.get("/activity").text


@pytest.mark.browser
def test_a_review_is_done_in_a_list_by_keys(desk: Desk):
    page = desk.tab.go("/matches?view=list")
    rows = page.locator("#rows tbody tr")
    expect(rows).to_have_count(3)
    second = rows.nth(1).locator("a.title-line").inner_text()

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name=second)).to_be_focused()
    page.keyboard.press("y")
    expect(page.locator(".toast").last).to_contain_text("Confirmed")
    expect(rows).to_have_count(2)
    page.keyboard.press("x")
    expect(page.locator(".bulk")).to_contain_text("1 selected")


@pytest.mark.browser
def test_an_entry_of_the_catalogue_is_matched_by_hand(desk: Desk):
    page = desk.tab.go("/catalogue?q=republic")
    drawer = page.locator("#drawer")

    page.get_by_role("link", name="The Glass Republic").first.click()
    drawer.get_by_text("Match with").click()
    drawer.get_by_label("Title of the wanted item").fill("low tide")
    drawer.get_by_role("button", name="Match with Low Tide (2025)").click()

    expect(page.locator(".toast").last).to_contain_text("Matched: Low Tide")
    expect(drawer.get_by_role("link", name="Low Tide")).to_be_visible()


def test_a_near_miss_is_taken_as_the_right_one(client: TestClient, app: App):
    fill(app.database, app.secrets, app.clock())
    with app.database.begin() as connection:
        connection.execute(tables.matches.delete())
        connection.execute(tables.library.update().where(tables.library.c.id == 11).values(title="Low Tides of Summer"))

    offered = client.get("/wanted/11/why").text
    entry = offered.partition("/wanted/11/take/")[2].partition('"')[0]
    said = client.post(f"/wanted/11/take/{entry}", headers={"HX-Request": "true"})

    assert "It is this one" in offered
    assert "Confirmed" in said.text and "Download best release" in said.text
