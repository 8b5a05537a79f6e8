"""API keys. They are encrypted, not hashed: `api-key show` must be able to print them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from stalkeer.secrets import SecretBox
from stalkeer.store.db.database import Database
from stalkeer.store.db.tables import api_keys

MAIN_KEY = "main"


def read_keys(database: Database, secrets: SecretBox) -> dict[str, str]:
    """Every key by its name. One that the present secret key cannot read opens nothing, and is left out."""
    with database.connect() as connection:
        rows = connection.execute(select(api_keys.c.name, api_keys.c.key)).all()
    opened = {row.name: secrets.decrypt_or_none(row.key) for row in rows}
    return {name: key for name, key in opened.items() if key is not None}


def write_key(database: Database, secrets: SecretBox, name: str, key: str, now: datetime) -> None:
    """Store or replace the key of this name."""
    with database.begin() as connection:
        connection.execute(delete(api_keys).where(api_keys.c.name == name))
        connection.execute(insert(api_keys).values(name=name, key=secrets.encrypt(key), created_at=now))
