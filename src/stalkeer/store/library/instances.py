"""Store the Radarr and Sonarr instances: address, credentials, and the data last read from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select, update

from stalkeer.adapters.arr.values import (
    FileQuality,
    ProfileQuality,
    QualityProfile,
    RootFolder,
    SizeBounds,
    instance_label,
)
from stalkeer.errors import Conflict, NotFound
from stalkeer.model import Drive, InstanceId, InstanceKind, SkipOwned
from stalkeer.secrets import SecretBox, login_in, without_userinfo
from stalkeer.settings.schema import Settings
from stalkeer.settings.sections.connections import ArrSettings
from stalkeer.store.db.tables import instances
from stalkeer.store.library.visible import IS_INSTANCE_CONFIGURED, IS_INSTANCE_IN_USE

CONFIG, UI = "config", "ui"


@dataclass(frozen=True)
class FolderPair:
    """Hold a folder's path here and in the instance."""

    local: str
    remote: str


@dataclass(frozen=True)
class InstanceOptions:
    """Hold the settings of an instance beyond its address."""

    quality_profile_id: int | None = None
    path_mappings: tuple[FolderPair, ...] = ()
    timeout_s: float | None = None
    ca_file: str | None = None
    exclude_tags: tuple[str, ...] = ()
    skip_owned_elsewhere: SkipOwned = SkipOwned.AUTO
    drive: Drive = Drive.OURS
    languages: tuple[str, ...] = ()  # wanted languages, best first: `fr`, `en:require`
    taken_over: bool = False  # config.yml has it too; the values saved here take precedence

    @classmethod
    def of_settings(cls, settings: ArrSettings) -> InstanceOptions:
        return cls(
            quality_profile_id=settings.quality_profile_id,
            path_mappings=tuple(FolderPair(m.local, m.remote) for m in settings.path_mappings),
            timeout_s=settings.timeout,
            ca_file=str(settings.ca_file) if settings.ca_file else None,
            exclude_tags=settings.exclude_tags,
            skip_owned_elsewhere=settings.skip_owned_elsewhere,
            drive=settings.drive,
            languages=settings.languages,
        )

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> InstanceOptions:
        return cls(
            quality_profile_id=stored.get("quality_profile_id"),
            path_mappings=tuple(FolderPair(m["local"], m["remote"]) for m in stored.get("path_mappings") or ()),
            timeout_s=stored.get("timeout_s"),
            ca_file=stored.get("ca_file"),
            exclude_tags=tuple(stored.get("exclude_tags") or ()),
            skip_owned_elsewhere=SkipOwned(stored.get("skip_owned_elsewhere") or SkipOwned.AUTO),
            drive=Drive(stored.get("drive") or Drive.OURS),
            languages=tuple(stored.get("languages") or ()),
            taken_over=bool(stored.get("taken_over")),
        )


@dataclass(frozen=True)
class InstanceRow:
    id: InstanceId
    slug: str
    kind: InstanceKind
    origin: str
    enabled: bool
    removed_at: datetime | None
    is_default: bool
    url: str
    api_key: str = field(repr=False)  # encrypted
    login: str | None = field(repr=False)  # encrypted
    options: InstanceOptions
    webhook_secret: str | None = field(repr=False)  # encrypted
    version: str | None
    last_sync_at: datetime | None
    last_success_at: datetime | None
    last_error: str | None
    failures: int
    api_calls: int
    profiles: tuple[QualityProfile, ...]
    root_folders: tuple[RootFolder, ...]

    @property
    def label(self) -> str:
        return instance_label(self.kind, self.slug)


@dataclass(frozen=True)
class NewInstance:
    """Describe a new instance. `api_key` and a login in `url` are in the clear; both are encrypted when stored."""

    slug: str
    kind: InstanceKind
    url: str = field(repr=False)
    api_key: str = field(repr=False)
    options: InstanceOptions = InstanceOptions()
    is_default: bool = False
    enabled: bool = True


def instance_slug(kind: InstanceKind, name: str) -> str:
    """Return a name that is unique over both programs: `radarr`, `radarr-4k`. Settings names are unique per program."""
    if name in ("default", kind.value):
        return kind.value
    return name if name.startswith(f"{kind.value}-") else f"{kind.value}-{name}"


