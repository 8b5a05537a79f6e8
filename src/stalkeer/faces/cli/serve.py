"""Run the web server and the engine in one process: `stalkeer serve`."""

from __future__ import annotations

import typer

from stalkeer.faces.cli.output import context_app, invocation

app = typer.Typer(help="Run the program: web UI, API, schedules, downloads.")


@app.command()
def serve(
    context: typer.Context,
    host: str | None = typer.Option(None, help="Bind address; overrides server.host."),
    port: int | None = typer.Option(None, min=0, max=65535, help="Port; overrides server.port. 0 uses a free port."),
) -> None:
    """Run the program until Ctrl-C or SIGTERM.

    Example: stalkeer --config /config/config.yml serve --port 7825
    """
    run = invocation(context)
    given = {"server.host": host, "server.port": port}
    run.overrides.update({key: value for key, value in given.items() if value is not None})
    run.role = "serve"
    run.serve(context_app(context))
