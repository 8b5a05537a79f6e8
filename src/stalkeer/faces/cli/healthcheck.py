"""Check the health of the running program, for containers: `stalkeer healthcheck`. Import nothing heavy."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import typer

from stalkeer.faces.cli.output import ExitCode, emit, fail_with, loaded_settings

app = typer.Typer(help="Check the health of the running program.")
TIMEOUT_S = 10


@app.command()
def healthcheck(
    context: typer.Context,
    url: str | None = typer.Option(None, help="Address of the running program; default: from the settings."),
) -> None:
    """Check the running program. The exit code is 0 if it is healthy, 1 if not, 4 if it does not answer.

    Example: HEALTHCHECK CMD stalkeer healthcheck
    """
    address = f"{(url or _own_address(context)).rstrip('/')}/health"
    if not address.startswith(("http://", "https://")):
        raise typer.BadParameter("is not a web address", param_hint="--url")
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:  # noqa: S310 - http and https only
            document = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            document = {"status": "error", "httpStatus": error.code}
    except (OSError, ValueError) as error:
        document = {"status": "unreachable", "reason": str(getattr(error, "reason", error))}
    emit(context, {"url": address, **document}, lambda console: console.print(document["status"]))
    if document["status"] != "ok":
        fail_with(ExitCode.UNREACHABLE if document["status"] == "unreachable" else ExitCode.ERROR)


def _own_address(context: typer.Context) -> str:
    server = loaded_settings(context).settings.server
    host = "127.0.0.1" if server.host in ("0.0.0.0", "::", "") else server.host  # noqa: S104 - compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{server.port}{server.url_base}"
