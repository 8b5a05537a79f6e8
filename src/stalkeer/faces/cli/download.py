"""Queue, watch and manage downloads: `stalkeer download`. `serve` may be running."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.live import Live

from stalkeer.faces.cli.download_status import has_worker_now, override_lines, read_shown, status_document, status_group
from stalkeer.faces.cli.download_table import DownloadTable, render_one, render_queued, render_results
from stalkeer.faces.cli.output import ExitCode, context_app, emit, fail_with, invocation, note

if TYPE_CHECKING:
    from stalkeer.core.downloads.overrides import Overrides
    from stalkeer.core.downloads.states import Part
    from stalkeer.jobs.downloads.actions import Verb
    from stalkeer.model import DownloadId
    from stalkeer.runtime import App
    from stalkeer.store.downloads.actions import ActionResult

app = typer.Typer(no_args_is_help=True, help="Queue, watch and manage downloads.")

IDS = typer.Argument(None, metavar="ID...", help="IDs of downloads, from `stalkeer download list`.")
FOR = typer.Option("", "--for", metavar="DURATION", help="As 30m, 1h or 1h30m. Without it, until you end it.")
ALL = typer.Option(False, "--all", help="All downloads in a suitable state.")


@app.command()
def start(
    context: typer.Context,
    limit: int | None = typer.Option(None, min=1, help="Maximum number of downloads to queue."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would be queued; queue nothing."),
    detach: bool = typer.Option(False, "--detach", help="Queue only; do not wait for the downloads."),
) -> None:
    """Queue the confirmed matches and download them.

    If `serve` or a worker is running, it downloads. Otherwise this command downloads until the queue is empty.

    Example: stalkeer download start --limit 10
    """
    from stalkeer.jobs.downloads.queue import QueueOptions, QueueRules, plan_queue, queue_confirmed
    from stalkeer.jobs.releases.scores import read_missing_scores

    parts = context_app(context)
    rules, options = QueueRules.of(parts.settings), QueueOptions(limit)
    if dry_run:
        with parts.database.connect() as connection:
            report = plan_queue(connection, parts.clock(), rules, options)
    else:
        read_missing_scores(parts.database, parts.arrs)
        report = queue_confirmed(parts.database, parts.clock, rules, options)
        if not detach and not has_worker_now(parts):
            note(
                context,
                "No worker is running: downloading here. Press Ctrl-C to stop; progress is kept.",
            )
            _work(parts, shows=not (invocation(context).json or invocation(context).quiet))
    emit(context, report.to_document(), lambda console: render_queued(console, report))


@app.command()
def add(
    context: typer.Context,
    match: list[int] = typer.Argument(metavar="MATCH...", help="IDs of matches, from `stalkeer match list`."),
    ourselves: bool = typer.Option(
        False, "--ourselves", help="Download here even if the instance grabs by itself; else it is pushed to it."
    ),
) -> None:
    """Queue a download of each match. An instance whose drive is native gets the release pushed, and decides.

    Example: stalkeer download add 17
    """
    from stalkeer.jobs.downloads.queue import OfMatch, queue_all
    from stalkeer.model import MatchId

    wishes = [OfMatch(MatchId(match_id), ourselves) for match_id in match]
    results = queue_all(context_app(context).download_queue, wishes)
    queued = {
        str(match_id): result.download_id for match_id, result in zip(match, results, strict=True) if not result.error
    }
    errors = {str(match_id): str(result.error) for match_id, result in zip(match, results, strict=True) if result.error}
    lines = [f"Match {text_id}: download {download_id} is queued." for text_id, download_id in queued.items()]
    text = "\n".join([*lines, *(f"Match {text_id}: {error}" for text_id, error in errors.items())])
    emit(context, {"queued": queued, "errors": errors}, lambda console: console.print(text, markup=False))
    if errors:
        fail_with(ExitCode.PARTLY if queued else ExitCode.ERROR)


@app.command("list")
def list_(
    context: typer.Context,
    state: list[str] = typer.Option([], "--state", "-s", help="Only downloads in this state; repeatable."),
    limit: int = typer.Option(50, min=1, max=1000, help="Maximum number of results."),
    search: str = typer.Option("", help="Only titles that contain this text."),
) -> None:
    """List downloads in queue order.

    Example: stalkeer download list --state failed
    """
    shown, total = read_shown(context_app(context), state, limit, search)
    document = {"downloads": [download.to_document() for download in shown], "total": total}
    emit(context, document, lambda console: console.print(DownloadTable(shown, total)))


@app.command()
def status(
    context: typer.Context,
    watch: bool = typer.Option(False, "--watch", "-w", help="Update the table until Ctrl-C."),
    interval: float = typer.Option(1.0, min=0.2, help="Seconds between updates."),
) -> None:
    """Show active and waiting downloads, the reasons for waiting, the speed, and the last ten results.

    Example: stalkeer download status --watch
    """
    parts = context_app(context)
    if watch and not invocation(context).json:
        with Live(status_group(parts), refresh_per_second=4) as live:
            while True:
                time.sleep(interval)
                live.update(status_group(parts))
    document = status_document(parts)
    emit(context, document, lambda console: console.print(status_group(parts)))


@app.command()
def show(context: typer.Context, download: int = typer.Argument(help="ID of the download.")) -> None:
    """Show all details of a download.

    Example: stalkeer download show 12 --json
    """
    from stalkeer.jobs.downloads.admission import explain_waiting
    from stalkeer.jobs.downloads.view import Shown, read_grabs, read_names, read_scripts
    from stalkeer.store.downloads.downloads import get_download

    parts = context_app(context)
    with parts.database.connect() as connection:
        row = get_download(connection, _id(download))
        grabs, names = read_grabs(connection, row.id), read_names(connection)
    waiting = explain_waiting(parts.database, parts.settings, parts.clock(), [row.id]).get(row.id)
    scripts = read_scripts(parts.database, row.id)
    document = {**Shown(row, names, waiting, grabs).to_document(), "scripts": scripts}
    emit(context, document, lambda console: render_one(console, document))


@app.command("log")
def log_(context: typer.Context, download: int = typer.Argument(help="ID of the download.")) -> None:
    """Show the events and log lines of a download.

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
            for said in line.output.splitlines():
                console.print(f"    {said}", style="dim", markup=False, highlight=False)

    emit(context, {"download": download, "log": [line.to_document() for line in story]}, render)


