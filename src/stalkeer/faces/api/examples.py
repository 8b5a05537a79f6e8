"""Make the examples of the OpenAPI document from the schemas, so that every example is valid.

An example of the model (`json_schema_extra`) or of the field (`examples=`) comes first. `SAMPLES` has values for names
that many models use. All other values are made from the type.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

Node = dict[str, Any]
SAMPLES: Mapping[str, object] = {
    "airDate": "2026-01-30",
    "allowedHosts": ["stalkeer.example.com"],
    "apiKey": "0123456789abcdef0123456789abcdef",
    "appName": "Stalkeer",
    "attempts": 5,
    "authentication": "forms",
    "bandwidthLimit": 10_000_000,
    "check": "instance",
    "code": "not-found",
    "cron": "0 */6 * * *",
    "currentQuality": {"id": 4, "name": "HDTV-720p", "source": "television", "resolution": 720},
    "dataDir": "/config",
    "databaseType": "sqLite",
    "decidedBy": "auto",
    "detail": "There is no download 12",
    "entry": "EN - Dune (2021) [4K]",
    "entryKey": "movie:4711",
    "episode": 2,
    "episodeEnd": None,
    "error": None,
    "errorCode": None,
    "event": "Download",
    "excludeTags": ["no-vod"],
    "facts": {"container": "matroska", "isWhole": True, "durationSeconds": 9360, "audioLanguages": ["en"]},
    "fileMode": "0644",
    "fix": "Check that it runs and that address and API key are right: stalkeer arr test radarr",
    "folderMode": "0755",
    "folder": "/data/vod/complete/movies",
    "group": "VOD | Science Fiction",
    "headers": {"Referer": "https://provider.example.com/"},
    "id": 12,
    "instance": "radarr",
    "item": "Dune (2021)",
    "itemTitle": "Dune",
    "job": "scan",
    "kindReason": "url",
    "languages": ["en"],
    "lastError": None,
    "lines": ['{"event": "refresh done", "source": "main", "level": "info"}'],
    "local": "/data/vod",
    "localNetworks": ["192.168.1.0/24"],
    "max": 2,
    "message": "Radarr: connection refused",
    "name": "main",
    "names": ["Dune"],
    "nextCursor": "WzEyXQ",
    "options": {},
    "origin": "ui",
    "ownedBy": None,
    "page": 1,
    "pageSize": 50,
    "path": "/data/vod/complete/movies/Dune.2021/Dune.2021.mkv",
    "pattern": "^(sports?|news)",
    "password": "secret",
    "pointer": "/url",
    "poster": "/dune.jpg",
    "problem": None,
    "program": "radarr",
    "progress": {"done": 120, "total": 400, "message": "matching"},
    "proxy": "socks5h://127.0.0.1:1080",
    "quotas": [],
    "reason": "the title and the year are the same",
    "refresh": "0 */6 * * *",
    "refusal": None,
    "remote": "/downloads",
    "report": {"wanted": 42, "confirmed": 30, "review": 4, "nothing": 8},
    "requestId": "5f3a9c0e1b2d4c6f",
    "resolution": 2160,
    "revision": "0001",
    "rootFolders": ["/data/media/movies"],
    "score": 0.97,
    "season": 1,
    "seasons": [1, 2],
    "size": 4_200_000_000,
    "skip": None,
    "slug": "main",
    "source": "main",
    "sourceSlug": "main",
    "status": "ok",
    "subject": "radarr",
    "successRate": 0.98,
    "summary": "It was found: the title and the year are the same",
    "text": "the title is the same",
    "timeout": "1m",
    "title": "Dune (2021)",
    "titleKey": "dune",
    "tmdbId": 438631,
    "totalRecords": 1,
    "trustedProxies": ["172.18.0.2"],
    "tvdbId": 371980,
    "type": "about:blank",
    "url": "https://provider.example.com",
    "urlBase": "",
    "userAgent": "VLC/3.0.20 LibVLC/3.0.20",
    "userHeader": "Remote-User",
    "username": "me",
    "version": "0.1.0",
    "weight": 0.6,
    "worker": None,
    "year": 2021,
}
BY_FORMAT: Mapping[str, object] = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "time": "01:00:00",
    "password": "secret",
    "binary": "(the file)",
}
BY_TYPE: Mapping[str, object] = {"string": "text", "boolean": False}
MOST_DEPTH = 12


def add_examples(document: Node) -> None:
    """Give every JSON request body and every successful JSON response an example."""
    schemas = document.get("components", {}).get("schemas", {})
    for methods in document["paths"].values():
        for operation in methods.values():
            for content in _contents(operation):
                if "schema" in content and not {"example", "examples"} & content.keys():
                    content["example"] = example_of(content["schema"], schemas)


def _contents(operation: Node) -> Iterator[Node]:
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for status, answer in operation["responses"].items():
        if str(status).startswith("2"):
            yield from (content for kind, content in answer.get("content", {}).items() if "json" in kind)


def example_of(schema: Node, schemas: Mapping[str, Node], name: str = "", depth: int = 0) -> object:
    """Return a value that the schema allows. `name` is the name of its property."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]] | {key: schema[key] for key in schema if key != "$ref"}
    if schema.get("examples") and _fits(schema["examples"][0], schema, schemas):
        return schema["examples"][0]
    if schema.get("default") is not None:
        return schema["default"]
    if "properties" in schema and depth < MOST_DEPTH:
        return {
            key: example_of(child, schemas, key, depth + 1)
            for key, child in schema["properties"].items()
            if not child.get("deprecated")
        }
    for word in ("const", "enum"):
        if word in schema:
            return schema[word] if word == "const" else schema[word][0]
    if name in SAMPLES and _fits(SAMPLES[name], schema, schemas):
        return SAMPLES[name]
    return _by_shape(schema, schemas, name, depth)


def _by_shape(schema: Node, schemas: Mapping[str, Node], name: str, depth: int) -> object:
    options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if options:
        chosen = next((option for option in options if option.get("type") != "null"), options[0])
        return example_of(chosen, schemas, name, depth)
    if schema.get("type") == "array":
        return [example_of(schema.get("items", {}), schemas, name.removesuffix("s"), depth + 1)]
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return {"movie": example_of(values, schemas, "", depth + 1)} if isinstance(values, dict) and values else {}
    if schema.get("format") in BY_FORMAT:
        return BY_FORMAT[schema["format"]]
    if schema.get("type") in ("integer", "number"):
        least: float = schema.get("minimum") or schema.get("exclusiveMinimum") or 0
        return max(1, math.ceil(least)) if schema["type"] == "integer" else max(1.0, least)
    return BY_TYPE.get(schema.get("type", ""))


KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def _fits(value: object, schema: Node, schemas: Mapping[str, Node]) -> bool:
    """Tell whether a sample has the schema's type: the same property name may be a text in one model and a list in
    another.
    """
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "properties" in schema:
        return isinstance(value, dict)
    if "anyOf" in schema:
        return any(_fits(value, option, schemas) for option in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    return type(value) in KINDS.get(schema.get("type", ""), ())
