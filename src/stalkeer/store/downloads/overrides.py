"""Store the pause of the queue and the temporary speed limit.

All workers of the database read them with each heartbeat.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from stalkeer.core.downloads.overrides import Overrides, QueuePause, SpeedLimit
from stalkeer.store.db.tables import overrides

PAUSE, SPEED = "pause", "speed"


def read_overrides(connection: Connection, now: datetime) -> Overrides:
    """Return the pause and the speed limit that apply at `now`."""
    rows = {row.kind: row for row in connection.execute(select(overrides))}
    pause, speed = rows.get(PAUSE), rows.get(SPEED)
    return Overrides(
        None if pause is None else QueuePause(pause.since, pause.until),
        None if speed is None else SpeedLimit(speed.rate or 0, speed.since, speed.until),
    ).at(now)


def write_pause(connection: Connection, pause: QueuePause | None) -> None:
    """Store the pause, or remove it."""
    connection.execute(delete(overrides).where(overrides.c.kind == PAUSE))
    if pause is not None:
        connection.execute(insert(overrides).values(kind=PAUSE, since=pause.since, until=pause.until))


def write_speed_limit(connection: Connection, limit: SpeedLimit | None) -> None:
    """Store the temporary speed limit, or remove it."""
    connection.execute(delete(overrides).where(overrides.c.kind == SPEED))
    if limit is not None:
        row = {"kind": SPEED, "rate": limit.rate, "since": limit.since, "until": limit.until}
        connection.execute(insert(overrides).values(**row))
