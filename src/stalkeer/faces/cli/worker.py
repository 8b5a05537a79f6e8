"""Run downloads and jobs without a web server: `stalkeer worker`."""

from __future__ import annotations

import typer

from stalkeer.faces.cli.output import context_app, invocation

app = typer.Typer(help="Run downloads and jobs without the web server.")


@app.command()
def worker(
    context: typer.Context,
    until_idle: bool = typer.Option(False, "--until-idle", help="Stop when the queue is empty."),
    run: int | None = typer.Option(None, "--run", hidden=True, help="Execute a run of a job, then stop."),
) -> None:
    """Run downloads and jobs until Ctrl-C or SIGTERM.

    With SQLite there is one worker for each data folder, and `serve` already is one. With PostgreSQL any number of
    workers share the queue. Each needs the secret.key of `serve`, and follows changes to its settings.

    Example: stalkeer worker --config /config/config.yml
    """
    from stalkeer.engine.build import build_engine, build_table
    from stalkeer.engine.child import child_command, end_with_parent, step_back
    from stalkeer.engine.process import work_until_signal
    from stalkeer.logs import set_level

    invocation(context).role = "worker"
    parts = context_app(context)
    if run is not None:
        end_with_parent()
        step_back()
        build_table(parts).execute(run)
        return
    set_level(parts.settings.logging.level)
    work_until_signal(build_engine(parts, "worker", child_command(parts.config)), until_idle=until_idle)
