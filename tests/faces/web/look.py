"""Look at pages as a critical reader would.

Faults are overflow, scrollbars, overlaps, weak contrast, console errors and failed requests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, Response, expect

INSPECT = (Path(__file__).parent / "data" / "inspect.js").read_text(encoding="utf-8")

PAGES = {
    "dashboard": "/",
    "wanted": "/wanted",
    "cutoff": "/wanted/cutoff",
    "posters": "/wanted?view=posters",
    "series": "/wanted/series/13",
    "why-not": "/wanted/10",
    "review": "/matches",
    "review-list": "/matches?view=list",
    "confirmed": "/matches/confirmed",
    "rules": "/matches/rules",
    "queue": "/activity",
    "download": "/activity/5",
    "history": "/activity/history",
    "blocklist": "/activity/blocklist",
    "quarantine": "/activity/quarantine",
    "watch": "/activity/watch",
    "catalogue": "/catalogue",
    "cards": "/catalogue?view=posters",
    "entry": "/catalogue/1",
    "duplicates": "/catalogue/duplicates?kind=instances",
    "duplicate-streams": "/catalogue/duplicates?kind=streams",
    "calendar": "/calendar",
    "agenda": "/calendar?view=agenda",
    "statistics": "/statistics",
    "sources": "/sources",
    "source": "/sources/main",
    "add-source": "/sources/new",
    "instances": "/settings/instances",
    "notifications": "/settings/notifications",
    "add-notification": "/settings/notifications/new",
    "native": "/settings/instances/radarr",
    "add-instance": "/settings/instances/new",
    "settings-list": "/settings",
    "settings": "/settings/downloads",
    "media": "/settings/media",
    "matching": "/settings/matching",
    "schedule": "/settings/schedule",
    "media-server": "/settings/media-server",
    "hooks": "/settings/hooks",
    "security": "/settings/security",
    "general": "/settings/general",
    "status": "/system",
    "tasks": "/system/tasks",
    "logs": "/system/logs",
    "backup": "/system/backup",
    "access": "/system/access",
    "about": "/system/about",
    "manual": "/manual/configuration",
    "manual-security": "/manual/security",
    "setup-apps": "/setup/apps",
    "setup-source": "/setup/source",
    "setup-paths": "/setup/paths",
    "setup-limits": "/setup/limits",
    "answer": "/setup/answer",
}


@dataclass
class Onlooker:
    """Keep what the browser complains of while a page is open."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def beside(cls, page: Page) -> Onlooker:
        onlooker = cls(page)
        page.on("console", onlooker._hear)
        page.on("response", onlooker._see)
        page.on("pageerror", lambda error: onlooker.complaints.append(f"script: {error}"))
        page.on("requestfailed", lambda request: onlooker._miss(request.url, str(request.failure)))
        return onlooker

    def _hear(self, line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            self.complaints.append(f"console: {line.text}")

    def _see(self, answer: Response) -> None:
        if answer.status >= 400:
            self.complaints.append(f"request: {answer.url} was answered {answer.status}")

    def _miss(self, url: str, why: str) -> None:
        if "ERR_ABORTED" not in why:  # a page that is left ends its own requests
            self.complaints.append(f"request: {url} failed: {why}")

    def faults(self) -> list[str]:
        """Return the faults of the page as it is now, and what was complained of since the last question."""
        heard, self.complaints = self.complaints, []
        return [*heard, *self.page.evaluate(f"({INSPECT})()")]


def settle(page: Page) -> None:
    """Wait until what is fetched after the page is there."""
    page.wait_for_load_state("load")
    expect(page.locator(".htmx-request")).to_have_count(0)
