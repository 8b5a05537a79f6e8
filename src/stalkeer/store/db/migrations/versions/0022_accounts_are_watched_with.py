"""A source remembers that somebody watches with its account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from stalkeer.store.db.tables import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sources", sa.Column("busy_until", UtcDateTime(), nullable=True))
    op.add_column("sources", sa.Column("watched", sa.Integer(), nullable=True))
    op.add_column("sources", sa.Column("watched_at", UtcDateTime(), nullable=True))
