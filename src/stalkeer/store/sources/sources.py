"""Store the sources: playlists and accounts, with address, login and the state after the last refresh.

Addresses, logins, headers and proxies are encrypted in a single column. All other columns are plain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, Row, and_, select, update

from stalkeer.adapters.playlists.panel_json import AccountInfo
from stalkeer.adapters.playlists.xtream import PanelLogin
from stalkeer.core.catalogue.access import Access, login_in_url, url_part
from stalkeer.core.catalogue.learned import LearnedAccess
from stalkeer.core.downloads.viewing import NIGHT, UseTimes, UseWhen
from stalkeer.errors import Conflict, InvalidInput, NotFound, SecretError
from stalkeer.model import Origin, SourceId, SourceKind
from stalkeer.secrets import SecretBox, register_secret
from stalkeer.settings import Settings
from stalkeer.settings.sections.connections import PlaylistSettings
from stalkeer.settings.units import is_cron
from stalkeer.store.db.tables import sources
from stalkeer.store.journal.events import Event, record_event
from stalkeer.store.sources.visible import IS_SOURCE_CONFIGURED, IS_SOURCE_IN_USE

CONFIG, UI = Origin.CONFIG, Origin.UI
M3U, XTREAM = SourceKind.M3U, SourceKind.XTREAM


HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
PROXY_SCHEMES = ("http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://")


@dataclass(frozen=True)
class Credentials:
    """Hold the address, login, headers and proxy of a source. Never shown, never logged."""

    path: str = ""
    url: str = field(default="", repr=False)
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str = field(default="", repr=False)
    learned: LearnedAccess = field(default_factory=LearnedAccess, repr=False)
    # the values with which the stored fingerprints were made
    reference: LearnedAccess = field(default_factory=LearnedAccess, repr=False)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, stored: str) -> Credentials:
        values = json.loads(stored)
        learned, reference = (_learned_of_json(values.pop(name, None) or {}) for name in ("learned", "reference"))
        return cls(**values, learned=learned, reference=reference)


def _learned_of_json(stored: Mapping[str, Any]) -> LearnedAccess:
    return LearnedAccess(
        bases=tuple(stored.get("bases", ())),
        logins=tuple((user, password) for user, password in stored.get("logins", ())),
        tokens=tuple((key, value) for key, value in stored.get("tokens", ())),
        userinfos=tuple(stored.get("userinfos", ())),
        parts=tuple(stored.get("parts", ())),
    )


@dataclass(frozen=True)
class SourceOptions:
    """Hold the settings of a source beyond its address and limits."""

    user_agent: str = ""
    refresh: str = ""  # cron line; empty uses the schedule for all sources
    # share of its entries that a refresh may remove; None uses the setting for all sources
    max_shrink: float | None = None
    adult: bool = False  # whether groups labelled as adult are included
    use: str = UseWhen.ANY.value  # when downloads may use it
    use_from: str = ""  # HH:MM, for `use: hours`; empty uses the night
    use_until: str = ""
    taken_over: bool = False  # config.yml has it too; the values saved here take precedence

    @property
    def use_times(self) -> UseTimes:
        when = UseWhen(self.use) if self.use in tuple(UseWhen) else UseWhen.ANY
        return UseTimes(when, _clock(self.use_from, NIGHT[0]), _clock(self.use_until, NIGHT[1]))

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> SourceOptions:
        known = cls.__dataclass_fields__
        return cls(**{key: value for key, value in stored.items() if key in known})


def _clock(text: str, usual: time) -> time:
    try:
        return time.fromisoformat(text) if text else usual
    except ValueError:
        return usual


@dataclass(frozen=True)
class NewSource:
    """Describe a source as described by a user or the configuration."""

    slug: str
    kind: SourceKind
    credentials: Credentials
    options: SourceOptions = SourceOptions()
    priority: int = 0
    enabled: bool = True
    max_connections: int | None = None
    bandwidth_limit: int | None = None


@dataclass(frozen=True)
class SourceRow:
    id: SourceId
    slug: str
    kind: SourceKind
    origin: Origin
    enabled: bool
    removed_at: datetime | None
    priority: int
    credentials: str = field(repr=False)  # encrypted
    options: SourceOptions
    max_connections: int | None
    bandwidth_limit: int | None
    generation: int
    etag: str | None
    last_modified: str | None
    content_hash: str | None
    last_refresh_at: datetime | None
    last_success_at: datetime | None
    last_error: str | None
    failures: int
    guard: Mapping[str, Any] | None
    counts: Mapping[str, Any]
    account_status: str | None
    account_expires_at: datetime | None
    account_active: int | None
    account_max: int | None
    account_message: str | None
    account_checked_at: datetime | None
    created_at: datetime

    @property
    def is_removed(self) -> bool:
        return self.removed_at is not None

    @property
    def kinds(self) -> dict[str, int]:
        """Return the number of entries by kind."""
        return dict(self.counts.get("kinds", {}))

    @property
    def entries(self) -> int:
        return entries_of(self.counts)


def entries_of(counts: Mapping[str, Any] | None) -> int:
    """Return the number of a source's entries at its last refresh."""
    return sum(int(count) for count in (counts or {}).get("kinds", {}).values())


