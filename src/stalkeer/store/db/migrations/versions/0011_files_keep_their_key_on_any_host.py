"""media files keep their key on any host of their source."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_PART = 5_000
_FILE = re.compile(
    r"\.(?:mp4|mkv|avi|mov|m4v|wmv|flv|webm|mpg|mpeg|divx|ogm|ogv|3gp|m2ts|mts|vob|asf|rm|rmvb|iso|f4v)(?:\?.*)?",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\d:(/.*)", re.DOTALL)
_HOSTED = re.compile(r"//([^/]*)(/.*)", re.DOTALL)
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


def upgrade() -> None:
    connection = op.get_bind()
    for source_id, slug in connection.execute(sa.text("SELECT id, slug FROM sources")).all():
        renamed = {}
        for entry_id, key in _hosted(connection, source_id):
            new = _new_key(key)
            if new is not None and _rename(connection, source_id, entry_id, new):
                renamed[key] = new
        _follow(connection, source_id, slug, renamed)


def _hosted(connection: sa.Connection, source_id: int) -> Iterator[tuple[int, str]]:
    """The entries whose key names a host, in parts: the list may be long."""
    query = sa.text(
        "SELECT id, key FROM entries WHERE source_id = :source AND id > :last AND (key LIKE '_:/%' OR key LIKE '//%') "
        "ORDER BY id LIMIT :most"
    )
    last = 0
    while rows := connection.execute(query, {"source": source_id, "last": last, "most": _PART}).all():
        for row in rows:
            yield row.id, row.key
        last = rows[-1].id


def _new_key(key: str) -> str | None:
    path = key.partition("?")[0].rpartition("/")[2]
    if _FILE.search(path) is None:
        return None
    if numbered := _NUMBERED.fullmatch(key):
        return numbered[1]
    if hosted := _HOSTED.fullmatch(key):
        new = f"//{_NUMBERS.sub('#', hosted[1].partition(':')[0])}{hosted[2]}"
        return new if new != key else None
    return None


def _rename(connection: sa.Connection, source_id: int, entry_id: int, key: str) -> bool:
    """Give an entry its new key, unless another one has it: two hosts may have other files under one path."""
    values = {"source": source_id, "id": entry_id, "key": key}
    taken = sa.text("SELECT 1 FROM entries WHERE source_id = :source AND key = :key")
    if connection.execute(taken, values).first() is not None:
        return False
    connection.execute(sa.text("UPDATE entries SET key = :key WHERE id = :id"), values)
    return True


def _follow(connection: sa.Connection, source_id: int, slug: str, renamed: dict[str, str]) -> None:
    """Rename what refers to the entries by their key."""
    values = [{"source": source_id, "slug": slug, "old": old, "new": new} for old, new in renamed.items()]
    for begin in range(0, len(values), _PART):
        part = values[begin : begin + _PART]
        for statement in (
            "UPDATE downloads SET entry_key = :new WHERE source_id = :source AND entry_key = :old",
            "UPDATE rules SET entry_key = :new WHERE source_slug = :slug AND entry_key = :old",
            "UPDATE blocked_releases SET entry_key = :new WHERE source_id = :source AND entry_key = :old",
            "UPDATE measured_pictures SET entry_key = :new WHERE source_id = :source AND entry_key = :old",
        ):
            connection.execute(sa.text(statement), part)
