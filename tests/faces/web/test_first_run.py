"""From nothing to imported films, in the browser alone, against the demo's provider, Radarr and Sonarr."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from stalkeer.demo.exchange import MediaAnswer
from stalkeer.demo.scenario import MEGABYTE, Cast, Expectation
from stalkeer.store.journal.runs import list_runs
from tests.doubles.provider_faults import on, trickle_after
from tests.e2e.program import Program
from tests.faces.web.conftest import PASSWORD, USER, Tab, program_in_a_world

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
PATIENCE_MS = 60_000
NOTHING_YET = {"radarr": [], "sonarr": [], "playlists": []}


def say_who_may_come_in(page: Page) -> None:
    page.get_by_label("Username").fill(USER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Confirm password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()


def add_instance(page: Page, program: str, url: str, key: str) -> None:
    page.get_by_role("radio", name=program).check()
    page.get_by_label("Address", exact=True).fill(url)
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#test-result")).to_contain_text("missing", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Add", exact=False).last.click()
    expect(page.locator(".toast").last).to_contain_text("Added")
    # the notice may be of the one before: the list of this page has it once it is drawn anew
    expect(page.get_by_text(program.lower(), exact=True)).to_be_visible(timeout=PATIENCE_MS)


@pytest.fixture
def empty_program(tmp_path: Path) -> Iterator[Program]:
    """The whole demo beside a program that knows nothing yet."""
    with program_in_a_world(tmp_path, Cast(size=MEGABYTE), **NOTHING_YET) as program:
        yield program


def test_the_first_run_leads_from_nothing_to_a_download(empty_program: Program, open_page: Callable[..., Tab]):
    program, world = empty_program, empty_program.world
    let_go = threading.Event()
    world.provider.hook = on(trickle_after(300_000, let_go))  # the queue is seen before it is empty again
    tab = open_page(f"http://127.0.0.1:{program.port}")
    page = tab.page

    page.goto(tab.base)
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    tab.shoot("first-run-1-account")
    say_who_may_come_in(page)

    expect(page.get_by_role("heading", name="Radarr and Sonarr")).to_be_visible()
    page.get_by_label("Address", exact=True).fill(world.sonarr.url)  # the wrong one on purpose
    page.get_by_label("API key").fill(world.sonarr.api_key)
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#test-result")).to_contain_text("Sonarr, not Radarr", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Use it as Sonarr").click()
    expect(page.locator("#test-result")).to_contain_text("is connected", timeout=PATIENCE_MS)
    expect(page.get_by_role("radio", name="Sonarr")).to_be_checked()
    add_instance(page, "Radarr", f"{world.radarr.url}/api/v3/", world.radarr.api_key)
    tab.shoot("first-run-2-apps")
    add_instance(page, "Sonarr", world.sonarr.url, world.sonarr.api_key)
    page.get_by_role("link", name="Next").click()

    expect(page.get_by_text("Playlist address")).to_be_visible()  # the page before has an address to fill, too
    page.get_by_label("Address", exact=True).fill(world.provider.playlist_url(world.account))
    page.get_by_label("Name", exact=True).fill("demo")
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#test-result")).to_contain_text("lists nothing", timeout=PATIENCE_MS)  # its account does not
    page.get_by_label("Use this address as a plain playlist").check()
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#test-result")).to_contain_text("Recognized as", timeout=PATIENCE_MS)
    expect(page.get_by_label("Use this address as a plain playlist")).to_be_checked()
    tab.shoot("first-run-3-source")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("link", name="Next")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("link", name="Next").click()

    expect(page.locator("#doctor")).to_contain_text("Root Folder", timeout=PATIENCE_MS)
    tab.shoot("first-run-4-folders")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("radio", name="Automatic")).to_be_checked()
    page.get_by_role("button", name="Show results").click()

    sure = len(world.expected(Expectation.AVAILABLE))
    expect(page.locator(".big")).to_contain_text(f"You are missing {len(world.wishes)}", timeout=PATIENCE_MS)
    start = page.get_by_role("button", name=f"Download {sure} confirmed")
    expect(start).to_be_enabled(timeout=PATIENCE_MS)
    tab.shoot("first-run-5-answer")
    assert program.downloads() == [] and not {"download"} & jobs_of(program), "nothing starts before its button"
    start.click()

    expect(page.locator("#rows tbody tr").first).to_be_visible(timeout=PATIENCE_MS)
    tab.shoot("first-run-6-queue")
    program.wait_until(lambda: "download" in jobs_of(program), "the job that queues them ran")
    assert sum(len(row.items) for row in program.downloads()) == sure, "what the page said, and no more"
    let_go.set()
    page.goto(f"{tab.base}/activity?show=done")
    expect(page.locator("#rows td .badge:visible", has_text="Imported").first).to_be_visible(timeout=PATIENCE_MS)


def jobs_of(program: Program) -> set[str]:
    """The jobs that ended."""
    with program.database() as database, database.connect() as connection:
        return {run.job for run in list_runs(connection, limit=100) if run.finished_at is not None}


def test_a_download_is_paused_resumed_and_watched_to_its_end(small_program: Program, open_page: Callable[..., Tab]):
    program, provider = small_program, small_program.world.provider
    let_go = threading.Event()
    provider.hook = on(trickle_after(300_000, let_go))
    tab = open_page(f"http://127.0.0.1:{program.port}")
    program.job("refresh")
    program.job("scan")
    page = tab.go("/activity")
    row = page.locator("#rows tr", has_text="Downloading").first
    expect(row).to_be_visible(timeout=PATIENCE_MS)
    chosen = page.locator(f"#{row.get_attribute('id')}")

    some_bytes = re.compile(r"^\s*[\d.,]+ [kM]B")
    expect(chosen.locator("[data-field=done]")).to_contain_text(some_bytes, timeout=PATIENCE_MS)
    chosen.get_by_role("button", name="Pause").click()
    expect(chosen).to_contain_text("Paused", timeout=PATIENCE_MS)
    tab.shoot("queue-paused")
    let_go.set()
    chosen.get_by_role("button", name="Resume").click()
    expect(chosen).to_have_count(0, timeout=PATIENCE_MS)  # it has left the open ones

    page.goto(f"{tab.base}/activity?show=done")
    expect(page.locator("#rows td .badge:visible", has_text="Imported").first).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("link", name="History").last.click()
    expect(page.get_by_text("imported").first).to_be_visible()
    tab.shoot("history")


def test_a_failing_source_says_so_in_words_and_keeps_its_entries(small_program: Program, open_page: Callable[..., Tab]):
    program, provider = small_program, small_program.world.provider
    provider.hook = None
    program.job("refresh")
    tab = open_page(f"http://127.0.0.1:{program.port}")
    page = tab.go("/sources")
    card = page.locator("section", has=page.get_by_role("link", name="demo", exact=True))
    expect(card).to_contain_text("movies")

    provider.hook = refuse_everything
    card.get_by_role("button", name="Refresh").click()
    expect(page.locator(".toast").last).to_contain_text("is being refreshed")
    expect(card).to_contain_text("Failed", timeout=PATIENCE_MS)
    tab.shoot("source-failing")

    expect(card.locator(".notice")).to_contain_text("403")
    expect(card).to_contain_text("movies")
    assert tab.serious_findings() == []


def refuse_everything(exchange) -> bool:
    exchange.deliver(MediaAnswer(403))
    return True
