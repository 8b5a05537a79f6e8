"""API keys. They are encrypted, not hashed: `api-key show` must be able to print them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from stalkeer.secrets import SecretBox
from stalkeer.store.db.tables import api_keys

MAIN_KEY = "main"


def read_keys(connection: Connection, secrets: SecretBox) -> dict[str, str]:
    """Every key by its name. One that the present secret key cannot read opens nothing, and is left out."""
    rows = connection.execute(select(api_keys.c.name, api_keys.c.key)).all()
    opened = {row.name: secrets.decrypt_or_none(row.key) for row in rows}
    return {name: key for name, key in opened.items() if key is not None}


def write_key(connection: Connection, secrets: SecretBox, name: str, key: str, now: datetime) -> None:
    """Store or replace the key of this name."""
    connection.execute(delete(api_keys).where(api_keys.c.name == name))
    connection.execute(insert(api_keys).values(name=name, key=secrets.encrypt(key), created_at=now))
