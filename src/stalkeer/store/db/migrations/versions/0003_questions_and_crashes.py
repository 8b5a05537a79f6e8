"""Add the time of an account's latest question, and the number of crashes of a run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from stalkeer.store.db.tables import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sources", sa.Column("account_asked_at", UtcDateTime(), nullable=True))
    op.add_column("sources", sa.Column("account_replied_at", UtcDateTime(), nullable=True))
    op.add_column("sources", sa.Column("account_cut_at", UtcDateTime(), nullable=True))
    op.add_column("runs", sa.Column("options", sa.JSON(), nullable=True))
    op.add_column("runs", sa.Column("crashes", sa.Integer(), nullable=False, server_default="0"))
