"""Read settings from flags, environment, the UI's rows and config.yml, each value with its origin.

The first of these that has a value wins. Lists of mappings (`radarr`, `sonarr`, `playlists`) are merged item by item:
`STALKEER__RADARR__0__URL` overrides a single key of the first item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stalkeer.errors import ConfigurationError
from stalkeer.private_files import read_small
from stalkeer.secrets import register_secret
from stalkeer.settings.explain import explain_errors, explain_fields
from stalkeer.settings.keys import LISTS, child_of, is_known, is_section, secret_values
from stalkeer.settings.schema import Settings
from stalkeer.settings.types import Layer
from stalkeer.settings.yaml_file import read_yaml

PREFIX = "STALKEER__"
# sections that belong to each machine; see `settings.shared`
LOCAL = frozenset({"data_dir", "secret_key_file", "radarr", "sonarr", "playlists", "database", "server", "hooks"})
# sections that no row sets: whoever can write to the database must not be able to name a program to run
NEVER_STORED = frozenset({"hooks"})
CONFIG_NAME = "config.yml"
Path_ = tuple[str, ...]


@dataclass(frozen=True)
class LoadedSettings:
    """Hold the settings, the origin of each given value (`downloads.timeout` -> `file`), and the file that was read."""

    settings: Settings
    origins: Mapping[str, Layer]
    config: Path | None


@dataclass(frozen=True)
class _Value:
    path: Path_
    value: object
    layer: Layer
    place: str  # the file or the variable, for messages


def find_config(environ: Mapping[str, str]) -> Path | None:
    """Find `STALKEER_CONFIG`, or config.yml here, in the data folder, or in the user's configuration folder."""
    if named := environ.get("STALKEER_CONFIG"):
        return Path(named)
    folders = (Path(), default_data_dir(environ), _home(environ, "XDG_CONFIG_HOME", ".config") / "stalkeer")
    return next((folder / CONFIG_NAME for folder in folders if (folder / CONFIG_NAME).is_file()), None)


def default_data_dir(environ: Mapping[str, str]) -> Path:
    if named := environ.get(f"{PREFIX}DATA_DIR"):
        return Path(named)
    return _home(environ, "XDG_DATA_HOME", ".local/share") / "stalkeer"


def _home(environ: Mapping[str, str], variable: str, below_home: str) -> Path:
    return Path(environ[variable]) if environ.get(variable) else Path(environ.get("HOME", ".")) / below_home


def load_settings(
    config: Path | None,
    environ: Mapping[str, str],
    overrides: Mapping[str, object] | None = None,
    stored: Mapping[str, object] | None = None,
) -> LoadedSettings:
    """Read and check all settings. Raises ConfigurationError with a line for each problem.

    `overrides` (flags) and `stored` (the UI's rows) have dotted names such as `server.port`.
    """
    values = [
        *_from_file(config),
        *_from_rows(stored or {}),
        *_from_environment(environ),
        *_from_flags(overrides or {}),
    ]
    return _merge(values, environ, config)


def load_shared(
    config: Path | None, environ: Mapping[str, str], overrides: Mapping[str, object], document: Mapping[str, Any]
) -> LoadedSettings:
    """Read this machine's own sections like `load_settings`, and all others from a published `shared_document`."""
    own = [*_from_file(config), *_from_environment(environ), *_from_flags(overrides)]
    origins = document["origins"]
    shared = [
        _Value(path, value, origins.get(".".join(path), "default"), "the settings that `stalkeer serve` published")
        for path, value in _leaves((), document["values"])
        if path and path[0] not in NEVER_STORED
    ]
    loaded = _merge([*(value for value in own if value.path[0] in LOCAL), *shared], environ, config)
    return LoadedSettings(
        loaded.settings,
        {**{key: layer for key, layer in loaded.origins.items() if key.partition(".")[0] in LOCAL}, **origins},
        config,
    )


