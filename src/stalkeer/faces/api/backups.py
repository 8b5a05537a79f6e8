"""Serve /system/backup: make, list, download and restore backups."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from pydantic import Field, StrictBool

from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, page_of_all
from stalkeer.jobs.system.backup import (
    NAME,
    Backup,
    cancel_restore,
    delete_backup,
    find_backup,
    list_backups,
    make_backup,
    stage_kept,
    stage_uploaded,
)
from stalkeer.jobs.system.backup_check import CheckedBackup

router = APIRouter(prefix="/system/backup", tags=["system"])

Name = Annotated[str, InPath(pattern=NAME.pattern, max_length=80, description="Name of a backup, from the list.")]


class BackupView(ApiModel):
    name: str
    size: int
    made_at: datetime
    has_key: StrictBool = Field(description="Whether its key file is there.")

    @classmethod
    def of(cls, backup: Backup) -> BackupView:
        return cls(name=backup.name, size=backup.size, made_at=backup.made_at, has_key=backup.has_key)


class RestoreStaged(ApiModel):
    version: str = Field(description="Version of Stalkeer that made the backup.")
    revision: str
    message: str

    @classmethod
    def of(cls, checked: CheckedBackup) -> RestoreStaged:
        message = "The backup is checked and will be restored at the next start; restart Stalkeer now"
        return cls(version=checked.version, revision=checked.revision, message=message)


@router.get("")
def list_all_backups(app: CurrentApp, page: PageParams) -> PageOf[BackupView]:
    """List the backups, newest first."""
    return page_of_all([BackupView.of(backup) for backup in list_backups(app.backup_place)], page)


@router.post("", status_code=201)
def make_backup_now(app: CurrentApp) -> BackupView:
    """Make a backup now."""
    return BackupView.of(make_backup(app.database, app.backup_place, app.clock()))


@router.post("/restore", status_code=202)
def restore_uploaded_backup(
    app: CurrentApp,
    file: Annotated[UploadFile, File(description="The backup's zip.")],
    key: Annotated[UploadFile | None, File(description="The .key file of the backup.")] = None,
) -> RestoreStaged:
    """Check an uploaded backup and restore it at the next start.

    Without its key file, stored credentials must be entered again, and the API key is replaced.
    """
    return RestoreStaged.of(stage_uploaded(file.file, key.file if key is not None else None, app.backup_place))


@router.delete("/restore", status_code=204)
def cancel_staged_restore(app: CurrentApp) -> None:
    """Cancel the restore that waits for the next start. Without one, nothing happens."""
    cancel_restore(app.backup_place)


@router.post("/{name}/restore", status_code=202)
def restore_kept_backup(app: CurrentApp, name: Name) -> RestoreStaged:
    """Restore a backup of the list at the next start."""
    return RestoreStaged.of(stage_kept(name, app.backup_place))


@router.get("/{name}", response_class=FileResponse)
def download_backup(app: CurrentApp, name: Name) -> FileResponse:
    """Download the zip file. It does not contain the key of stored credentials."""
    return FileResponse(find_backup(app.backup_place, name), media_type="application/zip", filename=name)


@router.delete("/{name}", status_code=204)
def remove_backup(app: CurrentApp, name: Name) -> None:
    """Delete a backup and its key file."""
    delete_backup(app.backup_place, name)
