"""The matches that count and the downloads that are listed are counted by their indexes alone."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = ["wanted_id", "decision", "score", "entry_id"]
    op.create_index("ix_matches_wanted_id_decision_score_entry_id", "matches", columns)
    op.drop_index("ix_matches_wanted_id_decision_score", "matches")
    op.create_index("ix_downloads_state_removed_at", "downloads", ["state", "removed_at"])
