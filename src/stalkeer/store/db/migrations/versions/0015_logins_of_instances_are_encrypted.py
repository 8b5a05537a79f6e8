"""The login in an instance's address has an encrypted column of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("instances", sa.Column("login", sa.Text(), nullable=True))
