"""`serve` with an unusable database or configuration: it says why to every request, and starts once it can."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import httpx2
import pytest
from starlette.testclient import TestClient

from stalkeer.errors import ConfigurationError, Conflict, StoreError, StoreUnavailable
from stalkeer.faces.web.waiting import TrialWait, WaitingRoom
from stalkeer.settings import load_settings
from tests.doubles.ports import free_port
from tests.security.processes import serving, status, until

REASON = "The database at /config/stalkeer.db does not answer"


def room(error, **flags):
    settings = load_settings(None, {"HOME": "/tmp"}, flags).settings
    return WaitingRoom(lambda: error, settings)


def ask(error, path, address="127.0.0.1", **headers):
    client = TestClient(room(error), client=(address, 4000), base_url="http://localhost")
    return client.get(path, headers=headers)


@pytest.mark.parametrize("path", ["/", "/login", "/setup/account", "/anything", "/api/v1/jobs", "/metrics"])
def test_every_request_is_answered_with_the_reason(path):
    answer = ask(StoreUnavailable(REASON), path)

    assert answer.status_code == 503
    assert REASON in answer.text
    assert answer.headers["retry-after"] == "10"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("address", "headers"),
    [("203.0.113.9", {}), ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}), ("127.0.0.1", {"Host": "evil.example"})],
)
@pytest.mark.parametrize("path", ["/", "/api/v1/jobs", "/health"])
def test_strangers_are_not_told_the_reason(path, address, headers):
    answer = ask(StoreUnavailable(REASON), path, address, **headers)

    assert answer.status_code == 503
    assert "/config" not in answer.text


def test_health_and_ping_say_what_does_not_work():
    assert ask(StoreUnavailable(REASON), "/ping").status_code == 500
    assert ask(StoreUnavailable(REASON), "/health").json()["parts"] == {"database": "error"}
    assert ask(ConfigurationError("x"), "/health").json()["parts"] == {"start": "error"}


def test_it_is_tried_again_until_it_succeeds():
    outcomes = [StoreUnavailable("still"), ConfigurationError("other"), "the program"]

    def build():
        outcome = outcomes.pop(0)
        if isinstance(outcome, StoreError | ConfigurationError):
            raise outcome
        return outcome

    done = threading.Event()
    trial = TrialWait(build, StoreUnavailable("at first"))
    trial.repeat(0, done.set)

    assert done.is_set()
    assert trial.app == "the program"


@pytest.mark.parametrize("error", [StoreError("schema 9999 is newer"), Conflict("another works here")])
def test_what_does_not_pass_by_itself_is_not_tried_again(error):
    def build():
        raise AssertionError("tried")

    TrialWait(build, error).repeat(0, lambda: None)


def test_a_configuration_that_may_name_another_data_folder_is_shown_and_taken_once_it_is_mended(tmp_path):
    (tmp_path / "config.yml").write_text("data_dir: [")
    port = free_port()
    with serving(tmp_path, port, "--config", str(tmp_path / "config.yml")) as process:
        assert until(lambda: status(port)) == 503
        shown = httpx2.get(f"http://127.0.0.1:{port}/").text
        assert "is not YAML" in shown
        assert not (tmp_path / ".local").exists()

        (tmp_path / "config.yml").write_text(f"data_dir: {tmp_path / 'data'}")

        until(lambda: status(port) == 200 or None)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_database_that_is_away_is_shown_and_the_wait_can_be_ended(tmp_path):
    port = free_port()
    with serving(tmp_path, port, url="postgresql://nobody@127.0.0.1:9/nothing") as process:
        assert until(lambda: status(port)) == 503
        assert "does not answer" in httpx2.get(f"http://127.0.0.1:{port}/api/v1/jobs").json()["detail"]

        process.send_signal(signal.SIGTERM)

        assert process.wait(30) == 0


def test_a_wrong_variable_still_ends_the_start(tmp_path):
    command = [sys.executable, "-m", "stalkeer", "serve", "--port", "0"]
    environ = {"HOME": str(tmp_path), "STALKEER__DOWNLOADS__TIMEOUT": "long"}
    done = subprocess.run(command, env=environ, capture_output=True, timeout=60, check=False, cwd=tmp_path)  # noqa: S603

    assert done.returncode == 5
