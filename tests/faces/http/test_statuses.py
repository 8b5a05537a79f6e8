"""One error has one status, whichever face answers."""

from __future__ import annotations

import shutil

import pytest
from starlette.testclient import TestClient

from stalkeer import errors
from stalkeer.app import build_security, join_faces
from stalkeer.faces.api.app import create_api
from stalkeer.faces.http.paging import TooDeep
from stalkeer.faces.web.app import create_web
from stalkeer.jobs.system.rate_limits import TooManyRequests
from stalkeer.jobs.system.sessions import LoginRefused
from stalkeer.store.db.database import open_database, sqlite_url
from tests.doubles.app import make_app
from tests.doubles.clock import FakeClock

STATUSES = {
    errors.StalkeerError("a"): 500,
    errors.ConfigurationError("a"): 422,
    errors.NotFound("a"): 404,
    errors.Conflict("a"): 409,
    errors.InvalidInput("a"): 422,
    TooDeep("a"): 400,
    LoginRefused("a"): 401,
    TooManyRequests("a", 7): 429,
    errors.StoreError("a"): 500,
    errors.StoreUnavailable("a"): 503,
    errors.SourceUnreachable("a"): 502,
    errors.SourceRefused("a"): 502,
    errors.NotAPlaylist("a"): 502,
    errors.GuardTripped("a"): 502,
    errors.ArrUnreachable("a"): 502,
    errors.ArrUnauthorised("a"): 502,
    errors.ArrRefused("a"): 502,
    errors.TmdbError("a"): 502,
    errors.TmdbUnreachable("a"): 502,
    errors.PlacementError("a"): 500,
    errors.SecretError("a"): 409,
}


@pytest.fixture(scope="module")
def raised():
    """The errors that the routes of these tests raise, the last first."""
    return []


@pytest.fixture(scope="module")
def client(tmp_path_factory, empty_file, raised):
    """Both faces behind the gate; built once, which takes as long as all tests together."""
    folder = tmp_path_factory.mktemp("statuses")
    database = open_database(sqlite_url(shutil.copy(empty_file, folder / "stalkeer.db")))
    app = make_app(folder / "data", database, FakeClock())
    security = build_security(app)
    api, web = create_api(app, security), create_web(app)
    web.state.security = security

    def fail():
        raise raised[-1]

    api.add_api_route("/api/fail", fail)
    web.add_api_route("/fail", fail)
    with TestClient(join_faces(api, web, security), headers={"X-Api-Key": security.keys.ensure()}) as opened:
        yield opened
    app.close()


@pytest.mark.parametrize("error", STATUSES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("path", ["/api/fail", "/fail"], ids=["api", "web"])
def test_an_error_has_the_same_status_in_both_faces(client, raised, path, error):
    raised.append(error)

    assert client.get(path).status_code == STATUSES[error]


@pytest.mark.parametrize("path", ["/api/fail", "/fail"], ids=["api", "web"])
def test_too_many_requests_say_when_to_come_again(client, raised, path):
    raised.append(TooManyRequests("a", 7))

    assert client.get(path).headers["retry-after"] == "7"


def test_a_page_masks_what_looks_like_a_secret_in_an_error(client, raised):
    raised.append(errors.SourceUnreachable("http://example.com/get.php?username=alice&password=hunter22 is away"))

    assert "hunter22" not in client.get("/fail").text
