"""A rule about one entry remembers the name that it was decided on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rules", sa.Column("decided_name", sa.Text(), nullable=True))
