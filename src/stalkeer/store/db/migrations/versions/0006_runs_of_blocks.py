"""A refresh with few changes compares runs of a playlist's blocks as one text each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("catalogue_snapshots", sa.Column("stretches", sa.LargeBinary(), nullable=True))
