"""Prove that a fetched file is complete and is the wanted file: length, container, checksums, playing time, languages.

An unproven file is not imported: it is fetched again, or the user decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from stalkeer.adapters.files.container import ContainerFacts, inspect, recognise
from stalkeer.adapters.files.recognise import SOUND, UNKNOWN, describe, kind_of, lacks_picture, needs_more
from stalkeer.adapters.files.second_opinion import ask_second_opinion
from stalkeer.core.matching.wanted_languages import ANY_LANGUAGE, read_wanted_languages
from stalkeer.core.naming.languages import language_code
from stalkeer.core.naming.release import FileTraits
from stalkeer.settings.sections.transfers import DownloadSettings
from stalkeer.store.catalogue.addresses import find_address
from stalkeer.store.catalogue.traits import EntryTraits, entry_traits
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.downloads.rows import ACCEPTED, NAMED, DownloadRow
from stalkeer.store.library.instances import list_instances
from stalkeer.store.library.targets import expected_runtime_s, read_original_languages

CHUNK = 1024 * 1024
NO_SPEECH = "zxx"  # ISO 639-2: a track without speech
SHORT_S = 120.0  # below it, messages give a playing time in seconds
# share of the item's runtime that proves the file complete where nothing else does (PAL plays 4 % faster)
CLOSE_ENOUGH = 0.95


@dataclass(frozen=True)
class Sound:
    """Report a file that is proven complete and fits its items."""

    extension: str
    container: ContainerFacts | None
    facts: Mapping[str, object]


@dataclass(frozen=True)
class Unfinished:
    """Report an incomplete file whose length the server did not state."""

    reason: str


@dataclass(frozen=True)
class Unproven:
    """Report a file that cannot be proven complete. The user decides."""

    reason: str


@dataclass(frozen=True)
class NotVideo:
    """Report an answer that is no video. It is no evidence against the entry."""

    reason: str


@dataclass(frozen=True)
class TooShort:
    """Report a file with a far too short playing time: a notice, as panels send for a while, or another video."""

    reason: str


@dataclass(frozen=True)
class Damaged:
    """Report a cut or damaged file of the right length. Another attempt may bring it complete."""

    reason: str


@dataclass(frozen=True)
class Wrong:
    """Report that the entry's file is not the wanted file."""

    reason: str


Refusal = Unproven | NotVideo | TooShort | Damaged | Wrong
Verdict = Sound | Unfinished | Refusal


@dataclass(frozen=True)
class VideoStart:
    """Judge a file by its first bytes. `extension` is the entry's extension."""

    extension: str
    accept_unknown: tuple[str, ...] = ()

    def needs_more(self, start: bytes) -> bool:
        return needs_more(start)

    def refusal(self, start: bytes) -> str | None:
        kind = kind_of(start)
        if kind is not None:
            return SOUND if lacks_picture(kind, start) else None
        what = describe(start) if start else "an empty file"
        return None if self.is_accepted(what) else what

    def is_accepted(self, what: str) -> bool:
        """Tell whether the user's settings accept a file of an unknown form, by the entry's extension."""
        return what == UNKNOWN and self.extension.lower() in self.accept_unknown


