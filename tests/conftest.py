"""Fixtures that every room's tests share: a database with the schema, and a clock that moves only when told to."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stalkeer.logs import use_standard_logging
from stalkeer.runtime import App
from stalkeer.secrets import forgetting_secrets
from stalkeer.store.db.database import Database, open_database, sqlite_url
from stalkeer.store.db.tables import metadata
from tests.doubles.app import make_app
from tests.doubles.clock import FakeClock
from tests.doubles.passwords import hash_cheaply
from tests.doubles.postgres import PrivatePostgres, find_server_binaries
from tests.doubles.statements import share_compiled_statements

share_compiled_statements()
hash_cheaply()
gc.set_threshold(100_000, 50, 100)  # with thousands of collected tests, walking the heap took a sixth of the time

# whole programs in processes of their own, which mostly wait: begun last, one of them would be waited for alone
LONG = ("tests/e2e/", "tests/engine/test_kills.py", "tests/engine/test_workers.py")
LONG_TOGETHER = ("tests/faces/web/test_first_run.py",)  # its tests share a program


@pytest.hookimpl(trylast=True)  # once it is known which tests are to be left out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers: each begins with its share of the long tests. A worker gets an even stretch of the list."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers == 1:
        return
    alone = [[item] for item in items if item.nodeid.startswith(LONG)]
    together = [[item for item in items if item.nodeid.startswith(file)] for file in LONG_TOGETHER]
    groups = [*together, *alone]
    long = {id(item) for group in groups for item in group}
    others = [item for item in items if id(item) not in long]
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        share = [item for group in groups[worker::workers] for item in group]
        length = (len(items) - len(ordered)) // (workers - worker)
        ordered += [*share, *others[: max(0, length - len(share))]]
        del others[: max(0, length - len(share))]
    items[:] = [*ordered, *others]


def pytest_collection_finish() -> None:
    """Leave what was collected out of every later collection of garbage: it lives as long as the process."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Leave the heap of a worker to the end of its process: pytest would walk it five times, for half a minute."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _logs_stay_off_stdout() -> None:
    use_standard_logging()


@pytest.fixture(scope="module", autouse=True)
def _secrets_of_a_module_are_forgotten() -> Iterator[None]:
    """Each test has keys of its own. Thousands of them would be looked for in every line of the log."""
    with forgetting_secrets():
        yield


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the present schema, to be copied: making one takes thirty times as long."""
    path = tmp_path_factory.mktemp("empty") / "stalkeer.db"
    _make_schema(sqlite_url(path))
    return path


@pytest.fixture
def database(tmp_path: Path, empty_file: Path) -> Iterator[Database]:
    """A SQLite file with the present schema."""
    shutil.copy(empty_file, tmp_path / "stalkeer.db")
    opened = open_database(sqlite_url(tmp_path / "stalkeer.db"))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePostgres]:
    """A PostgreSQL of this test session's own, run by an ordinary user; skips where no server is installed."""
    binaries = find_server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server binaries on this machine")
    with PrivatePostgres(binaries, tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def empty_postgres(postgres_server: PrivatePostgres) -> Iterator[str]:
    """The name of a PostgreSQL database with the present schema, to be copied."""
    with postgres_server.fresh_database() as url:
        _make_schema(url)
        yield url.rpartition("/")[2]


@pytest.fixture
def postgres_database(postgres_server: PrivatePostgres, empty_postgres: str) -> Iterator[Database]:
    """A PostgreSQL database with the present schema."""
    with postgres_server.fresh_database(like=empty_postgres) as url:
        opened = open_database(url)
        yield opened
        opened.close()


def _make_schema(url: str) -> None:
    made = open_database(url)
    metadata.create_all(made.engine)
    made.close()


@pytest.fixture
def postgres_url(postgres_server: PrivatePostgres) -> Iterator[str]:
    """An empty PostgreSQL database."""
    with postgres_server.fresh_database() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_database(request: pytest.FixtureRequest) -> Database:
    """The present schema on SQLite and on PostgreSQL: the test runs once on each."""
    found: Database = request.getfixturevalue("database" if request.param == "sqlite" else "postgres_database")
    return found


@pytest.fixture
def app(tmp_path: Path, database: Database, clock: FakeClock) -> App:
    """The program's parts on SQLite, with default settings below tmp_path/data."""
    return make_app(tmp_path / "data", database, clock)
