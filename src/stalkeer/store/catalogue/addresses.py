"""Find the address of a download's entry in the current catalogue of its source."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from sqlalchemy import Connection, and_, or_, select

from stalkeer.model import EntryId, EntryKind, SourceId
from stalkeer.store.catalogue.visible import IS_CURRENT
from stalkeer.store.db.tables import entries, sources

_EXTENSIONS = re.compile(r"\.(mkv|mp4|m4v|mov|avi|ts|m2ts|mpe?g|wmv|webm|flv|3gp|divx|ogm|asf|vob|m3u8)")

# not urlsplit, because a playlist may contain text that is no valid address
_BEFORE_PATH = re.compile(r"^[^/?#]*//[^/?#]*")


@dataclass(frozen=True)
class EntryAddress:
    """Locate an entry: a URL template without credentials, and the headers that its playlist requires.

    `name` and `kind` are those of the playlist now.
    """

    entry_id: EntryId
    source_id: SourceId
    template: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_protected: bool = False
    size: int | None = None
    name: str = ""
    kind: str = EntryKind.MOVIE.value

    @property
    def extension(self) -> str:
        """Return the extension with its dot, in lower case; ".mkv" if the address has no extension of a media file."""
        return self.suffix if _EXTENSIONS.fullmatch(self.suffix) else ".mkv"

    @property
    def suffix(self) -> str:
        """Return the text from the last dot of the path on, in lower case; empty without a dot."""
        path = _BEFORE_PATH.sub("", self.template).partition("?")[0].partition("#")[0]
        return PurePosixPath(path).suffix.lower()


def find_address(connection: Connection, entry_id: EntryId, source_id: SourceId, entry_key: str) -> EntryAddress | None:
    """Find an entry by id, or by key after a rebuild changed its id; None if it left the catalogue."""
    is_it = or_(entries.c.id == entry_id, and_(entries.c.source_id == source_id, entries.c.key == entry_key))
    query = (
        select(
            entries.c.id,
            entries.c.url,
            entries.c.headers,
            entries.c.protected,
            entries.c.size,
            entries.c.name,
            entries.c.kind,
        )
        .join(sources, sources.c.id == entries.c.source_id)
        .where(is_it, entries.c.source_id == source_id, entries.c.key == entry_key, IS_CURRENT)
    )
    row = connection.execute(query.limit(1)).one_or_none()
    if row is None:
        return None
    return EntryAddress(
        entry_id=EntryId(row.id),
        source_id=source_id,
        template=row.url,
        headers={str(k): str(v) for k, v in json.loads(row.headers).items()} if row.headers else {},
        is_protected=row.protected,
        size=row.size,
        name=row.name,
        kind=row.kind,
    )
