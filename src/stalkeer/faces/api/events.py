"""Serve /events: a stream of server-sent events. The database is read once a second for all listeners together."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import Field
from pydantic.alias_generators import to_camel

from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.methods import is_head
from stalkeer.faces.http.models import ApiModel
from stalkeer.jobs.downloads.view import Names, read_names
from stalkeer.jobs.system.rate_limits import TooManyRequests
from stalkeer.model import DownloadState
from stalkeer.runtime import App
from stalkeer.store.downloads.downloads import DownloadFilter, list_downloads
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.journal.events import EventRow, events_after, last_event_id

router = APIRouter(tags=["events"])

INTERVAL_S = 1.0
SILENCE_S = 15.0  # seconds between comments, which keep proxies from closing the stream
MOST_LISTENERS = 50
# an event of the stream, as OpenAPI 3.2 describes it
SSE_SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "event": {"type": "string"},
        "data": {"type": "string"},
        "retry": {"type": "integer"},
    },
}
MOST_EVENTS = 500  # events that are read at once; the others follow a second later
MOST_DOWNLOADS = 200
OVERLAP = 50  # PostgreSQL may commit a lower id after a higher one


class EventView(ApiModel):
    """Describe an event. The stream's `id` is `id`, its `event` is `kind`."""

    id: int
    at: datetime
    kind: str
    level: str
    message: str
    download_id: int | None
    wanted_id: int | None
    source: str | None
    instance: str | None
    data: dict[str, object] | None = Field(description="Details for programs, depending on the kind.")

    @classmethod
    def of(cls, row: EventRow, names: Names) -> EventView:
        event = row.event
        return cls(
            id=row.id,
            at=row.at,
            kind=event.kind.value,
            level=event.level.value,
            message=event.message,
            download_id=event.download_id,
            wanted_id=event.wanted_id,
            source=names.source(event.source_id),
            instance=names.instance(event.instance_id),
            data=None if event.data is None else {to_camel(name): value for name, value in event.data.items()},
        )


class DownloadProgress(ApiModel):
    id: int
    received: int
    size: int | None
    speed: int | None
    eta_seconds: int | None

    @classmethod
    def of(cls, row: DownloadRow) -> DownloadProgress:
        return cls(
            id=row.id,
            received=row.transfer.offset,
            size=row.transfer.total,
            speed=None if row.transfer.speed is None else round(row.transfer.speed),
            eta_seconds=None if row.eta_s is None else round(row.eta_s),
        )


@dataclass
class Board:
    """Hold the running downloads as last read from the database; every listener shares them."""

    app: App
    listeners: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _looked_at: float = float("-inf")
    _progress: str = "[]"

    def progress(self, now: float) -> str:
        """Return all running downloads as a JSON list that is at most a second old."""
        with self._lock:
            if now - self._looked_at >= INTERVAL_S * 0.9:
                running = DownloadFilter(states=(DownloadState.DOWNLOADING,))
                with self.app.database.connect() as connection:
                    rows = list_downloads(connection, running, limit=MOST_DOWNLOADS)
                documents = [DownloadProgress.of(row).model_dump(by_alias=True) for row in rows]
                self._progress, self._looked_at = json.dumps(documents, separators=(",", ":")), now
            return self._progress

    def events(self, after: int) -> list[EventView]:
        with self.app.database.connect() as connection:
            rows = events_after(connection, after, MOST_EVENTS)
            names = read_names(connection) if rows else Names()
        return [EventView.of(row, names) for row in rows]

    def last_id(self) -> int:
        with self.app.database.connect() as connection:
            return last_event_id(connection)


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": SSE_SCHEMA}}, "description": "The stream."}},
)
def stream_events(
    request: Request,
    app: CurrentApp,
    after: Annotated[int | None, Query(ge=0, le=2**62, description="Begin after this event id.")] = None,
    last_event_id: Annotated[
        str | None, Header(max_length=40, description="Sent by a browser that reconnects.")
    ] = None,
) -> StreamingResponse:
    """Stream every event with its id, and `progress` once a second while downloads run.

    A client that resumes with `Last-Event-ID` (or `after`) misses no event. Without either, the stream begins now. For
    a client that sends `Accept: text/event-stream`, it goes on until the client leaves. Otherwise it ends after the
    present events.
    """
    board: Board = request.app.state.__dict__.setdefault("board", Board(app))
    if board.listeners >= MOST_LISTENERS:
        raise TooManyRequests(f"{MOST_LISTENERS} listeners are connected already; close one", 30)
    start = after if after is not None else _number(last_event_id)
    is_short = is_head(request.scope) or "text/event-stream" not in request.headers.get("accept", "")
    listener = _listen(request, board, start, is_short=is_short)
    return StreamingResponse(listener, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


async def _listen(request: Request, board: Board, start: int | None, *, is_short: bool) -> AsyncIterator[bytes]:
    board.listeners += 1
    try:
        cursor = await asyncio.to_thread(board.last_id) if start is None else start
        yield format_sse_event(retry=2000)
        async for text in _follow(request, board, cursor, is_short=is_short):
            yield text
    finally:
        board.listeners -= 1


async def _follow(request: Request, board: Board, cursor: int, *, is_short: bool) -> AsyncIterator[bytes]:
    clock: Callable[[], float] = asyncio.get_running_loop().time
    shown, spoke_at = "[]", clock()
    told: deque[int] = deque(maxlen=MOST_EVENTS + OVERLAP)
    first = cursor
    while not await request.is_disconnected():
        late = max(first, cursor - OVERLAP)
        rows = [row for row in await asyncio.to_thread(board.events, late) if row.id not in told]
        told.extend(row.id for row in rows)
        cursor = max([cursor, *(row.id for row in rows)])
        if rows:  # at once, because a closed connection is noticed only between two sends
            yield b"".join(_framed(row) for row in rows)
        progress = await asyncio.to_thread(board.progress, clock())
        if progress != shown:
            shown = progress
            yield format_sse_event(event="progress", data_str=progress)
            spoke_at = clock()
        elif rows:
            spoke_at = clock()
        elif clock() - spoke_at >= SILENCE_S:
            yield format_sse_event(comment="still here")
            spoke_at = clock()
        if len(rows) < MOST_EVENTS:
            if is_short:
                return
            await asyncio.sleep(INTERVAL_S)


def _framed(event: EventView) -> bytes:
    return format_sse_event(id=str(event.id), event=event.kind, data_str=event.model_dump_json(by_alias=True))
