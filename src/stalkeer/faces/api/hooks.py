"""Serve /hooks: the scripts that are set. Their command lines are never shown, and cannot be changed here."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import Field

from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, page_of_all
from stalkeer.jobs.hooks.standing import forget, read_hooks
from stalkeer.model import HookName

router = APIRouter(prefix="/hooks", tags=["hooks"])


class HookView(ApiModel):
    name: HookName
    set_on: list[str] = Field(description="The machines whose configuration sets it.")
    ready_on: list[str] = Field(description="The machines that can run its script now.")
    waiting: int = Field(description="Scripts that are due after the end of a download.")


@router.get("")
def list_hooks(app: CurrentApp, page: PageParams) -> PageOf[HookView]:
    """List the hooks, where each is set and where its script can run."""
    return page_of_all([HookView.model_validate(standing) for standing in read_hooks(app.database, app.clock())], page)


@router.delete("/{name}", status_code=204)
def forget_hook(app: CurrentApp, name: str) -> Response:
    """Forget a hook whose machines are gone, so that downloads go on without it."""
    forget(app.database, name, app.clock())
    return Response(status_code=204)
