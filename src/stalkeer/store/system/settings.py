"""Settings made in the UI: rows that stand between the environment and config.yml."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from stalkeer.secrets import SecretBox
from stalkeer.store.db.database import Database
from stalkeer.store.db.tables import settings


def read_settings(database: Database, secrets: SecretBox) -> dict[str, object]:
    """Every stored value by its dotted key, secrets decrypted. A secret that cannot be read is as if never set."""
    with database.connect() as connection:
        rows = connection.execute(select(settings.c.key, settings.c.value, settings.c.secret)).all()
    plain = {row.key: row.value for row in rows if not row.secret}
    opened = {row.key: secrets.decrypt_or_none(row.value) for row in rows if row.secret}
    return plain | {key: json.loads(value) for key, value in opened.items() if value is not None}


def unreadable_settings(connection: Connection, secrets: SecretBox) -> list[str]:
    """Secrets that the present key cannot read, by their dotted keys."""
    rows = connection.execute(select(settings.c.key, settings.c.value).where(settings.c.secret)).all()
    return [row.key for row in rows if secrets.decrypt_or_none(row.value) is None]


def settings_version(database: Database) -> str:
    """Changes whenever a stored value changes."""
    with database.connect() as connection:
        rows = connection.execute(select(settings.c.key, settings.c.updated_at).order_by(settings.c.key)).all()
    return ";".join(f"{row.key}={row.updated_at.isoformat()}" for row in rows)


def write_settings(
    database: Database, secrets: SecretBox, values: Mapping[str, object], secret_keys: frozenset[str], now: datetime
) -> None:
    """Store these values; None removes a row, so that the value beneath counts again."""
    rows = [
        {
            "key": key,
            "value": secrets.encrypt(json.dumps(value)) if key in secret_keys else value,
            "secret": key in secret_keys,
            "updated_at": now,
        }
        for key, value in values.items()
        if value is not None
    ]
    with database.begin() as connection:
        connection.execute(delete(settings).where(settings.c.key.in_(list(values))))
        if rows:
            connection.execute(insert(settings), rows)
