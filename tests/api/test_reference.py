"""/docs and the OpenAPI document."""

from __future__ import annotations

import re


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
    guarded = {
        key: operation
        for key, operation in operations.items()
        if key[1].startswith("/api/v1") and operation.get("security")
    }
    lacking = [
        key for key, operation in guarded.items() if not {"401", "422", "429", "500"} <= set(operation["responses"])
    ]
    assert lacking == []


def test_problems_are_documented_as_problem_documents(stranger):
    document = stranger.get("/openapi.json").json()

    answer = document["paths"]["/api/v1/system/status"]["get"]["responses"]["429"]

    assert list(answer["content"]) == ["application/problem+json"]
    assert "requestId" in document["components"]["schemas"]["Problem"]["properties"]


def test_a_list_leads_to_its_items(stranger):
    paths = stranger.get("/openapi.json").json()["paths"]

    links = paths["/api/v1/downloads"]["get"]["responses"]["200"]["links"]
    logs = paths["/api/v1/system/logs"]["get"]["responses"]["200"]["links"]

    assert links["getDownload"]["parameters"] == {"download_id": "$response.body#/records/0/id"}
    assert logs["downloadLog"]["parameters"] == {"name": "$response.body#/0/name"}
