"""lists of a large house are quick."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("download_items", schema=None) as batch_op:
        batch_op.create_index("ix_download_items_wanted_id", ["wanted_id"], unique=False)

    with op.batch_alter_table("matches", schema=None) as batch_op:
        batch_op.create_index("ix_matches_score_id", ["score", "id"], unique=False)
        batch_op.create_index("ix_matches_wanted_id_decision_score", ["wanted_id", "decision", "score"], unique=False)
