"""Every command of the command line with values for its arguments, and one line more for each of its options."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

from typer.core import TyperArgument, TyperOption

from stalkeer.faces.cli.main import NOUNS
from stalkeer.faces.cli.nouns import load_noun

ENDLESS = {"serve", "worker", "demo"}
WORKS = ("download", "start")  # until the queue is empty
WAITING = {"--watch", "--follow", "--wait"}
COMMON = {"json", "config", "quiet", "help"}
# words that a command expects, so that it comes further than to refuse them
KNOWN = {"program": "radarr", "kind": "m3u", "job": "refresh", "scope": "read", "url": "http://127.0.0.1:9"}

NAME = "main"
# such values are masked in everything that the process writes from then on: none may be a word that other tests read
SECRETS = ("api_key", "username", "password")


def leaves(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield words, command
        return
    for name, child in children.items():
        yield from leaves((*words, name), child)


def commands() -> list[tuple[tuple[str, ...], Any]]:
    all_leaves = [leaf for noun in NOUNS if noun.name not in ENDLESS for leaf in leaves((noun.name,), load_noun(noun))]
    found = [leaf for leaf in all_leaves if leaf[0] != WORKS]
    assert len(found) > 50
    return found


def lines(number: str = "1", text: str = NAME, *, options: bool = True) -> list[list[str]]:
    """Command lines in which each number is `number` and each other value `text`, where no word is expected.

    One for each command, and one more for each of its options.
    """
    found = []
    for words, command in commands():
        arguments = [one for one in command.params if isinstance(one, TyperArgument)]
        own = [one for one in command.params if isinstance(one, TyperOption) and one.name not in COMMON]
        base = [*words, *(value(one, number, text) for one in arguments)]
        base += [part for one in own if one.required for part in (one.opts[0], value(one, number, text))]
        found.append(base)
        for option in own if options else ():
            name = option.opts[0]
            if option.required or name in WAITING:
                continue
            found.append([*base, name] if option.is_flag else [*base, name, value(option, number, text)])
    return found


def value(parameter: Any, number: str, text: str) -> str:
    kind = parameter.type_descriptor.annotation
    kind = get_args(kind)[0] if get_args(kind) else kind  # of list[int]
    if kind in (int, float):
        return number
    if issubclass(kind, Enum):
        return str(next(iter(kind)).value)
    if parameter.name in SECRETS and text == NAME:
        return "opens-nothing-at-all"
    return KNOWN.get(parameter.name, text)
