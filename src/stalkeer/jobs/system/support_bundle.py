"""Pack a zip file for support: versions, masked settings, health, recent events and runs, logs. Describe a case.

It contains no secret, no address of a source and no user name of a provider: known values are replaced wherever they
stand, and text in the form of a secret as well. Names of entries keep only their shape.
"""

from __future__ import annotations

import io
import json
import os
import platform
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import distributions, version
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

from stalkeer.adapters.files.disks import measured
from stalkeer.adapters.files.mounts import file_system_of, is_in_container, is_slow_fuse
from stalkeer.jobs.system.log_files import list_log_files, read_end
from stalkeer.secrets import MASK, SecretBox, mask_text
from stalkeer.settings.keys import flatten, secret_values
from stalkeer.settings.load import LoadedSettings
from stalkeer.settings.schema import Settings
from stalkeer.store.catalogue.entries import EntrySearch, search_entries
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.db.migrate import revision_of
from stalkeer.store.downloads.workers import database_now, list_workers
from stalkeer.store.journal.events import list_events
from stalkeer.store.journal.runs import list_runs
from stalkeer.store.library.instances import InstanceRow, list_instances
from stalkeer.store.sources.credentials import kept_credentials
from stalkeer.store.sources.description import Credentials
from stalkeer.store.sources.rows import SourceRow
from stalkeer.store.sources.sources import list_sources
from stalkeer.store.system.api_keys import read_keys
from stalkeer.store.system.health import ERROR, list_findings
from stalkeer.store.system.metrics import read_figures

LOG_TAIL = 1_000_000  # bytes of each log file
MOST_LOGS = 4
MOST_ROWS = 200
SAMPLES = 40
NO_SECRETS = ("type", "output")  # the parameters of a get.php address that are no secrets
SHORTEST = 4  # shorter values are no secrets, and replacing them everywhere would make the text unreadable
# words kept in names because they show the name's form; all others are masked
KEPT_WORDS = re.compile(
    r"(?i)^(?:[a-z]{1,3}|\d+p?|s\d+|e\d+|s\d+e\d+|4k|uhd|fhd|hdr\d*\+?|hevc|[xh]26[45]|multi|vostfr|vost|subbed|"
    r"dubbed|season|episode|part|web|bluray|webrip|remux|dolby|vision|atmos|tv|news|live|vod|srs|series|movie|movies|films?)$"
)


@dataclass(frozen=True)
class BundleSubject:
    """Hold the data for a bundle. `key_file` is the key of stored credentials, which must not be in it."""

    database: Database
    secrets: SecretBox
    loaded: LoadedSettings
    logs: Path
    key_file: Path
    started_at: datetime


def make_bundle(subject: BundleSubject, now: datetime) -> bytes:
    """Return the zip file as bytes."""
    with subject.database.connect() as connection:
        sources, instances = list_sources(connection, with_removed=True), list_instances(connection)
        parts = dict(_parts(subject, connection, sources, instances, now))
        api_keys = tuple(read_keys(connection, subject.secrets).values())
    redact = _redactor(subject, sources, instances, api_keys)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, document in parts.items():
            archive.writestr(f"{name}.json", redact(json.dumps(document, indent=1, default=str, ensure_ascii=False)))
        for path in list_log_files(subject.logs)[:MOST_LOGS]:
            archive.writestr(f"logs/{path.name}", redact(read_end(path, LOG_TAIL)))
    return packed.getvalue()


def _parts(
    subject: BundleSubject,
    connection: Transaction,
    sources: Sequence[SourceRow],
    instances: Sequence[InstanceRow],
    now: datetime,
) -> Iterator[tuple[str, object]]:
    origins = subject.loaded.origins
    yield "about", _about(subject, now)
    yield (
        "settings",
        {key: [value, origins.get(key, "default")] for key, value in flatten(subject.loaded.settings)},
    )
    yield "health", [{**vars(row.finding), "since": row.since} for row in list_findings(connection)]
    yield "figures", _figures(connection)
    yield "sources", [_source(row) for row in sources]
    yield "instances", [_instance(row) for row in instances]
    yield "workers", [vars(row) for row in list_workers(connection)]
    yield "runs", [_plain(vars(row)) for row in list_runs(connection, limit=MOST_ROWS)]
    events = list_events(connection, limit=MOST_ROWS)
    yield "events", [{"id": row.id, "at": row.at, **_plain(vars(row.event))} for row in events]
    yield "samples", {row.slug: _samples(connection, row) for row in sources if row.removed_at is None}


