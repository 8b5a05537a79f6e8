"""API keys have a scope, the instance that they belong to, and the time of their last use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from stalkeer.store.db.tables import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("scope", sa.Text(), nullable=False, server_default="admin"))
    op.add_column("api_keys", sa.Column("instance", sa.Text(), nullable=True))
    op.add_column("api_keys", sa.Column("last_used_at", UtcDateTime(), nullable=True))