def configured_instances(settings: Settings) -> dict[InstanceKind, tuple[ArrSettings, ...]]:
    return {InstanceKind.RADARR: settings.radarr, InstanceKind.SONARR: settings.sonarr}


def has_unconfigured_instances(
    connection: Connection, configured: Mapping[InstanceKind, Sequence[ArrSettings]]
) -> bool:
    """Tell whether `sync_config_instances` would disable an instance."""
    slugs = {instance_slug(kind, entry.name) for kind, entries in configured.items() for entry in entries}
    return any(row.origin == CONFIG and row.slug not in slugs for row in list_instances(connection))


def sync_config_instances(
    connection: Connection, configured: Mapping[InstanceKind, Sequence[ArrSettings]], box: SecretBox, now: datetime
) -> None:
    """Update the rows to the settings. An instance that left the settings is disabled, never deleted."""
    known = {row.slug: row for row in list_instances(connection, include_removed=True)}
    slugs: set[str] = set()
    for kind, entries in configured.items():
        default = next((entry for entry in entries if entry.default), entries[0] if entries else None)
        for entry in entries:
            new = NewInstance(
                slug=instance_slug(kind, entry.name),
                kind=kind,
                url=entry.url,
                api_key=entry.api_key.get_secret_value(),
                options=InstanceOptions.of_settings(entry),
                is_default=entry is default,
                enabled=entry.enabled,
            )
            slugs.add(new.slug)
            held = known.get(new.slug)
            if held is not None and held.removed_at is None and held.options.taken_over:
                continue
            _put(connection, known.get(new.slug), new, box, now)
            if new.is_default:
                _be_only_default(connection, new)
    for row in known.values():
        if row.origin == CONFIG and row.slug not in slugs and row.removed_at is None:
            _disable(connection, row.id, now)
        if row.slug not in slugs and login_in(row.url):  # an earlier version stored the login in the clear
            values = {"url": without_userinfo(row.url), "login": _encrypted_login(row.url, box)}
            connection.execute(update(instances).where(instances.c.id == row.id).values(**values))


def add_instance(connection: Connection, new: NewInstance, box: SecretBox, now: datetime) -> InstanceId:
    """Add an instance of the user. A removed instance with the same name returns with its history."""
    present = find_instance(connection, new.slug)
    if present is not None and present.removed_at is None:
        raise Conflict(f"An instance called {new.slug!r} exists already ({present.url}). Choose another name.")
    values = _values(new, box) | {"origin": UI, "removed_at": None}
    if present is not None:
        connection.execute(update(instances).where(instances.c.id == present.id).values(**values))
        instance_id = present.id
    else:
        query = instances.insert().values(**values, created_at=now).returning(instances.c.id)
        instance_id = InstanceId(connection.execute(query).scalar_one())
    if new.is_default:
        _be_only_default(connection, new)
    return instance_id


def _be_only_default(connection: Connection, new: NewInstance) -> None:
    """Clear the default flag of the program's other instances."""
    others = (instances.c.kind == new.kind.value, instances.c.slug != new.slug, instances.c.is_default)
    connection.execute(update(instances).where(*others).values(is_default=False))


@dataclass(frozen=True)
class InstanceChange:
    """Hold new values of an instance; None leaves a value unchanged.

    `api_key` and a login in `url` are in the clear.
    """

    url: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    enabled: bool | None = None
    options: InstanceOptions | None = None


def change_instance(connection: Connection, slug: str, change: InstanceChange, box: SecretBox) -> InstanceRow:
    """Change an instance that was added here. Raises Conflict when it comes from config.yml."""
    row = get_instance(connection, slug)
    if row.origin == CONFIG:
        raise Conflict(f"{row.label} comes from config.yml; change it there.")
    wished = {
        "url": None if change.url is None else without_userinfo(change.url),
        "api_key": None if change.api_key is None else box.encrypt(change.api_key),
        "enabled": change.enabled,
        "options": None if change.options is None else asdict(change.options),
    }
    values: dict[str, Any] = {name: value for name, value in wished.items() if value is not None}
    if change.url is not None:
        values["login"] = _encrypted_login(change.url, box)
    if values:
        connection.execute(update(instances).where(instances.c.id == row.id).values(**values))
    return get_instance(connection, slug)


