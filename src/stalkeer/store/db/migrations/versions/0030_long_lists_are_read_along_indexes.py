"""Long lists are read along indexes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_downloads_priority_rank_id", "downloads", [sa.text("priority DESC"), "rank", "id"], unique=False
    )
    op.create_index("ix_library_lower_title_id", "library", [sa.text("lower(title)"), "id"], unique=False)
    op.create_index("ix_wanted_first_seen_id", "wanted", ["first_seen", "id"], unique=False)
    counted = ["library_id", "instance_id", "kind", "gone_at"]
    op.create_index("ix_wanted_library_id_instance_id_kind_gone_at", "wanted", counted, unique=False)
    op.drop_index("ix_wanted_library_id", table_name="wanted")
