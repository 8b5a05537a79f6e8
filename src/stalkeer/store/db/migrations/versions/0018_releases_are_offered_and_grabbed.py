"""Releases are offered to instances and grabbed by them; an item of a download knows who hands it over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from stalkeer.store.db.tables import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "grabs",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("nzo_id", sa.Text(), nullable=False),
        sa.Column("instance_id", NUMBER, nullable=False),
        sa.Column("offer_guid", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("download_id", NUMBER, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fail_message", sa.Text(), nullable=False),
        sa.Column("storage", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_grabs_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grabs")),
        sa.UniqueConstraint("nzo_id", name=op.f("uq_grabs_nzo_id")),
    )
    op.create_index("ix_grabs_download_id", "grabs", ["download_id"])
    op.create_index("ix_grabs_instance_id_state", "grabs", ["instance_id", "state"])
    op.create_index("ix_grabs_offer_guid", "grabs", ["offer_guid"])

    op.create_table(
        "offers",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("instance_id", NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("item_key", sa.Text(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("pub_date", UtcDateTime(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_offers_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sa.UniqueConstraint("guid", name=op.f("uq_offers_guid")),
        sa.UniqueConstraint("instance_id", "pub_date", name=op.f("uq_offers_instance_id_pub_date")),
    )
    op.create_index("ix_offers_instance_id_release", "offers", ["instance_id", "release"])

    op.create_table(
        "offer_entries",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("offer_id", NUMBER, nullable=False),
        sa.Column("wanted_id", NUMBER, nullable=False),
        sa.Column("source_id", NUMBER, nullable=False),
        sa.Column("entry_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.id"], name=op.f("fk_offer_entries_offer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_offer_entries_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_entries")),
        sa.UniqueConstraint(
            "offer_id",
            "wanted_id",
            "source_id",
            "entry_key",
            name=op.f("uq_offer_entries_offer_id_wanted_id_source_id_entry_key"),
        ),
    )
    op.create_index("ix_offer_entries_source_id", "offer_entries", ["source_id"])
    op.create_index("ix_offer_entries_wanted_id", "offer_entries", ["wanted_id"])

    op.add_column("download_items", sa.Column("hand_over", sa.Text(), server_default="ours", nullable=False))