def take_over(connection: Connection, slug: str) -> InstanceRow:
    """Let an instance of config.yml be edited here from now on, as it is."""
    row = get_instance(connection, slug)
    if row.origin == CONFIG:
        options = asdict(replace(row.options, taken_over=True))
        query = update(instances).where(instances.c.id == row.id)
        connection.execute(query.values(origin=UI, options=options))
    return get_instance(connection, slug)


def set_languages(connection: Connection, row: InstanceRow, languages: tuple[str, ...]) -> None:
    """Store the wanted languages of an instance, even of one in config.yml."""
    options = asdict(replace(row.options, languages=languages))
    connection.execute(update(instances).where(instances.c.id == row.id).values(options=options))


def remove_instance(connection: Connection, slug: str, now: datetime) -> None:
    row = get_instance(connection, slug)
    if row.origin == CONFIG:
        raise Conflict(f"{row.label} comes from config.yml; remove it there.")
    _disable(connection, row.id, now)


def known_root_folders(connection: Connection) -> list[tuple[str, str]]:
    """Return (instance name, path) for every known root folder."""
    return [(row.label, root.path) for row in list_instances(connection) for root in row.root_folders]


def has_unsynced_instance_of_file(connection: Connection) -> bool:
    """Tell whether an instance in use that the configuration file names was never synced."""
    is_unsynced = and_(instances.c.origin == CONFIG, instances.c.last_sync_at.is_(None), IS_INSTANCE_IN_USE)
    return connection.execute(select(instances.c.id).where(is_unsynced).limit(1)).first() is not None


def list_instances(
    connection: Connection, *, kind: InstanceKind | None = None, include_removed: bool = False
) -> tuple[InstanceRow, ...]:
    """List the instances by program: the default first, then by name."""
    query = _select().order_by(instances.c.kind, instances.c.is_default.desc(), instances.c.slug)
    if kind is not None:
        query = query.where(instances.c.kind == kind.value)
    if not include_removed:
        query = query.where(IS_INSTANCE_CONFIGURED)
    return tuple(_row(row) for row in connection.execute(query))


def instance_names(connection: Connection) -> dict[InstanceId, str]:
    """Return the names of all instances, also of removed ones."""
    return {InstanceId(row.id): row.slug for row in connection.execute(select(instances.c.id, instances.c.slug))}


def get_instance(connection: Connection, slug: str) -> InstanceRow:
    row = find_instance(connection, slug)
    if row is None or row.removed_at is not None:
        known = ", ".join(i.slug for i in list_instances(connection)) or "none yet"
        raise NotFound(f"There is no Radarr or Sonarr called {slug!r}. Known: {known}.")
    return row


def find_instance(connection: Connection, slug: str) -> InstanceRow | None:
    row = connection.execute(_select().where(instances.c.slug == slug)).one_or_none()
    return None if row is None else _row(row)


