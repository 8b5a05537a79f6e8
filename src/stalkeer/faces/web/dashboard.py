"""Serve the dashboard: downloads, open work and health."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from stalkeer.core.downloads.rate_graph import SampleSpan, Steps, spread_samples
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import fragment, page
from stalkeer.jobs.downloads.admission import explain_waiting
from stalkeer.jobs.system.disks import disks_of
from stalkeer.jobs.system.first_run import read_setup
from stalkeer.model import DownloadState
from stalkeer.runtime import App
from stalkeer.store.downloads.downloads import DownloadFilter, count_by_state, list_downloads
from stalkeer.store.journal.events import list_events
from stalkeer.store.system.dashboard import (
    SpeedSample,
    imported_since,
    rate_history,
    read_open_jobs,
    source_cards,
    wanted_counts,
)
from stalkeer.store.system.health import list_findings

router = APIRouter(include_in_schema=False)
MOVING = (DownloadState.DOWNLOADING, DownloadState.FETCHED, DownloadState.PLACED, DownloadState.IMPORTING)
GRAPH_SPAN = timedelta(minutes=30)
GRAPH_STEP_S = 10
WAITING_SHOWN = 3
SAMPLE_PATIENCE = timedelta(seconds=30)


@router.get("/")
def get_dashboard(request: Request) -> HTMLResponse:
    return page(request, "dashboard.html", read_dashboard(app_of(request)))


@router.get("/dashboard/{part}")
def get_part(request: Request, part: str) -> HTMLResponse:
    """Send one panel again after its content changed."""
    known = {"state", "now", "events", "health", "sources", "tiles"}
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
    """Add the samples of all downloads up into equal steps. A step without a sample is 0.

    The graph ends at the newest sample while downloads run: the seconds after it are not known yet.
    """
    until = samples[-1].at if samples and now - samples[-1].at < SAMPLE_PATIENCE else now
    count = int(GRAPH_SPAN.total_seconds()) // GRAPH_STEP_S
    first = (int(until.timestamp()) // GRAPH_STEP_S - count) * GRAPH_STEP_S
    spans = (SampleSpan(sample.at.timestamp(), sample.seconds, sample.bytes) for sample in samples)
    sums = spread_samples(spans, Steps(first, GRAPH_STEP_S, count))
    return [first + step * GRAPH_STEP_S for step in range(count)], [round(total / GRAPH_STEP_S) for total in sums]


def read_dashboard(app: App) -> dict[str, object]:
    now = app.clock()
    with app.database.connect() as connection:
        by_state = count_by_state(connection).by_state
        waiting = list_downloads(connection, DownloadFilter(states=(DownloadState.QUEUED,)), limit=WAITING_SHOWN)
        return {
            "setup": read_setup(connection, app.settings),
            "is_held": app.settings.schedule.hold_downloads,
            "wanted": wanted_counts(connection),
            "imported": imported_since(connection, now - timedelta(days=7)),
            "moving": list_downloads(connection, DownloadFilter(states=MOVING), limit=6),
            "waiting": waiting,
            "reasons": explain_waiting(app.database, app.settings, now, [row.id for row in waiting]),
            "by_state": by_state,
            "active": sum(by_state.get(state, 0) for state in MOVING),
            "jobs_now": read_open_jobs(connection),
            "events": list_events(connection, limit=9),
            "troubles": list_findings(connection),
            "sources": source_cards(connection),
            "volumes": disks_of(app.settings),
        }
