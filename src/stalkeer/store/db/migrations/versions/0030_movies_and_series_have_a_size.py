"""Movies and series have a size."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("library", sa.Column("size", sa.BigInteger(), nullable=True))
