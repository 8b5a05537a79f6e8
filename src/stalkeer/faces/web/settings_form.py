"""Settings as form fields: what each is called, how it is asked for, where its value comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import BaseModel

from stalkeer.settings import LoadedSettings
from stalkeer.settings.change import LOCKED, changeable_keys
from stalkeer.settings.keys import LISTS, Key, all_keys, show_value


@dataclass(frozen=True)
class Section:
    """One page of settings; `sections` are the parts of the configuration that it shows."""

    path: str
    label: str
    icon: str
    text: str
    sections: tuple[str, ...]


SECTIONS = (
    Section("downloads", "Downloads", "cloud-download", "How many at once, how fast and when.", ("downloads",)),
    Section(
        "media",
        "Media management",
        "folder-check",
        "Where files go and how Radarr and Sonarr get them.",
        ("directories", "import"),
    ),
    Section(
        "matching",
        "Matching",
        "list-checks",
        "What is searched for, and when a match counts as sure.",
        ("matching", "tmdb", "wanted"),
    ),
    Section("schedule", "Schedule", "calendar", "When jobs run, how long things stay.", ("schedule", "retention")),
    Section("security", "Security", "shield", "Who may use Stalkeer.", ("security",)),
    Section(
        "general",
        "General",
        "sliders-horizontal",
        "Server, database and logs. Some of it counts from the next start on.",
        ("server", "database", "logging", "data_dir", "secret_key_file"),
    ),
)
LABELS = {
    "directories.movies": "Folder for films",
    "directories.tvshows": "Folder for episodes",
    "directories.temp": "Folder for incomplete downloads",
    "directories.file_mode": "Permissions of files",
    "directories.folder_mode": "Permissions of folders",
    "server.url_base": "URL base",
    "server.host": "Address to listen on",
    "database.url": "Database",
    "downloads.concurrent_limit": "Downloads at once",
    "downloads.per_host_limit": "From one host at once",
    "downloads.retry_attempts": "Attempts",
    "downloads.retry_delay": "Wait before a retry",
    "downloads.viewer_reserve": "Connections kept for watching",
    "downloads.reconnect_gap": "Wait between two connections",
    "downloads.bandwidth_limit": "Speed limit",
    "downloads.min_free": "Free space to keep",
    "downloads.assumed_size": "Size of a file that tells none",
    "downloads.timeout": "Give up without a byte after",
    "downloads.https_only": "Only https",
    "downloads.verify_tls": "Check certificates",
    "downloads.ca_file": "Own certificate authority",
    "downloads.verify_downloads": "Check finished files",
    "downloads.checksum_sidecar": "Look for checksum files",
    "downloads.duration_tolerance": "Tolerance of the playing time",
    "downloads.audio_languages": "Audio must have one of",
    "import.mode": "How files are imported",
    "import.copy_files": "Copy instead of move",
    "import.unmonitor": "Unmonitor what is imported",
    "import.tag": "Tag for what is imported",
    "matching.threshold": "Offer for review from",
    "matching.auto_confirm": "Confirm by itself from",
    "matching.languages": "Preferred languages",
    "tmdb.api_key": "API key",
    "tmdb.language": "Languages",
    "tmdb.url": "Address",
    "wanted.cutoff": "Fetch what is below its cutoff",
    "wanted.specials": "Fetch specials",
    "wanted.unmonitored": "List what is not monitored",
    "wanted.unavailable": "Fetch what is not available yet",
    "wanted.cooldown": "Wait after a failed download",
    "wanted.hand_back_after": "Hand back to the indexers after",
    "wanted.hand_back_limit": "Items handed back in one scan",
    "schedule.hold_downloads": "Queue nothing by itself",
    "security.mode": "Who needs a login",
    "security.user_header": "Header that names the user",
    "security.require_https": "Only https",
    "security.session_lifetime": "A login lasts",
    "security.api_limit": "API requests a minute",
    "security.login_limit": "Login attempts a minute",
    "security.max_body": "Largest request",
    "security.max_upload": "Largest upload",
    "logging.level": "Log level",
}
HEADS = {"import": "Import", "tmdb": "The Movie Database", "data_dir": "Folders", "secret_key_file": "Folders"}
# Read once when the program starts.
AT_START = ("logging.file", "logging.format")


@dataclass(frozen=True)
class Field:
    """One setting, ready for the form. `value` is text, `choices` are the accepted words where there are few."""

    name: str
    label: str
    head: str
    help: str
    control: str  # text | secret | number | switch | choice | lines
    value: str
    choices: tuple[str, ...]
    example: str
    origin: str
    needs_restart: bool

    is_changeable: bool = True

    @property
    def is_locked(self) -> bool:
        return self.origin in LOCKED or not self.is_changeable

    @property
    def variable(self) -> str:
        return "STALKEER__" + self.name.replace(".", "__").upper()


def section_named(path: str) -> Section | None:
    return next((section for section in SECTIONS if section.path == path), None)


def fields_of(section: Section, loaded: LoadedSettings) -> list[Field]:
    """The fields of a page, in the order of the schema."""
    return [
        field_of(key, loaded)
        for name in section.sections
        for key in all_keys()
        if key.section == name and key.section not in LISTS and "[]" not in key.name
    ]


def field_of(key: Key, loaded: LoadedSettings) -> Field:
    value = value_at(loaded.settings, key.name)
    annotation = key.field.annotation
    shown = show_value(value, key.form)
    examples = key.field.examples or ()
    return Field(
        name=key.name,
        label=LABELS.get(key.name) or key.name.rpartition(".")[2].replace("_", " ").capitalize(),
        head=HEADS.get(key.section) or key.section.capitalize(),
        help=(key.field.description or "").replace("`", ""),
        control=control_of(key, annotation),
        value="" if key.is_secret else text_of(shown),
        choices=choices_of(annotation),
        example=text_of(examples[0]) if examples else "",
        origin=str(loaded.origins.get(key.name, "default")),
        needs_restart=key.name.startswith(AT_START),
        is_changeable=key.name in changeable_keys(),
    )


def value_at(settings: BaseModel, name: str) -> object:
    node: Any = settings
    for part in name.split("."):
        node = getattr(node, "import_" if part == "import" else part)
    return node


def text_of(shown: object) -> str:
    if shown is None:
        return ""
    if isinstance(shown, bool):
        return "true" if shown else "false"
    if isinstance(shown, list | tuple):
        return ", ".join(text_of(item) for item in shown)
    return str(shown)


def control_of(key: Key, annotation: object) -> str:
    if key.is_secret:
        return "secret"
    if annotation is bool:
        return "switch"
    if choices_of(annotation):
        return "choice"
    if key.form is None and annotation in (int, float):
        return "number"
    return "text"


def choices_of(annotation: object) -> tuple[str, ...]:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(str(member.value) for member in annotation)
    return ()


def read_form(section: Section, form: Mapping[str, str], loaded: LoadedSettings) -> dict[str, object]:
    """What the user changed, by dotted name. Text is parsed by the schema; an empty secret stays as it is."""
    changes: dict[str, object] = {}
    for field in fields_of(section, loaded):
        if field.is_locked:
            continue
        if field.control == "switch":
            given = "true" if field.name in form else "false"
        elif field.name not in form or (field.control == "secret" and not form[field.name]):
            continue
        else:
            given = form[field.name].strip()
        if given != field.value:
            changes[field.name] = typed(field, given)
    return changes


def typed(field: Field, given: str) -> object:
    """The text as the schema expects it; what does not fit goes on as text, so that the schema says why."""
    if field.control == "switch":
        return given == "true"
    if field.control == "number":
        try:
            return float(given) if "." in given else int(given)
        except ValueError:
            return given
    return given
