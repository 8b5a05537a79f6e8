"""Serve /system/logs: the log files and the log level."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from pydantic import Field

from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, page_of_all
from stalkeer.jobs.system.log_files import find_log_file, list_log_files
from stalkeer.logs import LOG_NAME, current_level, open_log, set_level
from stalkeer.secrets import mask_text
from stalkeer.settings.sections.program import LogLevel

router = APIRouter(prefix="/system/logs", tags=["system"])

Name = Annotated[str, InPath(pattern=LOG_NAME.pattern, max_length=80, description="Name of a file, from the list.")]


class LogFile(ApiModel):
    name: str
    size: int
    changed_at: datetime


class LogLines(ApiModel):
    name: str
    lines: list[str] = Field(description="The last lines, oldest first.")


class LevelOfLogs(ApiModel):
    level: LogLevel


@router.get("")
def list_logs(app: CurrentApp, page: PageParams) -> PageOf[LogFile]:
    """List the log files, newest first."""
    paths = list_log_files(app.paths.logs)
    files = [LogFile(name=path.name, size=path.stat().st_size, changed_at=_changed(path)) for path in paths]
    return page_of_all(files, page)


@router.get("/level")
def get_log_level() -> LevelOfLogs:
    """Show the log level."""
    return LevelOfLogs(level=LogLevel(current_level()))


@router.put("/level")
def put_log_level(wanted: LevelOfLogs) -> LevelOfLogs:
    """Change the log level until the next start. `settings/logging` changes it permanently."""
    set_level(wanted.level)
    return wanted


@router.get("/{name}/lines")
def get_log_lines(
    app: CurrentApp,
    name: Name,
    count: Annotated[int, Query(ge=1, le=5000, description="Number of lines to show.")] = 200,
) -> LogLines:
    """Show the last lines of a log file."""
    with open_log(find_log_file(app.paths.logs, name)) as file:
        lines = deque(file, maxlen=count)
    return LogLines(name=name, lines=[mask_text(line.rstrip("\n")) for line in lines])


@router.get("/{name}", response_class=FileResponse)
def download_log(app: CurrentApp, name: Name) -> FileResponse:
    """Download a log file; a rotated one is compressed with gzip. Its secrets were masked when it was written."""
    kind = "application/gzip" if name.endswith(".gz") else "text/plain; charset=utf-8"
    return FileResponse(find_log_file(app.paths.logs, name), media_type=kind, filename=name)


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
