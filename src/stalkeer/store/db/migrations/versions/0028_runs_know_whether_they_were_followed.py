"""Runs know whether the jobs that follow them were queued."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("followed", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_index(
        "ix_runs_unfollowed",
        "runs",
        ["id"],
        unique=False,
        sqlite_where=sa.text("followed = 0"),
        postgresql_where=sa.text("NOT followed"),
    )
