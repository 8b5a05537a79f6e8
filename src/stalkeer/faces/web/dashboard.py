"""Serve the dashboard: downloads, open work and health."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import fragment, page
from stalkeer.faces.web.volumes import volumes_of
from stalkeer.model import DownloadState
from stalkeer.runtime import App
from stalkeer.store.downloads.downloads import DownloadFilter, list_downloads
from stalkeer.store.journal.events import list_events
from stalkeer.store.system.dashboard import (
    SpeedSample,
    has_anything,
    imported_since,
    rate_history,
    source_cards,
    wanted_counts,
)
from stalkeer.store.system.health import list_findings

router = APIRouter(include_in_schema=False)
MOVING = (DownloadState.DOWNLOADING, DownloadState.FETCHED, DownloadState.PLACED, DownloadState.IMPORTING)
GRAPH_SPAN = timedelta(minutes=30)
GRAPH_STEP_S = 10


@router.get("/")
def get_dashboard(request: Request) -> HTMLResponse:
    return page(request, "dashboard.html", read_dashboard(app_of(request)))


@router.get("/dashboard/{part}")
def get_part(request: Request, part: str) -> HTMLResponse:
    """Send one panel again after its content changed."""
    known = {"now", "events", "health", "sources", "tiles"}
    template = f"dashboard/{part}.html" if part in known else "dashboard/tiles.html"
    return fragment(request, template, read_dashboard(app_of(request)))


@router.get("/rate.json")
def get_rate(request: Request) -> JSONResponse:
    """Send the speed of the last half hour for the graph: seconds since 1970 and bytes/s."""
    app = app_of(request)
    now = app.clock()
    with app.database.connect() as connection:
        samples = rate_history(connection, now - GRAPH_SPAN)
    times, rates = rate_graph(samples, now)
    return JSONResponse({"times": times, "rates": rates}, headers={"Cache-Control": "no-store"})


def rate_graph(samples: list[SpeedSample], now: datetime) -> tuple[list[int], list[int]]:
    """Add the samples of all downloads up into equal steps. A step without a sample is 0."""
    last = int(now.timestamp()) // GRAPH_STEP_S
    count = int(GRAPH_SPAN.total_seconds()) // GRAPH_STEP_S
    first = last - count
    sums = [0] * count
    for sample in samples:
        at = int(sample.at.timestamp()) // GRAPH_STEP_S - first
        if 0 <= at < count:
            sums[at] += sample.bytes
    return [(first + step) * GRAPH_STEP_S for step in range(count)], [total // GRAPH_STEP_S for total in sums]


def read_dashboard(app: App) -> dict[str, object]:
    now = app.clock()
    with app.database.connect() as connection:
        instances, sources = has_anything(connection)
        return {
            "has_instance": instances,
            "has_source": sources,
            "is_held": app.settings.schedule.hold_downloads,
            "wanted": wanted_counts(connection),
            "imported": imported_since(connection, now - timedelta(days=7)),
            "moving": list_downloads(connection, DownloadFilter(states=MOVING), limit=6),
            "events": list_events(connection, limit=9),
            "troubles": list_findings(connection),
            "sources": source_cards(connection),
            "volumes": volumes_of(app.settings),
        }
