"""Store the last answers of accounts, and count Stalkeer's own connections among the reported ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from stalkeer.model import AccountStatus, DownloadState, SourceId
from stalkeer.store.db.tables import downloads, sources

QUESTION_LASTS = timedelta(seconds=20)  # a query that has no answer by then ended with its process


@dataclass(frozen=True)
class AccountFacts:
    status: AccountStatus
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
            account_status=facts.status.value,
            account_active=facts.active,
            account_max=facts.maximum,
            account_viewers=facts.viewers,
            account_expires_at=facts.expires_at,
            account_message=facts.message,
            account_checked_at=now,
        )
    )


def connected(connection: Connection, source_id: SourceId, settled: datetime) -> int:
    """Count the connections that the account should count as ours: open since `settled`, or closed after it."""
    open_now = and_(downloads.c.state == DownloadState.DOWNLOADING.value, downloads.c.claimed_at <= settled)
    query = select(func.count()).where(
        or_(open_now & (downloads.c.source_id == source_id), _was_closed_since(source_id, settled))
    )
    return int(connection.execute(query).scalar_one())


def is_settled(connection: Connection, source_id: SourceId, settled: datetime) -> bool:
    """Tell whether the account's count is reliable: we opened and closed no connection after `settled`."""
    fresh = and_(downloads.c.state == DownloadState.DOWNLOADING.value, downloads.c.admitted_at > settled)
    query = select(func.count()).where(
        or_(fresh & (downloads.c.source_id == source_id), _was_closed_since(source_id, settled))
    )
    return connection.execute(query).scalar_one() == 0


def _was_closed_since(source_id: SourceId, settled: datetime) -> ColumnElement[bool]:
    closed, whose = downloads.c.connection_closed_at, downloads.c.closed_source_id
    return and_(
        func.coalesce(whose, downloads.c.source_id) == source_id, closed > settled, closed < settled + QUESTION_LASTS
    )  # ignore a time in the future, from a clock put back since


def own_limit(connection: Connection, source_id: SourceId) -> int | None:
    """Return the connections that the user allows for the source; None where the account's own number counts."""
    return connection.execute(select(sources.c.max_connections).where(sources.c.id == source_id)).scalar_one_or_none()


def note_busy(connection: Connection, source_id: SourceId, until: datetime) -> None:
    """Record that others use every connection of the account that we could use."""
    connection.execute(update(sources).where(sources.c.id == source_id).values(busy_until=until))


def note_watched(connection: Connection, viewers: Mapping[SourceId, int], now: datetime) -> None:
    """Store the number of viewers of each account, as a media server reports it."""
    for source_id, count in viewers.items():
        query = update(sources).where(sources.c.id == source_id)
        connection.execute(query.values(watched=count, watched_at=now))


# --- when an account is queried ----------------------------------------------------------------------------------


def claim_question(connection: Connection, source_id: SourceId, now: datetime, every: timedelta) -> bool:
    """Reserve the next query of the account. Return False when any worker queried it within `every`."""
    ours = update(sources).where(sources.c.id == source_id, _is_due(sources.c.account_asked_at, now, every))
    return connection.execute(ours.values(account_asked_at=now, account_replied_at=None)).rowcount == 1


def claim_question_after_cut(connection: Connection, source_id: SourceId, now: datetime, every: timedelta) -> bool:
    """Reserve a query after a connection was cut. Earlier queries do not count."""
    ours = update(sources).where(sources.c.id == source_id, _is_due(sources.c.account_cut_at, now, every))
    asked = ours.values(account_asked_at=now, account_replied_at=None, account_cut_at=now)
    return connection.execute(asked).rowcount == 1


def end_question(connection: Connection, source_id: SourceId, now: datetime) -> None:
    """Record that the query was answered, or will not be."""
    connection.execute(update(sources).where(sources.c.id == source_id).values(account_replied_at=now))


def questions_due(
    connection: Connection, source_ids: Collection[SourceId], now: datetime, every: timedelta
) -> set[SourceId]:
    """Return the accounts that may be queried now."""
    return _select_sources(connection, source_ids, _is_due(sources.c.account_asked_at, now, every))


def questions_open(connection: Connection, source_ids: Collection[SourceId], now: datetime) -> set[SourceId]:
    """Return the accounts that a worker is querying now."""
    asked = sources.c.account_asked_at
    is_open = and_(asked > now - QUESTION_LASTS, asked <= now, sources.c.account_replied_at.is_(None))
    return _select_sources(connection, source_ids, is_open)


@dataclass(frozen=True)
class LastAnswer:
    """Hold the answer to the last query of an account."""

    status: AccountStatus
    maximum: int | None
    viewers: int


def last_answer(connection: Connection, source_id: SourceId) -> LastAnswer | None:
    """Return the last answer; None when the last query has no answer."""
    facts = sources.c
    was_answered = and_(facts.account_replied_at.is_not(None), facts.account_checked_at >= facts.account_asked_at)
    query = select(facts.account_status, facts.account_max, facts.account_viewers)
    row = connection.execute(query.where(facts.id == source_id, was_answered)).one_or_none()
    if row is None:
        return None
    return LastAnswer(
        AccountStatus(row.account_status or AccountStatus.UNKNOWN), row.account_max, row.account_viewers or 0
    )


def _is_due(asked: ColumnElement[datetime], now: datetime, every: timedelta) -> ColumnElement[bool]:
    # a clock that was set back must not stop queries; another worker's clock may be slightly ahead
    return or_(asked.is_(None), asked <= now - every, asked > now + every)


def _select_sources(
    connection: Connection, source_ids: Collection[SourceId], clause: ColumnElement[bool]
) -> set[SourceId]:
    if not source_ids:
        return set()
    query = select(sources.c.id).where(sources.c.id.in_(source_ids), clause)
    return {SourceId(source_id) for source_id in connection.execute(query).scalars()}