def verify(database: Database, settings: DownloadSettings, row: DownloadRow, part: Path) -> Verdict:
    """Judge the fetched file. Raises OSError when it cannot be read."""
    known = dict(row.outcome.facts or {})
    size = part.stat().st_size
    if row.transfer.total is not None and size != row.transfer.total:
        return Damaged(f"the file has {size:,} bytes where {row.transfer.total:,} were fetched")
    with database.connect() as connection:
        required = required_languages(connection, row, settings)
        runtime_s = expected_runtime_s(connection, [item.wanted_id for item in row.items])
        address = find_address(connection, row.identity.entry_id, row.identity.source_id, row.identity.entry_key)
    named, suffix = (address.extension, address.suffix) if address else (".mkv", "")
    container = look_into(part, settings)
    start = VideoStart(suffix, settings.accept_unknown)
    length_known = known.get("is_length_known") is not False
    if container.kind is None and not start.is_accepted(container.reason):
        return NotVideo(
            f"not a video: the server sent {container.reason} ({size:,} bytes), kept as {part}. Look at the source's "
            "account, then retry; or choose another entry"
        )
    if container.is_encrypted:
        return Wrong("the file is encrypted; encryption is never circumvented")
    if settings.verify_downloads and not known.get(ACCEPTED):
        problem = judge(container, runtime_s, settings, is_length_known=length_known, required=required)
        if problem is not None:
            return problem
    checksums = _problem_of_checksums(part, known.get("checksums"))
    if checksums:
        return Damaged(checksums)
    is_known = container.kind is not None
    extension = known.get("extension") or (_extension(container.kind, named) if container.kind else suffix)
    walked = container.to_document() if is_known and settings.verify_downloads else {}
    return Sound(str(extension), container if walked else None, {**known, **walked, "size": size})


def judge(
    container: ContainerFacts,
    runtime_s: float | None,
    settings: DownloadSettings,
    *,
    is_length_known: bool,
    required: Collection[str] = (),
) -> Unfinished | Refusal | None:
    """Return the reason against the file; None where it is proven complete and fits."""
    if container.kind is not None and container.is_whole is not False and not container.has_video:
        return NotVideo("not a video: the file has sound but no picture. Choose another entry")
    if container.is_whole is False:
        return _cut(container.reason, is_length_known=is_length_known)
    is_all = is_length_known or container.is_whole
    if is_all and is_too_short(container, runtime_s, settings.duration_tolerance):
        return TooShort(str(problem_of_duration(container, runtime_s, settings.duration_tolerance)))
    unproven = _problem_of_proof(container, runtime_s, is_length_known=is_length_known)
    if unproven is not None:
        return unproven
    problem = problem_of_duration(container, runtime_s, settings.duration_tolerance) or problem_of_languages(
        container, required
    )
    return Wrong(problem) if problem else None


class RuntimeFit(Enum):
    """Define how a file's playing time compares with the item's runtime."""

    CLOSE = auto()
    SHORT = auto()
    UNKNOWN = auto()


def fit_of(container: ContainerFacts, runtime_s: float | None) -> RuntimeFit:
    if not runtime_s or container.duration_s is None:
        return RuntimeFit.UNKNOWN
    return RuntimeFit.CLOSE if container.duration_s >= runtime_s * CLOSE_ENOUGH else RuntimeFit.SHORT


def _problem_of_proof(
    container: ContainerFacts, runtime_s: float | None, *, is_length_known: bool
) -> Unfinished | Unproven | Damaged | None:
    """Return why the file is not proven complete.

    A file whose form has no end mark is proven by its length or its playing time, and a file with a flaw by both.
    """
    fit = fit_of(container, runtime_s)
    if container.is_whole and not container.flaw:
        return None
    if is_length_known and (fit is RuntimeFit.CLOSE or not container.flaw):
        return None
    if not is_length_known and fit is RuntimeFit.CLOSE and not container.flaw:
        return None
    what = container.flaw or container.reason
    if fit is RuntimeFit.SHORT:
        return _cut(f"{what}; {_times(container, runtime_s)}", is_length_known=is_length_known)
    if container.flaw and not is_length_known and fit is RuntimeFit.CLOSE:
        return Unfinished(f"the file is cut short: {what}")
    return Unproven(
        f"it cannot be checked whether the file is complete: {what}, and "
        f"{'the item has no runtime' if not runtime_s else 'the file no playing time'} to compare"
        f"{'' if is_length_known else '; the server stated no length'}. Check it, then accept it or cancel the download"
    )


def _cut(reason: str, *, is_length_known: bool) -> Unfinished | Damaged:
    if is_length_known:
        return Damaged(f"the file is broken: {reason}")
    return Unfinished(f"the file is cut short: {reason}")


