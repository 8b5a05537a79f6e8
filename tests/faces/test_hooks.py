"""API and command line show that a script is set, never its command line; the machine's own command tries it."""

import json

import pytest
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.faces.cli.main import run_command_line
from stalkeer.model import HookName
from stalkeer.store.journal.hooks import HookOwner, note_hooks
from tests.doubles.server import make_server


@pytest.fixture
def client(app):
    security = build_security(app)
    headers = {"X-Api-Key": security.keys.ensure()}
    with TestClient(make_server(app, security), headers=headers, client=("192.168.1.20", 40000)) as opened:
        yield opened


@pytest.fixture
def gone(app, clock):
    """A hook of a machine that has stopped."""
    with app.database.begin() as connection:
        note_hooks(connection, HookOwner("old", "nas", "worker"), [HookName.BEFORE_IMPORT], clock())


def test_the_api_lists_names_and_machines_and_forgets_a_hook_of_a_machine_that_is_gone(client, gone):
    listed = client.get("/api/v1/hooks").json()["records"]

    assert listed[0] == {"name": "before_import", "setOn": ["nas"], "readyOn": [], "waiting": 0}
    assert client.delete("/api/v1/hooks/before_import").status_code == 204
    assert client.delete("/api/v1/hooks/before_import").status_code == 404
    assert client.delete("/api/v1/hooks/nonsense").status_code == 404


@pytest.mark.parametrize("name", ["hooks.before_import", "hooks.timeout"])
def test_no_request_sets_a_script(client, name):
    answer = client.patch("/api/v1/settings", json={name: "/bin/sh"})

    assert answer.status_code in (400, 404, 409, 422)
    assert client.post("/settings/hooks", data={name: "/bin/sh"}).status_code != 500


def test_the_command_line_lists_and_forgets(app, gone, capsys):
    def run(*arguments):
        assert run_command_line([*arguments, "--json"], lambda _run: app, lambda _app: None) == 0
        return json.loads(capsys.readouterr().out)

    assert run("hook", "list")["hooks"][0]["setOn"] == ["nas"]
    assert run("hook", "forget", "before_import") == {"forgotten": "before_import"}
    assert not run("hook", "list")["hooks"][0]["set"]
