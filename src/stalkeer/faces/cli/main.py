"""Define the root command, its table of nouns, its common options and its error messages."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer.exceptions import TyperException

from stalkeer.errors import (
    ArrUnreachable,
    ConfigurationError,
    SourceUnreachable,
    StalkeerError,
    StoreUnavailable,
    TmdbUnreachable,
)
from stalkeer.faces.cli.nouns import Noun, noun_group
from stalkeer.faces.cli.output import ExitCode, Invocation, SafeConsole, json_line
from stalkeer.logs import get_logger

if TYPE_CHECKING:
    from stalkeer.runtime import App

NOUNS = (
    Noun("serve", "stalkeer.faces.cli.serve", "Run the program: web UI, API, schedules, downloads."),
    Noun("arr", "stalkeer.faces.cli.arr", "Add, test and list Radarr and Sonarr instances."),
    Noun("source", "stalkeer.faces.cli.source", "Add, test and refresh playlists and accounts."),
    Noun("catalogue", "stalkeer.faces.cli.catalogue", "Search the entries of all playlists and accounts."),
    Noun("scan", "stalkeer.faces.cli.scan", "Find missing items in Radarr and Sonarr."),
    Noun("match", "stalkeer.faces.cli.match", "List, explain and correct matches; match a playlist file."),
    Noun("download", "stalkeer.faces.cli.download", "Queue, watch and manage downloads."),
    Noun("quarantine", "stalkeer.faces.cli.quarantine", "List, accept and delete files that were set aside as wrong."),
    Noun("watch", "stalkeer.faces.cli.watch", "List, match and retry the videos of the watch folders."),
    Noun("hook", "stalkeer.faces.cli.hook", "Show and test the scripts around the import."),
    Noun("media", "stalkeer.faces.cli.media", "Test Plex, Jellyfin or Emby, and list new files to report."),
    Noun("job", "stalkeer.faces.cli.job", "List, start and cancel jobs."),
    Noun("notify", "stalkeer.faces.cli.notify", "Send notifications to Discord, webhooks and other targets."),
    Noun("worker", "stalkeer.faces.cli.worker", "Run downloads and jobs without the web server."),
    Noun("api-key", "stalkeer.faces.cli.api_key", "Make, list, replace and revoke API keys."),
    Noun("user", "stalkeer.faces.cli.user", "Manage the users of the web UI."),
    Noun("backup", "stalkeer.faces.cli.backup", "Make a backup."),
    Noun("restore", "stalkeer.faces.cli.restore", "Restore a backup."),
    Noun("cleanup", "stalkeer.faces.cli.cleanup", "Remove old downloads, history, logs and archives."),
    Noun("healthcheck", "stalkeer.faces.cli.healthcheck", "Check the health of the running program."),
    Noun("doctor", "stalkeer.faces.cli.doctor", "Find problems and how to fix them."),
    Noun("config", "stalkeer.faces.cli.config", "Check and show the settings in use."),
    Noun("demo", "stalkeer.faces.cli.demo", "Try Stalkeer with demo servers."),
    Noun("version", "stalkeer.faces.cli.version", "Print the version."),
)

EPILOG = "Examples: stalkeer serve | stalkeer scan missing --dry-run | stalkeer download status --watch"
STOPPED = "Stopped before the command was done. Finished work is kept"
UNREACHABLE = (SourceUnreachable, ArrUnreachable, StoreUnavailable, TmdbUnreachable)


def root_command() -> typer.Typer:
    root = typer.Typer(
        cls=noun_group(NOUNS),
        no_args_is_help=True,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )

    @root.callback(epilog=EPILOG)
    def main(
        context: typer.Context,
        json: bool = typer.Option(False, "--json", help="Print one JSON document."),
        config: Path | None = typer.Option(
            None, "--config", "-c", metavar="FILE", help="Configuration file; also STALKEER_CONFIG."
        ),
        quiet: bool = typer.Option(False, "--quiet", "-q", help="Print errors only."),
    ) -> None:
        """Find missing movies and episodes of Radarr and Sonarr on your playlists, download and import them."""
        run = context.find_object(Invocation)
        assert run is not None
        run.json, run.config, run.quiet = json or run.json, config or run.config, quiet or run.quiet

    return root


def run_command_line(arguments: Sequence[str], build: Callable[[Invocation], App], serve: Callable[[App], None]) -> int:
    """Run a command and return its exit code. `build` and `serve` come from `__main__`."""
    run = Invocation(build=build, serve=serve)
    _let_every_letter_pass()
    try:
        if wrong := next((argument for argument in arguments if not _is_text(argument)), None):
            raise typer.BadParameter(f"The argument {os.fsencode(wrong)!r} is no text in UTF-8")
        code = _invoke(arguments, run)
        sys.stdout.flush()
        return code
    except StalkeerError as error:
        return _report(run, str(error), _code_of(error))
    except typer.BadParameter as error:
        return _report(run, str(error), ExitCode.USAGE)
    except (KeyboardInterrupt, typer.Abort):
        return _report(run, STOPPED, ExitCode.INTERRUPTED)
    except BrokenPipeError:  # `stalkeer ... | head`
        sys.stderr.close()
        return ExitCode.OK
    except OSError as error:
        return _report_os_error(run, error)
    except Exception as error:  # noqa: BLE001 - the last border: no traceback reaches a user
        get_logger(__name__).debug("the command failed", exc_info=error)
        return _report(
            run,
            f"Internal error ({type(error).__name__}: {error}). Please report it with a `stalkeer doctor bundle`",
            ExitCode.ERROR,
        )
    finally:
        if run.app is not None:
            run.app.close()


def _let_every_letter_pass() -> None:
    """Show letters that the terminal's encoding lacks as escapes. A closed output accepts and drops everything."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for the process's length
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _is_text(argument: str) -> bool:
    try:
        argument.encode()
    except UnicodeEncodeError:  # bytes that are not UTF-8, as Python decodes them
        return False
    return True


