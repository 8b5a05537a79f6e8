"""`stalkeer worker`: carry downloads and jobs without a web server; on PostgreSQL as many of them as you like."""

from __future__ import annotations

import typer

from stalkeer.faces.cli.output import context_app, invocation

app = typer.Typer(help="Run downloads and jobs without the web server.")


@app.command()
def worker(
    context: typer.Context,
    until_idle: bool = typer.Option(False, "--until-idle", help="End when nothing is left to do."),
    run: int | None = typer.Option(None, "--run", hidden=True, help="Carry out one run of a job, then end."),
) -> None:
    """Carry out downloads and jobs until Ctrl-C or SIGTERM.

    With SQLite there is one worker for each data folder, and `serve` is one already. With PostgreSQL each worker
    takes its share; it needs the secret.key of `serve`, and uses the settings of `serve` as they change.

    Example: stalkeer worker --config /config/config.yml
    """
    from stalkeer.engine.build import build_engine, build_table
    from stalkeer.engine.child import child_command, end_with_parent
    from stalkeer.engine.process import work_until_signal
    from stalkeer.logs import set_level

    invocation(context).role = "worker"
    parts = context_app(context)
    if run is not None:
        end_with_parent()
        build_table(parts).execute(run)
        return
    set_level(parts.settings.logging.level)
    work_until_signal(build_engine(parts, "worker", child_command(parts.config)), until_idle=until_idle)
