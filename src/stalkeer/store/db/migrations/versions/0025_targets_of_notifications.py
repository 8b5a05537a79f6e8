"""Targets of notifications are stored with what they are told, and each version that started."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from stalkeer.store.db.tables import UtcDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "notify_cursor",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_cursor")),
    )
    op.create_table(
        "notify_targets",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("instances", sa.JSON(), nullable=False),
        sa.Column("title_template", sa.Text(), nullable=False),
        sa.Column("text_template", sa.Text(), nullable=False),
        sa.Column("quiet_hours", sa.Text(), nullable=False),
        sa.Column("since_event", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_success_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_targets")),
        sa.UniqueConstraint("name", name=op.f("uq_notify_targets_name")),
    )
    op.create_table(
        "started_versions",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_started_versions")),
    )
    op.create_table(
        "notify_deliveries",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("target_id", NUMBER, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["target_id"], ["notify_targets.id"], name=op.f("fk_notify_deliveries_target_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_deliveries")),
    )
    op.create_index("ix_notify_deliveries_target_id_state", "notify_deliveries", ["target_id", "state"])

    op.create_table(
        "notify_told",
        sa.Column("target_id", NUMBER, nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["target_id"], ["notify_targets.id"], name=op.f("fk_notify_told_target_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("target_id", "trouble", name=op.f("pk_notify_told")),
    )
    op.create_table(
        "notify_waiting",
        sa.Column("target_id", NUMBER, nullable=False),
        sa.Column("event_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("happening", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["target_id"], ["notify_targets.id"], name=op.f("fk_notify_waiting_target_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("target_id", "event_id", name=op.f("pk_notify_waiting")),
    )
