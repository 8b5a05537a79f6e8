"""What people do on the pages: by keyboard alone, by choosing many, with toasts, undo and live figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete, insert, update

from stalkeer.runtime import App
from stalkeer.store.db import tables
from tests.faces.web.conftest import Tab, build_sample, served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.fixture
def long_queue(tmp_path: Path) -> Iterator[LongQueue]:
    """A site whose queue has 500 downloads under way."""
    app = build_sample(tmp_path / "data")
    shared = {"entry_id": 1, "source_id": 1, "kind": "movie", "state": "downloading", "total": 1000, "offset": 0}
    times = {"created_at": app.clock(), "updated_at": app.clock()}
    names = [{"entry_key": f"k{n}", "name": f"Row {n}", "title": f"Row {n}", "rank": 100.0 + n} for n in range(500)]
    with app.database.begin() as connection:
        connection.execute(insert(tables.downloads), [{**shared, **times, **name} for name in names])
    with served(app) as base:
        yield LongQueue(app, base)
    app.close()


@dataclass(frozen=True)
class LongQueue:
    app: App
    base: str

    def move_on(self, share: int) -> None:
        """Every row has more bytes, and another place: the list is fetched anew."""
        with self.app.database.begin() as connection:
            rows = update(tables.downloads).where(tables.downloads.c.title.startswith("Row"))
            connection.execute(rows.values(offset=share, rank=tables.downloads.c.rank + share))

    def wait_in_line(self, count: int) -> None:
        """Only the first of the rows are left, and wait."""
        table = tables.downloads
        with self.app.database.begin() as connection:
            connection.execute(delete(table).where(table.c.rank >= 100 + count))
            connection.execute(update(table).where(table.c.rank >= 100).values(state="queued"))
            connection.execute(update(table).where(table.c.rank < 100).values(state="completed"))

    def end(self, title: str) -> None:
        with self.app.database.begin() as connection:
            row = update(tables.downloads).where(tables.downloads.c.title == title)
            connection.execute(row.values(state="completed"))


def test_the_keyboard_alone_reaches_everything(sample_site: str, open_page: Callable[..., Tab]):
    tab = open_page(sample_site)
    page = tab.go("/activity")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()

    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search wanted and catalogue")).to_be_focused()
    page.keyboard.type("cold har")
    expect(page.locator("#find-results a").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{sample_site}/wanted/2")
    expect(page.locator("#drawer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_a_review_is_done_with_four_keys(own_site: str, open_page: Callable[..., Tab]):
    tab = open_page(own_site)
    page = tab.go("/matches")
    first = page.locator(".versus h2").first
    name = first.inner_text()
    expect(page.get_by_text("3 items to review")).to_be_visible()

    page.keyboard.press("j")
    expect(first).not_to_have_text(name)
    tab.go("/matches")
    page.keyboard.press("y")
    expect(page.get_by_text("2 items to review")).to_be_visible()
    expect(page.locator(".toast").last).to_contain_text(f"Confirmed: {name}")
    page.keyboard.press("u")
    expect(page.get_by_text("3 items to review")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_text("2 items to review")).to_be_visible()
    expect(page.locator(".toast").last).to_contain_text("Rejected")


def test_a_queued_download_is_paused_and_resumed_at_once(own_site: str, open_page: Callable[..., Tab]):
    tab = open_page(own_site)
    page = tab.go("/activity")
    row = page.locator("#download-4")
    expect(row).to_contain_text("Queued")

    row.get_by_role("button", name="Pause").click()
    expect(page.locator(".toast").last).to_be_visible()
    expect(page.locator(".toast").last).to_contain_text("1 download paused")
    expect(row).to_contain_text("Paused")

    row.get_by_role("button", name="Resume").click()
    expect(row).to_contain_text("Queued")


def test_cancelling_asks_first_and_keeps_it_when_told_so(own_site: str, open_page: Callable[..., Tab]):
    tab = open_page(own_site)
    page = tab.go("/activity")
    more = page.get_by_label("More for A Winter in Trieste (2017)")

    more.click()
    page.locator("#download-4").get_by_role("button", name="Cancel").click()
    expect(page.locator("#confirm")).to_be_visible()
    page.get_by_role("button", name="No").click()
    expect(page.locator("#download-4")).to_contain_text("Queued")

    more.click()
    page.locator("#download-4").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel download").click()
    expect(page.locator("#download-4")).to_have_count(0)


def test_the_queue_is_put_in_order_by_dragging_and_by_keys(long_queue: LongQueue, open_page: Callable[..., Tab]):
    long_queue.wait_in_line(4)
    page = open_page(long_queue.base).go("/activity?show=waiting")
    titles = page.locator("#rows tr[data-movable] a.title-line")
    expect(titles).to_have_text([f"Row {n}" for n in range(4)])

    page.locator("#grip-11").drag_to(page.locator("#download-14"), target_position={"x": 90, "y": 5})
    expect(titles).to_have_text(["Row 1", "Row 2", "Row 0", "Row 3"])
    page.locator("#grip-14").focus()
    page.keyboard.press("ArrowUp")
    expect(titles).to_have_text(["Row 1", "Row 2", "Row 3", "Row 0"])
    expect(page.locator("#grip-14")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(titles).to_have_text(["Row 1", "Row 3", "Row 2", "Row 0"])
    page.keyboard.press("ArrowDown")
    expect(titles).to_have_text(["Row 1", "Row 2", "Row 3", "Row 0"])


def test_a_menu_stays_open_while_the_queue_changes(long_queue: LongQueue, open_page: Callable[..., Tab]):
    long_queue.wait_in_line(4)
    page = open_page(long_queue.base).go("/activity")
    page.get_by_label("More for Row 1").click()

    long_queue.end("Row 3")

    expect(page.get_by_label("More for Row 3")).to_have_count(0)
    expect(page.locator(".pop-body:visible")).to_contain_text("Start now")


def test_many_are_chosen_and_steered_together(own_site: str, open_page: Callable[..., Tab]):
    tab = open_page(own_site)
    page = tab.go("/activity?show=waiting")

    page.get_by_label("Select all on this page").check()
    page.locator(".bulk").get_by_role("button", name="Pause").click()

    expect(page.locator(".toast").last).to_contain_text("2 downloads paused")
    expect(page.get_by_text("No download matches this filter.")).to_be_visible()


def test_a_setting_is_checked_saved_and_reset(own_site: str, open_page: Callable[..., Tab]):
    tab = open_page(own_site)
    page = tab.go("/settings/downloads")

    page.get_by_role("textbox", name="Speed limit").fill("as fast as light")
    expect(page.get_by_text("Unsaved changes")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("is not a size")
    expect(page.get_by_role("textbox", name="Speed limit")).to_be_focused()

    page.get_by_role("textbox", name="Speed limit").fill("20MB")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast").last).to_contain_text("Saved")
    page.reload()
    expect(page.get_by_role("textbox", name="Speed limit")).to_have_value("20MB")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("textbox", name="Speed limit")).to_have_value("0")


def test_unsaved_settings_are_not_lost_without_a_question(own_site: str, open_page: Callable[..., Tab]):
    page = open_page(own_site).go("/settings/downloads")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    page.get_by_role("textbox", name="Speed limit").fill("20MB")
    page.goto(f"{own_site}/wanted")
    page.goto(f"{own_site}/settings/downloads")
    page.goto(f"{own_site}/wanted")

    assert asked == ["beforeunload"]


def test_a_search_in_the_settings_leads_to_the_field_even_where_it_is_an_advanced_one(
    own_site: str, open_page: Callable[..., Tab]
):
    page = open_page(own_site).go("/settings")

    page.get_by_role("searchbox", name="Search settings").fill("cert valid")
    expect(page.locator(".setting-hit:visible")).to_have_count(1)
    page.get_by_role("link", name="Certificate validation").click()

    expect(page.get_by_label("Certificate validation")).to_be_visible()
    expect(page.get_by_label("Retry delay")).to_be_hidden()
    page.get_by_role("button", name="Advanced").click()
    expect(page.get_by_label("Retry delay")).to_be_visible()


def test_what_the_environment_fixes_is_shown_and_cannot_be_typed_over(tmp_path, open_page: Callable[..., Tab]):
    app = build_sample(tmp_path / "data", STALKEER__DOWNLOADS__CONCURRENT_LIMIT="2")
    with served(app) as base:
        page = open_page(base).go("/settings/downloads")

        expect(page.get_by_label("Concurrent downloads", exact=True)).not_to_be_editable()
        expect(page.get_by_text("STALKEER__DOWNLOADS__CONCURRENT_LIMIT")).to_be_visible()
    app.close()


def test_five_hundred_rows_change_while_one_types_and_chooses(long_queue: LongQueue, open_page: Callable[..., Tab]):
    page = open_page(long_queue.base).go("/activity?show=active&q=Ro")
    expect(page.locator("#rows tbody tr")).to_have_count(100)
    chosen = page.get_by_label("Select Row 20", exact=True)
    chosen.check()
    progress = page.get_by_label("Progress of Row 20", exact=True).last
    field = page.get_by_label("Filter by title")
    field.focus()
    page.keyboard.press("End")
    for share, letter in ((200, "w"), (400, " "), (600, "2")):
        long_queue.move_on(share)
        page.keyboard.type(letter)
        expect(progress).to_have_js_property("value", share / 10)

    expect(field).to_be_focused()
    expect(field).to_have_value("Row 2")
    expect(chosen).to_be_checked()
    page.keyboard.type("0")
    expect(page.locator("#rows tbody tr")).to_have_count(11)
    long_queue.move_on(800)
    expect(progress).to_have_js_property("value", 80)
    expect(page.locator("#rows tbody tr")).to_have_count(11)  # what is typed holds for the list that comes anew


def test_what_changes_between_the_page_and_its_first_live_figures_is_shown(
    long_queue: LongQueue, open_page: Callable[..., Tab]
):
    tab = open_page(long_queue.base)
    tab.page.route("**/live", lambda route: (long_queue.end("Row 0"), route.continue_()))
    page = tab.go("/activity?show=active&q=Row")

    expect(page.get_by_label("Select Row 1", exact=True)).to_be_visible()
    expect(page.get_by_label("Select Row 0", exact=True)).to_have_count(0)


def test_a_phone_has_the_menu_behind_a_button(sample_site: str, open_page: Callable[..., Tab]):
    tab = open_page(sample_site, width=400)
    page = tab.go("/")
    expect(page.get_by_role("link", name="Wanted", exact=True)).to_be_hidden()

    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Wanted", exact=True).click()

    expect(page).to_have_url(f"{sample_site}/wanted")


def test_the_focus_returns_to_the_menu_that_was_open(sample_site: str, open_page: Callable[..., Tab]):
    tab = open_page(sample_site, width=360)
    page = tab.go("/activity")
    row_menu, question, menu = (
        page.locator("#rows details.pop > summary").first,
        page.locator("#confirm"),
        page.locator("[data-menu]"),
    )

    row_menu.press("Enter")
    page.locator("#rows details[open] [hx-confirm]").first.press("Enter")
    expect(question).to_be_visible()
    page.keyboard.press("Escape")
    expect(row_menu).to_be_focused()

    menu.press("Enter")
    expect(menu).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()


def test_the_theme_is_switched_and_kept(sample_site: str, open_page: Callable[..., Tab]):
    tab = open_page(sample_site)
    page = tab.go("/")

    page.get_by_label("Account").click()
    page.get_by_role("group", name="Theme").get_by_role("button", name="Light").click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_without_a_choice_the_theme_is_the_systems_and_follows_it(sample_site: str, open_page: Callable[..., Tab]):
    tab = open_page(sample_site)
    tab.page.context.clear_cookies()
    tab.page.emulate_media(color_scheme="light")
    page = tab.go("/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")

    page.emulate_media(color_scheme="dark")

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_clock_of_a_choice_is_kept(sample_site: str, open_page: Callable[..., Tab]):
    tab = open_page(sample_site)
    page = tab.go("/activity/history")
    time = page.locator("td time").first
    expect(time).to_have_text(re.compile(r"[AP]M$"))  # as the browser's language has it

    page.get_by_label("Account").click()
    page.get_by_role("group", name="Clock").get_by_role("button", name="24 h").click()
    expect(time).to_have_text(re.compile(r"\d\d:\d\d$"))
    page.reload()

    expect(time).to_have_text(re.compile(r"\d\d:\d\d$"))
