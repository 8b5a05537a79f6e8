"""Every operation of the OpenAPI document, with what fits it and what does not: schemathesis and all its checks.

`make soak` gives each operation many more examples and follows the links between them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from stalkeer.app import Start, build_app, build_security, build_server

EXAMPLES = int(os.environ.get("STALKEER_FUZZ", "3"))
PARTS = 6
# tests/api/test_guards.py asks every operation without a key; here each request gets one
NOT_HERE = "[checks.ignored_auth]\nenabled = false\n"
CONFIG = Path(__file__).parents[2] / "schemathesis.toml"
PROFILE = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


class Keyed:
    """The server, with the API key in every request that does not bring one of its own."""

    def __init__(self, inner, key: str) -> None:
        self.inner, self.key = inner, key.encode()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and not any(name == b"x-api-key" for name, _ in scope["headers"]):
            scope = {**scope, "headers": [*scope["headers"], (b"x-api-key", self.key)]}
        await self.inner(scope, receive, send)


@pytest.fixture(scope="module")
def api_schema(tmp_path_factory) -> Iterator[object]:
    folder = tmp_path_factory.mktemp("fuzz")
    start = Start(environ={"HOME": str(folder)}, overrides={"data_dir": str(folder), "security.api_limit": 0})
    app = build_app(start, lambda: datetime.now(UTC))
    guards = build_security(app)
    server = Keyed(build_server(app, guards), guards.keys.ensure())
    config = SchemathesisConfig.from_str(CONFIG.read_text(encoding="utf-8") + NOT_HERE)
    yield schemathesis.openapi.from_asgi("/openapi.json", server, config=config)
    app.close()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("part", range(PARTS))
def test_operations_keep_their_promises(api_schema, part, mode):
    operations = [found.ok() for found in api_schema.get_all_operations()][part::PARTS]

    for operation in operations:
        if mode is GenerationMode.NEGATIVE and not can_be_wrong(operation):
            continue

        @given(operation.as_strategy(generation_mode=mode))
        @PROFILE
        def check(case):
            case.call_and_validate()

        with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():  # nothing can be wrong
            check()


def can_be_wrong(operation) -> bool:
    """Whether anything at all is asked for that could be of the wrong kind."""
    asked = [
        parameter for parameter in operation.iter_parameters() if parameter.name.lower() not in ("x-api-key", "apikey")
    ]
    return bool(asked or operation.body)


@pytest.mark.soak
def test_operations_keep_their_promises_one_after_another(api_schema):
    api_schema.as_state_machine().run(settings=settings(PROFILE, max_examples=30, stateful_step_count=10))
