"""Make, find and revoke API keys: the main key of the first start, and others by name and scope.

Keys are compared in constant time.
"""

from __future__ import annotations

import secrets as random_source
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from stalkeer.core.security.scopes import Scope, is_key_name
from stalkeer.errors import Conflict, InvalidInput, NotFound, StoreError
from stalkeer.secrets import SecretBox, register_secret
from stalkeer.store.db.database import Database
from stalkeer.store.library.instances import get_instance
from stalkeer.store.system import api_keys
from stalkeer.store.system.api_keys import MAIN_KEY, ApiKeyRow, read_keys, write_key

KEY_BYTES = 16  # 32 hexadecimal digits, as Radarr and Sonarr have them
SEEN_FOR_S = 2.0  # a key reset by another process counts after this long at most
UNKNOWN_FOR_S = 0.05  # at most this often: an unknown key may have just been made by another process
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass
class _Made:
    """Count the keys made in this process, so that the next request reads them at once."""

    count: int = 0


_made = _Made()


def list_keys(database: Database) -> list[ApiKeyRow]:
    """List the keys without their secrets."""
    with database.connect() as connection:
        return api_keys.list_keys(connection)


def make_key(
    database: Database, secrets: SecretBox, name: str, scope: Scope, instance: str | None, now: datetime
) -> str:
    """Make a key and return it. A bridge key belongs to an instance; keys of other scopes do not.

    Raise InvalidInput for a name that cannot be used or an instance in the wrong place, NotFound for an unknown
    instance, Conflict for a name that is taken.
    """
    if not is_key_name(name):
        raise InvalidInput(
            f"{name!r} cannot name a key; accepted: up to 64 letters, digits, spaces and . _ -, "
            "beginning with a letter or digit"
        )
    if (scope is Scope.BRIDGE) != (instance is not None):
        raise InvalidInput("A key with the scope bridge needs an instance; other keys have none")
    key = random_source.token_hex(KEY_BYTES)
    with database.begin() as connection:
        slug = get_instance(connection, instance).slug if instance is not None else None
        api_keys.add_key(connection, secrets, ApiKeyRow(name, scope, slug, now, None), key)
    _made.count += 1
    register_secret(key)
    return key


def revoke_key(database: Database, name: str) -> None:
    """Revoke a key.

    It stops working within two seconds. Raise NotFound for an unknown name, Conflict for the main key.
    """
    if name == MAIN_KEY:
        raise Conflict("The main API key cannot be revoked; replace it: stalkeer api-key reset")
    with database.begin() as connection:
        api_keys.remove_key(connection, name)


def reset_key(database: Database, secrets: SecretBox, name: str, now: datetime) -> str:
    """Replace a key and return the new one, which has the same scope. Raise NotFound for an unknown name."""
    key = random_source.token_hex(KEY_BYTES)
    with database.begin() as connection:
        known = {row.name for row in api_keys.list_keys(connection)} | {MAIN_KEY}
        if name not in known:
            raise NotFound(f"There is no API key {name!r}; `stalkeer api-key list` shows them")
        write_key(connection, secrets, name, key, now)
    register_secret(key)
    return key


class ApiKeys:
    """Hold the keys of this database, and read them again every two seconds."""

    def __init__(
        self,
        database: Database,
        secrets: SecretBox,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._secrets, self._clock, self._monotonic = database, secrets, clock, monotonic
        self._keys: dict[str, str] = {}
        self._rows: dict[str, ApiKeyRow] = {}
        self._read_at = float("-inf")
        self._made = 0
        self._used: dict[str, datetime] = {}

    def ensure(self) -> str:
        """Return the main key.

        Make a new one where there is none, or where the present secret key cannot decrypt it.
        """
        with self._database.connect() as connection:
            keys = read_keys(connection, self._secrets)
        return keys[MAIN_KEY] if MAIN_KEY in keys else self.reset()

    def reset(self) -> str:
        """Replace the main key; the old one stops working at once in this process."""
        key = reset_key(self._database, self._secrets, MAIN_KEY, self._clock())
        self.look_again()
        return key

    def look_again(self) -> None:
        """Read the keys again at the next request, because this process made, replaced or revoked a key."""
        self._read_at = float("-inf")

    def find(self, candidate: str) -> ApiKeyRow | None:
        """Return the key with this value, or None. Record its use once a minute."""
        if self._monotonic() - self._read_at >= SEEN_FOR_S or self._made != _made.count:
            self._read()
        found = self._name_of(candidate)
        if found is None and self._monotonic() - self._read_at >= UNKNOWN_FOR_S:
            self._read()
            found = self._name_of(candidate)
        if found is None:
            return None
        self._note_use(found)
        return self._rows.get(found)

    def _name_of(self, candidate: str) -> str | None:
        offered = candidate.encode()
        names = [name for name, key in self._keys.items() if compare_digest(key.encode(), offered)]
        return names[0] if names else None

    def _note_use(self, name: str) -> None:
        now = self._clock()
        last = self._used.get(name)
        if last is not None and now - last < USE_NOTED_EVERY:
            return
        self._used[name] = now
        # a request is not refused because its use could not be recorded
        with suppress(StoreError), self._database.begin() as connection:
            api_keys.note_use(connection, name, now)

    def _read(self) -> None:
        self._made = _made.count
        with self._database.connect() as connection:
            self._keys = read_keys(connection, self._secrets)
            self._rows = {row.name: row for row in api_keys.list_keys(connection)}
        self._read_at = self._monotonic()
        for key in self._keys.values():
            register_secret(key)
