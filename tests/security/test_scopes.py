"""Keys have scopes: each opens what it is for and nothing else, however it is sent."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.core.security.scopes import Scope
from stalkeer.errors import Conflict, InvalidInput, NotFound
from stalkeer.jobs.system.api_keys import ApiKeys, list_keys, make_key, reset_key, revoke_key
from stalkeer.model import InstanceKind
from stalkeer.store.library.instances import NewInstance, add_instance
from tests.doubles.server import make_server, shared_faces

STATUS = "/api/v1/system/status"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def radarr(app) -> str:
    with app.database.begin() as connection:
        new = NewInstance("radarr", InstanceKind.RADARR, "http://radarr.example.com", "k" * 32)
        add_instance(connection, new, app.secrets, app.clock())
    return "radarr"


@pytest.fixture
def keys(app, radarr) -> dict[Scope, str]:
    given = {scope: radarr if scope is Scope.BRIDGE else None for scope in Scope}
    return {
        scope: make_key(app.database, app.secrets, f"a {scope} key", scope, instance, app.clock())
        for scope, instance in given.items()
    }


@pytest.fixture
def security(app):
    return build_security(app)


@pytest.fixture
def client(app, security):
    with TestClient(make_server(app, security), raise_server_exceptions=False, follow_redirects=False) as opened:
        yield opened


def routes(app, security) -> list[tuple[str, str]]:
    """Every operation behind the key, with names in its path."""
    document = shared_faces(app, security)[0].openapi()
    return [
        (method.upper(), path.replace("{", "").replace("}", ""))
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith(("/api/v1/", "/metrics")) and not path.startswith("/api/v1/webhooks")
    ]


def test_a_bridge_key_opens_nothing_of_the_api(app, security, client, keys):
    statuses = {
        (method, path): client.request(method, path, headers={"X-Api-Key": keys[Scope.BRIDGE]}).status_code
        for method, path in routes(app, security)
    }

    assert len(statuses) > 60
    assert {one: status for one, status in statuses.items() if status not in (403, 429)} == {}


def test_a_read_key_changes_nothing_and_sees_no_setting_log_backup_user_or_key(app, security, client, keys):
    refused = [
        (method, path)
        for method, path in routes(app, security)
        if method != "GET" or path.startswith(tuple(f"/api/v1/{one}" for one in PRIVATE))
    ]

    statuses = {
        (method, path): client.request(method, path, headers={"X-Api-Key": keys[Scope.READ]}).status_code
        for method, path in refused
    }

    assert len(statuses) > 50
    assert {one: status for one, status in statuses.items() if status not in (403, 429)} == {}


PRIVATE = ("settings", "keys", "users", "system/logs", "system/backup", "system/support-bundle", "doctor")


@pytest.mark.parametrize(
    "path",
    [STATUS, "/metrics", "/api/v1/downloads", "/api/v1/downloads/stats", "/api/v1/missing", "/api/v1/calendar"],
)
def test_a_read_key_sees_lists_and_figures(client, keys, path):
    assert client.get(path, headers={"X-Api-Key": keys[Scope.READ]}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/v1/downloadsx", "/api/v1/downloads/../settings/radarr", "/api/v1/settings/radarr", "//metrics"]
)
def test_a_path_that_only_begins_like_an_open_one_is_not_open(client, keys, path):
    assert client.get(path, headers={"X-Api-Key": keys[Scope.READ]}).status_code in (303, 403, 404)


@pytest.mark.parametrize("scope", [Scope.READ, Scope.BRIDGE])
def test_such_a_key_opens_no_page(client, keys, scope):
    for path in ("/", "/settings", "/system/access"):
        assert client.get(path, headers={"X-Api-Key": keys[scope]}).status_code == 403


def test_a_body_that_the_key_may_not_send_is_refused_before_it_is_read(client, keys):
    answer = client.post("/api/v1/sources", headers={"X-Api-Key": keys[Scope.READ]}, content=b"{" * 1000)

    assert answer.status_code == 403
    assert "scope" in answer.json()["detail"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_key_is_taken_as_a_bearer_token(client, keys, scheme):
    assert client.get(STATUS, headers={"Authorization": f"{scheme} {keys[Scope.READ]}"}).status_code == 200
    assert client.get(STATUS, headers={"Authorization": f"{scheme} {'0' * 32}"}).status_code == 401
    assert client.get(f"{STATUS}?apikey={keys[Scope.READ]}").status_code == 200


def test_the_bearer_token_of_another_program_does_not_hide_a_session(client, security):
    client.cookies.set("stalkeer_session", security.sessions.set_up("alice", "correct horse 7", None, "127.0.0.1"))

    assert client.get(STATUS, headers={"Authorization": "Bearer eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl"}).status_code == 200


def test_a_revoked_key_is_treated_as_unknown(client, app, keys, security):
    assert client.get(STATUS, headers={"X-Api-Key": keys[Scope.READ]}).status_code == 200

    revoke_key(app.database, "a read key")
    security.keys.look_again()

    assert client.get(STATUS, headers={"X-Api-Key": keys[Scope.READ]}).status_code == 401


def test_the_last_use_is_noted_once_a_minute(any_database, app, clock):
    key = make_key(any_database, app.secrets, "phone", Scope.READ, None, clock())
    opened = ApiKeys(any_database, app.secrets, clock)

    def last_use():
        return {row.name: row.last_used_at for row in list_keys(any_database)}["phone"]

    assert last_use() is None
    opened.find(key)
    first = clock()
    assert last_use() == first
    clock.advance(30)
    opened.find(key)
    assert last_use() == first
    clock.advance(40)
    opened.find(key)
    assert last_use() == clock()


def test_a_key_replaced_keeps_its_scope(any_database, app, clock):
    old = make_key(any_database, app.secrets, "phone", Scope.READ, None, clock())

    new = reset_key(any_database, app.secrets, "phone", clock())

    opened = ApiKeys(any_database, app.secrets, clock)
    assert opened.find(old) is None
    assert opened.find(new).scope is Scope.READ


@pytest.mark.parametrize("name", ["", " a", "a\nb", "x" * 65, "../a", "<b>", "-a"])
def test_a_key_has_a_plain_name(app, name):
    with pytest.raises(InvalidInput, match="cannot name a key"):
        make_key(app.database, app.secrets, name, Scope.READ, None, app.clock())


def test_a_bridge_key_belongs_to_an_instance_that_exists(app, radarr):
    with pytest.raises(InvalidInput, match="bridge"):
        make_key(app.database, app.secrets, "a", Scope.BRIDGE, None, app.clock())
    with pytest.raises(InvalidInput, match="bridge"):
        make_key(app.database, app.secrets, "a", Scope.READ, radarr, app.clock())
    with pytest.raises(NotFound):
        make_key(app.database, app.secrets, "a", Scope.BRIDGE, "nobody", app.clock())


def test_a_name_is_taken_once_and_the_main_key_stays(app, keys):
    with pytest.raises(Conflict):
        make_key(app.database, app.secrets, "a read key", Scope.READ, None, app.clock())
    with pytest.raises(Conflict, match="reset"):
        revoke_key(app.database, "main")
    with pytest.raises(NotFound):
        revoke_key(app.database, "nobody")


def test_keys_are_made_listed_reset_and_revoked_over_the_api(client, security):
    client.headers["X-Api-Key"] = security.keys.ensure()

    made = client.post("/api/v1/keys", json={"name": "homepage", "scope": "read"})
    listed = client.get("/api/v1/keys").json()["records"]
    replaced = client.post("/api/v1/keys/homepage/reset")
    revoked = client.delete("/api/v1/keys/homepage")

    assert (made.status_code, replaced.status_code, revoked.status_code) == (201, 200, 204)
    assert {one["name"]: one["scope"] for one in listed} == {"main": "admin", "homepage": "read"}
    assert made.json()["key"] not in client.get("/api/v1/keys").text
    assert client.get(STATUS, headers={"X-Api-Key": made.json()["key"]}).status_code == 401
    assert client.get(STATUS, headers={"X-Api-Key": replaced.json()["key"]}).status_code == 401


def test_users_are_managed_over_the_api(client, security):
    client.headers["X-Api-Key"] = security.keys.ensure()

    for name in ("alice", "bob"):
        assert client.post("/api/v1/users", json={"name": name, "password": "correct horse 7"}).status_code == 201
    session = security.sessions.sign_in("bob", "correct horse 7", "127.0.0.1")
    assert client.put("/api/v1/users/bob/password", json={"password": "another horse 8"}).status_code == 204
    assert security.sessions.user_of(session) is None
    assert [one["name"] for one in client.get("/api/v1/users").json()["records"]] == ["alice", "bob"]
    assert client.delete("/api/v1/users/bob").status_code == 204
    assert client.delete("/api/v1/users/alice").status_code == 409


def test_keys_and_users_are_managed_on_the_page(client, security, app):
    client.cookies.set("stalkeer_session", security.sessions.set_up("alice", "correct horse 7", None, "127.0.0.1"))

    def post(path, **given):
        return client.post(f"/system/access/{path}", data=given, headers=OWN_PAGE)

    made = post("keys", name="homepage", scope="read")
    key = made.text.split('id="issued-key">')[1]
    assert client.get(STATUS, headers={"X-Api-Key": key[:32]}).status_code == 200
    assert key[:32] not in client.get("/system/access").text
    assert "homepage" in client.get("/system/access").text
    assert post("keys/revoke", name="homepage").status_code == 303
    assert client.get(STATUS, headers={"X-Api-Key": key[:32]}).status_code == 401
    assert post("users", name="bob", password="correct horse 8", again="correct horse 8").status_code == 303
    assert post("users", name="eve", password="correct horse 8", again="other").status_code == 422
    assert post("users/password", name="bob", password="another horse 9", again="another horse 9").status_code == 303
    wrong = post("users/password", name="alice", present="wrong", password="another horse 9", again="another horse 9")
    assert wrong.status_code == 422
    assert post("users/remove", name="bob").status_code == 303
    assert client.get("/system/access").status_code == 200, "alice is still signed in"
