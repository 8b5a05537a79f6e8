"""Take the pictures of the documents: the pages over the tests' sample, with posters drawn for it.

    make screenshots

Needs Chromium, as the tests of the pages do.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, ViewportSize, sync_playwright  # noqa: E402 - the tests' folder is found by now
from sqlalchemy import delete, select, update  # noqa: E402
from tests.faces.web.conftest import ARGUMENTS, build_sample, sample_library, served  # noqa: E402

from stalkeer.core.naming.release import FileTraits, MovieName, release_name  # noqa: E402
from stalkeer.model import WantedKind  # noqa: E402
from stalkeer.runtime import App  # noqa: E402
from stalkeer.store.db import tables  # noqa: E402
from stalkeer.store.offers.grabs import GrabbedItem, NewGrab, add_grab  # noqa: E402

IMAGES = ROOT / "docs" / "images"
PICTURES = (("dashboard", "/"), ("queue", "/activity"), ("review", "/matches"), ("why", "/wanted/10"))
SIZE: ViewportSize = {"width": 1280, "height": 820}


def main() -> None:
    chromium = os.environ.get("STALKEER_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no Chromium on this machine: apt-get install chromium")
    with (
        tempfile.TemporaryDirectory() as name,
        sync_playwright() as playwright,
        sample_library(Path(name)) as addresses,
    ):
        app = build_sample(Path(name) / "data", addresses)
        with served(app) as base:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            page = browser.new_page(viewport=SIZE, reduced_motion="reduce", color_scheme="dark")
            for name, path in PICTURES:
                shoot(page, base + path, name)
            let_radarr_drive(app)
            shoot(page, f"{base}/settings/instances", "native")
            item, download = let_radarr_grab(app)
            shoot(page, f"{base}/wanted/{item}", "native-item")
            shoot(page, f"{base}/activity/{download}", "native-download")
            start_anew(app)
            shoot(page, f"{base}/setup/answer", "answer")
            browser.close()
        app.close()


def shoot(page: Page, url: str, name: str) -> None:
    page.goto(url)
    page.wait_for_load_state("load")
    page.get_by_text("live", exact=True).or_(page.locator(".wizard")).first.wait_for()
    page.wait_for_timeout(1500)  # the graph, the pictures and the first live figures
    page.screenshot(path=IMAGES / f"{name}.png")


def let_radarr_drive(app: App) -> None:
    """As after the set-up of the native drive."""
    with app.database.begin() as connection:
        connection.execute(
            update(tables.instances).where(tables.instances.c.slug == "radarr").values(options={"drive": "native"})
        )


def let_radarr_grab(app: App) -> tuple[int, int]:
    """Radarr has grabbed what is being downloaded for it, and something else is not queued any more.

    Return that item, and the download.
    """
    rows, items = tables.download_items, tables.library
    query = select(rows, items.c.title, items.c.year, tables.downloads.c.state.label("stage"))
    query = query.join(tables.downloads, tables.downloads.c.id == rows.c.download_id)
    query = query.join(tables.wanted, tables.wanted.c.id == rows.c.wanted_id)
    query = query.join(items, items.c.id == tables.wanted.c.library_id).order_by(rows.c.id)
    radarr = select(tables.instances.c.id).where(tables.instances.c.slug == "radarr").scalar_subquery()
    with app.database.begin() as connection:
        found = connection.execute(query.where(rows.c.instance_id == radarr)).all()
        taken = next(row for row in found if row.stage == "downloading")
        free = next(row for row in found if row.stage == "queued")
        connection.execute(update(rows).where(rows.c.id == taken.id).values(hand_over="native"))
        release = release_name(MovieName(taken.title, taken.year), FileTraits(1080))
        item = GrabbedItem(taken.wanted_id, taken.arr_id)
        new = NewGrab("SABnzbd_nzo_1", taken.instance_id, "stalkeer-1", release, WantedKind.MOVIE, (item,), "stalkeer")
        add_grab(connection, replace(new, download_id=taken.download_id), app.clock())
        connection.execute(delete(tables.downloads).where(tables.downloads.c.id == free.download_id))
        return free.wanted_id, taken.download_id


def start_anew(app: App) -> None:
    """Nothing was downloaded yet, and everything is looked at."""
    with app.database.begin() as connection:
        connection.execute(delete(tables.download_items))
        connection.execute(delete(tables.downloads))
        connection.execute(update(tables.runs).values(state="done"))


if __name__ == "__main__":
    main()
