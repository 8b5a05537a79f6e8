"""A file that was set aside knows the folder it was fetched for, and whether it replaces another; what was taken over keeps its filters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("destination", sa.JSON(), nullable=True))
    op.add_column("quarantine", sa.Column("replaces", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(  # a source that was taken over keeps the filters that it has
        "UPDATE filters SET origin = 'ui' WHERE origin = 'config'"
        " AND source_id IN (SELECT id FROM sources WHERE origin = 'ui')"
    )
