"""Instances of the demo's Radarr and Sonarr in a test's database, and the clients a job opens for them."""

from __future__ import annotations

from cryptography.fernet import Fernet

from stalkeer.adapters.arr.gate import RequestGate
from stalkeer.demo.arr import ArrServer
from stalkeer.jobs.library.clients import Arrs
from stalkeer.model import InstanceKind
from stalkeer.secrets import SecretBox
from stalkeer.store.db.database import Database
from stalkeer.store.library.instances import InstanceOptions, InstanceRow, NewInstance, add_instance, get_instance
from tests.doubles.clock import FakeClock

PLAIN = InstanceOptions()


def clients(database: Database, clock: FakeClock) -> Arrs:
    """No real waiting between requests."""
    box = SecretBox(Fernet.generate_key())
    return Arrs(database, box, clock, lambda name: RequestGate(name, monotonic=clock.monotonic, sleep=clock.sleep))


def know(arrs: Arrs, server: ArrServer, slug: str = "", options: InstanceOptions = PLAIN) -> InstanceRow:
    """Add `server` as a user would."""
    kind = InstanceKind(server.program.lower())
    new = NewInstance(slug or kind.value, kind, server.url, server.api_key, options)
    with arrs.database.begin() as connection:
        add_instance(connection, new, arrs.secrets, arrs.clock())
        return get_instance(connection, new.slug)
