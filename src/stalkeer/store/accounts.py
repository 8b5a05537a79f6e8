"""What accounts said of themselves, and how many of their connections are ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select, update

from stalkeer.model import DownloadState, SourceId
from stalkeer.store.tables import downloads, sources


@dataclass(frozen=True)
class AccountFacts:
    status: str
    active: int | None
    maximum: int | None
    viewers: int
    expires_at: datetime | None = None
    message: str | None = None


def save_account(connection: Connection, source_id: SourceId, facts: AccountFacts, now: datetime) -> None:
    connection.execute(
        update(sources)
        .where(sources.c.id == source_id)
        .values(
            account_status=facts.status,
            account_active=facts.active,
            account_max=facts.maximum,
            account_viewers=facts.viewers,
            account_expires_at=facts.expires_at,
            account_message=facts.message,
            account_checked_at=now,
        )
    )


def connected(connection: Connection, source_id: SourceId, settled: datetime) -> int:
    """Connections the account should be counting as ours: open since `settled` at least, or closed after it."""
    open_now = and_(downloads.c.state == DownloadState.DOWNLOADING.value, downloads.c.claimed_at <= settled)
    query = select(func.count()).where(
        downloads.c.source_id == source_id, or_(open_now, downloads.c.connection_closed_at > settled)
    )
    return int(connection.execute(query).scalar_one())


def is_settled(connection: Connection, source_id: SourceId, settled: datetime) -> bool:
    """None of our connections was opened or closed after `settled`: the account's count can be believed."""
    fresh = and_(downloads.c.state == DownloadState.DOWNLOADING.value, downloads.c.admitted_at > settled)
    query = select(func.count()).where(
        downloads.c.source_id == source_id, or_(fresh, downloads.c.connection_closed_at > settled)
    )
    return connection.execute(query).scalar_one() == 0
