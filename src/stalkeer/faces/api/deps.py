"""Define the dependencies of the route handlers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from stalkeer.errors import Conflict
from stalkeer.faces.http.models import RunAccepted
from stalkeer.model import JobName
from stalkeer.runtime import App
from stalkeer.store.journal.runs import NO_OPTIONS, RunOptions


async def get_app(request: Request) -> App:
    app: App = request.app.state.app
    return app


CurrentApp = Annotated[App, Depends(get_app)]


def start_run(app: App, job: JobName, subject: str | None = None, options: RunOptions = NO_OPTIONS) -> RunAccepted:
    """Start a job in the engine of this process. Raises Conflict without one."""
    if app.engine is None:
        raise Conflict("No engine runs in this process; `stalkeer serve` has one.")
    return RunAccepted(run_id=app.engine.start(job, subject, options), job=job)