@app.command()
def pause(context: typer.Context, ids: list[int] = IDS, all_: bool = ALL) -> None:
    """Pause downloads. Incomplete files are kept.

    Example: stalkeer download pause 12 13
    """
    from stalkeer.jobs.downloads.actions import Verb

    _act(context, Verb.PAUSE, ids, everything=all_)


@app.command()
def resume(context: typer.Context, ids: list[int] = IDS, all_: bool = ALL) -> None:
    """Resume paused downloads.

    Example: stalkeer download resume --all
    """
    from stalkeer.jobs.downloads.actions import Verb

    _act(context, Verb.RESUME, ids, everything=all_)


@app.command("pause-queue")
def pause_queue(context: typer.Context, for_: str = FOR) -> None:
    """Pause the whole queue for a while, or until `stalkeer download resume-queue`.

    Downloads started with `stalkeer download now`, and imports, go on. A restart does not end the pause.

    Example: stalkeer download pause-queue --for 30m
    """
    from stalkeer.jobs.downloads.actions import pause_queue as pause_all

    _emit_overrides(context, pause_all(context_app(context).download_queue, _duration(for_)))


@app.command("resume-queue")
def resume_queue(context: typer.Context) -> None:
    """End the pause of the whole queue. Downloads that were paused one by one stay paused.

    Example: stalkeer download resume-queue
    """
    from stalkeer.jobs.downloads.actions import resume_queue as resume_all

    _emit_overrides(context, resume_all(context_app(context).download_queue))


@app.command("speed-limit")
def speed_limit(
    context: typer.Context,
    rate: str = typer.Argument(help="Speed for all downloads together, as 5MB; 0 is unlimited; off ends the limit."),
    for_: str = FOR,
) -> None:
    """Limit the speed of all downloads for a while, instead of the limit of the settings and hours.

    Example: stalkeer download speed-limit 5MB --for 1h
    """
    from stalkeer.jobs.downloads.actions import end_speed_limit, limit_speed
    from stalkeer.settings.units import parse_size

    queue = context_app(context).download_queue
    if rate == "off":
        _emit_overrides(context, end_speed_limit(queue))
        return
    try:
        size = parse_size(rate)
    except ValueError as error:
        raise typer.BadParameter(f"{rate!r} {error}", param_hint="RATE") from None
    _emit_overrides(context, limit_speed(queue, size, _duration(for_)))


@app.command()
def cancel(
    context: typer.Context,
    ids: list[int] = IDS,
    all_: bool = ALL,
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask before cancelling all."),
    keep_partial: bool = typer.Option(
        False, "--keep-partial", help="Keep incomplete files, so that a retry resumes them."
    ),
) -> None:
    """Cancel downloads and delete their incomplete files.

    Example: stalkeer download cancel 12 --keep-partial
    """
    from stalkeer.core.downloads.states import Part
    from stalkeer.jobs.downloads.actions import Verb

    if all_ and not yes and not invocation(context).json:
        typer.confirm("Cancel every download that is not finished?", abort=True)
    _act(context, Verb.CANCEL, ids, everything=all_, part=Part.KEEP if keep_partial else Part.REMOVE)


