"""/ping and /health: whether the program lives, for containers and proxies; no key needed, nothing told."""

from __future__ import annotations

import os
from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import Field

from stalkeer.engine.presence import has_worker
from stalkeer.errors import StoreError
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.runtime import App
from stalkeer.store.db.database import Database
from stalkeer.store.system.health import HealthRow, list_findings

router = APIRouter(tags=["health"])
findings_router = APIRouter(tags=["health"])


class Pong(ApiModel):
    status: str


class HealthReport(ApiModel):
    """`status` is `ok` only when every part is."""

    status: str
    parts: dict[str, str]


def database_answers(database: Database) -> bool:
    try:
        with database.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except StoreError:
        return False
    return True


@router.get("/ping", responses={500: {"model": Pong}})
@router.head("/ping", include_in_schema=False)
def ping(app: CurrentApp, response: Response) -> Pong:
    """Whether the program answers and reaches its database."""
    if database_answers(app.database):
        return Pong(status="OK")
    response.status_code = 500
    return Pong(status="Error")


@router.get("/health", responses={503: {"model": HealthReport}})
@router.head("/health", include_in_schema=False)
def health(app: CurrentApp, response: Response) -> HealthReport:
    """Whether each part works - the database, who does the work, the data folder; 503 when one does not."""
    parts = {"database": "ok" if database_answers(app.database) else "error"}
    parts["worker"] = "ok" if app.engine is None or _is_worked(app) else "error"
    parts["data"] = "ok" if os.access(app.paths.data_dir, os.W_OK | os.X_OK) else "error"
    is_well = all(state == "ok" for state in parts.values())
    if not is_well:
        response.status_code = 503
    return HealthReport(status="ok" if is_well else "error", parts=parts)


def _is_worked(app: App) -> bool:
    try:
        return has_worker(app.database, app.paths.data_dir, app.clock())
    except StoreError:
        return False


class FindingView(ApiModel):
    """One thing that is wrong, and what to do."""

    check: str
    subject: str
    level: str = Field(description="`warning` or `error`.")
    message: str
    fix: str
    since: datetime
    checked_at: datetime

    @classmethod
    def of(cls, row: HealthRow) -> FindingView:
        return cls(**vars(row.finding), since=row.since, checked_at=row.checked_at)


@findings_router.get("/health")
def list_health_findings(app: CurrentApp) -> list[FindingView]:
    """What the health checks found; errors first."""
    with app.database.connect() as connection:
        return [FindingView.of(row) for row in list_findings(connection)]


@findings_router.post("/health/check")
def check_health_now(app: CurrentApp) -> list[FindingView]:
    """Run the health checks now and answer what they found."""
    app.check_health()
    return list_health_findings(app)
