"""A movie or series has an overview, a backdrop, and the address of its page in Radarr or Sonarr."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("backdrop", "overview", "slug"):
        op.add_column("library", sa.Column(name, sa.Text(), nullable=True))
