"""Send live figures to the pages as one small document a second, by server-sent events or on request.

The database is read at most once a second for all browsers, and never without a browser.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import format_sse_event

from stalkeer.faces.web import formats
from stalkeer.faces.web.frame import app_of, free_space
from stalkeer.faces.web.states import DOWNLOADS
from stalkeer.model import DownloadState
from stalkeer.runtime import App
from stalkeer.store.downloads.downloads import DownloadFilter, count_left, list_downloads
from stalkeer.store.downloads.overrides import read_overrides
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.journal.runs import RunRow, list_runs
from stalkeer.store.system.dashboard import menu_counts, read_marks

INTERVAL_S = 1.0
MOST_ROWS = 100

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class LiveDownload:
    id: int
    percent: float | None
    done: str
    speed: str
    eta: str
    label: str


@dataclass(frozen=True)
class LiveRun:
    id: int
    percent: float | None
    message: str


@dataclass(frozen=True)
class LiveState:
    """Hold the live figures. A list is loaded again after its mark changed; the rest is written into the page."""

    counts: Mapping[str, int]
    texts: Mapping[str, str]
    marks: Mapping[str, str]
    rate: float
    downloads: tuple[LiveDownload, ...]
    runs: tuple[LiveRun, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


class LiveBoard:
    """Cache the last document."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._made_at: datetime | None = None
        self._document = ""
        self._marks = ""

    def document(self) -> str:
        with self._lock:
            now = self._app.clock()
            if self._made_at is None or now - self._made_at >= timedelta(seconds=INTERVAL_S * 0.9):
                state = read_live(self._app)
                self._document = state.to_json()
                self._marks = json.dumps(dict(state.marks))
                self._made_at = now
            return self._document

    @property
    def last_marks(self) -> str:
        """Return the marks of the last document as JSON. They are empty before the first document."""
        return self._marks


def read_live(app: App) -> LiveState:
    moving = DownloadFilter(states=(DownloadState.DOWNLOADING,))
    with app.database.connect() as connection:
        counts = menu_counts(connection)
        marks = {**asdict(read_marks(connection)), "pause": str(hash(read_overrides(connection, app.clock())))}
        rows = list_downloads(connection, moving, limit=MOST_ROWS)
        left = count_left(connection)
        open_runs = list_runs(connection, open_only=True, limit=MOST_ROWS)
    free = free_space(app.settings.directories.temp)
    return LiveState(
        counts={"queue": counts.queue, "review": counts.review, "health": counts.health},
        texts={
            "rate": formats.rate(counts.rate),
            "free": formats.size(free),
            "queue": formats.number(counts.queue),
            "left": formats.left_text(left.bytes, left.unknown, counts.rate),
        },
        marks=marks,
        rate=counts.rate,
        downloads=tuple(live_download(row) for row in rows),
        runs=tuple(live_run(row) for row in open_runs),
    )


def live_download(row: DownloadRow) -> LiveDownload:
    share = formats.percent(row.transfer.offset, row.transfer.total)
    label = {"pause": "Pausing", "cancel": "Cancelling"}.get(row.queue.intent or "", DOWNLOADS[row.state].label)
    return LiveDownload(
        id=row.id,
        percent=share,
        done=formats.done_text(row.transfer.offset, row.transfer.total),
        speed=formats.rate(row.transfer.speed),
        eta=formats.eta(row.transfer.total, row.transfer.offset, row.transfer.speed),
        label=label,
    )


def live_run(row: RunRow) -> LiveRun:
    message = (row.progress or {}).get("message", "")
    return LiveRun(row.id, formats.run_share(row.progress), str(message))


def board_of(request: Request) -> LiveBoard:
    board: LiveBoard | None = getattr(request.app.state, "live_board", None)
    if board is None:
        board = request.app.state.live_board = LiveBoard(app_of(request))
    return board


@router.get("/live.json")
def get_live(request: Request) -> JSONResponse:
    """Send the document to browsers without server-sent events and behind proxies that buffer streams."""
    return JSONResponse(json.loads(board_of(request).document()), headers={"Cache-Control": "no-store"})


@router.get("/live")
async def stream_live(request: Request) -> StreamingResponse:
    board = board_of(request)

    async def stream() -> AsyncIterator[bytes]:
        yield format_sse_event(retry=3000)
        last = ""
        quiet = 0
        while not await request.is_disconnected():
            document = await asyncio.to_thread(board.document)
            quiet += 1
            if document != last or quiet >= 15:
                last, quiet = document, 0
                yield format_sse_event(event="live", data_str=document)
            await asyncio.sleep(INTERVAL_S)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(), media_type="text/event-stream", headers=headers)
