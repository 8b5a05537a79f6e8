"""Build the frame of every page: menu, counts, theme and user."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request

from stalkeer.core.downloads.overrides import NO_OVERRIDES, Overrides
from stalkeer.faces.web.menu import MENU, MenuItem
from stalkeer.runtime import App
from stalkeer.store.downloads.overrides import read_overrides
from stalkeer.store.system.dashboard import menu_counts

THEME_COOKIE = "stalkeer_theme"
THEMES = ("dark", "light")


@dataclass(frozen=True)
class Frame:
    """Hold the frame of a page. `path` excludes the URL base; `free` is bytes on the disk of downloads."""

    base: str
    path: str
    theme: str
    user: str
    menu: tuple[MenuItem, ...]
    counts: dict[str, int]
    rate: float
    free: int | None
    overrides: Overrides = NO_OVERRIDES


def app_of(request: Request) -> App:
    """Return the running program."""
    app: App = request.app.state.app
    return app


def base_of(request: Request) -> str:
    """Return the URL base, which precedes every path behind a reverse proxy."""
    return app_of(request).settings.server.url_base


def frame_of(request: Request) -> Frame:
    """Return the frame, built once for each request."""
    known: Frame | None = getattr(request.state, "frame", None)
    if known is not None:
        return known
    app = app_of(request)
    base = base_of(request)
    with app.database.connect() as connection:
        counts = menu_counts(connection)
        overrides = read_overrides(connection, app.clock())
    theme = request.cookies.get(THEME_COOKIE, "")
    frame = Frame(
        base=base,
        path=request.url.path.removeprefix(base) or "/",
        theme=theme if theme in THEMES else THEMES[0],
        user=getattr(request.state, "user", "") or "",
        menu=MENU,
        counts={"queue": counts.queue, "review": counts.review, "health": counts.health},
        rate=counts.rate,
        free=free_space(app.settings.directories.temp),
        overrides=overrides,
    )
    request.state.frame = frame
    return frame


def free_space(folder: Path) -> int | None:
    """Return the free bytes on the disk of `folder`, or None where they are unknown."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None
