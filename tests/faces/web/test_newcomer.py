"""A newcomer with a stop-watch: from the empty page to the first imported file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Locator, expect

from stalkeer.demo.scenario import MEGABYTE, Cast
from stalkeer.store.journal.runs import list_runs
from tests.faces.web.conftest import ARTIFACTS, PASSWORD, USER, Tab, program_in_a_world
from tests.faces.web.test_first_run import NOTHING_YET, PATIENCE_MS

pytestmark = [pytest.mark.browser, pytest.mark.soak]
MOST_CLICKS, LONGEST_S = 10, 20


def test_ten_clicks_and_twenty_seconds_lead_to_the_first_import(tmp_path: Path, open_page: Callable[..., Tab]):
    clicks: list[str] = []
    steps: list[str] = []  # for whoever asks where the seconds went

    def note(step: str) -> None:
        steps.append(f"{time.monotonic() - began:5.1f} s  {step}")

    def click(button: Locator) -> None:
        expect(button).to_be_enabled(timeout=PATIENCE_MS)
        clicks.append(button.inner_text().strip())
        note(clicks[-1])
        button.click()

    with program_in_a_world(tmp_path, Cast(size=MEGABYTE), **NOTHING_YET) as program:
        world, tab = program.world, open_page(f"http://127.0.0.1:{program.port}")
        page, began = tab.page, time.monotonic()
        page.goto(tab.base)
        page.get_by_label("Username").fill(USER)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Confirm password").fill(PASSWORD)
        click(page.get_by_role("button", name="Create account"))
        for instance in (world.radarr, world.sonarr):  # the second is proposed once the first is there
            page.get_by_label("Address", exact=True).fill(instance.url)
            page.get_by_label("API key").fill(instance.api_key)
            click(page.get_by_role("button", name="Add", exact=False).last)
            expect(page.locator(".notice.ok", has_text=instance.url)).to_be_visible(timeout=PATIENCE_MS)
            note("added")
        click(page.get_by_role("link", name="Next"))
        playlist = tmp_path / "list.m3u"  # the demo's account lists nothing by itself
        with urlopen(world.provider.playlist_url(world.account)) as answer:
            playlist.write_bytes(answer.read())
        click(page.locator("label", has_text="Playlist file"))
        page.get_by_label("Path on the machine").fill(str(playlist))
        click(page.get_by_role("button", name="Add", exact=True))
        click(page.get_by_role("link", name="Next"))
        click(page.get_by_role("link", name="Next"))
        click(page.get_by_role("button", name="Show results"))
        click(page.get_by_role("button", name="Download").first)
        program.wait_until(lambda: any(row.state == "completed" for row in program.downloads()), "a file is imported")
        took = time.monotonic() - began
        note("imported")
        with program.database() as database, database.connect() as connection:
            runs = list_runs(connection, limit=100)
        told = [f"{run.started_at:%S.%f} to {run.finished_at or run.started_at:%S.%f}  {run.job}" for run in runs]
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    (ARTIFACTS / "newcomer.txt").write_text("\n".join([*steps, "", *reversed(told), ""]))

    assert len(clicks) <= MOST_CLICKS, clicks
    assert took <= LONGEST_S
