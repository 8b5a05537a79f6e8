"""Store the file extensions of movies that an account named on request, because its list has none."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from stalkeer.model import EntryId, SourceId
from stalkeer.store.catalogue.panel_cache import remember_answer
from stalkeer.store.db.tables import account_cache, entries

KIND = "vod_extension"


def remember_extension(connection: Connection, source_id: SourceId, key: str, url: str, now: datetime) -> None:
    """Store the address with its extension, and record that the extension does not come from the list."""
    connection.execute(update(entries).where(entries.c.source_id == source_id, entries.c.key == key).values(url=url))
    remember_answer(connection, source_id, KIND, key, {"url": url}, now)


def forget_extension(connection: Connection, entry_id: EntryId) -> bool:
    """Store the address without the recorded extension. Return False where none was recorded."""
    query = (
        select(entries.c.url, account_cache.c.payload)
        .join(
            account_cache,
            (account_cache.c.source_id == entries.c.source_id)
            & (account_cache.c.key == entries.c.key)
            & (account_cache.c.kind == KIND),
        )
        .where(entries.c.id == entry_id)
    )
    row = connection.execute(query).one_or_none()
    head, slash, name = ("", "", "") if row is None else row.url.rpartition("/")
    if row is None or row.payload.get("url") != row.url or "." not in name:
        return False
    bare = head + slash + name.partition(".")[0]
    connection.execute(update(entries).where(entries.c.id == entry_id).values(url=bare))
    return True
