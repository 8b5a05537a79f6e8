"""Serve System > Backup: make, download, delete and restore backups."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import FileResponse, HTMLResponse, Response

from stalkeer.faces.web.formats import size
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, done, page
from stalkeer.jobs.system.backup import (
    cancel_restore,
    delete_backup,
    find_backup,
    is_restore_staged,
    list_backups,
    make_backup,
    stage_kept,
    stage_uploaded,
)
from stalkeer.jobs.system.backup_check import CheckedBackup

router = APIRouter(include_in_schema=False)


@router.get("/system/backup")
def get_backups(request: Request) -> HTMLResponse:
    place = app_of(request).backup_place
    return page(request, "system/backup.html", backups=list_backups(place), staged=is_restore_staged(place))


@router.post("/system/backup")
def post_backup(request: Request) -> Response:
    app = app_of(request)
    backup = make_backup(app.database, app.backup_place, app.clock())
    return done(request, Toast(f"Created backup {backup.name} ({size(backup.size)})."), to="/system/backup")


@router.post("/system/backup/restore")
def post_uploaded(
    request: Request, file: Annotated[UploadFile, File()], key: Annotated[UploadFile | None, File()] = None
) -> Response:
    """Check an uploaded backup and its optional key file, and stage it to be restored at the next start."""
    chosen = key.file if key is not None and key.filename else None  # a browser also sends an empty file field
    return say_staged(request, stage_uploaded(file.file, chosen, app_of(request).backup_place))


@router.post("/system/backup/restore/cancel")
def post_cancel(request: Request) -> Response:
    cancel_restore(app_of(request).backup_place)
    return done(request, Toast("Restore cancelled. The current database is kept."), to="/system/backup")


@router.post("/system/backup/{name}/restore")
def post_kept(request: Request, name: str) -> Response:
    return say_staged(request, stage_kept(name, app_of(request).backup_place))


def say_staged(request: Request, checked: CheckedBackup) -> Response:
    text = f"The backup is valid (made by Stalkeer {checked.version}). Restart Stalkeer to restore it."
    return done(request, Toast(text, "info"), to="/system/backup")


@router.get("/system/backup/{name}")
def get_backup(request: Request, name: str) -> FileResponse:
    return FileResponse(find_backup(app_of(request).backup_place, name), media_type="application/zip", filename=name)


@router.post("/system/backup/{name}/delete")
def post_delete(request: Request, name: str) -> Response:
    delete_backup(app_of(request).backup_place, name)
    return done(request, Toast(f"Deleted {name}."), to="/system/backup")