def _merge(values: Sequence[_Value], environ: Mapping[str, str], config: Path | None) -> LoadedSettings:
    """Merge the values. The last value of a name counts."""
    tree: dict[str, Any] = {}
    places: dict[str, _Value] = {}
    for value in values:
        _put(tree, value)
        places[".".join(value.path)] = value
    _fill_defaults(tree, environ)
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        origins = {key: value.place for key, value in places.items()}
        raise ConfigurationError(explain_errors(error, tree, origins), fields=explain_fields(error, tree)) from error
    for secret in secret_values(settings):
        register_secret(secret)
    return LoadedSettings(settings, {key: value.layer for key, value in places.items()}, config)


def _from_file(config: Path | None) -> list[_Value]:
    if config is None:
        return []
    leaves = _leaves((), read_yaml(config))
    return [
        _Value(path, value, "file", str(config))
        for path, value in leaves
        if path and (value is not None or not is_section(path))  # without a path: the value of an empty file
    ]


def _leaves(path: Path_, value: object) -> list[tuple[Path_, object]]:
    """Return every value with its path. A mapping in place of a list of mappings becomes its first item."""
    if len(path) == 1 and path[0] in LISTS and isinstance(value, dict):
        value = [value]
    if isinstance(value, dict):
        return [leaf for key, child in value.items() for leaf in _leaves((*path, str(key)), child)] or [(path, {})]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [leaf for index, item in enumerate(value) for leaf in _leaves((*path, str(index)), item)]
    return [(path, value)]


def _from_rows(stored: Mapping[str, object]) -> list[_Value]:
    named = [(tuple(key.split(".")), value) for key, value in stored.items()]
    return [_Value(path, value, "ui", "the settings page") for path, value in named if path[0] not in NEVER_STORED]


def _from_flags(overrides: Mapping[str, object]) -> list[_Value]:
    return [_Value(tuple(key.split(".")), value, "flag", "the command line") for key, value in overrides.items()]


def _from_environment(environ: Mapping[str, str]) -> list[_Value]:
    found = []
    for variable, text in sorted(environ.items(), key=lambda pair: _with_numbers(pair[0])):
        if not variable.startswith(PREFIX):
            continue
        path = _with_index(tuple(part.lower() for part in variable[len(PREFIX) :].split("__")))
        if not is_known(path) and path[-1].endswith("_file") and is_known(bare := (*path[:-1], path[-1][:-5])):
            path, text = bare, _read_secret_file(variable, text)
        found.append(_Value(path, text, "environment", variable))
    return found


def _with_numbers(variable: str) -> list[tuple[int, str]]:
    """Return a key that sorts item 2 before item 10."""
    return [(int(part) if part.isdecimal() else -1, part) for part in variable.split("__")]


def _with_index(path: Path_) -> Path_:
    if path[0] in LISTS and len(path) > 1 and not path[1].isdigit():
        return (path[0], "0", *path[1:])
    return path


def _read_secret_file(variable: str, path: str) -> str:
    try:
        return read_small(Path(path)).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigurationError(f"{variable} names the file {path}, which cannot be read: {reason}") from error


def _put(tree: dict[str, Any], value: _Value) -> None:
    """Set a leaf. Create missing mappings and list items on the way."""
    node: Any = tree
    for step, following in zip(value.path[:-1], value.path[1:], strict=True):
        node = child_of(node, step, value.place, is_list=following.isdigit())
    last = value.path[-1]
    if isinstance(node, list):
        raise ConfigurationError(f"{'.'.join(value.path)} (from {value.place}) is a list item; name a key of it")
    node[last] = value.value


def _fill_defaults(tree: dict[str, Any], environ: Mapping[str, str]) -> None:
    data_dir = Path(str(tree.setdefault("data_dir", str(default_data_dir(environ)))))
    folders = tree.setdefault("directories", {})
    if isinstance(folders, dict):
        for key, folder in own_folders(data_dir).items():
            folders.setdefault(key.removeprefix("directories."), str(folder))
    database = tree.setdefault("database", {})
    if isinstance(database, dict) and not database.get("url"):
        database["url"] = f"sqlite:///{data_dir / 'stalkeer.db'}"


def own_folders(data_dir: Path) -> dict[str, Path]:
    """Return the default folders by the key of their setting."""
    complete = data_dir / "vod" / "complete"
    return {
        "directories.movies": complete / "movies",
        "directories.tvshows": complete / "tv",
        "directories.temp": data_dir / "vod" / "incomplete",
    }
