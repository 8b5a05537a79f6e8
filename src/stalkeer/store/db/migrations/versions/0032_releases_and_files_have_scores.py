"""Custom format scores of releases and files are stored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from stalkeer.store.db.tables import UtcDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_scores",
        sa.Column("wanted_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["wanted_id"], ["wanted.id"], name=op.f("fk_file_scores_wanted_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("wanted_id", name=op.f("pk_file_scores")),
    )
    op.create_table(
        "release_scores",
        sa.Column("wanted_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_key", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_release_scores_source_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["wanted_id"], ["wanted.id"], name=op.f("fk_release_scores_wanted_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("wanted_id", "source_id", "entry_key", name=op.f("pk_release_scores")),
    )
    with op.batch_alter_table("release_scores", schema=None) as batch_op:
        batch_op.create_index("ix_release_scores_source_id", ["source_id"], unique=False)
