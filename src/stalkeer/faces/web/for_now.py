"""Pause the queue or limit its speed for a while, from the top bar of every page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.core.downloads.overrides import MOST_MINUTES, span_of
from stalkeer.errors import InvalidInput
from stalkeer.faces.web.formats import duration
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, done, fragment
from stalkeer.jobs.downloads.actions import end_speed_limit, limit_speed, pause_queue, queue_overrides, resume_queue
from stalkeer.settings.units import parse_size

router = APIRouter(include_in_schema=False)

Minutes = Annotated[int | None, Form(ge=1, le=MOST_MINUTES)]


@router.get("/queue/for-now")
def get_for_now(request: Request) -> HTMLResponse:
    return fragment(request, "parts/for_now.html", overrides=queue_overrides(app_of(request).download_queue))


@router.post("/queue/pause")
def post_pause(request: Request, minutes: Minutes = None) -> Response:
    """Pause the queue for some minutes, or without them until it is resumed."""
    pause_queue(app_of(request).download_queue, span_of(minutes))
    span = "until you resume it" if minutes is None else f"for {duration(minutes * 60)}"
    return done(request, Toast(f"The queue is paused {span}."), changed="queue,pause")


@router.post("/queue/resume")
def post_resume(request: Request) -> Response:
    resume_queue(app_of(request).download_queue)
    return done(request, Toast("The queue is resumed."), changed="queue,pause")


@router.post("/queue/speed")
def post_speed(request: Request, rate: Annotated[str, Form()], minutes: Minutes = None) -> Response:
    """Limit the speed of all downloads for a while; `rate` as `5MB`, 0 for unlimited."""
    try:
        size = parse_size(rate)
    except ValueError as error:
        raise InvalidInput(f"{rate!r} {error}") from None
    limit_speed(app_of(request).download_queue, size, span_of(minutes))
    span = "until you end it" if minutes is None else f"for {duration(minutes * 60)}"
    return done(request, Toast(f"{'Limited' if size else 'No speed limit'} {span}."), changed="queue,pause")


@router.post("/queue/speed/end")
def post_end_speed(request: Request) -> Response:
    end_speed_limit(app_of(request).download_queue)
    return done(request, Toast("The usual speed limit applies again."), changed="queue,pause")
