"""Keeps docs/openapi.json, the API that users build on, and finds what would break their programs.

    python scripts/freeze_api.py                    accept additions; exit 1 at a change that breaks programs
    python scripts/freeze_api.py --check            write nothing; exit 1 when the document is behind
    python scripts/freeze_api.py --accept-breaking  accept everything; CHANGELOG.md has to tell it

The document leaves out what programs do not depend on: examples, links, error answers and the version.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "openapi.json"
ACCEPT = "python scripts/freeze_api.py"
METHODS = ("get", "put", "post", "delete", "patch", "head")
DROPPED = frozenset({"example", "examples", "links"})
# a request that is valid today must stay valid, so these may only grow (+1) or shrink (-1)
BOUNDS = {
    "maximum": 1,
    "exclusiveMaximum": 1,
    "maxLength": 1,
    "maxItems": 1,
    "minimum": -1,
    "exclusiveMinimum": -1,
    "minLength": -1,
    "minItems": -1,
}
MOST_DEPTH = 12
Node = Mapping[str, Any]


def frozen(document: Node) -> dict[str, Any]:
    """Return the part of an OpenAPI document that programs depend on."""
    paths = {
        path: {method: _operation(operation) for method, operation in methods.items() if method in METHODS}
        for path, methods in document["paths"].items()
    }
    info = {key: value for key, value in document["info"].items() if key != "version"}
    whole: dict[str, Any] = _without_examples({**document, "info": {**info, "version": "1"}, "paths": paths})
    return whole


def _operation(operation: Node) -> dict[str, Any]:
    responses = {status: answer for status, answer in operation["responses"].items() if str(status) < "400"}
    return {**operation, "responses": responses}


def _without_examples(node: Any, *, is_names: bool = False) -> Any:
    """Return a copy without examples. In a map of names, such as `properties`, nothing is dropped."""
    if isinstance(node, list):
        return [_without_examples(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_examples(value, is_names=key in ("properties", "schemas"))
        for key, value in node.items()
        if is_names or key not in DROPPED
    }


def breaking_changes(old: Node, new: Node) -> list[str]:
    """List what would break a program that was written for the old document."""
    return list(_Comparison(old, new).differences())


class _Comparison:
    def __init__(self, old: Node, new: Node) -> None:
        self._old, self._new = old, new

    def differences(self) -> Iterator[str]:
        for path, methods in self._old["paths"].items():
            for method, operation in methods.items():
                where = f"{method.upper()} {path}"
                present = self._new["paths"].get(path, {}).get(method)
                if present is None:
                    yield f"{where} is gone"
                else:
                    yield from self._operation(where, operation, present)

    def _operation(self, where: str, old: Node, new: Node) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"{where}: the operation {old.get('operationId')} is now called {new.get('operationId')}"
        yield from self._parameters(where, old.get("parameters", ()), new.get("parameters", ()))
        yield from self._body(where, old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            if status not in new["responses"]:
                yield f"{where}: it does not answer {status} any more"
                continue
            yield from self._answer(f"{where} {status}", answer, new["responses"][status])

    def _parameters(self, where: str, old: list[Node], new: list[Node]) -> Iterator[str]:
        before = {(one["in"], one["name"]): one for one in old}
        after = {(one["in"], one["name"]): one for one in new}
        for key, parameter in before.items():
            if key not in after:
                yield f"{where}: the parameter {key[1]} is gone"
                continue
            if after[key].get("required") and not parameter.get("required"):
                yield f"{where}: the parameter {key[1]} became required"
            yield from self._given(f"{where} {key[1]}", parameter["schema"], after[key]["schema"])
        for key, parameter in after.items():
            if key not in before and parameter.get("required"):
                yield f"{where}: the new parameter {key[1]} is required"

    def _body(self, where: str, old: Node | None, new: Node | None) -> Iterator[str]:
        if new is not None and new.get("required") and not (old or {}).get("required"):
            yield f"{where}: a body became required"
        if old is None:
            return
        for kind, content in old["content"].items():
            present = (new or {"content": {}})["content"].get(kind)
            if present is None:
                yield f"{where}: a body of the type {kind} is not accepted any more"
            else:
                yield from self._given(f"{where} body", content.get("schema", {}), present.get("schema", {}))

    def _answer(self, where: str, old: Node, new: Node) -> Iterator[str]:
        for kind, content in old.get("content", {}).items():
            present = new.get("content", {}).get(kind)
            if present is None:
                yield f"{where}: the answer is not {kind} any more"
            else:
                yield from self._read(where, content.get("schema", {}), present.get("schema", {}))

    # --- what programs send: everything that was accepted stays accepted

    def _given(self, where: str, old: Node, new: Node, depth: int = 0) -> Iterator[str]:
        old, new = _resolve(self._old, old), _resolve(self._new, new)
        missing = types_of(self._old, old) - types_of(self._new, new)
        if missing:
            yield f"{where}: it does not take {' or '.join(sorted(missing))} any more"
            return
        words = set(map(str, words_of(self._old, old))) - set(map(str, words_of(self._new, new)))
        if words_of(self._new, new) and (words or not words_of(self._old, old)):
            yield f"{where}: it does not take {', '.join(sorted(words)) or 'every word'} any more"
        for bound, direction in BOUNDS.items():
            now = new.get(bound)
            if now is not None and (bound not in old or (old[bound] - now) * direction > 0):
                yield f"{where}: {bound} became {now}"
        if depth > MOST_DEPTH:
            return
        for name, child in old.get("properties", {}).items():
            if name not in new.get("properties", {}):
                yield f"{where}: the field {name} is gone"
            else:
                yield from self._given(f"{where}.{name}", child, new["properties"][name], depth + 1)
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{where}: the field {name} became required"
        if "items" in old and "items" in new:
            yield from self._given(f"{where}[]", old["items"], new["items"], depth + 1)

    # --- what programs read: everything that was promised is still there

    def _read(self, where: str, old: Node, new: Node, depth: int = 0) -> Iterator[str]:
        old, new = _resolve(self._old, old), _resolve(self._new, new)
        added = types_of(self._new, new) - types_of(self._old, old)
        if added and types_of(self._old, old):
            yield f"{where}: it may be {' or '.join(sorted(added))} now"
            return
        if depth > MOST_DEPTH:
            return
        for name, child in old.get("properties", {}).items():
            if name not in new.get("properties", {}):
                yield f"{where}: the field {name} is gone"
                continue
            if name in old.get("required", ()) and name not in new.get("required", ()):
                yield f"{where}: the field {name} may be left out now"
            yield from self._read(f"{where}.{name}", child, new["properties"][name], depth + 1)
        for name in ("items", "additionalProperties"):
            if isinstance(old.get(name), dict) and isinstance(new.get(name), dict):
                yield from self._read(f"{where}[]", old[name], new[name], depth + 1)


def _resolve(document: Node, schema: Node) -> Node:
    """Follow a reference, and an option beside null: the fields of both are compared alike."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        inner = _resolve(document, options[0])
        return {**inner, "anyOf": schema["anyOf"]}
    return schema


