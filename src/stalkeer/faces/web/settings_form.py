"""Turn settings into form fields, and read the changes from a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from pydantic import BaseModel

from stalkeer.faces.web.runs_text import cron_text
from stalkeer.settings import LoadedSettings
from stalkeer.settings.change import LOCKED, changeable_keys
from stalkeer.settings.choices import choices_of
from stalkeer.settings.keys import LISTS, Key, all_keys, section_label, show_value
from stalkeer.settings.load import NEVER_STORED


@dataclass(frozen=True)
class SettingsPage:
    """Describe a settings page. `sections` are the parts of the configuration that it shows.

    `tests` maps a part to the path of the action that tests it.
    """

    path: str
    label: str
    icon: str
    text: str
    sections: tuple[str, ...]
    tests: Mapping[str, str] = field(default_factory=dict)


SECTIONS = (
    SettingsPage("downloads", "Downloads", "cloud-download", "Limits, hours and quotas of downloads.", ("downloads",)),
    SettingsPage(
        "media",
        "Media Management",
        "folder-check",
        "Download folders, watch folders and the import into Radarr and Sonarr.",
        ("directories", "import", "watch"),
    ),
    SettingsPage(
        "matching",
        "Matching",
        "list-checks",
        "Wanted items, and the scores of matches.",
        ("matching", "tmdb", "wanted"),
        {"tmdb": "/settings/matching/tmdb"},
    ),
    SettingsPage(
        "schedule", "Schedule", "calendar", "Times of the jobs, and how long to keep data.", ("schedule", "retention")
    ),
    SettingsPage(
        "media-server",
        "Media Server",
        "tv",
        "Plex, Jellyfin or Emby: viewers of your accounts, and reports of new files.",
        ("media_server",),
    ),
    SettingsPage(
        "hooks",
        "Hook Scripts",
        "terminal",
        "Scripts that run before an import, after it and after a failure. They are named in config.yml only.",
        ("hooks",),
    ),
    SettingsPage("security", "Security", "shield", "Access to the web UI and API.", ("security",)),
    SettingsPage(
        "general",
        "General",
        "sliders-horizontal",
        "Server, database and logs.",
        ("server", "database", "logging"),
    ),
)
# Settings that are read only once, when the program starts.
AT_START = ("logging.file", "logging.format")


@dataclass(frozen=True)
class SettingField:
    """Hold a setting for the form. `choices` are the accepted values of an enumeration, with their words."""

    name: str
    section: str
    label: str
    head: str
    help: str
    control: str  # text | secret | number | switch | choice | lines
    value: str
    choices: Mapping[str, str]
    example: str
    origin: str
    needs_restart: bool
    default: str = ""
    is_advanced: bool = False
    is_changeable: bool = True
    in_words: str = ""  # a schedule as people say it

    @property
    def is_locked(self) -> bool:
        return self.origin in LOCKED or not self.is_changeable

    @property
    def is_never_stored(self) -> bool:
        """Return whether no row sets it, because it names a program to run."""
        return self.section in NEVER_STORED

    @property
    def is_changed(self) -> bool:
        return self.origin != "default"

    @property
    def id(self) -> str:
        return "f-" + self.name.replace(".", "-")

    @property
    def words(self) -> str:
        """Return everything that a search in the settings finds it by."""
        return " ".join((self.label, self.head, self.name, self.help)).lower()

    @property
    def variable(self) -> str:
        return "STALKEER__" + self.name.replace(".", "__").upper()


def section_named(path: str) -> SettingsPage | None:
    return next((section for section in SECTIONS if section.path == path), None)


def fields_of(section: SettingsPage, loaded: LoadedSettings) -> list[SettingField]:
    """Return the fields of a page, in the order of the schema."""
    return [
        field_of(key, loaded)
        for name in section.sections
        for key in all_keys()
        if key.section == name and key.section not in LISTS and "[]" not in key.name
    ]


def field_of(key: Key, loaded: LoadedSettings) -> SettingField:
    value = value_at(loaded.settings, key.name)
    annotation = key.field.annotation
    shown = show_value(value, key.form)
    choices = choices_of(annotation)
    examples = key.field.examples or ()
    return SettingField(
        name=key.name,
        section=key.section,
        label=key.label,
        head=section_label(key.section),
        help=help_of(key.field.description or "", choices),
        control=control_of(key, annotation),
        value="" if key.is_secret else text_of(shown),
        choices=choices,
        example="not set" if key.form == "command" else text_of(examples[0]) if examples else "",
        origin=str(loaded.origins.get(key.name, "default")),
        needs_restart=key.name.startswith(AT_START),
        default=choices.get(text_of(key.default), text_of(key.default)),
        is_advanced=key.is_advanced,
        is_changeable=key.name in changeable_keys(),
        in_words=schedule_in_words(text_of(shown)) if key.form == "cron" else "",
    )


def groups_of(fields: Iterable[SettingField]) -> list[tuple[str, list[SettingField]]]:
    """Return the fields by their heading, in the order of the page."""
    return [(head, list(group)) for head, group in groupby(fields, lambda field: field.head)]


def schedule_in_words(cron: str) -> str:
    """Return a schedule in words; empty where there are none for it."""
    words = cron_text(cron)
    return "" if words == cron else words


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


def help_of(description: str, choices: Mapping[str, str]) -> str:
    """Return the help of a setting, which names its choices by the words of the list."""
    for value, words in choices.items():
        description = description.replace(f"`{value}`", f"“{words}”")
    return description.replace("`", "")


def read_form(section: SettingsPage, form: Mapping[str, str], loaded: LoadedSettings) -> dict[str, object]:
    """Return the changed values by dotted name. The schema parses text; an empty secret stays unchanged."""
    changes: dict[str, object] = {}
    for setting in fields_of(section, loaded):
        if setting.is_locked:
            continue
        if setting.name not in form or (setting.control == "secret" and not form[setting.name]):
            continue
        given = form[setting.name].strip()
        if given != setting.value:
            changes[setting.name] = typed(setting, given)
    return changes


def typed(field: SettingField, given: str) -> object:
    """Convert the text to the type that the schema expects. The schema rejects text that cannot be converted."""
    if field.control == "switch":
        return given == "true"
    if field.control == "number":
        try:
            return float(given) if "." in given else int(given)
        except ValueError:
            return given
    return given
