from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from stalkeer.engine.engine import Engine
from stalkeer.store.db.database import Database
from tests.doubles.house import House, open_house


@pytest.fixture
def house(tmp_path: Path, database: Database) -> Iterator[House]:
    """On SQLite."""
    with open_house(tmp_path, database) as opened:
        yield opened


@pytest.fixture
def any_house(tmp_path: Path, any_database: Database) -> Iterator[House]:
    """On SQLite and on PostgreSQL."""
    with open_house(tmp_path, any_database) as opened:
        yield opened


@pytest.fixture
def running() -> Iterator[Callable[[Engine], Engine]]:
    """Launches an engine for the length of a test."""
    with ExitStack() as stack:

        def launch(engine: Engine) -> Engine:
            engine.launch()
            stack.callback(engine.stop)
            return engine

        yield launch
