"""Read the downloads that `stalkeer download` shows, and say how the queue stands."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import typer
from rich.console import Group
from rich.text import Text

from stalkeer.faces.cli.download_table import DownloadTable, ended_line, size_in_words
from stalkeer.model import FINAL_STATES

if TYPE_CHECKING:
    from stalkeer.core.downloads.overrides import Overrides
    from stalkeer.jobs.downloads.view import Shown
    from stalkeer.runtime import App

RUNNING = ["downloading", "fetched", "placed", "importing"]
WAITING = ["queued", "paused", "blocked"]
ENDED_SHOWN = 10


def read_shown(parts: App, states: list[str], limit: int, search: str) -> tuple[list[Shown], int]:
    from stalkeer.jobs.downloads.admission import explain_waiting
    from stalkeer.jobs.downloads.view import read_names
    from stalkeer.jobs.downloads.view import show as shown_of
    from stalkeer.model import DownloadState
    from stalkeer.store.downloads.downloads import DownloadFilter, count_downloads, list_downloads

    known = {state.value for state in DownloadState}
    for state in states:
        if state not in known:
            raise typer.BadParameter(
                f"{state!r} is not a state; accepted: {', '.join(sorted(known))}", param_hint="--state"
            )
    chosen = DownloadFilter(states=tuple(DownloadState(state) for state in states), search=search)
    with parts.database.connect() as connection:
        rows = list_downloads(connection, chosen, limit=limit)
        total, names = count_downloads(connection, chosen), read_names(connection)
    waiting = explain_waiting(parts.database, parts.settings, parts.clock(), [row.id for row in rows])
    return shown_of(rows, names, waiting), total


def status_document(parts: App) -> dict[str, object]:
    from stalkeer.jobs.downloads.actions import queue_overrides
    from stalkeer.store.downloads.downloads import count_by_state
    from stalkeer.store.downloads.statistics import totals

    running, _ = read_shown(parts, RUNNING, 100, "")
    waiting, _ = read_shown(parts, WAITING, 20, "")
    with parts.database.connect() as connection:
        counts = count_by_state(connection)
        sums = totals(connection)
    return {
        "running": [download.to_document() for download in running],
        "waiting": [download.to_document() for download in waiting],
        "ended": [download.to_document() for download in _read_ended(parts)],
        "counts": {state.value: count for state, count in counts.by_state.items()},
        "speed": round(sum(download.row.transfer.speed or 0 for download in running)),
        "successRate": sums.success_rate,
        "resumeRate": sums.resume_rate,
        "bytesResumed": sums.bytes_resumed,
        "overrides": queue_overrides(parts.download_queue).to_document(),
        "hasWorker": has_worker_now(parts),
    }


def _read_ended(parts: App) -> list[Shown]:
    from stalkeer.jobs.downloads.view import read_names
    from stalkeer.jobs.downloads.view import show as shown_of
    from stalkeer.store.downloads.downloads import DownloadFilter, QueueOrder, list_downloads

    chosen = DownloadFilter(states=tuple(FINAL_STATES))
    with parts.database.connect() as connection:
        rows = list_downloads(connection, chosen, order=QueueOrder.ENDED, limit=ENDED_SHOWN)
        return shown_of(rows, read_names(connection), {})


def status_group(parts: App) -> Group:
    from stalkeer.jobs.downloads.actions import queue_overrides
    from stalkeer.store.downloads.downloads import count_by_state

    running, _ = read_shown(parts, RUNNING, 100, "")
    waiting, total = read_shown(parts, WAITING, 20, "")
    with parts.database.connect() as connection:
        counts = count_by_state(connection)
    speed = sum(download.row.transfer.speed or 0 for download in running)
    summary = ", ".join(f"{count} {state.value}" for state, count in sorted(counts.by_state.items())) or "no downloads"
    lines: list[Text | DownloadTable] = [Text(f"{size_in_words(speed)}/s   {summary}")]
    overrides = queue_overrides(parts.download_queue)
    lines += [Text(line, style="magenta") for line in override_lines(overrides)]
    if not has_worker_now(parts):
        lines.append(Text("No worker is running. Start `stalkeer serve` or `stalkeer download start`.", style="yellow"))
    if running or waiting:
        lines.append(DownloadTable([*running, *waiting], len(running) + total))
    ended = _read_ended(parts)
    lines += [Text("Last ended:", style="bold")] if ended else []
    lines += [ended_line(download) for download in ended]
    return Group(*lines)


def override_lines(overrides: Overrides) -> list[str]:
    """Return the temporary pause and speed limit, a line each."""
    lines = []
    if overrides.pause is not None:
        lines.append(f"The queue is paused{_until(overrides.pause.until)}.")
    if overrides.speed is not None:
        rate = f"Limited to {size_in_words(overrides.speed.rate)}/s" if overrides.speed.rate else "No speed limit"
        lines.append(f"{rate}{_until(overrides.speed.until)}.")
    return lines


def _until(end: datetime | None) -> str:
    return " until you end it" if end is None else f" until {end.astimezone():%Y-%m-%d %H:%M}"


def has_worker_now(parts: App) -> bool:
    from stalkeer.engine.presence import has_worker

    return has_worker(parts.database, parts.paths.data_dir, parts.clock())
