"""Scripts of the user run around the import."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from stalkeer.store.db.tables import UtcDateTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hooks",
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("worker", "name", name=op.f("pk_hooks")),
    )
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "hook_runs",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("download_id", number, nullable=False),
        sa.Column("hook", sa.Text(), nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["download_id"], ["downloads.id"], name=op.f("fk_hook_runs_download_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_runs")),
    )
    op.create_index(op.f("ix_hook_runs_download_id"), "hook_runs", ["download_id"], unique=False)
    op.add_column("workers", sa.Column("hooks", sa.JSON(), nullable=True))
