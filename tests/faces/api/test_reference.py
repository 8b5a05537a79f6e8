"""/docs and the OpenAPI document."""

from __future__ import annotations

import re

import jsonschema_rs
import pytest


@pytest.fixture
def document(stranger):
    return stranger.get("/openapi.json").json()


def contents(document):
    """((method, path), its JSON body or good JSON answer) of every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            bodies = [operation.get("requestBody", {})]
            answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            for place in (*bodies, *answers):
                yield from (
                    ((method, path), content) for kind, content in place.get("content", {}).items() if "json" in kind
                )


def test_every_body_and_every_answer_has_an_example_that_its_schema_allows(document):
    wrong = []
    for operation, content in contents(document):
        schema = {**content["schema"], "components": document["components"]}
        if "example" not in content or not jsonschema_rs.is_valid(schema, content["example"]):
            wrong.append(operation)

    assert wrong == []
    assert len(list(contents(document))) > 100


def test_schemas_have_names_that_a_generated_client_can_use(document):
    names = [name.removesuffix("-Input").removesuffix("-Output") for name in document["components"]["schemas"]]

    assert [name for name in names if not re.fullmatch(r"[A-Z][A-Za-z0-9]+|Body_[A-Za-z]+", name)] == []


def test_every_operation_that_takes_a_body_documents_it(document):
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    bodies = [operation["requestBody"]["content"] for operation in operations if "requestBody" in operation]

    assert all(content.get("schema") for body in bodies for content in body.values())


def test_the_reference_names_every_route_and_loads_nothing_from_elsewhere(stranger):
    document = stranger.get("/openapi.json").json()
    page = stranger.get("/docs").text

    assert all(f"<code>{path}</code>" in page for path in document["paths"])
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="(https?:)?//', page) == []
    assert stranger.get("/docs/style.css").headers["content-type"].startswith("text/css")


def test_every_operation_has_a_name_of_its_own_a_description_and_documented_problems(stranger):
    document = stranger.get("/openapi.json").json()
    operations = {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    names = [operation["operationId"] for operation in operations.values()]

    assert sorted(names) == sorted(set(names))
    assert [key for key, operation in operations.items() if not operation.get("description")] == []
    assert [key for key, operation in operations.items() if not operation.get("summary")] == []
    guarded = {
        key: operation
        for key, operation in operations.items()
        if key[1].startswith("/api/v1") and operation.get("security")
    }
    expected = {"400", "401", "403", "404", "409", "413", "422", "429", "500", "502", "503"}
    assert [key for key, operation in guarded.items() if not expected <= set(operation["responses"])] == []
    documented = [
        answer for operation in guarded.values() for status, answer in operation["responses"].items() if status >= "4"
    ]
    assert all(list(answer["content"]) == ["application/problem+json"] for answer in documented)
    own = [path for _, path in guarded if "webhooks" not in path]
    assert len(own) == sum(path.startswith("/api/v1") and "webhooks" not in path for _, path in operations)


def test_problems_are_documented_as_problem_documents(stranger):
    document = stranger.get("/openapi.json").json()

    answer = document["paths"]["/api/v1/system/status"]["get"]["responses"]["429"]

    assert list(answer["content"]) == ["application/problem+json"]
    assert "requestId" in document["components"]["schemas"]["Problem"]["properties"]


def test_a_list_leads_to_its_items(stranger):
    paths = stranger.get("/openapi.json").json()["paths"]

    links = paths["/api/v1/downloads"]["get"]["responses"]["200"]["links"]
    logs = paths["/api/v1/system/logs"]["get"]["responses"]["200"]["links"]

    assert links["getDownload"]["parameters"] == {"downloadId": "$response.body#/records/0/id"}
    assert logs["downloadLog"]["parameters"] == {"name": "$response.body#/records/0/name"}
