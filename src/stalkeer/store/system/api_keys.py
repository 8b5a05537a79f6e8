"""Store the API keys. They are encrypted, not hashed, because `api-key show` must be able to print them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from stalkeer.core.security.scopes import Scope
from stalkeer.errors import Conflict, NotFound
from stalkeer.secrets import SecretBox
from stalkeer.store.db.tables import api_keys

MAIN_KEY = "main"


@dataclass(frozen=True)
class ApiKeyRow:
    """Describe a key without its secret. `instance` is the instance that a bridge key belongs to."""

    name: str
    scope: Scope
    instance: str | None
    created_at: datetime
    last_used_at: datetime | None


def list_keys(connection: Connection) -> list[ApiKeyRow]:
    """List the keys: the main key first, the others by name."""
    rows = connection.execute(select(api_keys).order_by(api_keys.c.name != MAIN_KEY, api_keys.c.name)).all()
    return [ApiKeyRow(row.name, Scope(row.scope), row.instance, row.created_at, row.last_used_at) for row in rows]


def read_keys(connection: Connection, secrets: SecretBox) -> dict[str, str]:
    """Return the keys by name, except those that the present secret key cannot decrypt."""
    rows = connection.execute(select(api_keys.c.name, api_keys.c.key)).all()
    opened = {row.name: secrets.decrypt_or_none(row.key) for row in rows}
    return {name: key for name, key in opened.items() if key is not None}


def write_key(connection: Connection, secrets: SecretBox, name: str, key: str, now: datetime) -> None:
    """Store or replace the key of this name. A replaced key keeps its scope; a new one has the scope `admin`."""
    encrypted = secrets.encrypt(key)
    changed = {"key": encrypted, "created_at": now, "last_used_at": None}
    if connection.execute(update(api_keys).where(api_keys.c.name == name).values(**changed)).rowcount == 0:
        connection.execute(insert(api_keys).values(name=name, scope=Scope.ADMIN.value, **changed))


def add_key(connection: Connection, secrets: SecretBox, row: ApiKeyRow, key: str) -> None:
    """Add a key. Raise Conflict for a name that is taken."""
    if connection.execute(select(api_keys.c.id).where(api_keys.c.name == row.name)).first():
        raise Conflict(f"There is an API key {row.name!r} already; revoke it first, or take another name")
    connection.execute(
        insert(api_keys).values(
            name=row.name,
            key=secrets.encrypt(key),
            scope=row.scope.value,
            instance=row.instance,
            created_at=row.created_at,
        )
    )


def remove_key(connection: Connection, name: str) -> None:
    """Remove a key. Raise NotFound for an unknown name."""
    if connection.execute(delete(api_keys).where(api_keys.c.name == name)).rowcount == 0:
        raise NotFound(f"There is no API key {name!r}; `stalkeer api-key list` shows them")


def note_use(connection: Connection, name: str, now: datetime) -> None:
    connection.execute(update(api_keys).where(api_keys.c.name == name).values(last_used_at=now))