def list_sources(connection: Connection, *, with_removed: bool = False) -> list[SourceRow]:
    """List the sources by priority, the highest first, then by name."""
    query = select(sources).order_by(sources.c.priority.desc(), sources.c.slug)
    if not with_removed:
        query = query.where(IS_SOURCE_CONFIGURED)
    return [_row(row) for row in connection.execute(query)]


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
    return _row(row)


def get_source_by_id(connection: Connection, source_id: SourceId) -> SourceRow:
    row = connection.execute(select(sources).where(sources.c.id == source_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no source {source_id}")
    return _row(row)


def add_source(
    connection: Connection, new: NewSource, secrets: SecretBox, now: datetime, origin: Origin = UI
) -> SourceRow:
    """Store a source. The name of a removed source restores its catalogue and history."""
    _check_sendable(new)
    known = connection.execute(select(sources).where(sources.c.slug == new.slug)).one_or_none()
    if known is None:
        values = {"slug": new.slug, "origin": Origin(origin).value, "created_at": now, **_columns(new, secrets)}
        connection.execute(sources.insert().values(**values))
    elif known.removed_at is None:
        raise Conflict(
            f"There is already a source named {new.slug!r}; choose another name, or change the existing source"
        )
    else:
        old = kept_credentials(_row(known), secrets)
        kept = replace(new.credentials, learned=old.learned, reference=old.reference)
        values = {
            "origin": Origin(origin).value,
            "removed_at": None,
            **_columns(replace(new, credentials=kept), secrets),
            **_FORGET,
        }
        connection.execute(update(sources).where(sources.c.id == known.id).values(**values))
    return get_source(connection, new.slug)


def _check_sendable(new: NewSource) -> None:
    """Raise InvalidInput for a value that breaks a request's header, or an invalid proxy address."""
    credentials = new.credentials
    for name, value in credentials.headers.items():
        if not HEADER_NAME.fullmatch(name) or not value.isprintable():
            raise InvalidInput(
                f"The header {name!r} cannot be sent; accepted: a name of letters and -, and a value of one line"
            )
    if new.options.refresh and not is_cron(new.options.refresh):
        raise InvalidInput(
            f"The refresh times {new.options.refresh!r} are not a cron line; accepted: five fields such as "
            '"0 */6 * * *", or nothing for the common schedule'
        )
    if not new.options.user_agent.isprintable():
        raise InvalidInput("The User-Agent cannot be sent; accepted: one line of text")
    if not credentials.url.isprintable():
        raise InvalidInput("`url` is not a web address; accepted: http://... or https://...")
    if credentials.proxy and (not credentials.proxy.startswith(PROXY_SCHEMES) or not credentials.proxy.isprintable()):
        raise InvalidInput("`proxy` is not a proxy's address; accepted: http://host:port or socks5://host:port")


def change_source(connection: Connection, row: SourceRow, new: NewSource, secrets: SecretBox) -> SourceRow:
    """Replace the description of a source. Its entries keep their identity under any new host or login."""
    _check_sendable(new)
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
    known = {row.slug: _row(row) for row in connection.execute(select(sources))}
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


def configured_sources(settings: Settings) -> list[NewSource]:
    """Return the configured sources. A panel's `get.php` URL stays a playlist."""
    return [_configured(playlist) for playlist in settings.playlists]


def _configured(playlist: PlaylistSettings) -> NewSource:
    url = playlist.url.get_secret_value() if playlist.url else ""
    return NewSource(
        slug=playlist.name,
        kind=SourceKind(playlist.type.value),
        credentials=Credentials(
            path=str(playlist.path) if playlist.path else "",
            url=url,
            username=playlist.username,
            password=playlist.password.get_secret_value(),
            headers={name: value.get_secret_value() for name, value in playlist.headers.items()},
            proxy=playlist.proxy.get_secret_value(),
        ),
        options=SourceOptions(
            user_agent=playlist.user_agent,
            refresh=playlist.refresh,
            max_shrink=playlist.max_shrink,
            adult=playlist.adult,
            use=playlist.use.value,
            use_from=f"{playlist.use_from:%H:%M}" if playlist.use_from else "",
            use_until=f"{playlist.use_until:%H:%M}" if playlist.use_until else "",
        ),
        priority=playlist.priority,
        enabled=playlist.enabled,
        max_connections=playlist.max_connections,
        bandwidth_limit=playlist.bandwidth_limit or None,
    )


def kept_credentials(row: SourceRow, secrets: SecretBox) -> Credentials:
    """Return the stored credentials, or empty credentials when the current key cannot read them."""
    try:
        return read_credentials(row, secrets)
    except SecretError:
        return Credentials()


def read_credentials(row: SourceRow, secrets: SecretBox) -> Credentials:
    """Decrypt the credentials, and hide their values in messages and logs from now on."""
    credentials = Credentials.of_json(secrets.decrypt(row.credentials))
    known = [credentials.username, credentials.password]
    known += [part for login in credentials.learned.logins for part in login]
    known += [token for _, token in credentials.learned.tokens]
    known += [part for userinfo in credentials.learned.userinfos for part in userinfo.split(":", 1)]
    for value in known:
        if len(value) >= 6:  # hiding a short word such as "user" would make messages unreadable
            register_secret(value)
    return credentials


def get_access(connection: Connection, source_id: SourceId, secrets: SecretBox) -> Access:
    """Return the values that fill the URL templates of a source's entries."""
    row = get_source_by_id(connection, source_id)
    return access_of(row, read_credentials(row, secrets))


def access_of(row: SourceRow, credentials: Credentials) -> Access:
    named = credentials.learned.named()
    if row.kind == XTREAM:
        base = credentials.url.rstrip("/")
        named |= {"base": base, "username": url_part(credentials.username), "password": url_part(credentials.password)}
    return Access(
        base=named.pop("base", ""),
        username=named.pop("username", ""),
        password=named.pop("password", ""),
        user_agent=row.options.user_agent,
        headers=dict(credentials.headers),
        proxy=credentials.proxy,
        extras=named,
        typed=credentials.url,
    )


def panel_login(
    source: SourceRow | NewSource, credentials: Credentials, timeout_s: float, *, https_only: bool
) -> PanelLogin | None:
    """Return the login to the source's panel, also from a `get.php` URL; None when it has none."""
    found = (credentials.url, credentials.username, credentials.password) if source.kind == XTREAM else None
    if found is None and credentials.url:
        found = login_in_url(credentials.url)
    if found is None:
        return None
    return PanelLogin(
        *found,
        user_agent=source.options.user_agent,
        headers=credentials.headers,
        proxy=credentials.proxy,
        timeout_s=timeout_s,
        https_only=https_only,
    )


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


def check_new_source(new: NewSource) -> None:
    """Raise InvalidInput when a source's description is not usable."""
    credentials = new.credentials
    if new.kind == XTREAM and not (credentials.url and credentials.username and credentials.password):
        raise InvalidInput("An Xtream account needs a server address, a username and a password")
    if bool(credentials.path) == bool(credentials.url):
        raise InvalidInput("A source needs either the path of a playlist file or a URL")
    if credentials.url and not credentials.url.lower().startswith(("http://", "https://")):
        raise InvalidInput("A source's URL must begin with http:// or https://")


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


def _row(row: Row[*tuple[Any, ...]]) -> SourceRow:
    values = dict(row._mapping)
    values["kind"] = SourceKind(values["kind"])
    values["origin"] = Origin(values["origin"])
    values["options"] = SourceOptions.of_json(values["options"] or {})
    values["counts"] = values["counts"] or {}
    return SourceRow(**{name: values[name] for name in SourceRow.__dataclass_fields__})
