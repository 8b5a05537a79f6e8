"""What surrounds every page: menu, counts, theme, who is logged in."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request

from stalkeer.faces.web.menu import MENU, Item
from stalkeer.runtime import App
from stalkeer.store.system.dashboard import MenuCounts, menu_counts

THEME_COOKIE = "stalkeer_theme"
THEMES = ("dark", "light")


@dataclass(frozen=True)
class Frame:
    """`path` is the page's own path, without the URL base; `free` is bytes on the disk of downloads."""

    base: str
    path: str
    theme: str
    user: str
    menu: tuple[Item, ...]
    counts: dict[str, int]
    rate: float
    free: int | None


def app_of(request: Request) -> App:
    """What the program runs with."""
    app: App = request.app.state.app
    return app


def base_of(request: Request) -> str:
    """The path in front of every URL of ours, behind a reverse proxy."""
    return app_of(request).settings.server.url_base


def frame_of(request: Request) -> Frame:
    """Read once a request; a page and its toasts share it."""
    known: Frame | None = getattr(request.state, "frame", None)
    if known is not None:
        return known
    app = app_of(request)
    base = base_of(request)
    counts = read_counts(app)
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
    )
    request.state.frame = frame
    return frame


def read_counts(app: App) -> MenuCounts:
    with app.database.connect() as connection:
        return menu_counts(connection)


def free_space(folder: Path) -> int | None:
    """Bytes free where `folder` is or will be; None where that cannot be told."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None
