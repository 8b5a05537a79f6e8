"""Is a fetched file whole, and is it what was asked for? Length, container, checksums, playing time, languages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stalkeer.adapters.files.container import ContainerFacts, inspect
from stalkeer.core.naming.languages import language_code
from stalkeer.core.naming.release import FileTraits
from stalkeer.jobs.downloads.context import Tools
from stalkeer.settings.schema import DownloadSettings
from stalkeer.store.catalogue.addresses import find_address
from stalkeer.store.catalogue.traits import EntryTraits, entry_traits
from stalkeer.store.downloads.downloads import DownloadRow
from stalkeer.store.library.targets import expected_runtime_s

CHUNK = 1024 * 1024
NO_SPEECH = "zxx"  # ISO 639-2: a track of music or noise alone


@dataclass(frozen=True)
class Sound:
    """The file is whole and may be the item's."""

    extension: str
    container: ContainerFacts | None
    facts: Mapping[str, object]


@dataclass(frozen=True)
class Unfinished:
    """More is to come: the server told no length."""

    reason: str


@dataclass(frozen=True)
class NotVideo:
    """Not a file of any form that a video has: says nothing for or against the entry."""

    reason: str


@dataclass(frozen=True)
class Wrong:
    """Whole or not, this entry's file is not what is wanted."""

    reason: str


def verify(tools: Tools, row: DownloadRow, part: Path) -> Sound | Unfinished | NotVideo | Wrong:
    """Judge the fetched file. Raises OSError where it cannot be read."""
    settings = tools.settings().downloads
    known = dict(row.outcome.facts or {})
    size = part.stat().st_size
    if row.transfer.total is not None and size != row.transfer.total:
        return Wrong(f"the file has {size:,} bytes where {row.transfer.total:,} were fetched")
    container = inspect(part) if settings.verify_downloads else None
    if container is not None and container.kind is None:
        return NotVideo(
            f"not a video: the server sent {container.reason} ({size:,} bytes), kept as {part}. Look at the source's "
            "account, then retry; or choose another entry"
        )
    if container is not None and container.is_whole is False:
        if known.get("is_length_known") is False:
            return Unfinished(f"the file is cut short: {container.reason}")
        return Wrong(f"the file is broken: {container.reason}")
    with tools.database.connect() as connection:
        runtime_s = expected_runtime_s(connection, [item.wanted_id for item in row.items])
        address = find_address(connection, row.identity.entry_id, row.identity.source_id, row.identity.entry_key)
    problem = container and (
        problem_of_duration(container, runtime_s, settings.duration_tolerance)
        or problem_of_languages(container, settings)
    )
    problem = problem or _problem_of_checksums(part, known.get("checksums"))
    if problem:
        return Wrong(problem)
    extension = known.get("extension") or _extension(container, address.extension if address else ".mkv")
    facts = {**known, **(container.to_document() if container else {}), "size": size}
    return Sound(str(extension), container, facts)


def problem_of_duration(container: ContainerFacts, runtime_s: float | None, tolerance: float) -> str | None:
    """Notices and trailers are far too short; a season in one file is far too long."""
    if container.duration_s is None or not runtime_s or tolerance == 0:
        return None
    if runtime_s * (1 - tolerance) <= container.duration_s <= runtime_s * (1 + tolerance) + 600:
        return None
    return f"it plays {container.duration_s / 60:.0f} min where {runtime_s / 60:.0f} are expected"


def problem_of_languages(container: ContainerFacts, settings: DownloadSettings) -> str | None:
    """A track that names no known language may be the wished one: it never makes a file the wrong one."""
    wished = {language_code(word) for word in settings.audio_languages}
    spoken = {language_code(code) for code in container.audio_languages if code != NO_SPEECH}
    if not wished or not spoken or "" in spoken or spoken & wished:
        return None
    return f"its audio is {', '.join(sorted(spoken))} where {', '.join(sorted(wished))} is wished"


def traits_of(tools: Tools, row: DownloadRow, sound: Sound) -> FileTraits:
    """What the release name may claim: the entry's resolution and codec, the file's own languages."""
    with tools.database.connect() as connection:
        known = entry_traits(connection, row.identity.entry_id) or EntryTraits()
    spoken = (
        tuple(filter(None, (language_code(code) for code in sound.container.audio_languages)))
        if sound.container
        else ()
    )
    return FileTraits(known.resolution, known.codec, spoken)


def _extension(container: ContainerFacts | None, named: str) -> str:
    """The container's own, where the address lies: panels call everything .mp4."""
    if container is None or container.kind is None:
        return named
    fitting = {
        "matroska": (".mkv", ".webm"),
        "mp4": (".mp4", ".m4v", ".mov", ".3gp"),
        "avi": (".avi", ".divx"),
        "mpegts": (".ts", ".m2ts"),
        "mpegps": (".mpg", ".mpeg", ".vob"),
        "flv": (".flv",),
        "asf": (".wmv", ".asf"),
        "ogg": (".ogv", ".ogm"),
        "realmedia": (".rm", ".rmvb"),
    }[container.kind]
    return named if named in fitting else fitting[0]


def _problem_of_checksums(part: Path, checksums: object) -> str | None:
    if not isinstance(checksums, Mapping):
        return None
    for name, wanted in checksums.items():
        algorithm = str(name).replace("-", "").lower()
        if algorithm not in ("md5", "sha1", "sha256", "sha512"):
            continue
        digest = hashlib.new(algorithm, usedforsecurity=False)
        with part.open("rb") as file:
            while piece := file.read(CHUNK):
                digest.update(piece)
        if digest.hexdigest() != str(wanted).lower():
            return f"its {name} checksum is not the one the server gave"
    return None
