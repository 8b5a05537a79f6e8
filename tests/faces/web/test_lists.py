"""Lists as people use them: filters and panels in the address, many rows at once, chosen columns, search."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import delete, func, insert, select, update
from starlette.testclient import TestClient

from stalkeer.faces.web.matches import ids_at
from stalkeer.runtime import App
from stalkeer.store.catalogue.entries import EntryOrder, EntrySearch, browse_entries
from stalkeer.store.db import tables
from stalkeer.store.journal.events import EventOrder, list_events
from tests.faces.web.conftest import Tab, build_sample, served, visitor
from tests.faces.web.sample import fill

ROWS = 130  # more than a page of the queue


def lengthen_queue(app: App, rows: int = ROWS) -> None:
    shared = {"entry_id": 1, "source_id": 1, "kind": "movie", "state": "queued", "total": 1000, "offset": 0}
    times = {"created_at": app.clock(), "updated_at": app.clock()}
    names = [{"entry_key": f"k{n}", "name": f"Row {n}", "title": f"Row {n}", "rank": 100.0 + n} for n in range(rows)]
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

    expect(page.locator("#drawer").get_by_role("heading", name="Season 1")).to_be_visible()
    page.locator("#drawer").get_by_role("link", name="Part 2").click()
    expect(page.locator("#drawer").get_by_role("heading", name="Harbour Lights S01E02")).to_be_visible()
    page.go_back()
    expect(page.locator("#drawer")).to_be_hidden()


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/wanted?view=posters", "/catalogue?view=posters"])
def test_posters_are_ticked_one_by_one_or_all_that_are_shown(desk: Desk, path: str):
    page = desk.tab.go(path)
    boxes, bulk = page.locator(".work .pick"), page.locator(".bulk")

    boxes.nth(1).check()
    expect(bulk).to_contain_text("1 selected")
    expect(page.locator("#drawer")).to_be_hidden()
    page.get_by_label("Select all").check()
    expect(bulk).to_contain_text(f"{boxes.count()} selected")
    panel, all_box = page.locator("#rows").bounding_box(), page.get_by_label("Select all").bounding_box()

    assert panel and all_box and all_box["x"] > panel["x"], "the box lies within the panel"


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


def add_wanted(app: App, count: int) -> list[int]:
    """Add wanted movies, each with its library row."""
    table, wanted = tables.library, tables.wanted
    shared = {"instance_id": 1, "kind": "movie", "title": "Film", "year": 2020, "synced_at": app.clock()}
    item = {"instance_id": 1, "kind": "movie", "title": "Film", "reason": "missing", "first_seen": app.clock()}
    with app.database.begin() as connection:
        connection.execute(
            insert(table), [{**shared, "arr_id": 1000 + n, "tmdb_id": 1000 + n, "path": "/data"} for n in range(count)]
        )
        ids = connection.scalars(select(table.c.id).where(table.c.arr_id >= 1000).order_by(table.c.id)).all()
        rows = [{**item, "library_id": one, "arr_id": 1000 + n} for n, one in enumerate(ids)]
        connection.execute(insert(wanted), rows)
        return list(connection.scalars(select(wanted.c.id).where(wanted.c.arr_id >= 1000).order_by(wanted.c.id)).all())


def add_matches(app: App, items: list[int], decision: str) -> None:
    match = {"entry_id": 1, "score": 0.9, "decision": decision, "decided_by": "auto", "evidence": {}}
    rows = [{**match, "wanted_id": item, "matched_at": app.clock()} for item in items]
    with app.database.begin() as connection:
        connection.execute(insert(tables.matches), rows)


@pytest.mark.parametrize(
    ("path", "everything", "noun", "most"),
    [("/activity/many", "/activity", "downloads", 10_000), ("/wanted/many", "/wanted?kind=movie", "items", 10_000),
     ("/matches/many", "/matches/confirmed?q=film", "matches", 1_000)],
    ids=["queue", "wanted", "matches"],
)  # fmt: skip
def test_more_rows_than_can_be_changed_at_once_are_refused_and_none_is_changed(
    client: TestClient, app: App, path: str, everything: str, noun: str, most: int
):
    fill(app.database, app.secrets, app.clock())
    if noun == "downloads":
        lengthen_queue(app, most + 1)
    else:
        items = add_wanted(app, most + 1)
        if noun == "matches":
            add_matches(app, items, "confirm")

    verb = {"downloads": "pause", "items": "match", "matches": "reject"}[noun]
    said = client.post(path, data={"verb": verb, "everything": everything}, headers={"HX-Request": "true"})

    assert said.status_code == 422
    assert f"More than {most:,} {noun} are selected, and nothing was changed" in unquote(said.headers["Stalkeer-Toast"])


@pytest.mark.parametrize(
    ("decision", "everything"),
    [("review", "/matches?view=list"), ("confirm", "/matches/confirmed?q=film"), ("rejected", "/matches/rejected")],
    ids=["review", "confirmed", "rejected"],
)
def test_the_matches_of_every_page_are_selected(client: TestClient, app: App, decision: str, everything: str):
    fill(app.database, app.secrets, app.clock())
    with app.database.begin() as connection:
        connection.execute(delete(tables.matches))
    add_matches(app, add_wanted(app, 55), decision)

    page = client.get(everything).text

    assert 'data-total="55"' in page and "data-everything" in page
    assert len(ids_at(app, everything)) == 55


def test_all_selected_matches_are_decided_at_once(client: TestClient, app: App):
    fill(app.database, app.secrets, app.clock())
    add_matches(app, add_wanted(app, 3), "confirm")

    data = {"verb": "reject", "everything": "/matches/confirmed?q=film"}
    said = client.post("/matches/many", data=data, headers={"HX-Request": "true"})

    assert "3 matches updated" in unquote(said.headers["Stalkeer-Toast"])


def test_movies_and_series_are_queued_by_their_posters(client: TestClient, app: App):
    fill(app.database, app.secrets, app.clock())
    wanted = tables.wanted
    match = {"score": 0.98, "decision": "confirm", "decided_by": "auto", "evidence": {}, "matched_at": app.clock()}
    with app.database.begin() as connection:
        connection.execute(delete(tables.download_items))
        connection.execute(delete(tables.downloads))
        episodes = select(wanted.c.id, wanted.c.library_id).where(wanted.c.kind == "episode")
        items = connection.execute(episodes.order_by(wanted.c.id).limit(2)).all()
        for entry, item in enumerate(items, 5):
            connection.execute(insert(tables.matches).values(wanted_id=item.id, entry_id=entry, **match))

    page = client.get("/wanted?view=posters").text
    data = {"verb": "download", "works": [1, items[0].library_id], "shown": "/wanted?view=posters"}
    said = client.post("/wanted/many", data=data, headers={"HX-Request": "true"})
    again = client.post("/wanted/many", data=data, headers={"HX-Request": "true"})

    assert page.count('name="works"') == 13 and "data-pick-all" in page
    assert "3 downloads queued" in unquote(said.headers["Stalkeer-Toast"])
    assert again.status_code == 422 and "is in the queue already" in unquote(again.headers["Stalkeer-Toast"])


def test_the_figures_of_a_season_are_those_of_its_rows(client: TestClient, app: App):
    fill(app.database, app.secrets, app.clock())
    wanted, items = tables.wanted, tables.download_items
    with app.database.begin() as connection:
        connection.execute(delete(items))
        rows = connection.execute(select(wanted).where(wanted.c.kind == "episode").order_by(wanted.c.id).limit(4)).all()
        cutoff, queued, found, skipped = (row.id for row in rows)
        connection.execute(update(wanted).where(wanted.c.id == cutoff).values(reason="cutoff"))
        connection.execute(update(wanted).where(wanted.c.id == skipped).values(skip="Not released yet."))
        of_download = {"download_id": 4, "instance_id": 2, "arr_id": 1, "state": "waiting", "active": True}
        connection.execute(insert(items).values(wanted_id=queued, hand_over="ours", **of_download))
    add_matches(app, [queued, found, skipped], "confirm")

    page = client.get(f"/wanted/series/{rows[0].library_id}", headers={"HX-Request": "true"}).text
    said = client.post(f"/wanted/series/{rows[0].library_id}/1/download?reason=cutoff", headers={"HX-Request": "true"})

    assert "3 episodes missing" in page and "1 episode below cutoff" in page
    assert "3 missing, 1 below cutoff, 1 found, 1 in the queue" in page
    assert said.status_code == 422 and "Nothing can be queued" in unquote(said.headers["Stalkeer-Toast"])


def test_selected_entries_are_downloaded_to_the_folder_and_a_refused_one_stops_no_other(client: TestClient, app: App):
    fill(app.database, app.secrets, app.clock())
    with app.database.begin() as connection:
        connection.execute(delete(tables.download_items))
        connection.execute(delete(tables.downloads))
        ids = connection.scalars(select(tables.entries.c.id).order_by(tables.entries.c.id).limit(2)).all()

    pages = [client.get(path).text for path in ("/catalogue", "/catalogue?view=posters")]
    said = client.post("/catalogue/many", data={"ids": [ids[0], 999_999, ids[1]]}, headers={"HX-Request": "true"})

    assert all(f'name="ids" value="{ids[0]}"' in page and "data-pick-all" in page for page in pages)
    toast = unquote(said.headers["Stalkeer-Toast"])
    assert "2 downloads queued; There is no entry 999999" in toast


@pytest.mark.parametrize(("path", "marks"), [("/catalogue", "/catalogue/"), ("/activity/history", "<time")])
def test_a_list_sorted_by_age_can_be_reversed_and_shows_its_order(client: TestClient, app: App, path: str, marks: str):
    fill(app.database, app.secrets, app.clock())

    def rows(address: str) -> list[str]:
        page = client.get(address).text
        return [row.partition("</tr>")[0] for row in page.split("<tr")[2:] if marks in row]

    newest, oldest = rows(path), rows(f"{path}?sort=oldest")

    assert len(newest) > 3 and oldest == newest[::-1]
    assert 'aria-sort="descending"' in client.get(path).text
    assert 'aria-sort="ascending"' in client.get(f"{path}?sort=oldest").text


def test_the_pages_of_a_list_from_the_oldest_follow_one_another(app: App):
    fill(app.database, app.secrets, app.clock())
    with app.database.connect() as connection:
        whole = [row.id for row in list_events(connection, order=EventOrder.OLDEST, limit=6)]
        rest = [row.id for row in list_events(connection, order=EventOrder.OLDEST, before=whole[2], limit=3)]
        entries = [row.id for row in browse_entries(connection, EntrySearch(), order=EntryOrder.OLDEST, limit=6)]
        more = browse_entries(connection, EntrySearch(), order=EntryOrder.OLDEST, before=entries[2], limit=3)

    assert rest == whole[3:] and [row.id for row in more] == entries[3:]


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
