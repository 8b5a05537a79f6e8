"""OpenAPI links: which answer tells the id that another operation asks for. Clients and fuzzers follow them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Node = dict[str, Any]


def add_links(document: Node) -> None:
    """Every list leads to its items: `GET /downloads` to `GET /downloads/{download_id}` and what stands below it."""
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
    """Point to the first item's id in the list's answer: in a page's `records`, or in the list itself."""
    schema = listed["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
    schema = _resolved(schema, schemas)
    prefix = "#/0"
    if "records" in schema.get("properties", {}):
        schema, prefix = schema["properties"]["records"], "#/records/0"
    item = _resolved(schema.get("items", {}), schemas)
    field = "id" if parameter.endswith("_id") else "name"
    return f"$response.body{prefix}/{field}" if field in item.get("properties", {}) else None


def _resolved(schema: Node, schemas: Node) -> Node:
    reference = schema.get("$ref")
    found: Node = schemas.get(reference.rpartition("/")[2], {}) if reference else schema
    return found
