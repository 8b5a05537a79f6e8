"""/ping and /health: whether the program lives, for containers and proxies; no key needed, nothing told."""

from __future__ import annotations

from fastapi import APIRouter, Response

from stalkeer.api.deps import CurrentApp
from stalkeer.api.models import ApiModel
from stalkeer.errors import StoreError
from stalkeer.store.database import Database

router = APIRouter(tags=["health"])


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
    """Whether each part works; 503 when one does not."""
    parts = {"database": "ok" if database_answers(app.database) else "error"}
    is_well = all(state == "ok" for state in parts.values())
    if not is_well:
        response.status_code = 503
    return HealthReport(status="ok" if is_well else "error", parts=parts)
