"""`stalkeer download`: queue what was found, watch it, steer it. Every command works beside a running `serve`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import typer
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from stalkeer.faces.cli.output import ExitCode, context_app, emit, fail_with, invocation, note

if TYPE_CHECKING:
    from stalkeer.core.downloads.states import Part
    from stalkeer.jobs.downloads.actions import Verb
    from stalkeer.jobs.downloads.queue import QueueReport
    from stalkeer.jobs.downloads.view import Shown
    from stalkeer.model import DownloadId
    from stalkeer.runtime import App
    from stalkeer.store.downloads.actions import ActionResult

app = typer.Typer(no_args_is_help=True, help="Queue, watch and steer downloads.")

IDS = typer.Argument(None, metavar="ID...", help="Downloads by number; see `stalkeer download list`.")
ALL = typer.Option(False, "--all", help="All that are in a state where this makes sense.")


@app.command()
def start(
    context: typer.Context,
    limit: int | None = typer.Option(None, min=1, help="Queue at most so many."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would be queued; queue nothing."),
    detach: bool = typer.Option(False, "--detach", help="Queue only; do not wait for the downloads."),
) -> None:
    """Queue the confirmed matches and download them.

    Where `serve` or a worker runs, it does the work; else this command does, until the queue is empty.

    Example: stalkeer download start --limit 10
    """
    from stalkeer.jobs.downloads.queue import QueueOptions, QueueRules, plan_queue, queue_confirmed

    parts = context_app(context)
    rules, options = QueueRules.of(parts.settings), QueueOptions(limit)
    if dry_run:
        with parts.database.connect() as connection:
            report = plan_queue(connection, parts.clock(), rules, options)
    else:
        report = queue_confirmed(parts.database, parts.clock, rules, options)
        if not detach and not _has_worker(parts):
            note(context, "No worker runs: downloading here until the queue is empty. Ctrl-C stops; nothing is lost.")
            _work(parts, shows=not (invocation(context).json or invocation(context).quiet))
    emit(context, report.to_document(), lambda console: _render_queued(console, report))


@app.command("list")
def list_(
    context: typer.Context,
    state: list[str] = typer.Option([], "--state", "-s", help="Only these states; may be given several times."),
    limit: int = typer.Option(50, min=1, max=1000, help="At most so many."),
    search: str = typer.Option("", help="Only titles that contain this."),
) -> None:
    """List downloads in the order in which they start.

    Example: stalkeer download list --state failed
    """
    shown, total = _read(context_app(context), state, limit, search)
    document = {"downloads": [one.to_document() for one in shown], "total": total}
    emit(context, document, lambda console: console.print(Listing(shown, total)))


@app.command()
def status(
    context: typer.Context,
    watch: bool = typer.Option(False, "--watch", "-w", help="Keep the table up to date until Ctrl-C."),
    interval: float = typer.Option(1.0, min=0.2, help="Seconds between two looks."),
) -> None:
    """Show what runs, what waits and why, and the speed.

    Example: stalkeer download status --watch
    """
    parts = context_app(context)
    if watch and not invocation(context).json:
        with Live(_status(parts), refresh_per_second=4) as live:
            while True:
                time.sleep(interval)
                live.update(_status(parts))
    document = _status_document(parts)
    emit(context, document, lambda console: console.print(_status(parts)))


@app.command()
def show(context: typer.Context, download: int = typer.Argument(help="Its number.")) -> None:
    """Show one download with all that is known of it.

    Example: stalkeer download show 12 --json
    """
    from stalkeer.jobs.downloads.admission import explain_waiting
    from stalkeer.jobs.downloads.view import Shown
    from stalkeer.store.downloads.downloads import get_download

    parts = context_app(context)
    with parts.database.connect() as connection:
        row = get_download(connection, _id(download))
    waiting = explain_waiting(parts.database, parts.settings, parts.clock()).get(row.id)
    document = Shown(row, waiting).to_document()
    emit(context, document, lambda console: _render_one(console, document))


@app.command("log")
def log_(context: typer.Context, download: int = typer.Argument(help="Its number.")) -> None:
    """Tell the story of one download: what happened to it and what was logged about it.

    Example: stalkeer download log 12
    """
    from stalkeer.jobs.downloads.view import read_story

    parts = context_app(context)
    story = read_story(parts.database, parts.paths.logs, _id(download))

    def render(console: Console) -> None:
        for line in story:
            at = line.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
            style = {"warning": "yellow", "error": "red"}.get(line.level, "")
            console.print(f"{at}  {line.kind:<22} {line.text}", style=style, markup=False, highlight=False)

    emit(context, {"download": download, "log": [line.to_document() for line in story]}, render)


@app.command()
def pause(context: typer.Context, ids: list[int] = IDS, all_: bool = ALL) -> None:
    """Pause downloads; what they have is kept.

    Example: stalkeer download pause 12 13
    """
    from stalkeer.jobs.downloads.actions import Verb

    _act(context, Verb.PAUSE, ids, everything=all_)


@app.command()
def resume(context: typer.Context, ids: list[int] = IDS, all_: bool = ALL) -> None:
    """Let paused downloads go on.

    Example: stalkeer download resume --all
    """
    from stalkeer.jobs.downloads.actions import Verb

    _act(context, Verb.RESUME, ids, everything=all_)


@app.command()
def cancel(
    context: typer.Context,
    ids: list[int] = IDS,
    all_: bool = ALL,
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask before cancelling all."),
    keep_partial: bool = typer.Option(False, "--keep-partial", help="Keep what they have: a retry goes on from there."),
) -> None:
    """Cancel downloads and remove what they have.

    Example: stalkeer download cancel 12 --keep-partial
    """
    from stalkeer.core.downloads.states import Part
    from stalkeer.jobs.downloads.actions import Verb

    if all_ and not yes and not invocation(context).json:
        typer.confirm("Cancel every download that is not finished?", abort=True)
    _act(context, Verb.CANCEL, ids, everything=all_, part=Part.KEEP if keep_partial else Part.REMOVE)


@app.command()
def retry(context: typer.Context, ids: list[int] = IDS, all_: bool = ALL) -> None:
    """Try failed, cancelled or refused downloads again; those that wait after a failure start at once.

    Example: stalkeer download retry --all
    """
    from stalkeer.jobs.downloads.actions import Verb

    _act(context, Verb.RETRY, ids, everything=all_)


@app.command()
def now(context: typer.Context, ids: list[int] = IDS) -> None:
    """Start downloads now: first in the queue, whatever the hours and quotas say.

    Example: stalkeer download now 12
    """
    from stalkeer.jobs.downloads.actions import Verb

    _act(context, Verb.NOW, ids, everything=False)


@app.command()
def priority(
    context: typer.Context,
    level: str = typer.Argument(help="force, high, normal or low."),
    ids: list[int] = IDS,
) -> None:
    """Change the priority of downloads.

    Example: stalkeer download priority high 12 13
    """
    from stalkeer.core.downloads.states import Priority
    from stalkeer.jobs.downloads.actions import set_priority

    if level not in tuple(Priority):
        raise typer.BadParameter(f"{level!r} is none of {', '.join(Priority)}", param_hint="LEVEL")
    _report(context, set_priority(context_app(context).download_queue, _named(ids), Priority(level)))


@app.command()
def move(
    context: typer.Context,
    download: int = typer.Argument(help="The download to move."),
    top: bool = typer.Option(False, "--top", help="To the front of its priority."),
    bottom: bool = typer.Option(False, "--bottom", help="To the end."),
    before: int | None = typer.Option(None, metavar="ID", help="In front of this one."),
) -> None:
    """Change the order of the queue.

    Example: stalkeer download move 12 --top
    """
    from stalkeer.core.downloads.states import Outcome
    from stalkeer.jobs.downloads.actions import Beside, Verb, act_on
    from stalkeer.jobs.downloads.actions import move as move_beside
    from stalkeer.store.downloads.actions import ActionResult

    if sum((top, bottom, before is not None)) != 1:
        raise typer.BadParameter("give one of --top, --bottom and --before ID")
    queue = context_app(context).download_queue
    if before is None:
        _report(context, act_on(queue, [_id(download)], Verb.TOP if top else Verb.BOTTOM))
    else:
        move_beside(queue, _id(download), Beside(_id(before)))
        _report(context, [ActionResult(_id(download), Outcome.DONE)])


# --- the work ----------------------------------------------------------------------------------------------------


def _has_worker(parts: App) -> bool:
    from stalkeer.engine.presence import has_worker

    return has_worker(parts.database, parts.paths.data_dir, parts.clock())


def _work(parts: App, *, shows: bool) -> None:
    """Download in this process; with the status table on a terminal."""
    from stalkeer.engine.build import build_engine
    from stalkeer.engine.child import child_command
    from stalkeer.engine.process import work_until_signal
    from stalkeer.errors import Conflict

    engine = build_engine(parts, "cli", child_command(parts.config))
    try:
        if not shows:
            work_until_signal(engine, until_idle=True)
            return
        with Live(_status(parts), refresh_per_second=4, transient=True) as live:
            work_until_signal(engine, until_idle=True, look=lambda: live.update(_status(parts)))
    except Conflict:
        return  # one started in the same moment: it does the work


def _act(context: typer.Context, verb: Verb, ids: list[int], *, everything: bool, part: Part | None = None) -> None:
    from stalkeer.core.downloads.states import Part
    from stalkeer.jobs.downloads.actions import act_on, act_on_all

    queue = context_app(context).download_queue
    fate = part or Part.REMOVE
    _report(context, act_on_all(queue, verb, fate) if everything else act_on(queue, _named(ids), verb, fate))


def _named(ids: list[int]) -> list[DownloadId]:
    if not ids:
        raise typer.BadParameter("give the numbers of downloads; `stalkeer download list` has them", param_hint="ID")
    return [_id(download) for download in ids]


def _report(context: typer.Context, results: list[ActionResult]) -> None:
    document = {
        "results": [
            {
                "id": result.download_id,
                "outcome": result.outcome.value,
                "state": result.state.value if result.state else None,
                "reason": result.reason or None,
            }
            for result in results
        ]
    }
    emit(context, document, lambda console: _render_results(console, results))
    refused = [result for result in results if result.error is not None]
    if refused:
        fail_with(ExitCode.PARTLY if len(refused) < len(results) else ExitCode.ERROR)


def _read(parts: App, states: list[str], limit: int, search: str) -> tuple[list[Shown], int]:
    from stalkeer.jobs.downloads.admission import explain_waiting
    from stalkeer.jobs.downloads.view import show as shown_of
    from stalkeer.model import DownloadState
    from stalkeer.store.downloads.downloads import DownloadFilter, count_downloads, list_downloads

    known = {state.value for state in DownloadState}
    for state in states:
        if state not in known:
            raise typer.BadParameter(f"{state!r} is none of {', '.join(sorted(known))}", param_hint="--state")
    chosen = DownloadFilter(states=tuple(DownloadState(state) for state in states), search=search)
    with parts.database.connect() as connection:
        rows = list_downloads(connection, chosen, limit=limit)
        total = count_downloads(connection, chosen)
    return shown_of(rows, explain_waiting(parts.database, parts.settings, parts.clock())), total


# --- what is shown -----------------------------------------------------------------------------------------------

RUNNING = ["downloading", "fetched", "placed", "importing"]
WAITING = ["queued", "paused", "blocked"]


def _status_document(parts: App) -> dict[str, object]:
    from stalkeer.store.downloads.downloads import count_by_state
    from stalkeer.store.downloads.statistics import totals

    running, _ = _read(parts, RUNNING, 100, "")
    waiting, _ = _read(parts, WAITING, 20, "")
    with parts.database.connect() as connection:
        counts = count_by_state(connection)
        sums = totals(connection)
    return {
        "running": [one.to_document() for one in running],
        "waiting": [one.to_document() for one in waiting],
        "counts": {state.value: count for state, count in counts.by_state.items()},
        "speed": round(sum(one.row.speed or 0 for one in running)),
        "successRate": sums.success_rate,
        "resumeRate": sums.resume_rate,
        "bytesResumed": sums.bytes_resumed,
        "hasWorker": _has_worker(parts),
    }


def _status(parts: App) -> Group:
    from stalkeer.store.downloads.downloads import count_by_state

    running, _ = _read(parts, RUNNING, 100, "")
    waiting, total = _read(parts, WAITING, 20, "")
    with parts.database.connect() as connection:
        counts = count_by_state(connection)
    speed = sum(one.row.speed or 0 for one in running)
    summary = ", ".join(f"{count} {state.value}" for state, count in sorted(counts.by_state.items())) or "no downloads"
    lines: list[Text | Listing] = [Text(f"{_size(speed)}/s   {summary}")]
    if not _has_worker(parts):
        lines.append(Text("No worker runs: start `stalkeer serve` or `stalkeer download start`.", style="yellow"))
    if running or waiting:
        lines.append(Listing([*running, *waiting], len(running) + total))
    return Group(*lines)


@dataclass(frozen=True)
class Listing:
    """Each download on a line of columns; under it, as wide as the terminal, why it waits or what went wrong."""

    shown: Sequence[Shown]
    total: int

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        cells = [_cells(one) for one in self.shown]
        columns = _columns(cells, options.max_width)
        yield _line([column.header for column in COLUMNS], columns, style="bold")
        for one, row in zip(self.shown, cells, strict=True):
            yield _line(row, columns)
            if remark := _remark(one):
                yield Padding(Text(remark, style="dim", overflow="fold"), (0, 0, 0, COLUMNS[0].width + 1))
        if self.total > len(self.shown):
            yield Text(f"{self.total - len(self.shown)} more; --limit shows them", style="dim italic")


def _remark(one: Shown) -> str:
    until = one.waiting.until if one.waiting is not None else None
    return one.remark if until is None else f"{one.remark}, until {until.astimezone():%Y-%m-%d %H:%M:%S}"


def _columns(cells: Sequence[Sequence[object]], width: int) -> list[int]:
    """Those that say something; on a narrow terminal fewer, so that the title can be read."""
    chosen = [n for n, column in enumerate(COLUMNS) if column.is_always or any(row[n] for row in cells)]
    for spare in sorted(chosen, key=lambda n: COLUMNS[n].is_always):
        left = width - sum(COLUMNS[n].width + 1 for n in chosen)
        if left >= LEAST_TITLE or COLUMNS[spare].is_always:
            break
        chosen.remove(spare)
    return chosen


def _cells(one: Shown) -> list[str | Text | ProgressBar]:
    row = one.row
    return [
        str(row.id),
        Text(row.title, overflow="fold"),
        Text(row.state.value, style=COLOURS.get(row.state.value, "")),
        "" if one.share is None else ProgressBar(total=1.0, completed=one.share, width=BAR),
        "" if row.total is None else _size(row.total),
        "" if not row.speed else f"{_size(row.speed)}/s",
        "" if row.eta_s is None else _span(row.eta_s),
    ]


def _line(cells: Sequence[str | Text | ProgressBar], columns: Sequence[int], style: str = "") -> Table:
    """A table of one row: with the same widths for all of them, whole lines fit in between."""
    line = Table.grid(padding=(0, 1), pad_edge=False, expand=True)
    for number in columns:
        column = COLUMNS[number]
        line.add_column(width=column.width or None, ratio=None if column.width else 1)
    line.add_row(*(cells[number] for number in columns), style=style)
    return line


class Shape(NamedTuple):
    """A column; the one without a width takes what the others leave."""

    header: str
    width: int
    is_always: bool = False


BAR = 10
LEAST_TITLE = 16
COLUMNS = (
    Shape("No", 5, is_always=True),
    Shape("Title", 0, is_always=True),
    Shape("State", 11, is_always=True),
    Shape("", BAR),
    Shape("Size", 8),
    Shape("Speed", 10),
    Shape("Left", 8),
)
COLOURS = {
    "downloading": "cyan",
    "importing": "cyan",
    "completed": "green",
    "failed": "red",
    "blocked": "yellow",
    "paused": "magenta",
}


def _render_queued(console: Console, report: QueueReport) -> None:
    verb = "would be queued" if report.is_dry_run else "queued"
    count = len(report.planned) if report.is_dry_run else len(report.queued)
    console.print(f"{count} {verb}, {report.already} under way already, {report.resting} resting after a failure")
    if report.refused:
        console.print(f"{len(report.refused)} have no variant that may be taken:", style="yellow")
    for refusal in report.refused[:10]:
        console.print(f"  {refusal.title}: {'; '.join(refusal.reasons)}", style="yellow", markup=False, highlight=False)
    for planned in report.planned[:50]:
        console.print(f"  {planned.first.title}: {planned.first.entry_name}", markup=False, highlight=False)


def _render_one(console: Console, document: dict[str, object]) -> None:
    table = Table(box=None, show_header=False)
    for name, value in document.items():
        if value not in (None, "", []):
            table.add_row(name, Text(_in_words(value), overflow="fold"))
    console.print(table)


def _in_words(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone():%Y-%m-%d %H:%M:%S}"
    if isinstance(value, dict):
        return "\n".join(f"{name}: {_in_words(one)}" for name, one in value.items() if one not in (None, "", [], {}))
    if isinstance(value, list | tuple):
        return (
            "\n".join(map(_in_words, value))
            if any(isinstance(one, dict) for one in value)
            else ", ".join(map(str, value))
        )
    return str(value)


def _render_results(console: Console, results: list[ActionResult]) -> None:
    words = {"done": "done", "asked": "its worker lets go in a moment", "nothing": "nothing to do"}
    for result in results:
        text = words.get(result.outcome, result.reason)
        console.print(f"{result.download_id}: {text}", markup=False, highlight=False)
    if not results:
        console.print("There is none.")


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _id(download: int) -> DownloadId:
    from stalkeer.model import DownloadId

    return DownloadId(download)
