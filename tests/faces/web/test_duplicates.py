"""What is there twice, on the page, over the API and on the command line."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout

import pytest
from starlette.testclient import TestClient

from stalkeer.faces.cli.main import run_command_line
from stalkeer.jobs.duplicates.find import DuplicateKind
from stalkeer.runtime import App


@pytest.mark.parametrize("kind", list(DuplicateKind))
def test_every_face_lists_each_kind(client: TestClient, app: App, kind: DuplicateKind):
    page = client.get(f"/catalogue/duplicates?kind={kind}")
    answer = client.get(f"/api/v1/duplicates?kind={kind}")
    out = io.StringIO()
    with redirect_stdout(out):
        arguments = ["catalogue", "duplicates", "--kind", kind, "--json"]
        code = run_command_line(arguments, build=lambda _: app, serve=lambda _: None)

    assert page.status_code == 200
    assert "No duplicates" in page.text
    assert (answer.json()["records"], answer.json()["nextCursor"]) == ([], None)
    assert int(code) == 0
    assert json.loads(out.getvalue())["duplicates"] == []


def test_a_strange_cursor_is_refused_in_words(client: TestClient):
    assert client.get("/api/v1/duplicates?cursor=WyJ4Il0").status_code in (400, 422)
    assert client.get("/api/v1/duplicates?cursor=nonsense").status_code in (400, 404)
    assert client.get("/catalogue/duplicates?after=x").status_code in (400, 422)
