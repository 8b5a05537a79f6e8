"""Tell whether the current secret key belongs to the database, and list the values that it cannot decrypt."""

from __future__ import annotations

from sqlalchemy import Connection, select

from stalkeer.secrets import SecretBox
from stalkeer.store.db.tables import published_settings
from stalkeer.store.library.instances import list_instances
from stalkeer.store.notify.targets import list_targets
from stalkeer.store.sources.sources import list_sources
from stalkeer.store.system.encrypted import encrypted_in_database
from stalkeer.store.system.settings import unreadable_settings


def unreadable_credentials(connection: Connection, secrets: SecretBox) -> list[str]:
    """Name the credentials of the user that the current key cannot decrypt."""
    held = [(f"source {row.slug}", row.credentials) for row in list_sources(connection)]
    held += [(row.label, row.api_key) for row in list_instances(connection)]
    held += [(f"the target {row.name} of notifications", row.address) for row in list_targets(connection)]
    found = [name for name, token in held if secrets.decrypt_or_none(token) is None]
    return found + unreadable_settings(connection, secrets)


def is_published(connection: Connection) -> bool:
    """Tell whether this database has published settings, with which a key can be checked."""
    return connection.execute(select(published_settings.c.version)).first() is not None


def is_key_of(connection: Connection, secrets: SecretBox) -> bool:
    """Tell whether this database was written with this key.

    The published settings decide. Without them, one readable credential is enough: a backup that was restored without
    its key may have been repaired in part. Every key fits a database without credentials.
    """
    published = connection.execute(select(published_settings.c.document)).scalar_one_or_none()
    if published is not None:
        return secrets.decrypt_or_none(published) is not None
    tokens = list(encrypted_in_database(connection))
    return not tokens or any(secrets.decrypt_or_none(token) is not None for token in tokens)
