"""Run the `stalkeer` command: connect the command line with the objects that `app` builds."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import typer

from stalkeer.faces.cli.main import run_command_line
from stalkeer.faces.cli.output import Invocation

if TYPE_CHECKING:
    from stalkeer.runtime import App

# new objects before a garbage collection: with the default of 700, collections take a sixth of the start
GARBAGE_AFTER = 20_000


def build(run: Invocation) -> App:
    from stalkeer.app import Start, build_app, build_or_wait
    from stalkeer.logs import LogTargets, configure_logging

    configure_logging(LogTargets(level="warning"))  # log to stderr until `serve` applies the settings
    start = Start(config=run.config, overrides=run.overrides, role=run.role)
    if run.role != "serve":
        return build_app(start)
    app = build_or_wait(start)
    if app is None:  # stopped while it waited
        raise typer.Exit(0)
    return app


def serve(app: App) -> None:
    from stalkeer.app import run_server

    run_server(app)


def main() -> None:
    gc.set_threshold(GARBAGE_AFTER)
    code = run_command_line(sys.argv[1:], build, serve)
    gc.freeze()  # otherwise Python spends half a second on garbage collection before it exits
    sys.exit(code)


if __name__ == "__main__":
    main()
