"""Serve the statistics of downloads and sources."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import page
from stalkeer.store.downloads.statistics import rates, scorecards, totals

router = APIRouter(include_in_schema=False)
SPANS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


@router.get("/statistics")
def get_statistics(request: Request, span: str = "week") -> HTMLResponse:
    app = app_of(request)
    span = span if span in SPANS else "week"
    with app.database.connect() as connection:
        sums = totals(connection)
        cards = scorecards(connection, app.clock() - SPANS["month"])
    today = app.clock().date().isoformat()
    return page(request, "statistics.html", totals=sums, cards=cards, span=span, spans=tuple(SPANS), today=today)


@router.get("/statistics/{kind}.json")
def get_graph(request: Request, kind: str, span: str = "week") -> JSONResponse:
    """Send a graph. `speed` has the average bytes/s of each step, `volume` the bytes of each day."""
    app = app_of(request)
    until = app.clock()
    length = SPANS.get(span, SPANS["week"])
    points = max(1, length.days) if kind == "volume" else 120
    since = until - length
    if kind == "volume":  # whole days, the last one ends tonight
        until = until.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        since = until - length
    with app.database.connect() as connection:
        found = rates(connection, since, until, points)
    step_s = length.total_seconds() / points
    values = [round(point.rate * (step_s if kind == "volume" else 1)) for point in found]
    return JSONResponse({"times": [int(point.at.timestamp()) for point in found], "rates": values})
