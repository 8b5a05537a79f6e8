"""A new release finds what an old one left: downloads in every state, and workflows it does not know."""

import logging
import time
from pathlib import Path

import pytest
from dbos import DBOS, SetWorkflowID

from stalkeer.engine.workflows import Dispatch, EngineDatabase, Handlers
from stalkeer.model import DownloadState
from tests.doubles.house import content, digest, eventually, now
from tests.engine.processes import CONTEXT

S = DownloadState


def old_release(path: str) -> None:
    """An engine with one phase more, killed in the middle of all its workflows."""

    def hang(*_anything: object) -> None:
        time.sleep(3600)

    dispatch = Dispatch(EngineDatabase("local", file=Path(path)), Handlers(hang, hang, hang, hang))
    original = dispatch._register

    def register() -> None:
        original()
        dispatch._workflows["transcode"] = DBOS.workflow(name="transcode")(hang)

    dispatch._register = register  # type: ignore[method-assign]
    dispatch.launch()
    for number in range(1, 3):
        for kind in ("transfer", "finish", "transcode"):
            with SetWorkflowID(f"{kind}-{number}-1"):
                DBOS.start_workflow(dispatch._workflows[kind], number, 1)
    time.sleep(3600)


def pending(path: Path) -> int:
    import sqlite3

    if not path.exists():
        return 0
    with sqlite3.connect(path) as connection:
        try:
            return connection.execute("SELECT count(*) FROM workflow_status WHERE status = 'PENDING'").fetchone()[0]
        except sqlite3.OperationalError:
            return 0


def test_a_damaged_engine_database_is_set_aside_and_work_goes_on(house, running):
    path = house.app.paths.engine_database
    path.write_bytes(b"no database" * 1000)
    body = content(400_000)
    download = house.download("Dune", body)

    running(house.engine())

    house.await_state(download, S.COMPLETED)
    assert house.result(download) == digest(body)
    assert list(path.parent.glob(f"{path.name}.damaged*"))


@pytest.fixture
def left_behind(house):
    """The engine database of a release that was killed while it worked."""
    path = house.app.paths.engine_database
    process = CONTEXT.Process(target=old_release, args=(str(path),), daemon=True)
    process.start()
    eventually(lambda: pending(path) == 6, "the old release works")
    process.kill()
    process.join(10)
    process.close()


def test_downloads_of_an_old_release_go_on_in_every_state(house, running, left_behind, caplog):
    bodies = {state: content(50_000, number) for number, state in enumerate(S)}
    downloads = {state: house.download(f"Film {state.value}", body) for state, body in bodies.items()}
    folder = house.app.settings.directories
    folder.temp.mkdir(parents=True)
    for state, download in downloads.items():
        under_way = {"run": 1, "admitted_at": now(), "worker": "local"}
        if state in (S.FETCHED, S.DOWNLOADING):
            part = folder.temp / f"{download}-{house.row(download).identity.entry_id}.part"
            part.write_bytes(bodies[state] if state is S.FETCHED else bodies[state][:20_000])
            under_way |= {"part_path": str(part), "total": 50_000}
            under_way |= {"durable_offset": part.stat().st_size}
        if state in (S.PLACED, S.IMPORTING):
            staged = folder.movies / state.value / f"{state.value}.mkv"
            staged.parent.mkdir(parents=True)
            staged.write_bytes(bodies[state])
            under_way |= {"placed_path": str(staged)}
        ended = state in (S.PAUSED, S.BLOCKED, S.FAILED, S.CANCELLED, S.COMPLETED)
        house.change(download, state=state.value, **({} if ended or state is S.QUEUED else under_way))

    with caplog.at_level(logging.CRITICAL, logger="dbos"):
        running(house.engine())
        for state in (S.QUEUED, S.DOWNLOADING, S.FETCHED, S.PLACED, S.IMPORTING):
            house.await_state(downloads[state], S.COMPLETED)
            assert house.result(downloads[state]) == digest(bodies[state])

    for state in (S.PAUSED, S.BLOCKED, S.FAILED, S.CANCELLED):
        assert house.state(downloads[state]) is state
