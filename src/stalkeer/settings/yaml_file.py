"""Read YAML as users expect it: `23:00` is text, not the number 1380; a date is text, too."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from stalkeer.errors import ConfigurationError
from stalkeer.private_files import read_small

SURPRISES = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class PlainLoader(yaml.SafeLoader):
    """Load YAML safely, without sexagesimal numbers and dates."""


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in SURPRISES]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9_]*|0x[0-9a-fA-F]+)$"), list("-+0123456789")
)
PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?$"), list("-+0123456789")
)


def read_yaml(path: Path) -> dict[object, object]:
    """Return the file's mapping; empty for an empty file. Raises ConfigurationError with the position."""
    try:
        document = yaml.load(read_small(path).decode("utf-8"), PlainLoader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise ConfigurationError(f"Cannot read the configuration {path}: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} is not YAML: {_problem(error)}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigurationError(
            f"{path} contains a {type(document).__name__}; accepted: keys and values, see config.yml.example"
        )
    return document


def _problem(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}"
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else "it cannot be parsed"
