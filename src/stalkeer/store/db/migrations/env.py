"""Run Alembic over the connection, and inside the transaction, that `store.migrate` opened."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from stalkeer.store.db.tables import UtcDateTime, metadata


def render(kind: str, item: Any, generation: AutogenContext) -> str | Literal[False]:
    """Return how our own column type is written in a revision."""
    if kind == "type" and isinstance(item, UtcDateTime):
        generation.imports.add("from stalkeer.store.db.tables import UtcDateTime")
        return "UtcDateTime()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=render,
    compare_type=False,
)
context.run_migrations()
