"""Serve /ping and /health, which tell containers and proxies whether the program works.

They need no key and show no details.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

from fastapi import APIRouter, Response
from pydantic import Field

from stalkeer.engine.presence import has_worker
from stalkeer.errors import StoreError
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, page_of_all
from stalkeer.runtime import App
from stalkeer.store.downloads.workers import database_now, live_workers
from stalkeer.store.system.health import HealthRow, list_findings

T = TypeVar("T")
QUICK_S = 2.0  # seconds for a query of the database: containers wait ten seconds for the whole answer
MOST_LOOKS = 4
LEAST_FREE = 10_000_000  # bytes that the database needs for any write
LONGEST_WRITE = timedelta(seconds=15)

router = APIRouter(tags=["health"])
findings_router = APIRouter(tags=["health"])


class Pong(ApiModel):
    status: str


class HealthView(ApiModel):
    """Describe the health. `status` is `ok` only when every part is `ok`."""

    status: str
    parts: dict[str, str]


@router.get("/ping", responses={500: {"model": Pong}})
async def ping(app: CurrentApp, response: Response) -> Pong:
    """Tell whether the program answers and reaches its database."""
    if await run_beside(lambda: app.database.answers(QUICK_S)):
        return Pong(status="OK")
    response.status_code = 500
    return Pong(status="Error")


@router.get("/health", responses={503: {"model": HealthView}})
async def health(app: CurrentApp, response: Response) -> HealthView:
    """Tell whether each part works: the database, the worker, the data folder. 503 when one does not."""
    parts = await run_beside(lambda: states_of_parts(app))
    is_well = all(state == "ok" for state in parts.values())
    if not is_well:
        response.status_code = 503
    return HealthView(status="ok" if is_well else "error", parts=parts)


async def run_beside(look: Callable[[], T]) -> T:
    """Run the check in a separate small thread pool: all other threads may be waiting for a locked database."""
    return await asyncio.get_running_loop().run_in_executor(_looks(), look)


@cache
def _looks() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_LOOKS, "health")


def states_of_parts(app: App) -> dict[str, str]:
    answers = app.database.answers(QUICK_S)
    works = {
        "database": answers and (app.engine is None or _was_written(app) or app.database.takes_writes(QUICK_S)),
        "worker": app.engine is None or (answers and _is_worked(app)),
        "data": _has_room(app.paths.data_dir),
    }
    return {part: "ok" if is_well else "error" for part, is_well in works.items()}


def _has_room(folder: Path) -> bool:
    """Tell whether the folder can be written: it exists, is not read-only, and its disk is not full."""
    try:
        return os.access(folder, os.W_OK | os.X_OK) and shutil.disk_usage(folder).free >= LEAST_FREE
    except OSError:
        return False


def _was_written(app: App) -> bool:
    """Tell whether a worker wrote its heartbeat lately. A refresh may hold the lock of SQLite for seconds."""
    try:
        with app.database.connect() as connection:
            return bool(live_workers(connection, database_now(connection, app.clock()), LONGEST_WRITE))
    except StoreError:
        return False


def _is_worked(app: App) -> bool:
    try:
        return has_worker(app.database, app.paths.data_dir, app.clock())
    except StoreError:
        return False


class FindingView(ApiModel):
    """Describe a fault and its fix."""

    check: str
    subject: str
    level: str = Field(description="`info`, `warning` or `error`.")
    message: str
    fix: str
    since: datetime
    checked_at: datetime

    @classmethod
    def of(cls, row: HealthRow) -> FindingView:
        return cls(**vars(row.finding), since=row.since, checked_at=row.checked_at)


@findings_router.get("/health")
def list_health_findings(app: CurrentApp, page: PageParams) -> PageOf[FindingView]:
    """List the findings of the health checks, errors first."""
    with app.database.connect() as connection:
        return page_of_all([FindingView.of(row) for row in list_findings(connection)], page)


@findings_router.post("/health/check")
def check_health_now(app: CurrentApp, page: PageParams) -> PageOf[FindingView]:
    """Run the health checks now and return their findings."""
    app.check_health()
    return list_health_findings(app, page)
