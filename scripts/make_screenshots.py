"""Take the pictures of the documents: the pages over the tests' sample, with posters drawn for it.

    make screenshots

Needs Chromium, as the tests of the pages do.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, ViewportSize, sync_playwright  # noqa: E402 - the tests' folder is found by now
from sqlalchemy import delete, update  # noqa: E402
from tests.faces.web.conftest import ARGUMENTS, build_sample, sample_library, served  # noqa: E402

from stalkeer.runtime import App  # noqa: E402
from stalkeer.store.db import tables  # noqa: E402

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


def start_anew(app: App) -> None:
    """Nothing was downloaded yet, and everything is looked at."""
    with app.database.begin() as connection:
        connection.execute(delete(tables.download_items))
        connection.execute(delete(tables.downloads))
        connection.execute(update(tables.runs).values(state="done"))


if __name__ == "__main__":
    main()
