"""Set up the native drive of an instance: indexer, download client, their binding and the webhook, with a single
action.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from stalkeer.adapters.arr.native import NativeTarget, register_client, register_indexer
from stalkeer.adapters.arr.providers import CLIENT, INDEXER, remove_ours
from stalkeer.core.downloads.sabnzbd import category_of
from stalkeer.core.security.scopes import Scope
from stalkeer.errors import Conflict, InvalidInput, NotFound
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.library.webhooks import connect_webhook, disconnect_webhook
from stalkeer.jobs.native.folders import make_category_folder
from stalkeer.jobs.system.api_keys import make_key, revoke_key
from stalkeer.model import Drive
from stalkeer.secrets import register_secret
from stalkeer.settings import Settings
from stalkeer.settings.types import is_http_url
from stalkeer.store.library.instances import UI, InstanceChange, InstanceRow, change_instance, get_instance
from stalkeer.store.system.api_keys import list_keys, read_keys


@dataclass(frozen=True)
class NativeSetup:
    """Hold the state after a set-up. `note` says what the user still has to do; it may be empty."""

    instance: str
    url: str
    category: str
    drive: Drive
    note: str = ""


@dataclass(frozen=True)
class NativeRemoval:
    """Hold the parts that were removed."""

    instance: str
    removed: tuple[str, ...]
    note: str = ""


def connect_native(arrs: Arrs, slug: str, our_url: str, settings: Settings) -> NativeSetup:
    """Add everything to the instance, or repair what is there; then set its drive to native.

    Raises NotFound, InvalidInput for an invalid address, Conflict for a disabled instance, and ArrError with the
    message of the failed test. Parts that were added before stay; another run repairs them.
    """
    if not is_http_url(our_url):
        raise InvalidInput(
            f"{our_url!r} is not a web address; give Stalkeer's own address, for example http://stalkeer:7825"
        )
    with arrs.database.connect() as connection:
        row = get_instance(connection, slug)
    if not row.enabled:
        raise Conflict(f"{row.label} is disabled; enable it first.")
    target = NativeTarget(our_url.rstrip("/"), category_of(row.slug), bridge_key(arrs, row))
    make_category_folder(settings, row, target.category)  # the instance checks the folder as soon as it has the client
    with arrs.client(row) as client:
        client_id = register_client(client, target)
        register_indexer(client, target, client_id)
    connect_webhook(arrs, row.slug, target.url)
    changed, note = _set_drive(arrs, row, Drive.NATIVE)
    return NativeSetup(row.slug, target.url, target.category, changed.options.drive, note)


def disconnect_native(arrs: Arrs, slug: str) -> NativeRemoval:
    """Remove everything from the instance, and let Stalkeer look for missing items again.

    Open grabs are finished as grabs.
    """
    with arrs.database.connect() as connection:
        row = get_instance(connection, slug)
    removed: list[str] = []
    with arrs.client(row) as client:
        removed += ["indexer"] if remove_ours(client, INDEXER) else []
        removed += ["download client"] if remove_ours(client, CLIENT) else []
    removed += ["webhook"] if disconnect_webhook(arrs, row.slug) else []
    try:
        revoke_key(arrs.database, key_name(row))
        removed.append("API key")
    except NotFound:
        pass
    _, note = _set_drive(arrs, row, Drive.OURS)
    return NativeRemoval(row.slug, tuple(removed), note)


def key_name(row: InstanceRow) -> str:
    return f"bridge {row.slug}"[:64].rstrip()


def bridge_key(arrs: Arrs, row: InstanceRow) -> str:
    """Return the bridge key of an instance. Make one where there is none, or where it cannot be decrypted."""
    name = key_name(row)
    with arrs.database.connect() as connection:
        known = {known_key.name: known_key for known_key in list_keys(connection)}
        key = read_keys(connection, arrs.secrets).get(name)
    present = known.get(name)
    if present is not None and (present.scope is not Scope.BRIDGE or present.instance != row.slug):
        raise Conflict(f"The API key {name!r} is for something else; revoke it: stalkeer api-key revoke {name!r}")
    if key is not None:
        register_secret(key)
        return key
    if present is not None:  # the present secret key cannot decrypt it
        revoke_key(arrs.database, name)
    return make_key(arrs.database, arrs.secrets, name, Scope.BRIDGE, row.slug, arrs.clock())


def _set_drive(arrs: Arrs, row: InstanceRow, drive: Drive) -> tuple[InstanceRow, str]:
    """Set the drive of an instance that was added here.

    For an instance of config.yml, return the line to write there.
    """
    if row.options.drive is drive:
        return row, ""
    if row.origin != UI:
        return row, f"{row.label} comes from config.yml; set `drive: {drive}` there."
    change = InstanceChange(options=replace(row.options, drive=drive))
    with arrs.database.begin() as connection:
        return change_instance(connection, row.slug, change, arrs.secrets), ""
