"""Run the whole program with demo servers on this machine: `stalkeer demo`."""

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
    from stalkeer.faces.cli.demo_stage import DemoStage
    from stalkeer.runtime import App

app = typer.Typer(help="Try Stalkeer with demo servers: refresh, scan, match, download and import.")


@app.command()
def demo(
    context: typer.Context,
    once: bool = typer.Option(False, "--once", help="Stop after the report."),
    folder: Path = typer.Option(Path("demo-data"), "--folder", help="Folder of the demo."),
    fresh: bool = typer.Option(False, "--fresh", help="Start a new demo instead of resuming an interrupted one."),
    rate: str = typer.Option("10MB", "--rate", help="Speed of each download from the demo provider."),
    port: int | None = typer.Option(None, min=0, max=65535, help="Port of the web UI. 0 uses a free port."),
) -> None:
    """Run a provider, a Radarr and a Sonarr on this machine and download their missing items.

    The demo contacts no other machine and does not use your configuration. An interrupted demo is resumed; after a
    finished one, a new demo starts.

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
    """Remove Stalkeer's variables from the environment, so that the demo contacts only its own servers."""
    for name in [name for name in environ if name.startswith("STALKEER_")]:
        del os.environ[name]


class ServerEnded(Exception):  # noqa: N818 - a signal, not an error
    """Report that the program stopped during the demo."""


class Play:
    """Serve the program in the main thread, and drive it from a second thread that prints."""

    def __init__(
        self, context: typer.Context, run: Invocation, stage: DemoStage, started: float, *, once: bool
    ) -> None:
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
                raise interrupt.__context__ from None  # the cause of the server's end comes first
            if self._error is None:
                raise
        finally:
            self._is_over.set()
            driver.join(timeout=5)
        if self._error is not None:
            raise self._error

    def _drive(self, app: App) -> None:
        try:
            self._run_demo(app)
        except ServerEnded:
            return
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            self._error = error
        if self._once or self._error is not None:
            os.kill(os.getpid(), signal.SIGINT)

    def _run_demo(self, app: App) -> None:
        from stalkeer.faces.cli.demo_report import make_report, print_report
        from stalkeer.faces.cli.demo_watch import DemoWatcher

        self._greet(app)
        watcher = DemoWatcher(app, self._console, self._console.is_terminal, self._note, sleep=self._pause)
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
            self._console.print("Resuming the interrupted demo (--fresh starts a new one).")
        entries, wishes = len(self._stage.world.lines), len(self._stage.world.wishes)
        self._console.print(
            f"Running a provider with {entries} entries, and a Radarr and a Sonarr with {wishes} missing items."
        )
        if not self._once:
            self._console.print(f"Open the web UI: {address(app)}")

    def _look_around(self, app: App, report: DemoReport) -> None:
        """Print the places to look at next."""
        web, config = address(app), self._stage.config
        places = [
            (web, "dashboard with downloads and health"),
            (f"{web}wanted", "missing items; click an item to see its candidates and their evidence"),
            (f"{web}activity/history", "history of all events"),
            (f"{web}docs", "REST API"),
        ]
        if report.review:
            question = f"match to review: {report.review[0].item.label}; confirm or reject it"
            places.insert(1, (f"{web}matches", question))
        table = Table.grid(padding=(0, 2))
        for place, words in places:
            table.add_row(Text(place, no_wrap=True), words)
        self._console.print("\nStalkeer keeps running. Take a look (the demo needs no login):")
        self._console.print(table)
        own = f"stalkeer --config {shlex.quote(str(config))}"
        self._console.print(f"On the command line, in another terminal: {own} match list", soft_wrap=True)
        self._console.print(
            f"Library of the demo: {self._stage.folder / 'library'}. Press Ctrl-C to stop.", soft_wrap=True
        )

    def _note(self, text: str) -> None:
        seconds = time.monotonic() - self._started
        self._console.print(f"[green]done[/] {text} [dim]({seconds:.1f} s)[/]")


def address(app: App) -> str:
    server = app.settings.server
    return f"http://127.0.0.1:{server.port}{server.url_base}/"