def _about(subject: BundleSubject, now: datetime) -> Mapping[str, object]:
    return {
        "stalkeer": version("stalkeer"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "database": "sqlite" if subject.database.is_sqlite else "postgresql",
        "schema": revision_of(subject.database),
        "sqlite": sqlite3.sqlite_version,
        "isDocker": is_in_container(),
        "startedAt": subject.started_at,
        "madeAt": now,
        "packages": _packages(),
    }


def _packages() -> Mapping[str, str]:
    """Return the versions by name. Each access to the metadata of a package reads its file anew, so read it once."""
    read = [distribution.metadata for distribution in distributions()]
    return {
        metadata["Name"]: metadata["Version"]
        for metadata in sorted(read, key=lambda metadata: metadata["Name"].lower())
    }


def _figures(connection: Transaction) -> Mapping[str, object]:
    figures = read_figures(connection)
    runs = {f"{job} {state}": count for (job, state), count in figures.runs.items()}
    return {
        "downloads": figures.downloads,
        "wanted": figures.wanted,
        "matches": figures.matches,
        "runs": runs,
        "totals": vars(figures.totals),
    }


def _source(row: SourceRow) -> Mapping[str, object]:
    shown = (
        "slug", "kind", "origin", "enabled", "removed_at", "priority", "max_connections", "bandwidth_limit",
        "generation", "last_refresh_at", "last_success_at", "last_error", "failures", "guard", "counts",
        "account_status", "account_expires_at", "account_active", "account_max", "account_checked_at",
    )  # fmt: skip
    return {name: getattr(row, name) for name in shown}


def _instance(row: InstanceRow) -> Mapping[str, object]:
    shown = (
        "slug", "kind", "origin", "enabled", "is_default", "version", "last_sync_at", "last_success_at", "last_error",
        "failures", "api_calls",
    )  # fmt: skip
    return {name: getattr(row, name) for name in shown}


def _samples(connection: Transaction, row: SourceRow) -> list[Mapping[str, object]]:
    """Return sample entries by their shape. The form of a name explains how it is parsed; its title does not."""
    found = search_entries(connection, EntrySearch(source=row.slug), limit=SAMPLES)
    return [
        {"name": shape_of(entry.name), "group": shape_of(entry.group or ""), "kind": entry.kind, "season": entry.season}
        for entry in found
    ]


def shape_of(name: str) -> str:
    """Mask a name: `EN - The Silver River (2019) [4K]` becomes `EN - The Xxxxxx Xxxxx (2019) [4K]`."""
    return re.sub(r"[^\W_]+", lambda word: word[0] if KEPT_WORDS.match(word[0]) else _veiled(word[0]), name)


def _veiled(word: str) -> str:
    return "".join(sign if sign.isdigit() else ("X" if sign.isupper() else "x") for sign in word)


def _plain(fields: Mapping[str, object]) -> Mapping[str, object]:
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in fields.items()}


# --- the text for a report of a problem -------------------------------------------------------------------


@dataclass(frozen=True)
class SupportCase:
    """Hold what a support case needs, without secrets. `parts` are the sections by name."""

    parts: Mapping[str, object]
    errors: int
    warnings: int

    def to_document(self) -> dict[str, object]:
        return {"ok": self.errors == 0, "errors": self.errors, "warnings": self.warnings, **self.parts}

    def to_text(self) -> str:
        """Return the case as Markdown, to paste into an issue."""
        return "\n".join(["### Stalkeer: support case", *_sections(self.parts), ""])


def describe_case(subject: BundleSubject, now: datetime) -> SupportCase:
    """Describe the installation: versions, changed settings, folders, clock, instances, accounts, findings.

    Nothing is asked of a provider. The state of an account is the one of its last refresh.
    """
    settings, origins = subject.loaded.settings, subject.loaded.origins
    with subject.database.connect() as connection:
        sources, instances = list_sources(connection), list_instances(connection)
        findings = [row.finding for row in list_findings(connection)]
        api_keys = tuple(read_keys(connection, subject.secrets).values())
        skew = abs(database_now(connection, now) - now).total_seconds()
        figures = _figures(connection)
    redact = _redactor(subject, sources, instances, api_keys)
    folders = [*map(_folder, _named_folders(settings))]
    about = {name: value for name, value in _about(subject, now).items() if name != "packages"}
    warnings = [str(folder["warning"]) for folder in folders if folder["warning"]]
    parts = {
        "about": about,
        "clock": {"utc": now, "timeZone": now.astimezone().tzname(), "differenceToDatabaseSeconds": round(skew, 1)},
        "keyFile": _key_file(subject),
        "settings": {key: value for key, value in flatten(settings) if origins.get(key, "default") != "default"},
        "folders": folders,
        "instances": [_instance(row) for row in instances],
        "sources": [_source(row) for row in sources],
        "figures": figures,
        "findings": [vars(finding) for finding in findings],
        "advice": warnings,
    }
    safe = json.loads(redact(json.dumps(parts, default=str, ensure_ascii=False)))
    is_error = [finding.level == ERROR for finding in findings]
    return SupportCase(safe, sum(is_error), len(is_error) - sum(is_error) + len(warnings))


