"""Every operation of the OpenAPI document, with what fits it and what does not: schemathesis and all its checks.

`make soak` gives each operation many more examples and follows the links between them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import schemathesis
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from stalkeer.app import Start, build_app, build_security
from tests.doubles.engine import QueueingEngine
from tests.doubles.server import make_server
from tests.faces.web.sample import NOW, fill

EXAMPLES = 2  # of each operation
STORIES = 10
SOAK = 45  # times as many
PARTS = 6
# tests/faces/api/test_guards.py asks without a key and with a wrong one; here each request has the right one
NOT_HERE = "[checks.ignored_auth]\nenabled = false\n[generation]\nwith-security-parameters = false\n"
CONFIG = Path(__file__).parents[3] / "schemathesis.toml"
PROFILE = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


class House:
    """A lived-in data folder, and a server over a copy of it that starts anew for every story.

    Nothing that one story did reaches the next, and the clock stands still: a story told twice goes the same way.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.told, self.app = folder, 0, None
        self.template = folder / "template"
        app, *_ = self.open(self.template)
        fill(app.database, app.secrets)
        app.close()

    def open(self, data_dir: Path):
        start = Start(environ={"HOME": str(data_dir)}, overrides={"data_dir": str(data_dir), "security.api_limit": 0})
        app = build_app(start, lambda: NOW)
        app = replace(app, engine=QueueingEngine(app))
        guards = build_security(app)
        return app, make_server(app, guards), guards.keys.ensure()

    def start_anew(self) -> None:
        self.close()
        self.told += 1
        data_dir = self.folder / f"story-{self.told}"
        shutil.copytree(self.template, data_dir)
        self.app, self.server, self.key = self.open(data_dir)

    @property
    def has_other_settings(self) -> bool:
        return bool(self.app.live.stored)

    def close(self) -> None:
        if self.app is not None:
            self.app.close()
            shutil.rmtree(self.app.paths.data_dir)
            self.app = None

    def schema(self):
        config = SchemathesisConfig.from_str(CONFIG.read_text(encoding="utf-8") + NOT_HERE)
        return schemathesis.openapi.from_asgi("/openapi.json", self, config=config)

    async def __call__(self, scope, receive, send):
        """Each request gets the key, and comes encrypted where an earlier one switched that on."""
        headers = [*scope.get("headers", ()), (b"x-api-key", self.key.encode())]
        scheme = "https" if self.app.settings.security.require_https else scope["scheme"]
        await self.server({**scope, "headers": headers, "scheme": scheme}, receive, send)


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    made = House(tmp_path)
    made.start_anew()
    with stamina.set_testing(True, attempts=1):  # nobody answers at the sample's addresses
        yield made
    made.close()


@pytest.mark.parametrize("examples", [EXAMPLES, pytest.param(SOAK * EXAMPLES, marks=pytest.mark.soak)])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("part", range(PARTS))
def test_operations_keep_their_promises(house, part, mode, examples):
    operations = [found.ok() for found in house.schema().get_all_operations()][part::PARTS]

    for operation in operations:
        if mode is GenerationMode.NEGATIVE and not can_be_wrong(operation):
            continue
        house.start_anew()

        @given(operation.as_strategy(generation_mode=mode))
        @settings(PROFILE, max_examples=examples)
        def check(case):
            if house.has_other_settings:  # of an earlier example: a smaller limit would refuse this one
                house.start_anew()
            case.call_and_validate()

        with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():  # nothing can be wrong
            check()


def can_be_wrong(operation) -> bool:
    """Whether anything at all is asked for that could be of the wrong kind."""
    asked = [
        parameter for parameter in operation.iter_parameters() if parameter.name.lower() not in ("x-api-key", "apikey")
    ]
    return bool(asked or operation.body)


@pytest.mark.parametrize("stories", [STORIES, pytest.param(SOAK * STORIES, marks=pytest.mark.soak)])
def test_operations_keep_their_promises_one_after_another(house, stories):
    class Story(house.schema().as_state_machine()):
        def setup(self):
            house.start_anew()

    Story.run(settings=settings(PROFILE, max_examples=stories, stateful_step_count=10))
