"""Movies and series have a size."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("library", sa.Column("size", sa.BigInteger(), nullable=True))
