"""Look at every page in every state of data, width and theme; keep the pictures and name the faults.

    make look                             everything
    make look STATES=sample WIDTHS=360    a part of it
    make look JOBS=1                      one state after the other

The pictures are for people: look at them one after the other.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import structlog  # noqa: E402 - the tests' folder is found by now
from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402
from tests.faces.web.conftest import ARGUMENTS, sample_library, served  # noqa: E402
from tests.faces.web.look import PAGES, Onlooker, settle  # noqa: E402
from tests.faces.web.states import NEEDS_DATA, STATES  # noqa: E402

PICTURES = ROOT / "artifacts" / "look"
WIDTHS = (360, 768, 1024, 1920)
THEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
HEIGHT = 900
PATIENCE_MS = 300_000  # on a busy machine, a picture of a long page takes its time
# every picture is asked for, also those below the fold, and is there
DRAWN = """async () => {
    for (const picture of document.images) picture.loading = "eager";
    await Promise.all([...document.images].map(picture => picture.decode().catch(() => null)));
    if (document.querySelector("[data-chart]")) await new Promise(drawn => setTimeout(drawn, 200));
}"""
# what is opened on a page, beside the pages themselves
OPENED = {
    "opened-account": ("/", 'summary[aria-label="Account"]'),
    "opened-keys": ("/", '[data-open="#keys"]'),
    "opened-menu": ("/", "[data-menu]"),
    "selected": ("/activity", "input.pick >> nth=1"),
}


def main() -> int:
    given = arguments()
    chromium = os.environ.get("STALKEER_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no Chromium on this machine: apt-get install chromium")
    with ProcessPoolExecutor(given.jobs, mp_context=get_context("spawn")) as pool:
        looks = [pool.submit(look_at_state, chromium, state, given.widths) for state in given.states]
        faults = sum(one.result() for one in looks)
    print(f"{faults} faults; the pictures are in {PICTURES.relative_to(ROOT)}")
    return 1 if faults else 0


def look_at_state(chromium: str, state: str, widths: list[int]) -> int:
    """Look at all pages of a state in all widths, and return the count of faults."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    expect.set_options(timeout=PATIENCE_MS)
    faults, began = 0, time.monotonic()
    with sync_playwright() as playwright, site(state) as base:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for width in widths:
            found = look(browser, base, state, width)
            faults += found
            print(f"{time.monotonic() - began:5.0f} s  {state} at {width} px: {found} faults", flush=True)
        browser.close()
    return faults


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--states", nargs="*", default=list(STATES), choices=list(STATES))
    parser.add_argument("--widths", nargs="*", type=int, default=list(WIDTHS))
    parser.add_argument("--jobs", type=int, default=2, help="states at once")
    return parser.parse_args()


@contextmanager
def site(state: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with sample_library(folder) as addresses:
            app = STATES[state](folder / "data", addresses)
            with served(app) as base:
                yield base
            app.close()


def look(browser: Browser, base: str, state: str, width: int) -> int:
    """Look at every page in one window. The pages follow the system's theme, so that each is opened once for both."""
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    onlooker = Onlooker.beside(page)
    count = 0
    for name, path in PAGES.items():
        if state == "empty" and name in NEEDS_DATA:
            continue
        page.goto(base + path)
        count += keep(onlooker, f"{state}/{name}-{width}")
    if state == "sample":
        count += sum(look_opened(page, base, onlooker, name, f"{state}/{name}-{width}") for name in OPENED)
    context.close()
    return count


def look_opened(page: Page, base: str, onlooker: Onlooker, name: str, picture: str) -> int:
    path, selector = OPENED[name]
    page.goto(base + path)
    settle(page)
    button = page.locator(selector)
    if not button.is_visible():
        return 0
    button.click()
    return keep(onlooker, picture)


def keep(onlooker: Onlooker, picture: str) -> int:
    """Take the pictures in both themes, print the faults, and return their count."""
    page, count = onlooker.page, 0
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        settle(page)
        page.evaluate(DRAWN)
        target = PICTURES / f"{picture}-{theme}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target, full_page=True)
        faults = onlooker.faults()
        count += len(faults)
        for fault in faults:
            print(f"{picture}-{theme}: {fault}", flush=True)
    return count


if __name__ == "__main__":
    sys.exit(main())
