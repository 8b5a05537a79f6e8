"""Define what all tables share, and the tables of the program: history, settings, users, keys, notifications."""

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
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
    true,
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
    # whether an engine has queued the jobs that follow; those of rows from before this column have been queued
    Column("followed", Boolean, nullable=False, default=False, server_default=true()),
)
Index("ix_runs_unfollowed", runs.c.id, sqlite_where=text("followed = 0"), postgresql_where=text("NOT followed"))

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

# the versions that ran on this database; the one that started last is the present one
started_versions = Table(
    "started_versions",
    metadata,
    Column("version", Text, primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
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

# --- notifications: the targets, the events that wait for a message, and the messages

notify_targets = Table(
    "notify_targets",
    metadata,
    id_column(),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # apprise | apprise_api | webhook
    Column("address", Text, nullable=False),  # encrypted JSON: url, secret
    Column("enabled", Boolean, nullable=False, default=True),
    Column("topics", JSON, nullable=False, default=list),  # core.notify.topics.Topic; empty: all
    Column("instances", JSON, nullable=False, default=list),  # slugs; empty: all
    Column("title_template", Text, nullable=False),
    Column("text_template", Text, nullable=False),
    Column("quiet_hours", Text, nullable=False, default=""),  # 22:00-07:00
    Column("since_event", BigInteger, nullable=False),  # this event and earlier ones make no message
    Column("failures", Integer, nullable=False, default=0),  # in a row
    Column("last_error", Text),
    Column("last_success_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
)

notify_cursor = Table(
    "notify_cursor",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # a single row
    Column("event_id", BigInteger, nullable=False),  # the last event that was read
    # earlier ids that were not there yet, with the time: on PostgreSQL, a lower id may be committed later
    Column("gaps", JSON, nullable=False, default=list),
)

notify_waiting = Table(
    "notify_waiting",
    metadata,
    Column("target_id", Id, ForeignKey("notify_targets.id", ondelete="CASCADE"), primary_key=True),
    Column("event_id", Id, primary_key=True, autoincrement=False),
    Column("happening", JSON, nullable=False),  # core.notify.topics.Happening
)

# the problems of which a target got a message, until it gets a message of their end
notify_told = Table(
    "notify_told",
    metadata,
    Column("target_id", Id, ForeignKey("notify_targets.id", ondelete="CASCADE"), primary_key=True),
    Column("trouble", Text, primary_key=True),
)

notify_deliveries = Table(
    "notify_deliveries",
    metadata,
    id_column(),
    Column("target_id", Id, ForeignKey("notify_targets.id", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False),  # waiting | sent | failed
    Column("message", JSON, nullable=False),  # core.notify.wording.Message
    Column("created_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("error", Text),
    Index("ix_notify_deliveries_target_id_state", "target_id", "state"),
)

# --- the media server

# folders with new files to report to the media server, and folders that were reported a moment ago
media_folders = Table(
    "media_folders",
    metadata,
    Column("folder", Text, primary_key=True),
    Column("files", Integer, nullable=False),  # files that were not reported yet
    Column("queued_at", UtcDateTime, nullable=False),  # when the oldest of them was finished
    Column("not_before", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),  # in a row in vain
    Column("error", Text),
)
