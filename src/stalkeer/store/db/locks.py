"""One refresh of a source at a time, over all processes; the lock of a killed one is free at once."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from stalkeer.errors import Conflict
from stalkeer.model import SourceId
from stalkeer.store.db.database import Database

_SOURCE_LOCKS = 7825  # the first of PostgreSQL's two lock numbers; the second is the source's id


@contextmanager
def source_lock(database: Database, source_id: SourceId, folder: Path) -> Iterator[None]:
    """Hold the source for the length of the block. Raises Conflict where someone else does."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / f"source-{source_id}").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy() from None
        if database.is_sqlite:
            yield
            return
        with database.engine.connect() as connection:  # the lock lives as long as this connection
            numbers = {"room": _SOURCE_LOCKS, "source": source_id}
            if not connection.execute(text("SELECT pg_try_advisory_lock(:room, :source)"), numbers).scalar_one():
                raise _busy()
            connection.commit()
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:room, :source)"), numbers)
                connection.commit()


def _busy() -> Conflict:
    return Conflict("The source is being refreshed already; wait for it or cancel that run")
