"""Serve System > About and the manual: the pages of `docs/` and the change log, which are part of the program."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import metadata
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt
from markupsafe import Markup

from stalkeer.errors import NotFound
from stalkeer.faces.web.formats import duration
from stalkeer.faces.web.frame import app_of, base_of
from stalkeer.faces.web.links import Link
from stalkeer.faces.web.render import page
from stalkeer.faces.web.system import facts_of

router = APIRouter(include_in_schema=False)
PACKAGED = Path(__file__).parent / "manual"
CHECKOUT = Path(__file__).parents[4]
CHANGES = "CHANGELOG"
TITLES = {
    "install": "Installation",
    "setups": "Five set-ups",
    "from-stalkeer-go": "From Stalkeer in Go",
    "ui": "Web pages",
    "sources": "Sources",
    "matching": "Matching",
    "downloads": "Downloads",
    "watch-folder": "Watch folders",
    "radarr-sonarr": "Radarr and Sonarr",
    "native": "Two modes",
    "notifications": "Notifications",
    "paths": "Folders and paths",
    "troubleshooting": "Troubleshooting",
    "hooks": "Hook scripts",
    "media-server": "Media server",
    "configuration": "Configuration",
    "cli": "Command line",
    "api": "API",
    "integrations": "Dashboards and monitoring",
    "security": "Security",
    "performance": "Performance",
    "scaling": "More than one machine",
    "architecture": "Architecture",
    "engine": "Engine",
    "demo": "Demo",
}
_PAGE_LINK = re.compile(r'href="(?:\./)?([\w-]+)\.md(#[\w-]+)?"')
_OTHER_LINK = re.compile(r'<a href="(?!https?://|#|/)[^"]*">(.*?)</a>')
_PICTURE = re.compile(r"<p><img [^>]*></p>|<img [^>]*>")


@router.get("/system/about")
def get_about(request: Request) -> HTMLResponse:
    app = app_of(request)
    uptime = duration((app.clock() - app.started_at).total_seconds())
    facts = [*facts_of(app), ("Running for", uptime)]
    changes = changes_of(text_of(CHANGES) or "")
    return page(
        request,
        "system/about.html",
        facts=facts,
        changes=rendered(changes, base_of(request)),
        manual=[(name, title) for name, title in TITLES.items() if text_of(name) is not None],
        project=project_links(),
    )


@router.get("/manual/{name}")
def get_manual(request: Request, name: str) -> HTMLResponse:
    """Show a page of the manual."""
    text = text_of(name) if name in TITLES or name == CHANGES else None
    if text is None:
        raise NotFound(f"The manual has no page {name!r}.")
    title = TITLES.get(name, "Changes")
    return page(
        request, "system/manual.html", title=title, text=rendered(text, base_of(request)), manual=TITLES, name=name
    )


def text_of(name: str) -> str | None:
    """Return a page as Markdown, from the package or from the checkout that runs."""
    of_checkout = CHECKOUT / ("" if name == CHANGES else "docs") / f"{name}.md"
    for path in (PACKAGED / f"{name}.md", of_checkout):
        if path.is_file():
            return path.read_text("utf-8")
    return None


def changes_of(text: str) -> str:
    """Return the newest section of the change log."""
    sections = text.split("\n## ")
    return f"## {sections[1]}" if len(sections) > 1 else text


@cache
def rendered(text: str, base: str) -> Markup:
    """Return the page as HTML. Pages link to each other; pictures and links to other files are left out."""
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    html = _PAGE_LINK.sub(lambda found: f'href="{base}/manual/{found[1]}{found[2] or ""}"', _PICTURE.sub("", html))
    return Markup(_OTHER_LINK.sub(r"\1", html))  # noqa: S704 - our own files, and the renderer lets no HTML through


def project_links() -> tuple[Link, ...]:
    """Return the pages of the project that the package names: its source, its issues."""
    named = (line.partition(", ") for line in metadata("stalkeer").get_all("Project-URL") or ())
    return tuple(Link(label, url) for label, _, url in named if url.startswith("https://"))
