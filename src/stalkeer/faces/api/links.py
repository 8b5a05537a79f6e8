"""Add OpenAPI links: they tell clients and fuzzers which answer holds the id that another operation needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Node = dict[str, Any]


def add_links(document: Node) -> None:
    """Link every list to the operations on its items, such as `GET /downloads` to `GET /downloads/{downloadId}`."""
    schemas = document.get("components", {}).get("schemas", {})
    paths: Node = document["paths"]
    for path, methods in paths.items():
        collection, brace, rest = path.partition("/{")
        listed = paths.get(collection, {}).get("get")
        if not brace or listed is None or "{" in rest:
            continue
        pointer = _pointer(listed, schemas, rest.partition("}")[0])
        if pointer is None:
            continue
        links = listed["responses"]["200"].setdefault("links", {})
        parameter = rest.partition("}")[0]
        for operation in _operations(methods):
            name = operation["operationId"]
            links[name] = {"operationId": name, "parameters": {parameter: pointer}}


def _operations(methods: Mapping[str, Any]) -> Iterator[Node]:
    yield from (operation for operation in methods.values() if "operationId" in operation)


def _pointer(listed: Node, schemas: Node, parameter: str) -> str | None:
    """Return the pointer to the first item's id in the answer: in `records` of a page, or in the list itself."""
    schema = listed["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
    schema = _resolved(schema, schemas)
    prefix = "#/0"
    if "records" in schema.get("properties", {}):
        schema, prefix = schema["properties"]["records"], "#/records/0"
    item = _resolved(schema.get("items", {}), schemas)
    field = "id" if parameter.endswith("Id") else "name"
    return f"$response.body{prefix}/{field}" if field in item.get("properties", {}) else None


def _resolved(schema: Node, schemas: Node) -> Node:
    reference = schema.get("$ref")
    found: Node = schemas.get(reference.rpartition("/")[2], {}) if reference else schema
    return found
