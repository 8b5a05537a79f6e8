"""Store users and their sessions. Session tokens are stored only as hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from stalkeer.errors import Conflict, NotFound
from stalkeer.store.db.tables import sessions, users


@dataclass(frozen=True)
class UserRow:
    id: int
    name: str
    password_hash: str
    created_at: datetime


@dataclass(frozen=True)
class SessionRow:
    token_hash: str
    user_id: int
    user: str
    last_seen_at: datetime
    expires_at: datetime


def list_users(connection: Connection) -> list[UserRow]:
    rows = connection.execute(select(users).order_by(users.c.name)).all()
    return [UserRow(row.id, row.name, row.password_hash, row.created_at) for row in rows]


def find_user(connection: Connection, name: str) -> UserRow | None:
    row = connection.execute(select(users).where(users.c.name == name)).one_or_none()
    return None if row is None else UserRow(row.id, row.name, row.password_hash, row.created_at)


def has_users(connection: Connection) -> bool:
    return connection.execute(select(users.c.id).limit(1)).first() is not None


def add_first_user(connection: Connection, name: str, password_hash: str, now: datetime) -> None:
    """Add the first user. Raises Conflict when there is a user already."""
    if connection.execute(select(func.count()).select_from(users)).scalar_one():
        raise Conflict("The first user exists already; sign in, or use `stalkeer user password NAME`")
    connection.execute(insert(users).values(name=name, password_hash=password_hash, created_at=now))


def add_user(connection: Connection, name: str, password_hash: str, now: datetime) -> None:
    if connection.execute(select(users.c.id).where(users.c.name == name)).first():
        raise Conflict(f"There is a user {name!r} already")
    connection.execute(insert(users).values(name=name, password_hash=password_hash, created_at=now))


def set_password_hash(connection: Connection, name: str, password_hash: str) -> None:
    """Store a new password hash, and end every session of this user."""
    row = connection.execute(select(users.c.id).where(users.c.name == name)).first()
    if row is None:
        raise NotFound(f"There is no user {name!r}; `stalkeer user list` shows them")
    connection.execute(update(users).where(users.c.id == row.id).values(password_hash=password_hash))
    connection.execute(delete(sessions).where(sessions.c.user_id == row.id))


def renew_password_hash(connection: Connection, user_id: int, password_hash: str) -> None:
    """Store a hash of the same password with newer parameters. The sessions stay."""
    connection.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


def remove_user(connection: Connection, name: str) -> None:
    row = connection.execute(select(users.c.id).where(users.c.name == name)).first()
    if row is None:
        raise NotFound(f"There is no user {name!r}; `stalkeer user list` shows them")
    connection.execute(delete(sessions).where(sessions.c.user_id == row.id))
    connection.execute(delete(users).where(users.c.id == row.id))


def add_session(connection: Connection, session: SessionRow, address: str) -> None:
    """Store a session, and delete those that have expired."""
    connection.execute(delete(sessions).where(sessions.c.expires_at < session.last_seen_at))
    connection.execute(
        insert(sessions).values(
            token_hash=session.token_hash,
            user_id=session.user_id,
            created_at=session.last_seen_at,
            last_seen_at=session.last_seen_at,
            expires_at=session.expires_at,
            address=address,
        )
    )


def find_session(connection: Connection, token_hash: str) -> SessionRow | None:
    joined = select(sessions, users.c.name).join(users, users.c.id == sessions.c.user_id)
    row = connection.execute(joined.where(sessions.c.token_hash == token_hash)).one_or_none()
    if row is None:
        return None
    return SessionRow(row.token_hash, row.user_id, row.name, row.last_seen_at, row.expires_at)


def extend_session(connection: Connection, token_hash: str, now: datetime, expires_at: datetime) -> None:
    connection.execute(
        update(sessions).where(sessions.c.token_hash == token_hash).values(last_seen_at=now, expires_at=expires_at)
    )


def remove_session(connection: Connection, token_hash: str) -> None:
    connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))
