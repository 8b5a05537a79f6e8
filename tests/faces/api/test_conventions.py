"""The conventions of docs/api.md hold for every route of the document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from scripts.freeze_api import breaking_changes

Operation = tuple[str, str, dict[str, Any]]
PAGING = {"page", "pageSize", "cursor"}
# names by which the same things went before, and what they are called everywhere
OLD_NAMES = {
    "q": "search",
    "query": "search",
    "order": "sortKey",
    "sort": "sortKey",
    "sourceId": "source",
    "sourceSlug": "source",
    "instanceId": "instance",
    "limit": "pageSize",
    "itemId": "wantedId",
}
CAMEL = re.compile(r"[a-z][a-zA-Z0-9]*")


@pytest.fixture
def document(client) -> dict[str, Any]:
    return client.get("/openapi.json").json()


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path.startswith("/api/v1"):
                yield method, path, operation


def names_in_query(operation: dict[str, Any]) -> set[str]:
    return {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"} - {"apikey"}


def answered(operation: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The schema of the successful answer, its reference followed."""
    [answer] = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def test_every_name_is_camel_case(document):
    names = [
        one["name"]
        for _, _, operation in operations(document)
        for one in operation.get("parameters", ())
        if one["in"] in ("query", "path")
    ]
    names += [name for schema in document["components"]["schemas"].values() for name in schema.get("properties", {})]

    assert sorted({name for name in names if not CAMEL.fullmatch(name)}) == []


def test_words_in_paths_are_joined_with_hyphens(document):
    words = {word for path in document["paths"] for word in re.sub(r"{\w+}", "", path).split("/") if word}

    assert sorted(word for word in words if not re.fullmatch(r"[a-z0-9.-]+", word)) == []


def test_a_thing_has_the_same_name_in_every_query(document):
    used = {
        f"{method.upper()} {path}: {name} is called {OLD_NAMES[name]}"
        for method, path, operation in operations(document)
        for name in names_in_query(operation)
        if name in OLD_NAMES
    }

    assert sorted(used) == []


def test_a_thing_has_the_same_name_in_every_answer(document):
    old = {"sourceId", "instanceId", "sourceSlug", "slug", "itemId"}
    schemas = document["components"]["schemas"].items()

    assert (
        sorted(f"{name}.{field}" for name, schema in schemas for field in old & set(schema.get("properties", ()))) == []
    )


def test_every_answer_is_an_object_and_every_list_comes_in_pages(document):
    bare = [f"{method} {path}" for method, path, op in operations(document) if "items" in answered(op, document)]
    unpaged = [
        f"{method} {path}"
        for method, path, operation in operations(document)
        if method == "get"
        and ("records" in answered(operation, document).get("properties", {})) != (names_in_query(operation) >= PAGING)
    ]

    assert (bare, unpaged) == ([], [])


def test_a_delete_answers_204_without_a_body(document):
    answers = {
        path: [status for status in operation["responses"] if status.startswith("2")]
        for method, path, operation in operations(document)
        if method == "delete"
    }

    assert {path: statuses for path, statuses in answers.items() if statuses != ["204"]} == {}
    assert [path for method, path, op in operations(document) if method == "delete" and "requestBody" in op] == []


def test_the_body_of_an_action_may_be_absent_where_nothing_in_it_is_required(document):
    for method, path, operation in operations(document):
        body = operation.get("requestBody")
        if method != "post" or body is None or "application/json" not in body["content"]:
            continue
        reference = body["content"]["application/json"]["schema"].get("$ref", "")
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
        assert body.get("required", False) == bool(schema.get("required")) or "anyOf" in schema, path


@pytest.mark.parametrize(
    "address",
    ["downloads?statee=failed", "missing?q=dune", "entries?sourceId=1", "downloads/stats?page=1", "system/status?x=1"],
)
def test_an_unknown_query_parameter_is_refused_with_those_that_are_known(client, address):
    answer = client.get(f"/api/v1/{address}")

    assert answer.status_code == 400
    assert "accepted:" in answer.json()["detail"]


@pytest.mark.parametrize("address", ["missing?sortKey=poster", "downloads?sortKey=queue&sortDirection=descending"])
def test_a_list_is_sorted_only_by_what_has_an_index(client, address):
    answer = client.get(f"/api/v1/{address}")

    assert answer.status_code == 400
    assert "sorted" in answer.json()["detail"]


@pytest.mark.parametrize("address", ["downloads?pageSize=0", "missing?kind=opera", "jobs?open=perhaps"])
def test_what_is_wrong_in_a_query_is_answered_with_400(client, address):
    assert client.get(f"/api/v1/{address}").status_code == 400


def test_a_key_in_the_query_is_known_everywhere(stranger, keys):
    assert stranger.get(f"/api/v1/sources?apikey={keys.ensure()}").status_code == 200


@pytest.mark.parametrize("path", ["missing/scan", "matches/run", "downloads/start", "doctor/paths"])
def test_a_body_that_may_be_absent_is_not_asked_for(client, path):
    assert client.post(f"/api/v1/{path}").status_code != 422


