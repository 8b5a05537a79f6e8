"""Serve /webhooks, to which Radarr and Sonarr send their events.

Each webhook has its own secret and needs no API key.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.problems import problem_answers
from stalkeer.jobs.library.webhooks import check_webhook, receive_event
from stalkeer.jobs.wanted.scan import scan_subject
from stalkeer.model import JobName
from stalkeer.store.library.instances import InstanceRow

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"], responses=problem_answers(404, 413, 422))
_basic = HTTPBasic(auto_error=False, description="User `stalkeer`, the webhook's secret as password.")


class EventReceived(ApiModel):
    """Acknowledge an event. `run` is the scan that it started, if any."""

    event: str
    run: int | None = None


Login = Annotated[HTTPBasicCredentials | None, Depends(_basic)]


def find_sender(app: CurrentApp, name: str, login: Login) -> InstanceRow:
    if login is None:
        raise HTTPException(401, "The webhook's secret is needed as basic auth", {"WWW-Authenticate": "Basic"})
    return check_webhook(app.arrs, name, login.password)


def find_sender_by_path(app: CurrentApp, name: str, secret: str) -> InstanceRow:
    return check_webhook(app.arrs, name, secret)


async def read_body(request: Request) -> bytes:
    return await request.body()


# this dependency comes before the body in every signature, so that the body of a stranger is not read
Sender = Annotated[InstanceRow, Depends(find_sender)]
SenderByPath = Annotated[InstanceRow, Depends(find_sender_by_path)]
Body = Annotated[bytes, Depends(read_body)]


@router.post("/{name}")
@router.put("/{name}", operation_id="replaceWebhookEvent")
def receive_webhook(app: CurrentApp, sender: Sender, body: Body) -> EventReceived:
    """Receive an event of an instance, with its secret as basic auth. `stalkeer arr connect` adds this webhook."""
    return _take(app, sender, body)


@router.post("/{name}/{secret}")
@router.put("/{name}/{secret}", operation_id="replaceWebhookEventWithSecret")
def receive_webhook_with_secret(app: CurrentApp, sender: SenderByPath, body: Body) -> EventReceived:
    """Receive an event with the secret in the path, for a webhook that was entered by hand."""
    return _take(app, sender, body)


def _take(app: CurrentApp, row: InstanceRow, body: bytes) -> EventReceived:
    received = receive_event(app.arrs, row, body)
    if (received.cancelled or received.is_grab) and app.engine is not None:
        if received.unproven_import:
            app.engine.note_reported_import(received.unproven_import)
        app.engine.wake()  # so that a cancelled download stops at once, and a confirmed import is completed at once
    run = None
    if received.scan_item is not None and app.engine is not None:
        run = app.engine.start(JobName.SCAN, scan_subject(app.database, received.instance, received.scan_item))
    return EventReceived(event=received.kind.value, run=run)