def look_into(part: Path, settings: DownloadSettings) -> ContainerFacts:
    """Return the facts of the file. Without the check, only its first bytes are read."""
    if not settings.verify_downloads:
        return recognise(part)
    container = inspect(part)
    if container.kind is None or container.is_whole is False or container.duration_s is not None:
        return container
    return ask_second_opinion(part, container)


def is_too_short(container: ContainerFacts, runtime_s: float | None, tolerance: float) -> bool:
    """Tell whether a file's playing time is far below its item's runtime, as for a notice or a trailer."""
    if container.duration_s is None or not runtime_s or tolerance == 0:
        return False
    return container.duration_s < runtime_s * (1 - tolerance)


def problem_of_duration(container: ContainerFacts, runtime_s: float | None, tolerance: float) -> str | None:
    """Return why the playing time does not fit: notices are far too short, a whole season in a file is far too long."""
    if container.duration_s is None or not runtime_s or tolerance == 0:
        return None
    if runtime_s * (1 - tolerance) <= container.duration_s <= runtime_s * (1 + tolerance) + 600:
        return None
    return _times(container, runtime_s)


def _times(container: ContainerFacts, runtime_s: float | None) -> str:
    played_s, expected = container.duration_s or 0.0, f"{(runtime_s or 0) / 60:.0f}"
    if played_s < SHORT_S:
        return f"it plays {played_s:.0f} s where {expected} min are expected"
    return f"it plays {played_s / 60:.0f} min where {expected} are expected"


def required_languages(connection: Transaction, row: DownloadRow, settings: DownloadSettings) -> tuple[str, ...]:
    """Return the languages of which the file must have one, from the instances of its items, else from the setting for
    all.

    A file for several instances must fit one of them.
    """
    common = tuple(code for word in settings.audio_languages if (code := language_code(word)))
    wanted_ids = [item.wanted_id for item in row.items]
    if not wanted_ids:
        return common
    rows = {instance.id: instance for instance in list_instances(connection)}
    originals = read_original_languages(connection, wanted_ids)
    needs: list[tuple[str, ...]] = []
    for item in row.items:
        instance = rows.get(item.instance_id)
        own = read_wanted_languages(instance.options.languages) if instance else ANY_LANGUAGE
        original = language_code(originals.get(item.wanted_id) or "") or None
        needs.append(own.resolved(original).required if own.order else common)
    return () if not all(needs) else tuple(dict.fromkeys(code for need in needs for code in need))


def problem_of_languages(container: ContainerFacts, required: Collection[str]) -> str | None:
    """Return why the languages do not fit. A track of unknown language may be the required one."""
    wished = set(required)
    spoken = {language_code(code) for code in container.audio_languages if code != NO_SPEECH}
    if not wished or not spoken or "" in spoken or spoken & wished:
        return None
    return f"its audio is {', '.join(sorted(spoken))} where {', '.join(sorted(wished))} is required"


def traits_of(database: Database, row: DownloadRow, sound: Sound) -> FileTraits:
    """Return the traits for the release name: the entry's resolution and codec, the file's languages."""
    with database.connect() as connection:
        known = entry_traits(connection, row.identity.entry_id) or _named_traits(row)
    spoken = (
        tuple(filter(None, (language_code(code) for code in sound.container.audio_languages)))
        if sound.container
        else ()
    )
    return FileTraits(known.resolution, known.codec, spoken)


def _named_traits(row: DownloadRow) -> EntryTraits:
    """Return the traits in the name of a file that is no entry of a playlist."""
    named = (row.outcome.facts or {}).get(NAMED)
    if not isinstance(named, Mapping):
        return EntryTraits()
    lines, codec = named.get("resolution"), named.get("codec")
    return EntryTraits(lines if isinstance(lines, int) else None, str(codec) if codec else None)


def _extension(kind: str, named: str) -> str:
    """Return the extension of the container where the address has a wrong one: panels call everything .mp4."""
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
    }[kind]
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
