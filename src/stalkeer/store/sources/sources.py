"""Store the sources: playlists and accounts, with address, login and the state after the last refresh.

Addresses, logins, headers and proxies are encrypted in a single column. All other columns are plain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select, update

from stalkeer.adapters.playlists.panel_json import AccountInfo
from stalkeer.core.catalogue.access import Access
from stalkeer.core.catalogue.learned import LearnedAccess
from stalkeer.errors import Conflict, NotFound
from stalkeer.model import Origin, SourceId, SourceKind
from stalkeer.secrets import SecretBox
from stalkeer.store.db.tables import sources
from stalkeer.store.journal.events import Event, record_event
from stalkeer.store.sources.credentials import access_of, kept_credentials, read_credentials
from stalkeer.store.sources.description import CONFIG, UI, Credentials, NewSource, check_new_source, check_sendable
from stalkeer.store.sources.rows import SourceRow, to_source
from stalkeer.store.sources.visible import IS_SOURCE_CONFIGURED, IS_SOURCE_IN_USE


def list_sources(connection: Connection, *, with_removed: bool = False) -> list[SourceRow]:
    """List the sources by priority, the highest first, then by name."""
    query = select(sources).order_by(sources.c.priority.desc(), sources.c.slug)
    if not with_removed:
        query = query.where(IS_SOURCE_CONFIGURED)
    return [to_source(row) for row in connection.execute(query)]


def unread_sources_of_file(connection: Connection) -> set[str]:
    """Return the names of the sources in use that the configuration file names and no refresh has asked yet."""
    is_unread = and_(sources.c.origin == CONFIG.value, sources.c.last_refresh_at.is_(None), IS_SOURCE_IN_USE)
    return set(connection.scalars(select(sources.c.slug).where(is_unread)))


def source_names(connection: Connection) -> dict[SourceId, str]:
    """Return the names of all sources, also of removed ones."""
    return {SourceId(row.id): row.slug for row in connection.execute(select(sources.c.id, sources.c.slug))}


def own_refresh_times(connection: Connection) -> dict[str, str]:
    """Return the cron lines of enabled sources with their own refresh times, by name."""
    return {row.slug: row.options.refresh for row in list_sources(connection) if row.enabled and row.options.refresh}


def get_source(connection: Connection, slug: str) -> SourceRow:
    """Return the source of this name. Raises NotFound."""
    row = connection.execute(select(sources).where(sources.c.slug == slug)).one_or_none()
    if row is None or row.removed_at is not None:
        raise NotFound(f"There is no source named {slug!r}; `stalkeer source list` shows all sources")
    return to_source(row)


def get_source_by_id(connection: Connection, source_id: SourceId) -> SourceRow:
    row = connection.execute(select(sources).where(sources.c.id == source_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no source {source_id}")
    return to_source(row)


def add_source(
    connection: Connection, new: NewSource, secrets: SecretBox, now: datetime, origin: Origin = UI
) -> SourceRow:
    """Store a source. The name of a removed source restores its catalogue and history."""
    check_sendable(new)
    known = connection.execute(select(sources).where(sources.c.slug == new.slug)).one_or_none()
    if known is None:
        values = {"slug": new.slug, "origin": Origin(origin).value, "created_at": now, **_columns(new, secrets)}
        connection.execute(sources.insert().values(**values))
    elif known.removed_at is None:
        raise Conflict(
            f"There is already a source named {new.slug!r}; choose another name, or change the existing source"
        )
    else:
        old = kept_credentials(to_source(known), secrets)
        kept = replace(new.credentials, learned=old.learned, reference=old.reference)
        values = {
            "origin": Origin(origin).value,
            "removed_at": None,
            **_columns(replace(new, credentials=kept), secrets),
            **_FORGET,
        }
        connection.execute(update(sources).where(sources.c.id == known.id).values(**values))
    return get_source(connection, new.slug)


def change_source(connection: Connection, row: SourceRow, new: NewSource, secrets: SecretBox) -> SourceRow:
    """Replace the description of a source. Its entries keep their identity under any new host or login."""
    check_sendable(new)
    values = _columns(new, secrets)
    old = kept_credentials(row, secrets)
    kept = replace(new.credentials, learned=old.learned, reference=old.reference)
    values["credentials"] = row.credentials if kept == old else secrets.encrypt(kept.to_json())
    if kept != old:
        values |= _FORGET
    connection.execute(update(sources).where(sources.c.id == row.id).values(**values))
    return get_source_by_id(connection, row.id)


def remove_source(connection: Connection, row: SourceRow, secrets: SecretBox, now: datetime) -> None:
    """Remove a source. Its entries and history stay; its address and login are deleted."""
    nothing = secrets.encrypt(Credentials().to_json())
    values = {"removed_at": now, "enabled": False, "credentials": nothing, **_FORGET}
    connection.execute(update(sources).where(sources.c.id == row.id).values(**values))


# Columns to read again after a change of address or login.
_FORGET: dict[str, Any] = {
    "etag": None,
    "last_modified": None,
    "content_hash": None,
    "failures": 0,
    "last_error": None,
    "guard": None,
    "account_status": None,
    "account_active": None,
    "account_max": None,
    "account_expires_at": None,
    "account_message": None,
    "account_checked_at": None,
    "account_asked_at": None,
    "account_replied_at": None,
    "account_cut_at": None,
    "busy_until": None,
}


def take_over(connection: Connection, slug: str) -> SourceRow:
    """Let a source of config.yml be edited here from now on, as it is."""
    row = get_source(connection, slug)
    if row.origin == CONFIG:
        options = asdict(replace(row.options, taken_over=True))
        connection.execute(update(sources).where(sources.c.id == row.id).values(origin=UI.value, options=options))
    return get_source(connection, slug)


def set_enabled(connection: Connection, source_id: SourceId, enabled: bool) -> SourceRow:  # noqa: FBT001 - the value to store
    connection.execute(update(sources).where(sources.c.id == source_id).values(enabled=enabled))
    return get_source_by_id(connection, source_id)


def sync_config_sources(
    connection: Connection, configured: Sequence[NewSource], secrets: SecretBox, now: datetime
) -> None:
    """Update the table to the configuration. A source that left the configuration is disabled, never deleted.

    A source that the user added stays as it is: the page comes before the file, and the health check tells of it.
    """
    known = {row.slug: to_source(row) for row in connection.execute(select(sources))}
    for new in configured:
        row = known.get(new.slug)
        if row is None or row.is_removed:
            add_source(connection, new, secrets, now, origin=CONFIG)
        elif row.origin == CONFIG and not row.options.taken_over:
            change_source(connection, row, new, secrets)
    names = {new.slug for new in configured}
    for row in known.values():
        if row.origin == CONFIG and row.slug not in names and not row.is_removed:
            remove_source(connection, row, secrets, now)


def has_unconfigured_sources(connection: Connection, configured: Sequence[NewSource]) -> bool:
    """Tell whether `sync_config_sources` would remove a source."""
    names = {new.slug for new in configured}
    return any(row.origin == CONFIG and row.slug not in names for row in list_sources(connection))


def get_access(connection: Connection, source_id: SourceId, secrets: SecretBox) -> Access:
    """Return the values that fill the URL templates of a source's entries."""
    row = get_source_by_id(connection, source_id)
    return access_of(row, read_credentials(row, secrets))


