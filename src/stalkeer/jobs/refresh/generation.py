"""Execute the long steps of a generation in many short transactions, so that downloads can write in between."""

from __future__ import annotations

from collections.abc import Callable

from stalkeer.core.catalogue.snapshot import Snapshot
from stalkeer.model import SourceId
from stalkeer.store.catalogue.generations import (
    Generation,
    add_snapshot_part,
    apply_some_staged,
    current_generation,
    delete_snapshot_part,
    delete_some_unswitched,
    forget_unswitched,
    keep_some_unswitched,
    other_snapshot_parts,
    snapshot_parts,
)
from stalkeer.store.db.bulk import writing
from stalkeer.store.db.database import Database, Transaction


def write_snapshot(database: Database, generation: Generation, snapshot: Snapshot) -> None:
    """Store the snapshot of the generation in parts, each in a separate transaction."""
    for part in snapshot_parts(snapshot):
        with database.begin() as connection:
            add_snapshot_part(connection, generation, part)


def apply_staged(database: Database, source_id: SourceId, generation: int) -> int:
    """Apply the staged changes after the switch, a chunk at a time. Repeating it after a crash has the same effect."""
    applied = 0
    while True:
        with writing(database) as connection:
            count = apply_some_staged(connection, source_id, generation)
        if not count:
            return applied
        database.empty_log()
        applied += count


def clear_leftovers(database: Database, source_id: SourceId) -> int:
    """Clean up after an interrupted refresh: complete a switched generation, and remove one that was not switched.

    Return the number of rows.
    """
    with database.connect() as connection:
        generation = current_generation(connection, source_id)
    met = apply_staged(database, source_id, generation)
    met += _repeat(database, lambda connection: delete_some_unswitched(connection, source_id, generation))
    met += _repeat(database, lambda connection: keep_some_unswitched(connection, source_id, generation))
    with database.begin() as connection:
        met += forget_unswitched(connection, source_id, generation)
    drop_other_snapshots(database, source_id, generation)
    return met


def _repeat(database: Database, step: Callable[[Transaction], int]) -> int:
    """Repeat a step, each time in its own transaction, until it finds nothing to do."""
    total = 0
    while True:
        with database.begin() as connection:
            done = step(connection)
        if not done:
            return total
        total += done


def drop_other_snapshots(database: Database, source_id: SourceId, generation: int) -> None:
    """Delete the snapshots of other generations part by part, because deleting them at once would take a second."""
    with database.connect() as connection:
        parts = other_snapshot_parts(connection, source_id, generation)
    for other, part in parts:
        with database.begin() as connection:
            delete_snapshot_part(connection, source_id, other, part)
