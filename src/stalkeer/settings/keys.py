"""List the names of all settings, mark those with secrets, and find a value by its dotted name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from stalkeer.errors import ConfigurationError
from stalkeer.secrets import MASK, mask_url
from stalkeer.settings.schema import Settings
from stalkeer.settings.units import show_duration, show_size

LISTS = ("radarr", "sonarr", "playlists")


@dataclass(frozen=True)
class Key:
    """Describe a setting as shown in the documentation: `radarr[].url`, `downloads.timeout`."""

    name: str
    field: FieldInfo
    section: str

    @property
    def label(self) -> str:
        """Return the name on settings pages: the field's title, or its name in words."""
        return self.field.title or _in_words(self.name.rpartition(".")[2])

    @property
    def is_secret(self) -> bool:
        return _holds(self.field.annotation, SecretStr)

    @property
    def is_private(self) -> bool:
        """Return whether the value is never shown: it is a secret, or a command line, which may hold one."""
        return self.is_secret or self.form == "command"

    @property
    def form(self) -> str | None:
        """Return the form of the value: `size`, `duration`, `cron`, `command`; None when the type suffices."""
        extra = self.field.json_schema_extra
        return str(extra["form"]) if isinstance(extra, dict) and "form" in extra else None

    @property
    def is_advanced(self) -> bool:
        """Return whether settings pages show it only on request."""
        extra = self.field.json_schema_extra
        return isinstance(extra, dict) and extra.get("advanced") is True

    @property
    def default(self) -> object:
        """Return the default as text of a form; None where there is none."""
        value = self.field.get_default(call_default_factory=False)
        return None if value is PydanticUndefined or self.is_secret else show_value(value, self.form)


def section_label(section: str) -> str:
    """Return the heading of a section on settings pages."""
    titles = {field.alias or name: field.title for name, field in Settings.model_fields.items()}
    return titles.get(section) or _in_words(section)


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()


@cache
def all_keys() -> tuple[Key, ...]:
    """Return every setting with a value, in the schema's order."""
    return tuple(_walk(Settings, ""))


def _walk(model: type[BaseModel], prefix: str) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        public = field.alias or name
        inner = model_of(field.annotation)
        if inner is None:
            yield Key(f"{prefix}{public}", field, prefix.split(".")[0].removesuffix("[]"))
        else:
            mark = "[]" if get_origin(field.annotation) is tuple else ""
            yield from _walk(inner, f"{prefix}{public}{mark}.")


def model_of(annotation: object) -> type[BaseModel] | None:
    """Return the section type of a key, also within a list; None for a value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, Union, UnionType):
        return next((found for part in get_args(annotation) if (found := model_of(part))), None)
    return None


def _holds(annotation: object, wanted: type) -> bool:
    return annotation is wanted or any(_holds(part, wanted) for part in get_args(annotation))


@cache
def _known() -> frozenset[tuple[str, ...]]:
    names = (tuple(key.name.replace("[]", "").split(".")) for key in all_keys())
    return frozenset(name[:length] for name in names for length in range(1, len(name) + 1))


def is_section(path: tuple[str, ...]) -> bool:
    """Tell whether there are keys below this name."""
    name = tuple(part for part in path if not part.isdigit())
    return any(known[: len(name)] == name and len(known) > len(name) for known in _known())


def is_known(path: tuple[str, ...]) -> bool:
    """Tell whether the schema has this name; indexes of list items are ignored."""
    return tuple(part for part in path if not part.isdigit()) in _known()


def child_of(node: Any, step: str, place: str, *, is_list: bool) -> Any:
    """Return the container below `node` at `step`. Create it if missing."""
    empty: Any = [] if is_list else {}
    if isinstance(node, list):
        index = int(step)
        if index > len(node):
            raise ConfigurationError(f"{place} refers to item {index}, but item {len(node)} is missing; count from 0")
        if index == len(node):
            node.append(empty)
        return node[index]
    if not isinstance(node.get(step), dict | list):
        node[step] = empty
    return node[step]


def secret_values(node: object) -> Iterator[str]:
    """Yield every secret in these settings, for masking."""
    if isinstance(node, SecretStr):
        if "://" not in node.get_secret_value():  # secrets in URLs are masked by the URL's form
            yield node.get_secret_value()
    elif isinstance(node, BaseModel):
        for name in type(node).model_fields:
            yield from secret_values(getattr(node, name))
    elif isinstance(node, tuple):
        for item in node:
            yield from secret_values(item)


def show_value(value: object, form: str | None = None) -> object:
    """Return a value as readable JSON: secrets masked, sizes and durations with units, commands as `set`."""
    if form == "command":
        return "set" if value else ""
    if isinstance(value, SecretStr):
        plain = value.get_secret_value()
        return mask_url(plain) if "://" in plain else (MASK if plain else "")
    if isinstance(value, str) and "://" in value:
        return mask_url(value)
    if isinstance(value, tuple):
        return [show_value(item) for item in value]
    if isinstance(value, BaseModel):
        return {name: show_value(getattr(value, name)) for name in type(value).model_fields}
    if form == "size" and isinstance(value, int):
        return show_size(value)
    if form == "duration" and isinstance(value, float):
        return show_duration(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)


def flatten(settings: Settings) -> Iterator[tuple[str, object]]:
    """Yield every value in use by its dotted name (`radarr.0.url`), in the form of `show_value`."""
    yield from _flatten(settings, "")


def _flatten(model: BaseModel, prefix: str) -> Iterator[tuple[str, object]]:
    for name, field in type(model).model_fields.items():
        public = f"{prefix}{field.alias or name}"
        value = getattr(model, name)
        extra = field.json_schema_extra
        form = str(extra["form"]) if isinstance(extra, dict) and "form" in extra else None
        if isinstance(value, BaseModel):
            yield from _flatten(value, f"{public}.")
        elif isinstance(value, tuple) and any(isinstance(item, BaseModel) for item in value):
            for index, item in enumerate(value):
                yield from _flatten(item, f"{public}.{index}.")
        else:
            yield public, show_value(value, form)