def _named_folders(settings: Settings) -> list[tuple[str, Path]]:
    folders = settings.directories
    named = {"temp": folders.temp, "movies": folders.movies, "tvshows": folders.tvshows, "data_dir": settings.data_dir}
    return list(named.items())


def _folder(named: tuple[str, Path]) -> dict[str, object]:
    name, path = named
    disk, file_system = measured(path, (name,)), file_system_of(path)
    warning = ""
    if name == "temp" and is_slow_fuse(file_system):
        warning = (
            f"directories.temp is on {file_system}: downloads write at any place of a file, which such a drive does "
            "slowly or not at all. Use a folder on a local disk; files are moved to their folder when they are whole"
        )
    return {
        "name": name,
        "path": str(path),
        "exists": path.is_dir(),
        "writable": os.access(path, os.W_OK | os.X_OK),
        "freeBytes": disk.free,
        "totalBytes": disk.total,
        "fileSystem": file_system,
        "warning": warning,
    }


def _key_file(subject: BundleSubject) -> dict[str, object]:
    path = subject.key_file
    mode = path.stat().st_mode & 0o777 if path.is_file() else None
    return {"exists": mode is not None, "mode": None if mode is None else f"{mode:04o}"}


def _sections(parts: Mapping[str, object]) -> Iterator[str]:
    for name, part in parts.items():
        yield f"\n**{name}**\n"
        if isinstance(part, Mapping):
            yield from (f"- {key}: {_line(value)}" for key, value in part.items())
        elif isinstance(part, list):
            yield from (f"- {_line(item)}" for item in part)
            if not part:
                yield "- none"


def _line(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_line(item)}" for key, item in value.items() if item not in (None, "", [], {}))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)


# --- removing secrets --------------------------------------------------------------------------------------


def _redactor(
    subject: BundleSubject,
    sources: Sequence[SourceRow],
    instances: Sequence[InstanceRow],
    api_keys: Sequence[str],
) -> Callable[[str], str]:
    values: dict[str, str] = {}
    for source in sources:
        mark = f"[{source.slug}]"
        values |= dict.fromkeys(_values_of(kept_credentials(source, subject.secrets)), mark)
    encrypted = [token for instance in instances for token in (instance.api_key, instance.webhook_secret) if token]
    values |= dict.fromkeys(filter(None, map(subject.secrets.decrypt_or_none, encrypted)), MASK)
    plain = [*secret_values(subject.loaded.settings), *api_keys]
    if subject.key_file.is_file():
        plain += subject.key_file.read_text("ascii").split()
    values |= dict.fromkeys(plain, MASK)
    marks = {form: mark for value, mark in values.items() if len(value) >= SHORTEST for form in _forms(value)}
    pattern = re.compile("|".join(map(re.escape, sorted(marks, key=len, reverse=True))) or "(?!)")
    return lambda text: mask_text(pattern.sub(lambda found: marks[found[0]], text))


def _forms(value: str) -> frozenset[str]:
    """Return the forms of a value: plain, in JSON, in an address."""
    in_json = (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    twice = json.dumps(in_json[1], ensure_ascii=False)[1:-1]  # JSON inside a JSON string
    return frozenset({value, *in_json, twice, quote(value), quote(value, safe="")})


def _values_of(credentials: Credentials) -> Iterator[str]:
    """Return the values that would reveal a source's address or its user."""
    for address in (credentials.url, credentials.proxy):
        parts = urlsplit(address if "://" in address else f"//{address}")
        words = (value for name, value in parse_qsl(parts.query) if name not in NO_SECRETS)
        yield from (part for part in (address, parts.hostname, parts.username, parts.password, *words) if part)
    yield from (credentials.username, credentials.password, *credentials.headers.values())
    yield from (part for login in credentials.learned.logins for part in login)
    yield from (token for _, token in credentials.learned.tokens)
