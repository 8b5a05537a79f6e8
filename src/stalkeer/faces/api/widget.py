"""Serve /widget: the figures of a dashboard in one flat object, as Homepage, Homarr and Home Assistant read them."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import Field

from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.api.kept import CachedAnswer
from stalkeer.faces.http.models import ApiModel
from stalkeer.jobs.system.disks import disks_of, holds_downloads
from stalkeer.runtime import App
from stalkeer.store.system.widget import read_widget

router = APIRouter(tags=["system"])


class WidgetView(ApiModel):
    wanted: int = Field(description="Items that Radarr and Sonarr want: missing, or below the cutoff.")
    missing: int
    available: int = Field(description="Wanted items with a sure match on a playlist.")
    queued: int
    downloading: int
    speed: int = Field(description="Bytes per second.")
    imported_today: int = Field(description="Downloads that were imported since midnight, in the server's time zone.")
    to_review: int = Field(description="Items whose match waits for a decision.")
    failed: int = Field(description="Downloads that failed, or that an instance refused to import.")
    disk_free: int | None = Field(description="Bytes on the fullest disk of the download folders.")
    sources_in_trouble: int = Field(description="Sources with a failed refresh, or an account that refuses.")


@router.get("/widget")
def get_widget(app: CurrentApp, request: Request) -> WidgetView:
    """Show the figures for a dashboard. They are at most ten seconds old, and a key that can only read is enough."""
    kept: CachedAnswer[WidgetView] = request.app.state.__dict__.setdefault("widget", CachedAnswer())
    now = app.clock()
    return kept.read(now, lambda: _count(app, now))


def _count(app: App, now: datetime) -> WidgetView:
    midnight = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    with app.database.connect() as connection:
        figures = read_widget(connection, midnight)
    free = [disk.free for disk in disks_of(app.settings) if disk.free is not None and holds_downloads(disk)]
    return WidgetView(**vars(figures), disk_free=min(free, default=None))