def note_account(connection: Connection, source_id: SourceId, account: AccountInfo, now: datetime) -> None:
    """Store the account's state as just read."""
    connection.execute(
        update(sources)
        .where(sources.c.id == source_id)
        .values(
            account_status=account.status.value,
            account_active=account.active,
            account_max=account.maximum,
            account_expires_at=account.expires_at,
            account_message=account.message or None,
            account_checked_at=now,
        )
    )


def note_failure(connection: Connection, source_id: SourceId, message: str, now: datetime) -> int:
    """Record a failed refresh. Return the number of failures in a row."""
    connection.execute(
        update(sources)
        .where(sources.c.id == source_id)
        .values(last_error=message, last_refresh_at=now, failures=sources.c.failures + 1)
    )
    return int(connection.execute(select(sources.c.failures).where(sources.c.id == source_id)).scalar_one())


def note_guard(connection: Connection, source_id: SourceId, verdict: Mapping[str, Any]) -> None:
    """Store the refusal of a shrunken playlist, until the user accepts it or a refresh passes."""
    connection.execute(update(sources).where(sources.c.id == source_id).values(guard=dict(verdict)))


def note_success(connection: Connection, source_id: SourceId, now: datetime, **values: object) -> None:
    """Record a successful refresh; `values` are further columns that it read (etag, counts, ...)."""
    connection.execute(
        update(sources)
        .where(sources.c.id == source_id)
        .values(last_error=None, guard=None, failures=0, last_refresh_at=now, last_success_at=now, **values)
    )


def save_learned(
    connection: Connection, row: SourceRow, learned: LearnedAccess, reference: LearnedAccess, secrets: SecretBox
) -> None:
    """Store the values that the playlist's URLs share, in the transaction that switches the generation."""
    credentials = Credentials.of_json(secrets.decrypt(row.credentials))
    if (credentials.learned, credentials.reference) != (learned, reference):
        encrypted = secrets.encrypt(replace(credentials, learned=learned, reference=reference).to_json())
        connection.execute(update(sources).where(sources.c.id == row.id).values(credentials=encrypted))


def finish_refresh(
    connection: Connection,
    row: SourceRow,
    learned: tuple[LearnedAccess, LearnedAccess],
    secrets: SecretBox,
    now: datetime,
    event: Callable[[], Event | None],
) -> None:
    """Write the rows that belong to a generation switch: the learned values, the success and the event."""
    save_learned(connection, row, *learned, secrets)
    note_success(connection, row.id, now)
    happened = event()
    if happened is not None:
        record_event(connection, now, happened)


def _columns(new: NewSource, secrets: SecretBox) -> dict[str, Any]:
    check_new_source(new)
    return {
        "kind": SourceKind(new.kind).value,
        "enabled": new.enabled,
        "priority": new.priority,
        "credentials": secrets.encrypt(new.credentials.to_json()),
        "options": asdict(new.options),
        "max_connections": new.max_connections,
        "bandwidth_limit": new.bandwidth_limit,
    }
