"""entries are found by any word of their title, in any order, and by their group."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from stalkeer.core.catalogue.search import index_words

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_PART = 20_000


def upgrade() -> None:
    op.create_table(
        "title_words",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("title_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["title_id"], ["titles.id"], name=op.f("fk_title_words_title_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("word", "title_id", name=op.f("pk_title_words")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.create_index("ix_entries_group_title_id", ["group_title", "id"], unique=False)
    connection = op.get_bind()
    _add_groups(connection)
    last = 0
    query = sa.text("SELECT id, text FROM titles WHERE id > :last ORDER BY id LIMIT :most")
    insert = sa.text("INSERT INTO title_words (word, title_id) VALUES (:word, :title)")
    while rows := connection.execute(query, {"last": last, "most": _PART}).all():
        words = [{"word": word, "title": row.id} for row in rows for word in sorted(index_words(row.text))]
        if words:
            connection.execute(insert, words)
        last = rows[-1].id


def _add_groups(connection: sa.Connection) -> None:
    """Groups are found like titles, and have no keys."""
    groups = connection.scalars(sa.text("SELECT DISTINCT group_title FROM entries WHERE group_title IS NOT NULL")).all()
    last = connection.scalar(sa.text("SELECT coalesce(max(id), 0) FROM titles"))
    rows = [{"id": number, "text": group} for number, group in enumerate(groups, last + 1)]
    if rows:
        values = "VALUES (:id, 'group', :text, 0, 0)"
        connection.execute(
            sa.text(f"INSERT INTO titles (id, kind, text, parser_version, added_gen) {values}"),  # noqa: S608
            rows,
        )
    if connection.dialect.name == "postgresql":
        highest = "SELECT setval(pg_get_serial_sequence('titles', 'id'), greatest((SELECT max(id) FROM titles), 1))"
        connection.execute(sa.text(highest))
