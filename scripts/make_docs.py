"""Writes what the program itself knows into the documents: settings, commands, routes, config.yml.example, and the
API's document docs/openapi.json, where nothing in it breaks a program.

    python scripts/make_docs.py            write
    python scripts/make_docs.py --check    exit 1 when a document is behind the program

A document keeps its own prose; what stands between two marks is written anew.
"""

from __future__ import annotations

import os
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, get_args

import typer
import yaml
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from stalkeer.adapters.arr.versions import FIELDS, USAGES, fallbacks
from stalkeer.model import EventKind
from stalkeer.settings.former import FORMER
from stalkeer.settings.keys import Key, all_keys, model_of
from stalkeer.settings.schema import Settings
from stalkeer.settings.units import show_duration, show_size

ROOT = Path(__file__).parents[1]
ALWAYS = ("url",)  # an address may be optional to the schema, and still is what an example is for
BEGIN, END = "<!-- written by scripts/make_docs.py: {} -->", "<!-- end: {} -->"


# --- settings ----------------------------------------------------------------------------------------------------


def shown_default(key: Key) -> str:
    default = key.field.get_default(call_default_factory=True)
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, Path) and default == Path():
        return "below `data_dir/vod`"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default in (None, "", ()):
        return ""
    return f"`{plain(default, key.form)}`"


def plain(value: object, form: str | None = None) -> str:
    if form == "size" and isinstance(value, int):
        return show_size(value)
    if form == "duration" and isinstance(value, int | float):
        return show_duration(float(value))
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ", ".join(plain(item) for item in value)
    return str(value)


def shown_type(key: Key) -> str:
    if key.form:
        return key.form
    choices = next(
        (kind for kind in kinds(key.field.annotation) if isinstance(kind, type) and issubclass(kind, Enum)), None
    )
    if choices:
        return ", ".join(f"`{choice.value}`" for choice in choices)
    names = {int: "number", float: "number", bool: "true, false", str: "text", Path: "path", SecretStr: "secret text"}
    found = [names[kind] for kind in kinds(key.field.annotation) if kind in names]
    many = "list of " if "tuple" in str(key.field.annotation) else ""
    return many + (found[0] if found else "text")


def kinds(annotation: object) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from kinds(part)


def settings_table() -> str:
    lines: list[str] = []
    section = None
    for key in all_keys():
        if key.section != section:
            section = key.section
            field = next((f for n, f in Settings.model_fields.items() if (f.alias or n) == section), None)
            lines += ["", f"### {section or 'general'}", "", (field.description or "") if field else "", ""]
            lines += ["| Setting | Accepted | Default | |", "|---|---|---|---|"]
        text = (key.field.description or "").replace("|", "&#124;")
        lines.append(f"| `{key.name}` | {shown_type(key)} | {shown_default(key)} | {text} |")
    return "\n".join(lines).strip()


# --- config.yml.example ------------------------------------------------------------------------------------------


def example_file() -> str:
    head = [
        "# Every setting of Stalkeer. Copy this to config.yml and put in the addresses and keys of Radarr, Sonarr and",
        "# your playlists; the rest may stay as it is: what is not commented out is the default.",
        "# Sizes: 500KB, 10MB, 2GiB. Durations: 60s, 30m, 1h30m, 7d. 0 means unlimited. Cron: five fields, or off.",
        "# The environment overrides this file: STALKEER__DOWNLOADS__CONCURRENT_LIMIT=2,",
        "# STALKEER__RADARR__API_KEY_FILE=/run/secrets/radarr. Written by scripts/make_docs.py.",
    ]
    sections: list[str] = []
    for name, field in Settings.model_fields.items():
        lines = "\n".join(example_of(field.alias or name, field, depth=0, is_first=False))
        sections.append(lines.replace("radarr:7878", "sonarr:8989") if name == "sonarr" else lines)
    return "\n".join(head) + "\n\n" + "\n\n".join(sections) + "\n"


