"""Import the module of a noun only when the noun is used."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from stalkeer.faces.cli.output import Invocation

COMPLETION = ("install_completion", "show_completion")


class Noun(NamedTuple):
    name: str
    module: str
    help: str


def common_options(
    json: bool = typer.Option(False, "--json", help="Print one JSON document.", rich_help_panel="Common"),
    config: Path | None = typer.Option(
        None, "--config", "-c", metavar="FILE", help="Configuration file.", rich_help_panel="Common"
    ),
    quiet: bool = typer.Option(False, "--quiet", "-q", help="Print errors only.", rich_help_panel="Common"),
) -> None:
    """Define the options of every command. This template is never called."""


def _store_option(context: Any, parameter: Any, value: object) -> object:
    run = context.find_object(Invocation)
    if run is not None and value:
        setattr(run, parameter.name, value)
    return value


def with_common_options(command: object) -> None:
    """Add the common options to every command from `command` on, except where it has one of that name.

    A group has them where it does something without a command.
    """
    if isinstance(command, TyperGroup):
        for child in command.commands.values():
            with_common_options(child)
    does_something = not isinstance(command, TyperGroup) or command.invoke_without_command
    if isinstance(command, TyperGroup | TyperCommand) and does_something:
        present = {parameter.name for parameter in command.params}
        command.params.extend(option for option in _common() if option.name not in present)


@cache
def _common() -> tuple[TyperOption, ...]:
    """Return the same options for all commands. Making them again took half of the time before a command began."""
    template = typer.Typer(add_completion=False)
    template.command()(common_options)
    options = [option for option in typer.main.get_command(template).params if isinstance(option, TyperOption)]
    for option in options:
        option.expose_value = False
        option.callback = _store_option
    return tuple(options)


def noun_group(nouns: tuple[Noun, ...]) -> type[TyperGroup]:
    """Return a group class over `nouns`. Help and completion read the table; only a call imports."""
    table = {noun.name: noun for noun in nouns}

    class NounGroup(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands = {noun.name: TyperCommand(name=noun.name, help=noun.help) for noun in nouns}

        def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
            name, stub, rest = super().resolve_command(ctx, args)
            return name, stub if name is None else load_noun(table[name]), rest

    return NounGroup


@cache
def load_noun(noun: Noun) -> TyperCommand | TyperGroup:
    """Import the module of the noun and return its command: the same one for each call."""
    command = typer.main.get_command(importlib.import_module(noun.module).app)
    assert isinstance(command, TyperCommand | TyperGroup)
    command.name = noun.name
    command.params = [option for option in command.params if option.name not in COMPLETION]  # the root has them
    with_common_options(command)
    return command
