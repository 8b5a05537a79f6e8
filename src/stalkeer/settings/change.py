"""Check changes to settings at run time, and convert a request's value into a row's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pydantic import SecretStr

from stalkeer.errors import Conflict, InvalidInput
from stalkeer.settings.keys import Key, all_keys
from stalkeer.settings.load import LoadedSettings

# The other settings are needed before a row can be read, or have their own tables.
CHANGEABLE = (
    "downloads",
    "directories",
    "import",
    "watch",
    "schedule",
    "retention",
    "matching",
    "tmdb",
    "media_server",
    "wanted",
    "logging",
    "security",
)
# A request must not make the server read any file: these are set in config.yml or the environment only.
FILES = frozenset({"downloads.ca_file"})
LOCKED = ("flag", "environment")
# outdated: they apply to instances without `languages` of their own
OLD_LANGUAGES = frozenset({"matching.languages", "downloads.audio_languages"})


@cache
def changeable_keys() -> Mapping[str, Key]:
    """Return every setting that the UI and the API may change, by its dotted name."""
    keys = (key for key in all_keys() if key.section in CHANGEABLE and "[]" not in key.name)
    return {key.name: key for key in keys if key.name not in FILES}


def secret_keys() -> frozenset[str]:
    return frozenset(key.name for key in all_keys() if key.is_secret)


def check_changes(changes: Mapping[str, object], loaded: LoadedSettings) -> None:
    """Raise InvalidInput for a setting that cannot change, and Conflict for a setting fixed elsewhere."""
    for name in changes:
        if not any(name == key or key.startswith(f"{name}.") for key in _changeable_names()):
            raise InvalidInput(f"{name} cannot be changed here; set it in config.yml or by the environment")
        layer = loaded.origins.get(name)
        if layer in LOCKED:
            where = "on the command line" if layer == "flag" else "by the environment"
            raise Conflict(f"{name} is set {where}, which takes precedence; change it there")


def check_list_is_editable(section: str, loaded: LoadedSettings) -> None:
    """Raise Conflict where the environment or a flag describes items of a list: they have precedence over the pages."""
    locked = next((layer for name, layer in loaded.origins.items() if _is_of(name, section) and layer in LOCKED), None)
    if locked is not None:
        where = "on the command line" if locked == "flag" else "by the environment"
        raise Conflict(f"{section} is set {where}, which takes precedence; change it there")


def _is_of(name: str, section: str) -> bool:
    return name == section or name.startswith((f"{section}.", f"{section}["))


@cache
def _changeable_names() -> frozenset[str]:
    """Include the lists of mappings (`downloads.hours`), which change as a whole."""
    names = {key.name.replace("[]", "") for key in all_keys() if key.section in CHANGEABLE}
    lists = {key.name.partition("[]")[0] for key in all_keys() if key.section in CHANGEABLE and "[]" in key.name}
    return frozenset(names | lists) - FILES


def to_row(value: object) -> object:
    """Convert a checked value into the form that a row stores and `load_settings` reads."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple | list):
        return [to_row(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_row(item) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