def example_of(name: str, field: Any, depth: int, *, is_first: bool) -> Iterator[str]:
    """The lines of one key. One whose example is not its default is commented out, so that a copy is harmless."""
    pad = "  " * depth
    lead = f"{pad[:-2]}- " if is_first else pad
    yield from (f"{pad}# {line}" for line in textwrap.wrap((field.description or "").replace("`", ""), 110 - 2 * depth))
    inner = model_of(field.annotation)
    if inner is None:
        text, stands = example_value(Key(name, field, ""))
        is_live = depth > 0 and (stands or (name in ALWAYS and depth > 1) or is_first)
        yield f"{lead}{name}: {text}".rstrip() if is_live else f"{pad}# {name}: {text}".rstrip()
        return
    is_list = "tuple" in str(field.annotation)
    lines = [f"{lead}{name}:"]
    for index, (child, child_field) in enumerate(inner.model_fields.items()):
        child_name = child_field.alias or child
        lines += example_of(child_name, child_field, depth + 1 + is_list, is_first=is_list and index == 0)
    is_optional_list = is_list and depth > 0
    yield from (f"{pad}# {line[len(pad) :]}" for line in lines) if is_optional_list else lines


def example_value(key: Key) -> tuple[str, bool]:
    """The value as YAML in one line, and whether it stands for itself: a default, or something required."""
    default = key.field.get_default(call_default_factory=True)
    has_example = bool(key.field.examples)
    value = key.field.examples[0] if key.field.examples else default
    is_live = default is PydanticUndefined or (not has_example and default is not None)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is PydanticUndefined or value is None:
        return "", False
    if key.form in ("size", "duration") and not isinstance(value, str):
        return plain(value, key.form), is_live
    if isinstance(value, Path | Enum):
        value = plain(value)
    if isinstance(value, tuple):
        value = [plain(item) for item in value]
    text = yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("\n").removesuffix("\n...")
    return text, is_live


def former_settings_table() -> str:
    lines = ["| Setting of Stalkeer in Go | Here |", "|---|---|"]
    for advice, pairs in groupby(FORMER.items(), key=lambda pair: pair[1]):
        lines.append(f"| {', '.join(f'`{key}`' for key, _ in pairs)} | {advice[:1].upper()}{advice[1:]}. |")
    return "\n".join(lines)


# --- commands ----------------------------------------------------------------------------------------------------


def commands_text() -> str:
    from stalkeer.faces.cli.main import NOUNS
    from stalkeer.faces.cli.nouns import load_noun

    lines: list[str] = []
    for noun in NOUNS:
        command = load_noun(noun)
        lines += ["", f"### {noun.name}", "", noun.help, ""]
        for path, leaf in leaves(noun.name, command):
            lines += command_lines(path, leaf)
    return "\n".join(lines).strip()


def leaves(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        yield from leaves(f"{path} {name}", child)


def command_lines(path: str, command: Any) -> list[str]:
    arguments = [p for p in command.params if isinstance(p, typer.core.TyperArgument)]
    options = [p for p in command.params if isinstance(p, typer.core.TyperOption) and not p.hidden]
    own = [option for option in options if option.name not in ("json", "config", "quiet", "help")]
    usage = " ".join(["stalkeer", path, *(_argument(a) for a in arguments), *(["[OPTIONS]"] if own else [])])
    lines = [f"#### `{usage}`", "", *(line.strip() for line in (command.help or "").splitlines()), ""]
    rows = [f"| `{', '.join([*o.opts, *o.secondary_opts])}` | {o.help or ''}{_default(o)} |" for o in own]
    rows = [f"| `{_argument(a)}` | {a.help or ''} |" for a in arguments if a.help] + rows
    return [*lines, "| | |", "|---|---|", *rows, ""] if rows else lines


def _argument(argument: Any) -> str:
    name = (argument.metavar or argument.name).upper().strip("[]")
    return name if argument.required else f"[{name}]"


def _default(option: Any) -> str:
    value = option.default
    return "" if value in (None, False, True, (), []) or callable(value) else f" Default: `{plain(value)}`."


# --- routes ------------------------------------------------------------------------------------------------------


@cache
def openapi_document() -> dict[str, Any]:
    from stalkeer.app import Start, build_app, build_security
    from stalkeer.faces.api.app import create_api

    with tempfile.TemporaryDirectory() as folder:
        app = build_app(Start(environ={"HOME": folder}, overrides={"data_dir": folder}), lambda: datetime.now(UTC))
        try:
            return create_api(app, build_security(app)).openapi()
        finally:
            app.close()


def routes_text() -> str:
    document = openapi_document()
    sections: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["general"])[0]
            parameters = ", ".join(f"`{p['name']}`" for p in operation.get("parameters", []) if p["in"] == "query")
            text = (operation.get("description") or operation.get("summary", "")).split("\n\n")[0].replace("\n", " ")
            sections.setdefault(tag, []).append(f"| `{method.upper()} {path}` | {text} | {parameters} |")
    lines: list[str] = []
    for tag in sorted(sections):
        lines += ["", f"### {tag}", "", "| Route | | Query |", "|---|---|---|", *sections[tag]]
    return "\n".join(lines).strip()


