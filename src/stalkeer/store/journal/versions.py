"""Store the versions of Stalkeer that started on this database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from stalkeer.store.db.tables import started_versions


def last_version(connection: Connection) -> str | None:
    """Return the version that started last; None for a new database, or one of a release that did not note it."""
    query = select(started_versions.c.version).order_by(started_versions.c.started_at.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def note_version(connection: Connection, version: str, now: datetime) -> None:
    same = started_versions.c.version == version
    if connection.execute(update(started_versions).where(same).values(started_at=now)).rowcount == 0:
        connection.execute(insert(started_versions).values(version=version, started_at=now))
