"""Define what all tables share, and the tables of the program itself: its history, settings, users and keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """Store an aware UTC datetime on both databases. SQLite itself would return a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite gives AUTOINCREMENT-free row ids only to INTEGER PRIMARY KEY
Id = BigInteger().with_variant(Integer(), "sqlite")


def id_column() -> Column[Any]:
    return Column("id", Id, primary_key=True, autoincrement=True)


events = Table(
    "events",
    metadata,
    id_column(),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("kind", Text, nullable=False),  # download.started, import.confirmed, source.guard, ...
    Column("level", Text, nullable=False),  # info | warning | error
    Column("message", Text, nullable=False),
    Column("download_id", Id, index=True),
    Column("wanted_id", Id, index=True),
    Column("source_id", Id),
    Column("instance_id", Id),
    Column("data", JSON),
)

runs = Table(
    "runs",
    metadata,
    id_column(),
    Column("job", Text, nullable=False),  # refresh | scan | match | download | cleanup | backup | ...
    Column("subject", Text),  # a source or instance slug
    Column("state", Text, nullable=False),  # queued | running | done | partly | failed | cancelled
    Column("options", JSON),
    Column("progress", JSON),  # done, total, message
    Column("report", JSON),
    Column("error", Text),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("worker", Text),
    Column("crashes", Integer, nullable=False, default=0, server_default="0"),  # how often its worker was lost
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("heartbeat", UtcDateTime),
    Column("finished_at", UtcDateTime),
)

health = Table(
    "health",
    metadata,
    Column("check", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("level", Text, nullable=False),  # warning | error
    Column("message", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("checked_at", UtcDateTime, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", JSON, nullable=False),  # encrypted text where `secret`
    Column("secret", Boolean, nullable=False, default=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

published_settings = Table(
    "published_settings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # a single row
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),  # encrypted
    Column("published_at", UtcDateTime, nullable=False),
)

users = Table(
    "users",
    metadata,
    id_column(),
    Column("name", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("address", Text),
)

api_keys = Table(
    "api_keys",
    metadata,
    id_column(),
    Column("name", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False),  # encrypted: `api-key show` must be able to print it
    Column("created_at", UtcDateTime, nullable=False),
    Column("scope", Text, nullable=False, server_default="admin"),  # core.security.scopes.Scope
    Column("instance", Text),  # the instance that a bridge key belongs to
    Column("last_used_at", UtcDateTime),
)
