"""The demo's world in this process, and the program in processes of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from stalkeer.demo.provider import Provider
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.scenario import MEGABYTE, Cast, World, build_world
from stalkeer.demo.sonarr import Sonarr
from tests.e2e.program import Program


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The demo's scenario with files of about a megabyte, or the cast that its parameter says.

    Radarr and Sonarr refuse what the real ones would silently ignore.
    """
    for part in ("movies", "tv"):
        (tmp_path / "library" / part).mkdir(parents=True)
    library = tmp_path / "library"
    radarr, sonarr = Radarr(library / "movies", strict=True), Sonarr(library / "tv", strict=True)
    with Provider() as provider, radarr, sonarr:
        yield build_world(radarr, sonarr, provider, getattr(request, "param", Cast(size=MEGABYTE)))


@dataclass
class Starter:
    folder: Path
    world: World
    running: list[Program] = field(default_factory=list)

    def __call__(self, **settings: object) -> Program:
        """A program with a configuration that leads to the world; `settings` replace parts of it."""
        program = Program(self.folder, self.world, settings)
        self.running.append(program)
        return program


@pytest.fixture
def program(tmp_path: Path, world: World) -> Iterator[Callable[..., Program]]:
    starter = Starter(tmp_path / "stalkeer", world)
    yield starter
    for program in starter.running:
        program.close()
