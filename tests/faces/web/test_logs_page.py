"""System > Log files: the program's own files and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from stalkeer.runtime import App


@pytest.fixture
def logs(app: App) -> Path:
    app.paths.logs.mkdir(parents=True)
    (app.paths.logs / "stalkeer.log").write_text('{"event": "listening", "level": "info"}\n')
    return app.paths.logs


def test_a_log_file_is_shown_and_can_be_fetched(client: TestClient, logs: Path):
    assert "listening" in client.get("/system/logs").text
    assert "listening" in client.get("/system/logs/stalkeer.log").text


@pytest.mark.parametrize("name", ["other.log", "stalkeer.log.9"])
def test_a_link_among_the_log_files_is_not_given_out(client: TestClient, logs: Path, tmp_path: Path, name: str):
    (tmp_path / "elsewhere").write_text("not for everybody")
    (logs / name).symlink_to(tmp_path / "elsewhere")

    answer = client.get(f"/system/logs/{name}")

    assert answer.status_code == 404
    assert name not in client.get("/system/logs").text


def test_another_file_of_the_folder_is_not_given_out(client: TestClient, logs: Path):
    (logs / "notes.log.bak").write_text("not for everybody")

    assert client.get("/system/logs/notes.log.bak").status_code == 404
    assert "notes" not in client.get("/system/logs").text
