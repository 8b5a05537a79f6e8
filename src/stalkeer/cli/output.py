"""What a command prints: one JSON document with --json, else text for people; and how it ends."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console

if TYPE_CHECKING:
    from stalkeer.runtime import App
    from stalkeer.settings import LoadedSettings


class ExitCode(IntEnum):
    """Stable: scripts rely on these."""

    OK = 0
    ERROR = 1
    USAGE = 2
    PARTLY = 3  # some items failed
    UNREACHABLE = 4  # a service did not answer
    CONFIGURATION = 5
    INTERRUPTED = 130


@dataclass
class Invocation:
    """One run of the command line: the common options, and the App once a command asked for it."""

    build: Callable[[Invocation], App]
    serve: Callable[[App], None]
    config: Path | None = None
    overrides: dict[str, object] = field(default_factory=dict)
    role: str = "command"  # `serve` says so before it asks for the App
    json: bool = False
    quiet: bool = False
    app: App | None = None


def invocation(context: typer.Context) -> Invocation:
    found = context.find_object(Invocation)
    assert found is not None, "the root command always sets it"
    return found


def context_app(context: typer.Context) -> App:
    """The program's parts, built on first use: settings read, database opened and migrated."""
    run = invocation(context)
    if run.app is None:
        run.app = run.build(run)
    return run.app


def loaded_settings(context: typer.Context) -> LoadedSettings:
    """The settings alone, for commands that must work without a database."""
    from stalkeer.settings import find_config, load_settings

    run = invocation(context)
    return load_settings(run.config or find_config(os.environ), os.environ, run.overrides)


def emit(context: typer.Context, document: Mapping[str, object], render: Callable[[Console], None]) -> None:
    """Print the answer: `document` as one JSON document with --json, else whatever `render` draws."""
    run = invocation(context)
    if run.json:
        sys.stdout.write(json.dumps(document, default=_plain, ensure_ascii=False) + "\n")
    elif not run.quiet:
        render(Console())


def note(context: typer.Context, text: str) -> None:
    """A remark beside the answer: on stderr, and not at all with --json or --quiet."""
    run = invocation(context)
    if not (run.json or run.quiet):
        Console(stderr=True).print(text, style="dim", markup=False, highlight=False)


def fail_with(code: ExitCode) -> NoReturn:
    """End the command with this exit code, after `emit` told what happened."""
    raise typer.Exit(code)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, frozenset | set | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form; convert it in the command")
