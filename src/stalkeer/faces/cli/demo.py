"""`stalkeer demo`: the whole program at work on servers of its own, on this machine alone."""

from __future__ import annotations

import os
import shlex
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stalkeer.faces.cli.output import ExitCode, Invocation, context_app, emit, fail_with, invocation

if TYPE_CHECKING:
    from stalkeer.faces.cli.demo_report import DemoReport
    from stalkeer.faces.cli.demo_stage import Stage
    from stalkeer.runtime import App

app = typer.Typer(help="See it work: demo servers, then refresh, scan, match, download, import.")


@app.command()
def demo(
    context: typer.Context,
    once: bool = typer.Option(False, "--once", help="End after the report instead of serving on."),
    folder: Path = typer.Option(Path("demo-data"), "--folder", help="Where the demo keeps everything."),
    fresh: bool = typer.Option(False, "--fresh", help="Start anew even where an interrupted demo could go on."),
    rate: str = typer.Option("10MB", "--rate", help="How fast the demo's provider sends each file."),
    port: int | None = typer.Option(None, min=0, max=65535, help="Port of the web page; 0 takes a free one."),
) -> None:
    """Run a provider, a Radarr and a Sonarr on this machine and let Stalkeer fetch what they miss.

    Nothing outside this machine is asked, and your own configuration is not looked at. An interrupted demo goes on
    where it was; a finished one starts anew.

    Example: stalkeer demo --once --json
    """
    from stalkeer.faces.cli.demo_stage import open_stage
    from stalkeer.settings.units import parse_size

    run = invocation(context)
    forget_own_settings(os.environ)
    started = time.monotonic()
    with open_stage(folder, rate=parse_size(rate), fresh=fresh) as stage:
        run.config, run.role = stage.config, "serve"
        run.overrides["server.port"] = 0 if once and port is None else port
        if run.overrides["server.port"] is None:
            del run.overrides["server.port"]
        play = Play(context, run, stage, started, once=once)
        play.perform(context_app(context))
    if play.report is None:
        fail_with(ExitCode.INTERRUPTED)
    if not play.report.is_as_expected:
        fail_with(ExitCode.ERROR)


def forget_own_settings(environ: Mapping[str, str]) -> None:
    """The demo must reach its own servers alone, whatever the environment says of the user's."""
    for name in [name for name in environ if name.startswith("STALKEER_")]:
        del os.environ[name]


class ServerEnded(Exception):  # noqa: N818 - not an error of the one that hears of it
    """The program stopped serving; there is nothing left to watch."""


class Play:
    """The program serves in the main thread, as always; a second one drives it and prints."""

    def __init__(self, context: typer.Context, run: Invocation, stage: Stage, started: float, *, once: bool) -> None:
        self._context, self._run, self._stage, self._started, self._once = context, run, stage, started, once
        self._console = Console(stderr=run.json, quiet=run.json or run.quiet)
        self.report: DemoReport | None = None
        self._error: BaseException | None = None
        self._is_over = threading.Event()

    def perform(self, app: App) -> None:
        driver = threading.Thread(target=self._drive, args=(app,), name="demo", daemon=True)
        driver.start()
        try:
            self._run.serve(app)
        except KeyboardInterrupt as interrupt:
            if interrupt.__context__ is not None:
                raise interrupt.__context__ from None  # what ended the server comes before what that ended here
            if self._error is None:
                raise
        finally:
            self._is_over.set()
            driver.join(timeout=5)
        if self._error is not None:
            raise self._error

    def _drive(self, app: App) -> None:
        try:
            self._tell_story(app)
        except ServerEnded:
            return
        except BaseException as error:  # noqa: BLE001 - it is raised again where the program is served
            self._error = error
        if self._once or self._error is not None:
            os.kill(os.getpid(), signal.SIGINT)

    def _tell_story(self, app: App) -> None:
        from stalkeer.faces.cli.demo_report import make_report, print_report
        from stalkeer.faces.cli.demo_watch import Watcher

        self._greet(app)
        watcher = Watcher(app, self._console, self._console.is_terminal, self._note, sleep=self._pause)
        story = watcher.watch()
        report = make_report(story, self._stage.world, time.monotonic() - self._started)
        self._stage.mark_done()
        self.report = report
        emit(self._context, report.to_document(), lambda console: print_report(console, report))
        if not self._once:
            self._look_around(app, report)

    def _pause(self, seconds: float) -> None:
        if self._is_over.wait(seconds):
            raise ServerEnded

    def _greet(self, app: App) -> None:
        if self._stage.is_resumed:
            self._console.print("The last demo was interrupted: going on where it was (--fresh starts anew).")
        entries, wishes = len(self._stage.world.lines), len(self._stage.world.wishes)
        self._console.print(
            f"A provider with {entries} entries, a Radarr and a Sonarr that miss {wishes} items run on this machine."
        )
        if not self._once:
            self._console.print(f"Watch it in the browser: {address(app)}")

    def _look_around(self, app: App, report: DemoReport) -> None:
        """Where a newcomer may go from here."""
        web, config = address(app), self._stage.config
        places = [
            (web, "the dashboard: what is fetched, and how it goes"),
            (f"{web}wanted", "what is missing; click an item to see every name that was considered, and why"),
            (f"{web}activity/history", "what happened, step by step"),
            (f"{web}docs", "the REST API"),
        ]
        if report.review:
            question = f"the question that was left to you: {report.review[0].item.label}; confirm or reject it"
            places.insert(1, (f"{web}matches", question))
        table = Table.grid(padding=(0, 2))
        for place, words in places:
            table.add_row(Text(place, no_wrap=True), words)
        self._console.print("\nThe program serves on. Look around (no login is asked in the demo):")
        self._console.print(table)
        own = f"stalkeer --config {shlex.quote(str(config))}"
        self._console.print(f"On the command line, in another terminal: {own} match list", soft_wrap=True)
        self._console.print(f"Its library: {self._stage.folder / 'library'}. Ctrl-C ends it all.", soft_wrap=True)

    def _note(self, text: str) -> None:
        seconds = time.monotonic() - self._started
        self._console.print(f"[green]done[/] {text} [dim]({seconds:.1f} s)[/]")


def address(app: App) -> str:
    server = app.settings.server
    return f"http://127.0.0.1:{server.port}{server.url_base}/"
