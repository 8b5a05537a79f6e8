"""Serve /doctor: find problems with folders before an import fails."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field, StrictBool

from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.jobs.health.instances import look_through_instances
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.library.doctor import FolderCheck, Move

router = APIRouter(prefix="/doctor", tags=["instances"])


class Mapping(ApiModel):
    local: str
    remote: str


class Root(ApiModel):
    path: str
    move: Move
    free_bytes: int | None
    minimum_free_bytes: int
    problems: tuple[str, ...]


class PathsToCheck(ApiModel):
    instance: str | None = Field(None, max_length=80, description="Only this Radarr or Sonarr.")


EVERY_INSTANCE = PathsToCheck()


class PathCheck(ApiModel):
    instance: str
    folder: str
    ok: StrictBool
    remote: str | None
    proposed_mapping: Mapping | None
    roots: tuple[Root, ...]
    problems: tuple[str, ...]
    advice: tuple[str, ...]


class PathReport(ApiModel):
    ok: StrictBool
    checks: list[PathCheck]


@router.post("/paths")
def check_paths(app: CurrentApp, wish: PathsToCheck = EVERY_INSTANCE) -> PathReport:
    """Write a test file into each folder, and ask every instance whether it sees the file.

    The answer says what to change.
    """
    report = look_through_instances(app.arrs, app.settings.directories, QuietRun(), wish.instance)
    return PathReport(ok=report.is_good, checks=[_shown(check) for check in report.checks])


def _shown(check: FolderCheck) -> PathCheck:
    return PathCheck(
        instance=check.instance,
        folder=check.folder,
        ok=check.is_good,
        remote=check.remote,
        proposed_mapping=Mapping.model_validate(check.mapping) if check.mapping else None,
        roots=tuple(Root.model_validate(root) for root in check.roots),
        problems=check.problems,
        advice=check.advice,
    )
