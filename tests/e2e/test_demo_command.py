"""`stalkeer demo --once`: the command that newcomers and scripts run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stalkeer.demo.scenario import MOVIES, SHOWS

pytestmark = pytest.mark.timeout(400)


def run_demo(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stalkeer", "demo", "--once", "--folder", str(folder), *arguments]
    environment = {**os.environ, "STALKEER__RADARR__URL": "http://127.0.0.1:9", "COLUMNS": "200"}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)


def test_the_document_says_that_everything_available_was_imported(tmp_path):
    done = run_demo("--json", "--rate", "100MB", folder=tmp_path / "demo")

    document = json.loads(done.stdout)
    assert done.returncode == 0, (document, done.stderr)
    assert list(document) == ["wanted", "available", "imported", "mismatched", "unavailable", "review", "seconds"]
    assert document["wanted"] == len(MOVIES) + sum(len(show.episodes) for show in SHOWS)
    assert document["imported"] == document["available"] and document["mismatched"] == 0
    assert document["review"] == ["The Reckoning Hour (2019)"]
    assert sorted(document["unavailable"]) == [
        "Harbour of Ash S01E08",
        "Northern Static (2023)",
        "Seven Tides (2011)",
    ]


def test_a_folder_that_is_not_a_demos_own_is_never_touched(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")

    done = run_demo(folder=tmp_path)

    assert done.returncode == 1 and "no demo's folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
