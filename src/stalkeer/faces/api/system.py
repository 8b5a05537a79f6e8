"""Serve /system: the status of the program and the support bundle."""

from __future__ import annotations

import os
import platform
from datetime import datetime
from importlib.metadata import version

from fastapi import APIRouter, Response
from pydantic import StrictBool

from stalkeer.adapters.files.mounts import is_in_container
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.jobs.system.support_bundle import make_bundle

router = APIRouter(tags=["system"])


class SystemView(ApiModel):
    app_name: str
    version: str
    python_version: str
    start_time: datetime
    is_docker: StrictBool
    database_type: str
    authentication: str
    url_base: str
    data_dir: str
    process_id: int


@router.get("/system/status")
def system_status(app: CurrentApp) -> SystemView:
    """Show version, start time, database and folders."""
    return SystemView(
        app_name="Stalkeer",
        version=version("stalkeer"),
        python_version=platform.python_version(),
        start_time=app.started_at,
        is_docker=is_in_container(),
        database_type="sqLite" if app.database.is_sqlite else "postgreSQL",
        authentication=app.settings.security.mode.value,
        url_base=app.settings.server.url_base,
        data_dir=str(app.paths.data_dir),
        process_id=os.getpid(),
    )


@router.get(
    "/system/support-bundle",
    response_class=Response,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
)
def download_support_bundle(app: CurrentApp) -> Response:
    """Download a zip file for support: versions, masked settings, health, recent events and runs, logs.

    It contains no secret.
    """
    name = f"stalkeer-support-{app.clock():%Y%m%d-%H%M%S}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(make_bundle(app.bundle_subject, app.clock()), media_type="application/zip", headers=headers)
