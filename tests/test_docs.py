"""The documents say what the program does: every setting, command, option and route is in them."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from scripts import make_docs

from stalkeer.faces.cli.main import NOUNS
from stalkeer.faces.cli.nouns import load_noun
from stalkeer.faces.web.manual import TITLES
from stalkeer.settings import load_settings
from stalkeer.settings.keys import all_keys

ROOT = Path(__file__).parents[1]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_documents_are_not_behind_the_program():
    behind = [path.name for path, text in make_docs.wanted().items() if path.read_text(encoding="utf-8") != text]

    assert behind == [], "run: python scripts/make_docs.py"


def test_every_page_is_in_the_manual_of_a_checkout_and_of_a_package():
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    built = tomllib.loads(read("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    packaged = {f"docs/{name}.md": f"stalkeer/faces/web/manual/{name}.md" for name in pages}

    assert set(TITLES) == pages
    assert built == packaged | {"CHANGELOG.md": "stalkeer/faces/web/manual/CHANGELOG.md"}


def test_every_setting_is_described_and_documented():
    page = read("docs/configuration.md")

    assert [key.name for key in all_keys() if not key.field.description] == []
    assert [key.name for key in all_keys() if f"`{key.name}`" not in page] == []


def test_every_setting_is_in_the_example_file():
    example = read("config.yml.example")
    lines = {match[1] for match in re.finditer(r"^[\s#-]*([a-z_]+):", example, re.MULTILINE)}

    assert {part for key in all_keys() for part in key.name.replace("[]", "").split(".")} <= lines


def test_a_copy_of_the_example_file_is_usable_and_changes_nothing(tmp_path):
    shutil.copy(ROOT / "config.yml.example", tmp_path / "config.yml")
    home = {"HOME": str(tmp_path)}

    copied = load_settings(tmp_path / "config.yml", home).settings

    lists = {"radarr": (), "sonarr": (), "playlists": ()}
    assert copied.model_copy(update=lists) == load_settings(None, home).settings


def test_every_command_and_option_is_documented():
    page = read("docs/cli.md")
    missing = []
    for noun in NOUNS:
        for path, command in make_docs.leaves(noun.name, load_noun(noun)):
            missing += [] if f"`stalkeer {path}" in page else [path]
            options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
            missing += [f"{path} {option.opts[0]}" for option in options if option.opts[0] not in page]

    assert missing == []


def test_every_command_has_help_with_an_example_and_every_option_too():
    silent = []
    for noun in NOUNS:
        for path, command in make_docs.leaves(noun.name, load_noun(noun)):
            silent += [] if "Example" in (command.help or "") else [path]
            silent += [f"{path} {p.name}" for p in command.params if p.param_type_name == "option" and not p.help]

    assert silent == []


def test_every_route_is_documented():
    page = read("docs/api.md")
    document = make_docs.openapi_document()
    routes = [f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods]

    assert [route for route in routes if f"`{route}`" not in page] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(page):
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_page_is_reached_from_the_readme():
    linked = set(re.findall(r"\]\(docs/([a-z-]+\.md)", read("README.md")))
    further = {target for page in linked for target in re.findall(r"\]\(([a-z-]+\.md)", read(f"docs/{page}"))}

    assert {path.name for path in (ROOT / "docs").glob("*.md")} <= linked | further


def test_the_page_of_figures_names_the_machine_and_commands_that_there_are():
    page = read("docs/performance.md")
    named = re.findall(r"python -m bench ([a-z-]+)`", page)

    assert "| Machine |" in page
    assert named
    assert [name for name in named if not (ROOT / "bench" / f"{name.replace('-', '_')}.py").exists()] == []


def test_every_command_has_an_example():
    commands = re.split(r"^#{3,4} `stalkeer ", read("docs/cli.md"), flags=re.MULTILINE)[1:]

    without = [command.partition("`")[0] for command in commands if "\nExample" not in command.partition("\n#")[0]]

    assert (len(commands) > 100, without) == (True, [])
