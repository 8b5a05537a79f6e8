"""Find the file extension of a movie whose account does not list it, and store it with the entry."""

from __future__ import annotations

from stalkeer.core.catalogue.extension import with_extension
from stalkeer.jobs.catalogue.panel_queries import open_panel
from stalkeer.jobs.refresh.refresh import RefreshContext
from stalkeer.model import EntryId, SourceId
from stalkeer.store.catalogue.extensions import forget_extension, remember_extension
from stalkeer.store.db.database import Database

PATIENCE_S = 2.0  # time that a download waits for the answer


def find_address(tools: RefreshContext, source_id: SourceId, key: str, template: str) -> str:
    """Ask the account for the extension and return the address with it, or without an extension where the account does
    not know it.

    Raises SourceError, and stores nothing, where the account does not answer.
    """
    panel = open_panel(tools, source_id, short_s=PATIENCE_S)
    extension = "" if panel is None else panel.movie(key.partition(":")[2]).extension
    address = with_extension(template, extension)
    with tools.database.begin() as connection:
        remember_extension(connection, source_id, key, address, tools.clock())
    return address


def use_bare_id(database: Database, entry_id: EntryId) -> bool:
    """Remove a stored extension with which the server has no file. Return False where none was stored."""
    with database.begin() as connection:
        return forget_extension(connection, entry_id)
