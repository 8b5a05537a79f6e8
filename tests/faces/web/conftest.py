"""A real browser, the pages over a database that looks lived in, and the whole program beside the demo's servers."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.testclient import TestClient

from stalkeer.app import Start, build_app, build_security
from stalkeer.demo.provider import Provider
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.scenario import MEGABYTE, MOVIES, Cast, build_world
from stalkeer.demo.sonarr import Sonarr
from stalkeer.jobs.system.users import add_user
from stalkeer.runtime import App
from tests.doubles.server import make_server
from tests.e2e.program import Program
from tests.faces.web.sample import FILMS, KEY, NOWHERE, SERIES, fill

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ARTIFACTS = Path(__file__).parents[3] / "artifacts" / "web"
expect.set_options(timeout=15_000)
AXE = Path(__file__).parent / "data" / "axe.min.js"
# the browser drops keys that are pressed before a page is drawn
DRAWN = "() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
USER, PASSWORD = "admin", "correct horse battery"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()) or "open_page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("STALKEER_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


@dataclass
class Tab:
    """A page of one visitor. What the browser complains of is kept, and must be nothing in the end."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        answer = self.page.goto(self.base + path)
        assert answer is not None and answer.status == 200, f"{path}: {answer and answer.status}"
        self.page.evaluate(DRAWN)
        return self.page

    def shoot(self, name: str) -> None:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")

    def serious_findings(self, rules: list[str] | None = None) -> list[str]:
        """What axe-core finds serious or critical, each with where it is."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        options = {"resultTypes": ["violations"], "preload": False, "elementRef": False}
        found = self.page.evaluate(
            "options => axe.run(document, options)", {**options, **({"runOnly": rules} if rules else {})}
        )
        return [
            f"{one['id']}: {node['target']} {node['html'][:120]}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]


@contextmanager
def visitor(browser: Browser) -> Iterator[Callable[..., Tab]]:
    """Opens tabs of visitors, each with cookies of its own; in the end none may have complained."""
    contexts = []
    tabs: list[Tab] = []

    def open_one(base: str, *, width: int = 1280, theme: str = "dark") -> Tab:
        context = browser.new_context(viewport={"width": width, "height": 860}, reduced_motion="reduce")
        context.set_default_timeout(20_000)
        context.add_cookies([{"name": "stalkeer_theme", "value": theme, "url": base}])
        contexts.append(context)
        page = context.new_page()
        tab = Tab(page, base)
        page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        page.on("console", lambda line: tab.complaints.append(line.text) if "Content Security" in line.text else None)
        tabs.append(tab)
        return tab

    yield open_one
    for context in contexts:
        context.close()
    assert [complaint for tab in tabs for complaint in tab.complaints] == []


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Tab]]:
    """Open a page as a visitor of its own: `open_page(base, width=400, theme="light")`."""
    with visitor(browser) as open_one:
        yield open_one


@contextmanager
def served(app: App) -> Iterator[str]:
    """API and pages of `app` on a free port; the engine does not run."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        make_server(app, build_security(app)), log_config=None, timeout_graceful_shutdown=1, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def build_sample(folder: Path, addresses: Mapping[str, str] = NOWHERE, **settings: str) -> App:
    """The program over the sample, open for everybody on this machine."""
    environ = {"STALKEER__DATA_DIR": str(folder), "STALKEER__SECURITY__MODE": "local", **settings}
    app = build_app(Start(environ=environ))
    fill(app.database, app.secrets, app.clock(), addresses)
    return app


@contextmanager
def sample_library(folder: Path) -> Iterator[dict[str, str]]:
    """Radarr and Sonarr that hold what the sample wants; yields their addresses."""
    with Radarr(folder / "movies", api_key=KEY) as radarr, Sonarr(folder / "tv", api_key=KEY) as sonarr:
        for title, year, _ in FILMS:
            radarr.add_movie(title, year)
        today = datetime.now(UTC)
        for number, (title, year, count) in enumerate(SERIES):
            series = sonarr.add_series(title, year)
            for episode in range(1, count + 1):  # some of this week, some to come
                sonarr.add_episode(series, 1, episode, air_date_utc=today + timedelta(days=episode * 3 - number * 4))
        yield {"radarr": radarr.url, "sonarr": sonarr.url}


@pytest.fixture(scope="session")
def sample_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample, for tests that only look."""
    folder = tmp_path_factory.mktemp("sample")
    with sample_library(folder) as addresses:
        app = build_sample(folder / "data", addresses)
        with served(app) as base:
            yield base
        app.close()


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    """Asks for pages and sends forms without a browser, as one who may."""
    security = build_security(app)
    with TestClient(make_server(app, security), headers={"X-Api-Key": security.keys.ensure()}) as opened:
        yield opened


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[str]:
    """The sample, for a test that changes it."""
    app = build_sample(tmp_path / "data")
    with served(app) as base:
        yield base
    app.close()


@pytest.fixture(scope="module")
def guarded_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample behind the login page, with one user."""
    app = build_sample(tmp_path_factory.mktemp("guarded"), STALKEER__SECURITY__MODE="forms")
    add_user(app.database, USER, PASSWORD, app.clock())
    with served(app) as base:
        yield base
    app.close()


@contextmanager
def program_in_a_world(folder: Path, cast: Cast, **settings: object) -> Iterator[Program]:
    """`stalkeer serve` in a process of its own beside the demo's provider, Radarr and Sonarr."""
    library = folder / "library"
    for part in ("movies", "tv"):
        (library / part).mkdir(parents=True)
    with Provider() as provider, Radarr(library / "movies") as radarr, Sonarr(library / "tv") as sonarr:
        program = Program(folder / "stalkeer", build_world(radarr, sonarr, provider, cast), settings)
        program.serve()
        yield program
        program.close()


@pytest.fixture(scope="module")
def small_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Three films, one download at once, open for everybody on this machine."""
    settings = {"security": {"mode": "local"}, "downloads": {"concurrent_limit": 1, "reconnect_gap": "0s"}}
    with program_in_a_world(
        tmp_path_factory.mktemp("small"), Cast(MOVIES[:3], (), size=MEGABYTE), **settings
    ) as program:
        yield program
