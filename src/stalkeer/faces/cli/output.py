"""Print the output of a command as text or JSON, and end it with an exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment

from stalkeer.core.security.plain_text import escape_in_json, show_lines
from stalkeer.errors import InvalidInput

if TYPE_CHECKING:
    from stalkeer.jobs.journal.reporting import Run
    from stalkeer.runtime import App
    from stalkeer.settings import LoadedSettings


class ExitCode(IntEnum):
    """List the exit codes. Scripts rely on them: never change one."""

    OK = 0
    ERROR = 1
    USAGE = 2
    PARTLY = 3  # some items failed
    UNREACHABLE = 4  # a service did not answer
    CONFIGURATION = 5
    INTERRUPTED = 130


@dataclass
class Invocation:
    """Hold the common options of a command, and the App after its first use."""

    build: Callable[[Invocation], App]
    serve: Callable[[App], None]
    config: Path | None = None
    overrides: dict[str, object] = field(default_factory=dict)
    role: str = "command"  # `serve` says so before it asks for the App
    json: bool = False
    quiet: bool = False
    has_answered: bool = False
    app: App | None = None


def invocation(context: typer.Context) -> Invocation:
    found = context.find_object(Invocation)
    assert found is not None, "the root command always sets the invocation"
    return found


def context_app(context: typer.Context) -> App:
    """Return the App. The first use reads the settings, and opens and migrates the database."""
    run = invocation(context)
    if run.app is None:
        run.app = run.build(run)
    return run.app


def loaded_settings(context: typer.Context, saved: Mapping[str, object] | None = None) -> LoadedSettings:
    """Return the settings without opening a database. `saved` are the settings from a database."""
    from stalkeer.settings import find_config, load_settings

    run = invocation(context)
    return load_settings(run.config or find_config(os.environ), os.environ, run.overrides, saved)


def emit(context: typer.Context, document: Mapping[str, object], render: Callable[[Console], None]) -> None:
    """Print `document` as JSON with --json, else call `render`."""
    run = invocation(context)
    run.has_answered = True
    if run.json:
        sys.stdout.write(json_line(document))
    elif not run.quiet:
        render(SafeConsole())


def json_line(document: Mapping[str, object]) -> str:
    """Return a JSON document in a single line, in letters that the output can show."""
    text = json.dumps(document, default=_plain, ensure_ascii=not is_unicode(sys.stdout.encoding))
    return escape_in_json(text) + "\n"


def is_unicode(encoding: str | None) -> bool:
    return (encoding or "").lower().replace("-", "") in ("utf8", "utf16", "utf32")


class SafeConsole(Console):
    """Print the control characters of a text as escapes, instead of sending them to the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=show_lines(segment.text))


def note(context: typer.Context, text: str) -> None:
    """Print a remark on stderr, except with --json or --quiet."""
    run = invocation(context)
    if not (run.json or run.quiet):
        SafeConsole(stderr=True).print(text, style="dim", markup=False, highlight=False)


@dataclass
class ShownRun:
    """Record a run and show its progress."""

    run: Run
    show: Callable[[str], object]

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        self.run.progress(done, total, message)
        self.show(f"{message} ({done * 100 // total} %)" if total else message)

    def is_cancelled(self) -> bool:
        return self.run.is_cancelled()


@contextmanager
def shown_progress(context: typer.Context) -> Iterator[Callable[[Run], Run]]:
    """Show the progress of runs on a terminal, except with --json or --quiet."""
    run = invocation(context)
    console = SafeConsole(stderr=True)
    if run.json or run.quiet or not console.is_terminal:
        yield lambda run: run
        return
    with console.status("") as status:
        yield lambda run: ShownRun(run, lambda text: status.update(escape(text)))


def fail_with(code: ExitCode) -> NoReturn:
    """End the command with this exit code, after `emit` printed the output."""
    raise typer.Exit(code)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, frozenset | set | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form; convert it in the command")


def ask_password(instead: str, *, confirm: bool = False) -> str:
    """Ask for a password that is not shown. Raise InvalidInput without a terminal; `instead` is the option to use."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise InvalidInput(f"There is no terminal to ask for the password. Give it with {instead}")
    return str(typer.prompt("Password", hide_input=True, err=True, confirmation_prompt=confirm))
