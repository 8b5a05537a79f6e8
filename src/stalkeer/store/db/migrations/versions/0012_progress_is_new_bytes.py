"""A download knows the durable bytes at its last progress, and what answers of its server have shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("downloads", sa.Column("learned", sa.JSON(), nullable=True))
    op.add_column("downloads", sa.Column("high_water", sa.BigInteger(), nullable=False, server_default="0"))
