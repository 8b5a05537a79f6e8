"""What holds for every route: the key, problem documents, the pings."""

from __future__ import annotations

import pytest

from tests.doubles.engine import NotingEngine


def test_ping_answers_without_a_key(stranger):
    answer = stranger.get("/ping")

    assert answer.status_code == 200
    assert answer.json() == {"status": "OK"}


def test_health_names_its_parts(stranger):
    answer = stranger.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "parts": {"database": "ok", "worker": "ok", "data": "ok"}}


def test_health_says_which_part_does_not_work(app, client):
    object.__setattr__(app, "engine", NotingEngine())

    answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.json()["parts"]["worker"] == "error"


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "wrong"}, {"X-Api-Key": ""}])
def test_without_the_right_key_nothing_is_told(stranger, headers):
    answer = stranger.get("/api/v1/system/status", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthorized"


def test_the_key_opens_by_header_and_by_query(client, stranger, keys):
    by_header = client.get("/api/v1/system/status")
    by_query = stranger.get("/api/v1/system/status", params={"apikey": keys.ensure()})

    assert by_header.status_code == by_query.status_code == 200
    assert by_header.json()["appName"] == "Stalkeer"


def test_a_reset_key_stops_the_old_one(client, keys):
    keys.reset()

    assert client.get("/api/v1/system/status").status_code == 401


def test_an_unknown_route_is_a_problem_document(client):
    answer = client.get("/api/v1/nothing")

    assert answer.status_code == 404
    assert answer.json()["title"] == "Not Found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/v1/settings/radarr", {"GET", "HEAD", "PUT"}),
        ("DELETE", "/api/v1/system/logs/level", {"GET", "HEAD", "PUT"}),
        ("POST", "/ping", {"GET", "HEAD"}),
        ("PATCH", "/api/v1/health", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_a_path_does_not_have_is_answered_with_those_it_has(client, method, path, allowed):
    answer = client.request(method, path)

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed
    assert answer.headers["content-type"] == "application/problem+json"
