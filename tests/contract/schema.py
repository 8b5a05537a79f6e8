"""The facts in radarr.json and sonarr.json: endpoints we use, their parameters, and the shape of what they answer.

A kind is `int`, `number`, `bool`, `str`, `moment` (UTC, ending in Z), `span`, `object`, `any`, a list of allowed words,
`{"list": kind}`, or the name of a resource. The programs leave nulls out, so every field may be absent and none null.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
SPAN = re.compile(r"(\d+\.)?\d\d:\d\d:\d\d(\.\d+)?")
PLAIN = {
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "str": lambda value: isinstance(value, str),
    "moment": lambda value: isinstance(value, str) and MOMENT.fullmatch(value) is not None,
    "span": lambda value: isinstance(value, str) and SPAN.fullmatch(value) is not None,
    "object": lambda value: isinstance(value, dict),
    "any": lambda value: value is not None,
}


@dataclass(frozen=True)
class Facts:
    endpoints: Mapping[str, Mapping]
    resources: Mapping[str, Mapping]

    def answer_problems(self, endpoint: str, answer: object) -> list[str]:
        """Everything in `answer` that does not fit what the endpoint is documented to give."""
        kind = self.endpoints[endpoint].get("answer", "any")
        return list(self._problems(answer, kind, endpoint))

    def request_problems(self, endpoint: str, query: Mapping[str, str], body: object) -> list[str]:
        """Every parameter and field of a request that the endpoint does not know."""
        known = self.endpoints[endpoint]
        unknown = [f"{endpoint}: parameter {name}" for name in query if name not in known.get("query", {})]
        if body is None or "body" not in known or "command" in endpoint:  # commands document none of their arguments
            return unknown
        return unknown + list(self._problems(body, known["body"], f"{endpoint} body"))

    def _problems(self, value: object, kind: object, where: str) -> Iterator[str]:
        if isinstance(kind, list):
            if value not in kind:
                yield f"{where}: {value!r} is none of {kind}"
        elif isinstance(kind, dict):
            if not isinstance(value, list):
                yield f"{where}: no list"
                return
            for number, part in enumerate(value):
                yield from self._problems(part, kind["list"], f"{where}[{number}]")
        elif kind in PLAIN:
            if not PLAIN[kind](value):
                yield f"{where}: {value!r} is no {kind}"
        else:
            yield from self._resource_problems(value, str(kind), where)

    def _resource_problems(self, value: object, name: str, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where}: {value!r} is no {name}"
            return
        fields = self.resources[name]
        for field, part in value.items():
            if field not in fields:
                yield f"{where}.{field}: no field of {name}"
            else:
                yield from self._problems(part, fields[field], f"{where}.{field}")


@cache
def facts(program: str) -> Facts:
    read = json.loads((Path(__file__).parent / f"{program}.json").read_text(encoding="utf-8"))
    return Facts(read["endpoints"], read["resources"])


def endpoint_of(program: str, method: str, path: str) -> str | None:
    """Which endpoint of the facts a request belongs to."""
    bare = path.partition("/api/v3/")[2]
    for endpoint in facts(program).endpoints:
        known_method, _, pattern = endpoint.partition(" ")
        if known_method == method and re.fullmatch(pattern.replace("{id}", r"\d+"), bare):
            return endpoint
    return None