def event_kinds_table() -> str:
    rows = [f"| `{kind.value}` | {kind.text} |" for kind in EventKind]
    return "\n".join(["| kind | what happened |", "|---|---|", *rows])


# --- what we use of Radarr and Sonarr --------------------------------------------------------------------------------


def versions_text() -> str:
    lines = ["| request, parameter or field | Radarr | Sonarr | before that |", "|---|---|---|---|"]
    lines += [
        f"| `{row.name}` | {row.newer.radarr} | {row.newer.sonarr} | {row.newer.without} |" for row in fallbacks()
    ]
    lines += ["", "Every request, with its parameters and the fields that are sent:", ""]
    lines += ["| request | of | parameters | fields sent |", "|---|---|---|---|"]
    for usage in USAGES:
        programs = ", ".join(sorted(kind.capitalize() for kind in usage.programs))
        lines.append(f"| `{usage.endpoint}` | {programs} | {_names(usage.query)} | {_names(usage.body)} |")
    lines += ["", "Every field that is read:", "", "| record | fields |", "|---|---|"]
    return "\n".join([*lines, *(f"| {record} | {_names(names)} |" for record, names in FIELDS.items())])


def _names(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


# --- writing -----------------------------------------------------------------------------------------------------


def replaced(document: str, mark: str, text: str) -> str:
    begin, end = BEGIN.format(mark), END.format(mark)
    if begin not in document:
        return f"{document.rstrip()}\n\n{begin}\n\n{text}\n\n{end}\n"
    before, _, rest = document.partition(begin)
    return f"{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}"


def wanted() -> dict[Path, str]:
    """What each document should hold."""
    found = {ROOT / "config.yml.example": example_file()}
    parts = (
        ("configuration", "configuration", settings_table),
        ("from-stalkeer-go", "former settings", former_settings_table),
        ("cli", "cli", commands_text),
        ("api", "api", routes_text),
        ("api", "event kinds", event_kinds_table),
        ("radarr-sonarr", "versions", versions_text),
    )
    for name, mark, write in parts:
        path = ROOT / "docs" / f"{name}.md"
        written = path.read_text(encoding="utf-8") if path.exists() else f"# {name}\n"
        found[path] = replaced(found.get(path, written), mark, write())
    sys.path.append(str(ROOT / "scripts"))
    import freeze_api

    present = openapi_document()
    breaks = freeze_api.breaking_changes(freeze_api.read_frozen(), freeze_api.frozen(present))
    if breaks:
        sys.exit(freeze_api.refusal(breaks))
    found[freeze_api.DOCUMENT] = freeze_api.written(present)
    return found


def main() -> None:
    os.environ["COLUMNS"] = "120"
    behind = [path for path, text in wanted().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        sys.exit(f"behind the program, run scripts/make_docs.py: {', '.join(map(str, behind))}" if behind else 0)
    for path in behind:
        path.write_text(wanted()[path], encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
