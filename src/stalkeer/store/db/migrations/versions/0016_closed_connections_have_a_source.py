"""A download knows the source whose connection it closed last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    identity = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("downloads", sa.Column("closed_source_id", identity, nullable=True))
    op.create_index("ix_downloads_connection_closed_at", "downloads", ["connection_closed_at"])