def get_instance_by_id(connection: Connection, instance_id: InstanceId) -> InstanceRow:
    row = connection.execute(_select().where(instances.c.id == instance_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no Radarr or Sonarr with id {instance_id}.")
    return _row(row)


def note_success(connection: Connection, instance_id: InstanceId, now: datetime, version: str | None = None) -> None:
    values: dict[str, Any] = {"last_success_at": now, "last_error": None, "failures": 0}
    if version is not None:
        values["version"] = version
    connection.execute(update(instances).where(instances.c.id == instance_id).values(**values))


def note_failure(connection: Connection, instance_id: InstanceId, message: str) -> None:
    values = {"last_error": message, "failures": instances.c.failures + 1}
    connection.execute(update(instances).where(instances.c.id == instance_id).values(**values))


def add_api_calls(connection: Connection, instance_id: InstanceId, calls: int) -> None:
    values = {"api_calls": instances.c.api_calls + calls}
    connection.execute(update(instances).where(instances.c.id == instance_id).values(**values))


def note_sync(
    connection: Connection,
    instance_id: InstanceId,
    version: str,
    now: datetime,
    profiles: Sequence[QualityProfile],
    root_folders: Sequence[RootFolder],
) -> None:
    """Store the instance data that a complete sync read."""
    values = {
        "version": version,
        "last_sync_at": now,
        "profiles": [asdict(profile) for profile in profiles],
        "root_folders": [asdict(folder) for folder in root_folders],
    }
    connection.execute(update(instances).where(instances.c.id == instance_id).values(**values))


def set_address(connection: Connection, instance_id: InstanceId, url: str) -> None:
    """Store the corrected address of an instance that was added here."""
    connection.execute(update(instances).where(instances.c.id == instance_id).values(url=url))


def set_webhook_secret(connection: Connection, instance_id: InstanceId, encrypted: str | None) -> None:
    connection.execute(update(instances).where(instances.c.id == instance_id).values(webhook_secret=encrypted))


def _put(connection: Connection, present: InstanceRow | None, new: NewInstance, box: SecretBox, now: datetime) -> None:
    values = _values(new, box) | {"origin": CONFIG, "removed_at": None}
    if present is None:
        connection.execute(instances.insert().values(**values, created_at=now))
        return
    # config.yml has no languages: those saved in the pages stay
    if not new.options.languages and present.options.languages:
        values["options"] = asdict(replace(new.options, languages=present.options.languages))
    if box.decrypt_or_none(present.api_key) == new.api_key:
        del values["api_key"]  # each encryption differs; leave the row unchanged
    if present.login and box.decrypt_or_none(present.login) == login_in(new.url):
        del values["login"]
    connection.execute(update(instances).where(instances.c.id == present.id).values(**values))


def _values(new: NewInstance, box: SecretBox) -> dict[str, Any]:
    return {
        "slug": new.slug,
        "kind": new.kind.value,
        "url": without_userinfo(new.url).rstrip("/"),
        "api_key": box.encrypt(new.api_key),
        "login": _encrypted_login(new.url, box),
        "options": asdict(new.options),
        "is_default": new.is_default,
        "enabled": new.enabled,
    }


def _encrypted_login(url: str, box: SecretBox) -> str | None:
    login = login_in(url)
    return box.encrypt(login) if login else None


def _disable(connection: Connection, instance_id: InstanceId, now: datetime) -> None:
    connection.execute(
        update(instances)
        .where(instances.c.id == instance_id)
        .values(enabled=False, removed_at=func.coalesce(instances.c.removed_at, now))
    )


def _select() -> Select[Any]:
    return select(instances)


def _row(row: Row[Any]) -> InstanceRow:
    return InstanceRow(
        id=InstanceId(row.id),
        slug=row.slug,
        kind=InstanceKind(row.kind),
        origin=row.origin,
        enabled=row.enabled,
        removed_at=row.removed_at,
        is_default=row.is_default,
        url=row.url,
        api_key=row.api_key,
        login=row.login,
        options=InstanceOptions.of_json(row.options or {}),
        webhook_secret=row.webhook_secret,
        version=row.version,
        last_sync_at=row.last_sync_at,
        last_success_at=row.last_success_at,
        last_error=row.last_error,
        failures=row.failures,
        api_calls=row.api_calls,
        profiles=tuple(_profile(stored) for stored in row.profiles or ()),
        root_folders=tuple(RootFolder(**stored) for stored in row.root_folders or ()),
    )


def _profile(stored: Mapping[str, Any]) -> QualityProfile:
    qualities = tuple(_profile_quality(q) for q in stored["qualities"])
    scores = tuple((number, score) for number, score in stored.get("format_scores", ()))  # older rows have none
    return QualityProfile(**{**stored, "qualities": qualities, "format_scores": scores})


def _profile_quality(stored: Mapping[str, Any]) -> ProfileQuality:
    sizes = SizeBounds(**stored.get("sizes", {}))  # older rows have no sizes
    return ProfileQuality(FileQuality(**stored["quality"]), stored["allowed"], stored["rank"], sizes)