def test_a_short_list_comes_in_pages_too(client):
    first = client.get("/api/v1/schedules", params={"pageSize": 2}).json()
    rest = client.get("/api/v1/schedules", params={"pageSize": 2, "cursor": first["nextCursor"]}).json()

    assert (len(first["records"]), first["page"], rest["page"]) == (2, 1, None)
    assert first["totalRecords"] == rest["totalRecords"] > 2
    assert first["records"][0] not in rest["records"]


def test_a_bulk_action_that_is_refused_for_every_download_is_a_problem(client):
    answer = client.post("/api/v1/downloads/bulk", json={"action": "pause", "ids": [998, 999]})

    assert answer.status_code == 404
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/ids/0", "/ids/1"]


@pytest.mark.parametrize("path", ["/ping", "/metrics", "/api/v1/downloads", "/openapi.json", "/docs", "/api/v1/events"])
def test_head_is_answered_as_get_without_its_body(client, path):
    asked, head = client.get(path), client.head(path)

    assert (head.status_code, head.content) == (asked.status_code, b"")
    assert head.headers["content-type"] == asked.headers["content-type"]


# --- the frozen document -----------------------------------------------------------------------------------------


SCHEMAS = {"Film": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}}
FILM = {"$ref": "#/components/schemas/Film"}


def small(**changes: Any) -> dict[str, Any]:
    """A document with one route to read films and one to change them."""
    get = {
        "operationId": "listFilms",
        "parameters": [{"in": "query", "name": "search", "schema": {"type": "string", "maxLength": 80}}],
        "responses": {"200": {"content": {"application/json": {"schema": FILM}}}},
    }
    body = {
        "content": {"application/json": {"schema": {"type": "object", "properties": {"year": {"type": "integer"}}}}}
    }
    post = {"operationId": "changeFilm", "requestBody": body, "responses": {"204": {}}}
    return {
        "paths": {"/films": {"get": {**get, **changes.pop("get", {})}, "post": {**post, **changes.pop("post", {})}}},
        "components": {"schemas": {**SCHEMAS, **changes.pop("schemas", {})}},
    }


def body_of(**schema: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": {"type": "object", **schema}}}}}


def film(**properties: Any) -> dict[str, Any]:
    return {"schemas": {"Film": {"type": "object", "required": ["id"], "properties": properties}}}


BREAKS = {
    "a route is gone": ({"paths": {"/films": {"get": small()["paths"]["/films"]["get"]}}}, "POST /films is gone"),
    "a parameter is gone": (small(get={"parameters": []}), "the parameter search is gone"),
    "a new parameter is required": (
        small(get={"parameters": [{"in": "query", "name": "key", "required": True, "schema": {"type": "string"}}]}),
        "the new parameter key is required",
    ),
    "a limit is lower": (
        small(
            get={"parameters": [{"in": "query", "name": "search", "schema": {"type": "string", "maxLength": 9}}]},
        ),
        "maxLength became 9",
    ),
    "a body became required": (
        small(post={"requestBody": {**small()["paths"]["/films"]["post"]["requestBody"], "required": True}}),
        "a body became required",
    ),
    "a field of a body became required": (
        small(post=body_of(properties={"year": {"type": "integer"}}, required=["year"])),
        "the field year became required",
    ),
    "a field of a body is retyped": (
        small(post=body_of(properties={"year": {"type": "string"}})),
        "it does not take integer any more",
    ),
    "a field of an answer is gone": (small(**film(name={"type": "string"})), "the field id is gone"),
    "a field of an answer is retyped": (small(**film(id={"type": "string"})), "it may be string now"),
    "a field of an answer may be null": (
        small(**film(id={"anyOf": [{"type": "integer"}, {"type": "null"}]})),
        "it may be null now",
    ),
    "a status is gone": (small(post={"responses": {"200": {}}}), "it does not answer 204 any more"),
    "a method of generated clients is renamed": (small(get={"operationId": "films"}), "is now called films"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_change_that_breaks_programs_is_found(name):
    changed, words = BREAKS[name]
    changed = {"components": {"schemas": SCHEMAS}, **changed}

    assert any(words in line for line in breaking_changes(small(), changed))


ADDITIONS = {
    "a field of an answer": small(**film(id={"type": "integer"}, name={"type": "string"})),
    "an optional field of a body": small(
        post=body_of(properties={"year": {"type": "integer"}, "name": {"type": "string"}})
    ),
    "a wider limit": small(
        get={"parameters": [{"in": "query", "name": "search", "schema": {"type": "string", "maxLength": 200}}]}
    ),
    "a route": {**small(), "paths": {**small()["paths"], "/series": small()["paths"]["/films"]}},
}


@pytest.mark.parametrize("name", ADDITIONS)
def test_an_addition_breaks_nothing(name):
    assert breaking_changes(small(), ADDITIONS[name]) == []
