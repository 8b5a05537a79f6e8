"""Store the settings saved in the UI, which have precedence over config.yml but not over the environment, and the
settings that `serve` published.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from stalkeer.secrets import SecretBox
from stalkeer.store.db.tables import published_settings, settings


def read_settings(connection: Connection, secrets: SecretBox) -> dict[str, object]:
    """Return the stored values by dotted key, with decrypted secrets.

    A secret that cannot be decrypted counts as not set.
    """
    rows = connection.execute(select(settings.c.key, settings.c.value, settings.c.secret)).all()
    plain = {row.key: row.value for row in rows if not row.secret}
    opened = {row.key: secrets.decrypt_or_none(row.value) for row in rows if row.secret}
    return plain | {key: json.loads(value) for key, value in opened.items() if value is not None}


def unreadable_settings(connection: Connection, secrets: SecretBox) -> list[str]:
    """Return the dotted keys of the secrets that the present key cannot decrypt."""
    rows = connection.execute(select(settings.c.key, settings.c.value).where(settings.c.secret)).all()
    return [row.key for row in rows if secrets.decrypt_or_none(row.value) is None]


def write_settings(
    connection: Connection, secrets: SecretBox, values: Mapping[str, object], secret_keys: frozenset[str], now: datetime
) -> None:
    """Store these values. None removes a row, so that the value of config.yml or the default applies again."""
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
    connection.execute(delete(settings).where(settings.c.key.in_(list(values))))
    if rows:
        connection.execute(insert(settings), rows)


@dataclass(frozen=True)
class PublishedSettings:
    """Hold the settings that all processes share; `version` grows with each change."""

    version: int
    document: Mapping[str, object] = field(repr=False)


def publish_settings(connection: Connection, secrets: SecretBox, document: Mapping[str, object], now: datetime) -> int:
    """Store the shared settings where they differ from the stored ones. Return their version."""
    stored = connection.execute(select(published_settings)).one_or_none()
    if stored is not None:
        opened = secrets.decrypt_or_none(stored.document)
        if opened is not None and json.loads(opened) == document:
            return int(stored.version)
    version = 1 if stored is None else int(stored.version) + 1
    row = {"version": version, "document": secrets.encrypt(json.dumps(document)), "published_at": now}
    connection.execute(delete(published_settings))
    connection.execute(insert(published_settings).values(id=1, **row))
    return version


def read_published(connection: Connection, secrets: SecretBox) -> PublishedSettings | None:
    """Return the shared settings, or None where none were published yet. Raises SecretError for another key."""
    row = connection.execute(select(published_settings)).one_or_none()
    return None if row is None else PublishedSettings(row.version, json.loads(secrets.decrypt(row.document)))


def published_version(connection: Connection) -> int | None:
    """Return the version of the shared settings, without reading them."""
    version: int | None = connection.execute(select(published_settings.c.version)).scalar_one_or_none()
    return version
