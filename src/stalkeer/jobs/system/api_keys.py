"""API keys: made at the first start, compared in constant time."""

from __future__ import annotations

import secrets as random_source
import time
from collections.abc import Callable
from datetime import datetime
from hmac import compare_digest

from stalkeer.secrets import SecretBox, register_secret
from stalkeer.store.db.database import Database
from stalkeer.store.system.api_keys import MAIN_KEY, read_keys, write_key

KEY_BYTES = 16  # 32 hexadecimal digits, as Radarr and Sonarr have them
SEEN_FOR_S = 2.0  # a key reset by another process counts after this long at most


class ApiKeys:
    """The keys of this database, read again every two seconds."""

    def __init__(
        self,
        database: Database,
        secrets: SecretBox,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._secrets, self._clock, self._monotonic = database, secrets, clock, monotonic
        self._keys: dict[str, str] = {}
        self._read_at = float("-inf")

    def ensure(self) -> str:
        """The main key; made when there is none, or none that the present secret key can read."""
        keys = self._read()
        return keys[MAIN_KEY] if MAIN_KEY in keys else self.reset()

    def reset(self) -> str:
        """Replace the main key; the old one stops working at once in this process."""
        key = random_source.token_hex(KEY_BYTES)
        with self._database.begin() as connection:
            write_key(connection, self._secrets, MAIN_KEY, key, self._clock())
        self._read_at = float("-inf")
        register_secret(key)
        return key

    def name_of(self, candidate: str) -> str | None:
        """The name of the key that this is, or None."""
        if self._monotonic() - self._read_at >= SEEN_FOR_S:
            self._keys = self._read()
            self._read_at = self._monotonic()
            for key in self._keys.values():
                register_secret(key)
        offered = candidate.encode()
        found = [name for name, key in self._keys.items() if compare_digest(key.encode(), offered)]
        return found[0] if found else None

    def _read(self) -> dict[str, str]:
        with self._database.connect() as connection:
            return read_keys(connection, self._secrets)
