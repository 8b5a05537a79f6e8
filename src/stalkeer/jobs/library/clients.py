"""Open clients of the configured instances. All jobs share one gate and one call count per instance."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from stalkeer.adapters.arr.client import READ_TIMEOUT_S, Address, ArrClient
from stalkeer.adapters.arr.gate import RequestGate
from stalkeer.errors import ArrError, ArrUnauthorised, ConfigurationError
from stalkeer.model import InstanceId
from stalkeer.secrets import SecretBox, login_in, register_secret, without_userinfo
from stalkeer.store.db.database import Database
from stalkeer.store.library.instances import InstanceRow, NewInstance, add_api_calls, note_failure, note_success


def _register(api_key: str, login: str | None) -> None:
    """Mask the key and the login's password wherever they appear."""
    register_secret(api_key)
    password = (login or "").partition(":")[2]
    for secret in {password, unquote(password)} - {""}:
        register_secret(secret)


@dataclass
class Arrs:
    """Open clients. It is built once per process, so that all jobs know when an instance is down."""

    database: Database
    secrets: SecretBox
    clock: Callable[[], datetime]
    make_gate: Callable[[str], RequestGate] = RequestGate
    _gates: dict[InstanceId, RequestGate] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextmanager
    def client(self, row: InstanceRow) -> Iterator[ArrClient]:
        """Open a client for the block. Record with the instance whether it answered."""
        gate = self._gate(row)
        try:
            with ArrClient(self.address(row), gate) as client:
                yield client
        except ArrError as error:
            self._note(row, gate, str(error))
            raise
        except (
            ConfigurationError
        ) as error:  # a wrong address or certificate authority must not stop the other instances
            self._note(row, gate, str(error))
            raise ArrError(str(error)) from error
        self._note(row, gate, None)

    def over(self, database: Database) -> Arrs:
        """Return clients with the same gates that record outcomes in another database, such as a dry run's."""
        return Arrs(database, self.secrets, self.clock, self.make_gate, self._gates, self._lock)

    def address(self, row: InstanceRow) -> Address:
        api_key = self.secrets.decrypt_or_none(row.api_key)
        if api_key is None:
            raise ArrUnauthorised(
                f"{row.label}: its stored API key cannot be read with the current secret key. Enter it again"
            )
        login = self.secrets.decrypt_or_none(row.login) if row.login else None
        _register(api_key, login)
        return Address(
            kind=row.kind,
            slug=row.slug,
            url=row.url,
            login=login,
            api_key=api_key,
            ca_file=Path(row.options.ca_file) if row.options.ca_file else None,
            read_timeout_s=row.options.timeout_s or READ_TIMEOUT_S,
        )

    def address_of(self, new: NewInstance) -> Address:
        """Return the address of an instance that is not saved yet."""
        login = login_in(new.url)
        _register(new.api_key, login)
        return Address(
            kind=new.kind,
            slug=new.slug,
            url=without_userinfo(new.url),
            login=login,
            api_key=new.api_key,
            ca_file=Path(new.options.ca_file) if new.options.ca_file else None,
            read_timeout_s=new.options.timeout_s or READ_TIMEOUT_S,
        )

    def reopen(self, row: InstanceRow) -> None:
        """Open the gate for every client of this process, because the instance has just answered."""
        self._gate(row).succeeded()

    def _gate(self, row: InstanceRow) -> RequestGate:
        with self._lock:
            return self._gates.setdefault(row.id, self.make_gate(row.label))

    def _note(self, row: InstanceRow, gate: RequestGate, error: str | None) -> None:
        with self.database.begin() as connection:
            add_api_calls(connection, row.id, gate.take_calls())
            if error is None:
                note_success(connection, row.id, self.clock())
            else:
                note_failure(connection, row.id, error)
