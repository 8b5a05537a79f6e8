"""Serve the webhook of an instance: register, test, repair and remove it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from stalkeer.errors import StalkeerError
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, done
from stalkeer.jobs.library.webhooks import connect_webhook, disconnect_webhook, test_webhook

router = APIRouter(include_in_schema=False)


def our_address(request: Request) -> str:
    """Return our address as this browser uses it, to be proposed; an instance may need another."""
    server = app_of(request).settings.server
    return server.public_url or f"{request.state.origin.scheme}://{request.state.origin.host}{server.url_base}"


def register_with(request: Request, slug: str, url: str) -> str:
    """Register our webhook after an instance was added. Return what went wrong; empty where nothing did."""
    try:
        connect_webhook(app_of(request).arrs, slug, url or our_address(request))
    except StalkeerError as error:
        return str(error)
    return ""


@router.post("/settings/instances/{slug}/webhook")
def post_webhook(request: Request, slug: str, url: Annotated[str, Form()] = "") -> Response:
    """Register the webhook, or repair it: the present one gets this address and a new secret."""
    connect_webhook(app_of(request).arrs, slug, url.strip() or our_address(request))
    return done(request, Toast(f"{slug} sends its events now."), to=f"/settings/instances/{slug}")


@router.post("/settings/instances/{slug}/webhook/test")
def post_webhook_test(request: Request, slug: str) -> Response:
    test_webhook(app_of(request).arrs, slug)
    return done(request, Toast(f"{slug} reached Stalkeer."))


@router.post("/settings/instances/{slug}/webhook/remove")
def post_webhook_remove(request: Request, slug: str) -> Response:
    was_there = disconnect_webhook(app_of(request).arrs, slug)
    text = "The webhook is removed." if was_there else "The instance had no webhook of Stalkeer."
    return done(request, Toast(text), to=f"/settings/instances/{slug}")
