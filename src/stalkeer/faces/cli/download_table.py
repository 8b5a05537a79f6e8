"""Print downloads as a table, as sentences, and as the results of actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from stalkeer.jobs.downloads.queue import QueueReport
    from stalkeer.jobs.downloads.view import Shown
    from stalkeer.store.downloads.actions import ActionResult


@dataclass(frozen=True)
class DownloadTable:
    """Print a line for each download, with the reason for waiting or the error below it."""

    shown: Sequence[Shown]
    total: int

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        cells = [_cells(download) for download in self.shown]
        columns = _columns(cells, options.max_width)
        yield _line([column.header for column in COLUMNS], columns, style="bold")
        for download, row in zip(self.shown, cells, strict=True):
            yield _line(row, columns)
            if remark := _remark(download):
                yield Padding(Text(remark, style="dim", overflow="fold"), (0, 0, 0, COLUMNS[0].width + 1))
        if self.total > len(self.shown):
            yield Text(f"{self.total - len(self.shown)} more; use --limit to list them", style="dim italic")


def _remark(download: Shown) -> str:
    until = download.waiting.until if download.waiting is not None else None
    return download.remark if until is None else f"{download.remark}, until {until.astimezone():%Y-%m-%d %H:%M:%S}"


def _columns(cells: Sequence[Sequence[object]], width: int) -> list[int]:
    """Choose the columns that have values. On a narrow terminal leave some out for the title."""
    chosen = [n for n, column in enumerate(COLUMNS) if column.is_always or any(row[n] for row in cells)]
    for spare in sorted(chosen, key=lambda n: COLUMNS[n].is_always):
        left = width - sum(COLUMNS[n].width + 1 for n in chosen)
        if left >= LEAST_TITLE or COLUMNS[spare].is_always:
            break
        chosen.remove(spare)
    return chosen


def _cells(download: Shown) -> list[str | Text | ProgressBar]:
    row = download.row
    return [
        str(row.id),
        Text(row.identity.title, overflow="fold"),
        Text(row.state.value, style=COLOURS.get(row.state.value, "")),
        "" if download.share is None else ProgressBar(total=1.0, completed=download.share, width=BAR),
        "" if row.transfer.total is None else size_in_words(row.transfer.total),
        "" if not row.transfer.speed else f"{size_in_words(row.transfer.speed)}/s",
        "" if row.eta_s is None else span_in_words(row.eta_s),
    ]


def _line(cells: Sequence[str | Text | ProgressBar], columns: Sequence[int], style: str = "") -> Table:
    """Return a table with a single row. Equal widths align the rows, and remarks fit between them."""
    line = Table.grid(padding=(0, 1), pad_edge=False, expand=True)
    for number in columns:
        column = COLUMNS[number]
        line.add_column(width=column.width or None, ratio=None if column.width else 1)
    line.add_row(*(cells[number] for number in columns), style=style)
    return line


class TableColumn(NamedTuple):
    """Describe a column. The column without a width takes the remaining space."""

    header: str
    width: int
    is_always: bool = False


BAR = 10
LEAST_TITLE = 16
COLUMNS = (
    TableColumn("ID", 5, is_always=True),
    TableColumn("Title", 0, is_always=True),
    TableColumn("Status", 11, is_always=True),
    TableColumn("", BAR),
    TableColumn("Size", 8),
    TableColumn("Speed", 10),
    TableColumn("Time left", 9),
)
COLOURS = {
    "downloading": "cyan",
    "importing": "cyan",
    "completed": "green",
    "failed": "red",
    "blocked": "yellow",
    "paused": "magenta",
}


def ended_line(download: Shown) -> Text:
    """Return the result of an ended download: its file, or its error."""
    outcome, state = download.row.outcome, download.row.state.value
    fate = outcome.final_path or outcome.placed_path if state == "completed" else outcome.error
    at = (outcome.finished_at or download.row.updated_at).astimezone()
    line = Text(f"{at:%m-%d %H:%M} {download.row.id:>5} {download.row.identity.title}: ")
    return line.append(state, style=COLOURS.get(state, "")).append(f", {fate}" if fate else "")


def size_in_words(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError


def span_in_words(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def render_queued(console: Console, report: QueueReport) -> None:
    verb = "would be queued" if report.is_dry_run else "queued"
    count = len(report.planned) if report.is_dry_run else len(report.queued)
    console.print(f"{count} {verb}, {report.already} already in the queue, {report.resting} waiting after a failure")
    if report.refused:
        console.print(f"{len(report.refused)} have no acceptable release:", style="yellow")
    for refusal in report.refused[:10]:
        console.print(f"  {refusal.title}: {'; '.join(refusal.reasons)}", style="yellow", markup=False, highlight=False)
    for planned in report.planned[:50]:
        console.print(f"  {planned.first.title}: {planned.first.entry_name}", markup=False, highlight=False)


def render_one(console: Console, document: dict[str, object]) -> None:
    table = Table(box=None, show_header=False)
    for name, value in document.items():
        if value not in (None, "", []):
            table.add_row(name, Text(_in_words(value), overflow="fold"))
    console.print(table)


def _in_words(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone():%Y-%m-%d %H:%M:%S}"
    if isinstance(value, dict):
        return "\n".join(f"{name}: {_in_words(part)}" for name, part in value.items() if part not in (None, "", [], {}))
    if isinstance(value, list | tuple):
        return (
            "\n".join(map(_in_words, value))
            if any(isinstance(part, dict) for part in value)
            else ", ".join(map(str, value))
        )
    return str(value)


def render_results(console: Console, results: list[ActionResult]) -> None:
    words = {"done": "done", "asked": "stopping in a moment", "nothing": "nothing to do"}
    for result in results:
        text = words.get(result.outcome, result.reason)
        text += f", as download {result.made}" if result.made is not None else ""
        console.print(f"{result.download_id}: {text}", markup=False, highlight=False)
    if not results:
        console.print("No downloads.")
