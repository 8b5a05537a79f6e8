"""What a stranger, a foreign page, a flood and a proxy can and cannot do."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.core.security.callers import COOKIE
from tests.doubles.app import make_app
from tests.doubles.server import make_server

LOCAL = ("192.168.1.20", 40000)
PUBLIC = ("203.0.113.9", 40000)
PASSWORD = "correct horse 7"


@pytest.fixture
def serve(tmp_path, database, clock):
    """`serve(settings, client=...)` is a client of a server with these settings; `.security` are its guards."""
    opened = []

    def start(given=None, client=PUBLIC, **options):
        app = make_app(tmp_path / "data", database, clock, given)
        security = build_security(app)
        test_client = TestClient(make_server(app, security), client=client, raise_server_exceptions=False, **options)
        test_client.security = security
        opened.append(test_client)
        return test_client

    yield start
    for client in opened:
        client.close()


STATUS = "/api/v1/system/status"
LEVEL = "/api/v1/system/logs/level"


# --- who is let in


def test_no_route_under_api_answers_a_stranger(serve):
    client = serve()
    document = client.get("/openapi.json").json()
    open_paths = ("/ping", "/health", "/api/v1/webhooks")
    guarded = [
        (method, path)
        for path, methods in document["paths"].items()
        for method in methods
        if not path.startswith(open_paths)
    ]

    answers = {(m, p): client.request(m, p.replace("{", "").replace("}", "")).status_code for m, p in guarded}

    assert len(guarded) > 20
    assert {key: status for key, status in answers.items() if status not in (401, 429)} == {}


def test_a_wrong_key_is_a_stranger_even_with_a_session(serve):
    client = serve(client=LOCAL)
    client.cookies.set(COOKIE, client.security.sessions.set_up("alice", PASSWORD, None, "192.168.1.20"))

    assert client.get(STATUS).status_code == 200
    assert client.get(STATUS, headers={"X-Api-Key": "wrong"}).status_code == 401


def test_local_mode_lets_local_addresses_in_and_nobody_else(serve):
    given = {"security.mode": "local"}

    assert serve(given, LOCAL, base_url="http://192.168.1.2:7825").get(STATUS).status_code == 200
    assert serve(given, PUBLIC, base_url="http://192.168.1.2:7825").get(STATUS).status_code == 401


def test_local_mode_is_not_fooled_by_a_foreign_name_that_points_here(serve):
    client = serve({"security.mode": "local"}, LOCAL, base_url="http://evil.example:7825")

    assert client.get(STATUS).status_code == 401


def test_local_mode_is_not_fooled_by_a_forwarded_header(serve):
    client = serve({"security.mode": "local"}, PUBLIC, base_url="http://192.168.1.2:7825")

    assert client.get(STATUS, headers={"X-Forwarded-For": "192.168.1.5"}).status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "X-Forwarded-Proto", "CF-Ray"])
def test_what_comes_through_an_unknown_proxy_is_not_local(serve, header):
    client = serve({"security.mode": "local"}, LOCAL, base_url="http://192.168.1.2:7825")

    answer = client.get(STATUS, headers={header: "203.0.113.9"})

    assert answer.status_code == 401
    assert "security.trusted_proxies" in answer.json()["detail"]


def test_the_login_page_names_the_setting_that_makes_a_proxy_known(serve):
    client = serve({"security.mode": "local"}, LOCAL, base_url="http://192.168.1.2:7825")
    client.security.sessions.set_up("alice", PASSWORD, None, "192.168.1.20")

    assert "security.trusted_proxies" in client.get("/login", headers={"Via": "1.1 proxy"}).text
    assert "security.trusted_proxies" not in client.get("/login").text


def test_local_mode_is_not_fooled_by_a_host_that_begins_like_an_address(serve):
    client = serve({"security.mode": "local"}, LOCAL, base_url="http://192.168.1.2:7825")

    assert client.get(STATUS, headers={"Host": "[::1].evil.example"}).status_code == 401


def test_through_a_trusted_proxy_the_client_decides_whether_it_is_local(serve):
    given = {"security.mode": "local", "security.trusted_proxies": "192.168.1.20"}
    client = serve(given, LOCAL, base_url="http://192.168.1.2:7825")

    assert client.get(STATUS, headers={"X-Forwarded-For": "192.168.1.77"}).status_code == 200
    assert client.get(STATUS, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401


def test_external_mode_believes_its_proxy_only(serve):
    given = {"security.mode": "external", "security.trusted_proxies": "192.168.1.20"}
    named = {"Remote-User": "alice"}

    assert serve(given, LOCAL).get(STATUS, headers=named).status_code == 200
    assert serve(given, LOCAL).get(STATUS).status_code == 401
    assert serve(given, PUBLIC).get(STATUS, headers=named).status_code == 401


# --- foreign pages


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://testserver"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"}, 403),
        ({}, 403),
    ],
)
def test_a_change_with_a_cookie_must_come_from_our_own_page(serve, headers, status):
    client = serve(client=LOCAL)
    client.cookies.set(COOKIE, client.security.sessions.set_up("alice", PASSWORD, None, "192.168.1.20"))

    assert client.put(LEVEL, json={"level": "info"}, headers=headers).status_code == status


def test_a_change_with_the_key_may_come_from_anywhere(client):
    assert client.put(LEVEL, json={"level": "info"}, headers={"Origin": "http://evil.example"}).status_code == 200


# --- floods and sizes


def test_too_many_requests_are_answered_with_429_and_when_to_go_on(serve):
    client = serve({"security.api_limit": 3})

    answers = [client.get(STATUS) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert answers[0].headers["ratelimit-limit"] == "3"
    assert [answer.headers["ratelimit-remaining"] for answer in answers[:3]] == ["2", "1", "0"]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[-1].json()["code"] == "too-many-requests"


def test_a_key_is_limited_wherever_it_is_used(serve):
    given = {"security.api_limit": 3}
    first = serve(given)
    header = {"X-Api-Key": first.security.keys.ensure()}
    clients = [first] + [
        TestClient(first.app, client=(f"203.0.113.{last}", 1), raise_server_exceptions=False) for last in (20, 21, 22)
    ]

    statuses = [client.get(STATUS, headers=header).status_code for client in clients]

    assert statuses == [200, 200, 200, 429]


def test_strangers_at_a_keys_address_do_not_keep_the_key_out(serve):
    client = serve({"security.api_limit": 3})
    key = client.security.keys.ensure()
    guesses = [client.get(STATUS, headers={"X-Api-Key": f"{number:032x}"}).status_code for number in range(5)]

    answers = [client.get(STATUS, headers={"X-Api-Key": key}) for _ in range(4)]

    assert guesses == [401, 401, 401, 429, 429]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-remaining"] == "2"


def test_the_headers_tell_of_the_limit_that_is_nearest(serve):
    first = serve({"security.api_limit": 3})
    header = {"X-Api-Key": first.security.keys.ensure()}
    other = TestClient(first.app, client=("203.0.113.20", 1), raise_server_exceptions=False)
    for _ in range(2):
        first.get(STATUS, headers=header)

    answers = [other.get(STATUS, headers=header) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["0", "0"]


def test_one_line_is_limited_over_all_its_ipv6_addresses(serve):
    first = serve({"security.api_limit": 1}, client=("2001:db8:1:2::5", 1))
    neighbour = TestClient(first.app, client=("2001:db8:1:2:aaaa::1", 1), raise_server_exceptions=False)
    elsewhere = TestClient(first.app, client=("2001:db8:1:3::5", 1), raise_server_exceptions=False)

    assert [client.get(STATUS).status_code for client in (first, neighbour, elsewhere)] == [401, 429, 401]


def test_a_flood_of_logins_is_told_when_to_go_on(serve):
    client = serve({"security.login_limit": 1}, LOCAL)
    client.security.sessions.set_up("alice", PASSWORD, None, "192.168.1.77")
    own_page = {"Sec-Fetch-Site": "same-origin"}

    answers = [client.post("/login", data={"name": "alice", "password": "wrong"}, headers=own_page) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [401, 429]
    assert int(answers[1].headers["retry-after"]) >= 1


def test_a_flood_of_setup_tokens_is_told_when_to_go_on(serve):
    client = serve({"security.login_limit": 1}, PUBLIC)
    guess = {"name": "mallory", "password": PASSWORD, "token": "00000000"}

    answers = [client.post("/setup/account", data=guess, headers={"Sec-Fetch-Site": "same-origin"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [401, 429]
    assert int(answers[1].headers["retry-after"]) >= 1


def test_a_request_that_is_too_large_is_refused_before_it_is_read(client):
    answer = client.put(LEVEL, content=b"x" * 1_100_000, headers={"Content-Type": "application/json"})

    assert answer.status_code == 413


def test_a_body_without_a_length_is_cut_off_as_well(client):
    def endless():
        for _ in range(300):
            yield b"x" * 10_000

    answer = client.put(LEVEL, content=endless(), headers={"Content-Type": "application/json"})

    assert answer.status_code == 413


def test_an_endless_address_is_refused(client):
    assert client.get("/api/v1/" + "x" * 3000).status_code == 414
    assert client.get(STATUS, params={"x": "y" * 9000}).status_code == 414


# --- what every answer says


@pytest.mark.parametrize("path", ["/ping", STATUS, "/api/v1/nothing", "/login", "/static/nothing.js", "/docs"])
def test_every_answer_carries_the_security_headers(stranger, path):
    headers = stranger.get(path, follow_redirects=False).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert len(headers["x-request-id"]) == 16
    assert "server" not in headers


def test_https_can_be_required(serve):
    given = {"security.require_https": True, "security.trusted_proxies": "192.168.1.20"}

    assert serve(given, PUBLIC).get("/ping").status_code == 403
    assert serve(given, ("127.0.0.1", 1)).get("/ping").status_code == 200
    through_unknown = serve(given, ("127.0.0.1", 1)).get("/ping", headers={"X-Forwarded-For": "203.0.113.9"})
    assert through_unknown.status_code == 403
    through_proxy = serve(given, LOCAL).get("/ping", headers={"X-Forwarded-Proto": "https"})
    assert through_proxy.status_code == 200
    assert "max-age" in through_proxy.headers["strict-transport-security"]


def test_https_is_required_of_those_behind_a_proxy_on_this_machine(serve):
    client = serve({"security.require_https": True, "security.trusted_proxies": "127.0.0.1"}, ("127.0.0.1", 1))
    outside = {"X-Forwarded-For": "203.0.113.9"}

    assert client.get("/ping", headers=outside | {"X-Forwarded-Proto": "http"}).status_code == 403
    assert client.get("/ping", headers=outside | {"X-Forwarded-Proto": "https"}).status_code == 200


# --- behind a reverse proxy


@pytest.mark.parametrize(
    "path", ["/stalkeer/ping", "/ping", "/stalkeer/api/v1/system/status", "/stalkeer/openapi.json"]
)
def test_the_url_base_may_be_stripped_by_the_proxy_or_not(serve, path):
    client = serve({"server.url_base": "stalkeer/"})
    headers = {"X-Api-Key": client.security.keys.ensure()}

    assert client.get(path, headers=headers).status_code == 200


def test_the_limit_counts_below_the_url_base_too(serve):
    client = serve({"server.url_base": "/stalkeer", "security.api_limit": 1})

    assert [client.get(f"/stalkeer{STATUS}").status_code for _ in range(2)] == [401, 429]


# --- paths


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/system/logs/..%2f..%2fsecret.key",
        "/api/v1/system/logs/%2e%2e%2fsecret.key",
        "/api/v1/system/logs/....//secret.key",
        "/api/v1/system/backup/..%2f..%2fsecret.key",
        "/api/v1/system/backup/..%2fstalkeer-manual-20260101-000000.zip",
        "/static/..%2f..%2f..%2fsecret.key",
        "/static/%2e%2e/%2e%2e/secret.key",
        "//etc/passwd",
    ],
)
def test_no_path_leads_out_of_a_folder(client, app, path):
    app.paths.logs.mkdir(parents=True, exist_ok=True)

    answer = client.get(path, follow_redirects=False)

    assert answer.status_code in (303, 307, 401, 404, 422)
    assert (app.paths.data_dir / "secret.key").read_text().strip() not in answer.text


def test_a_nul_character_is_refused(client):
    assert client.get("/api/v1/system/logs/a%00b").status_code == 400