@app.command()
def retry(context: typer.Context, ids: list[int] = IDS, all_: bool = ALL) -> None:
    """Retry failed, cancelled and rejected downloads, and skip the delay after a failure.

    Example: stalkeer download retry --all
    """
    from stalkeer.jobs.downloads.actions import Verb

    _act(context, Verb.RETRY, ids, everything=all_)


@app.command()
def again(context: typer.Context, ids: list[int] = IDS) -> None:
    """Repeat ended downloads, even where the library has the item: its file is replaced.

    Example: stalkeer download again 12
    """
    from stalkeer.jobs.downloads.actions import Verb

    _act(context, Verb.AGAIN, ids, everything=False)


@app.command()
def remove(
    context: typer.Context,
    ids: list[int] = IDS,
    all_: bool = typer.Option(False, "--all", help="All ended downloads."),
) -> None:
    """Remove ended downloads from the list. History keeps them; imported files stay.

    Example: stalkeer download remove --all
    """
    from stalkeer.jobs.downloads.actions import Verb

    _act(context, Verb.REMOVE, ids, everything=all_)


@app.command()
def accept(context: typer.Context, ids: list[int] = IDS) -> None:
    """Import files as they are, although an instance rejected them or they may be incomplete.

    Example: stalkeer download accept 12
    """
    from stalkeer.jobs.downloads.actions import Verb

    _act(context, Verb.ACCEPT, ids, everything=False)


@app.command()
def now(context: typer.Context, ids: list[int] = IDS) -> None:
    """Start downloads now, before all others and regardless of hours and quotas.

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
        raise typer.BadParameter(f"{level!r} is not a priority; accepted: {', '.join(Priority)}", param_hint="LEVEL")
    _report(context, set_priority(context_app(context).download_queue, _named(ids), Priority(level)))


@app.command()
def move(
    context: typer.Context,
    download: int = typer.Argument(help="ID of the download to move."),
    top: bool = typer.Option(False, "--top", help="Move to the front of its priority."),
    bottom: bool = typer.Option(False, "--bottom", help="Move to the end of its priority."),
    before: int | None = typer.Option(None, metavar="ID", help="Move before this download."),
) -> None:
    """Change the order of the queue.

    Example: stalkeer download move 12 --top
    """
    from stalkeer.core.downloads.states import ActionOutcome
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
        _report(context, [ActionResult(_id(download), ActionOutcome.DONE)])


# --- the work ----------------------------------------------------------------------------------------------------


def _work(parts: App, *, shows: bool) -> None:
    """Download in this process. `shows` displays the status table."""
    from stalkeer.engine.build import build_engine
    from stalkeer.engine.child import child_command
    from stalkeer.engine.process import work_until_signal
    from stalkeer.errors import Conflict

    engine = build_engine(parts, "cli", child_command(parts.config))
    try:
        if not shows:
            work_until_signal(engine, until_idle=True)
            return
        with Live(status_group(parts), refresh_per_second=4, transient=True) as live:
            work_until_signal(engine, until_idle=True, look=lambda: live.update(status_group(parts)))
    except Conflict:
        return  # another worker started at the same moment: it downloads


def _act(context: typer.Context, verb: Verb, ids: list[int], *, everything: bool, part: Part | None = None) -> None:
    from stalkeer.core.downloads.states import Part
    from stalkeer.jobs.downloads.actions import act_on, act_on_all

    queue = context_app(context).download_queue
    fate = part or Part.REMOVE
    _report(context, act_on_all(queue, verb, fate) if everything else act_on(queue, _named(ids), verb, fate))


def _duration(text: str) -> timedelta | None:
    from stalkeer.settings.units import parse_duration

    if not text:
        return None
    try:
        return timedelta(seconds=parse_duration(text))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} {error}", param_hint="--for") from None


def _emit_overrides(context: typer.Context, overrides: Overrides) -> None:
    lines = override_lines(overrides) or ["The queue is not paused, and no speed limit for now applies."]
    emit(context, overrides.to_document(), lambda console: console.print("\n".join(lines), highlight=False))


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
                "newId": result.made,
            }
            for result in results
        ]
    }
    emit(context, document, lambda console: render_results(console, results))
    refused = [result for result in results if result.error is not None]
    if refused:
        fail_with(ExitCode.PARTLY if len(refused) < len(results) else ExitCode.ERROR)


# --- output -----------------------------------------------------------------------------------------------


def _id(download: int) -> DownloadId:
    from stalkeer.model import DownloadId

    return DownloadId(download)