def _report_os_error(run: Invocation, error: OSError) -> int:
    """Report an error of the output, which is full or closed, or of a file with the system's reason."""
    if error.filename is None and error.errno in (errno.ENOSPC, errno.EIO, errno.EBADF, errno.EDQUOT):
        _drop_output()
        run.json = False
        return _report(run, f"The output cannot be written: {error.strerror}", ExitCode.ERROR)
    place = f"{error.filename}: " if error.filename else ""
    return _report(run, f"{place}{error.strerror or error}. Check free space and permissions", ExitCode.ERROR)


def _drop_output() -> None:
    """Drop output that cannot be written: Python would try it again at its end, and print a traceback."""
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
        sys.stdout.flush()


def _invoke(arguments: Sequence[str], run: Invocation) -> int:
    command = typer.main.get_command(root_command())
    try:
        answer = command.main(list(arguments), prog_name="stalkeer", standalone_mode=False, obj=run)
    except TyperException as error:
        if run.json or "--json" in arguments:
            run.json = True
            return _report(run, error.format_message(), ExitCode.USAGE)
        from typer.rich_utils import rich_format_error

        rich_format_error(error)  # type: ignore[arg-type]  # every TyperException is one of its ClickExceptions
        return ExitCode.USAGE
    if answer == ExitCode.INTERRUPTED and run.json and not run.has_answered:  # typer raises this for Ctrl-C
        return _report(run, STOPPED, ExitCode.INTERRUPTED)
    return answer if isinstance(answer, int) else ExitCode.OK


def _code_of(error: StalkeerError) -> ExitCode:
    if isinstance(error, ConfigurationError):
        return ExitCode.CONFIGURATION
    return ExitCode.UNREACHABLE if isinstance(error, UNREACHABLE) else ExitCode.ERROR


def _write_whole(text: str) -> bool:
    """Write to stdout now. Return whether it takes the text."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        _drop_output()
        return False
    return True


def _report(run: Invocation, message: str, code: ExitCode) -> int:
    from stalkeer.secrets import mask_text

    message = mask_text(message)
    if run.json and _write_whole(json_line({"error": message, "code": int(code)})):
        return code
    with suppress(OSError):
        SafeConsole(stderr=True).print(f"Error: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    return code
