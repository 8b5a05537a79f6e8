"""The command line in this process, over a test's own data folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from stalkeer.faces.cli.main import run_command_line
from stalkeer.runtime import App


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@pytest.fixture
def stalkeer(app: App, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """`stalkeer("config", "show", "--json")` runs the command and tells how it ended."""

    def run(*arguments: str) -> Ended:
        capsys.readouterr()
        code = run_command_line(arguments, build=lambda _run: app, serve=lambda _app: None)
        captured = capsys.readouterr()
        return Ended(int(code), captured.out, captured.err)

    return run