def types_of(document: Node, schema: Node) -> set[str]:
    """Return the JSON types that a schema allows; empty where it allows everything."""
    if "$ref" in schema:
        return types_of(document, _resolve(document, schema))
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return {kind for option in schema[word] for kind in types_of(document, option)}
    found = schema.get("type")
    if found is None:
        return set()
    return {found} if isinstance(found, str) else set(found)


def words_of(document: Node, schema: Node) -> list[Any]:
    """Return the words that an enum allows; empty where every word is allowed."""
    if "const" in schema:
        return [schema["const"]]
    return [word for word in schema.get("enum", ()) if word is not None]


# --- the command -------------------------------------------------------------------------------------------------


def read_frozen() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return found


def written(document: Node) -> str:
    return json.dumps(frozen(document), indent=1, ensure_ascii=False) + "\n"


def refusal(breaks: list[str]) -> str:
    lines = "\n".join(f"  {line}" for line in breaks)
    return (
        f"These changes break programs that use the API:\n{lines}\n"
        "Keep the old form beside the new one. If a break is meant, tell it in CHANGELOG.md and run\n"
        f"  {ACCEPT} --accept-breaking"
    )


def main(arguments: list[str]) -> int:
    from make_docs import openapi_document

    present = openapi_document()
    breaks = breaking_changes(read_frozen(), frozen(present)) if DOCUMENT.exists() else []
    if breaks and "--accept-breaking" not in arguments:
        print(refusal(breaks), file=sys.stderr)
        return 1
    text = written(present)
    is_behind = not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != text
    if is_behind and "--check" in arguments:
        print(f"docs/openapi.json is behind the program. Nothing breaks; accept it: {ACCEPT}", file=sys.stderr)
        return 1
    if is_behind:
        DOCUMENT.write_text(text, encoding="utf-8")
    print("docs/openapi.json " + ("is written" if is_behind else "is up to date"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
