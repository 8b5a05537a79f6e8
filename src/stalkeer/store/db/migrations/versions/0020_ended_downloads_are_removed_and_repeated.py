"""Ended downloads leave the list or are downloaded again, and a download may have no wanted item."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from stalkeer.store.db.tables import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("downloads", sa.Column("removed_at", UtcDateTime(), nullable=True))
    op.add_column("downloads", sa.Column("replaces", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("downloads", sa.Column("destination", sa.JSON(), nullable=True))
