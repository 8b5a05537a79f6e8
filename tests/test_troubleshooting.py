"""The page of troubles quotes the program: each quoted message stands in the source, and each command exists."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from stalkeer.faces.cli.main import NOUNS
from stalkeer.faces.cli.nouns import load_noun

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
GAP = "…"
CODE = re.compile(r"``(.+?)``(?!`)|`([^`\n]+)`")
COMMON = {"--json", "--config", "-c", "--quiet", "-q", "--help", "-h"}


@cache
def sources() -> str:
    """Return the source with each text on one line, and a gap for what the program fills in."""
    whole = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "src" / "stalkeer").rglob("*.py")))
    joined = re.sub(r"""["']\s*\n\s*f?["']""", "", whole)
    filled = re.sub(r"\{[^{}\n]+\}", GAP, joined)
    return re.sub(r"\{[^{}\n]+\}", GAP, filled)  # a text within a text


def is_said(quote: str) -> bool:
    pieces = [re.escape(piece) for piece in quote.split(GAP) if piece]
    return re.search(f"[\"'{GAP} ]" + ".*?".join(pieces), sources()) is not None


def quotes() -> list[str]:
    """Return the messages of the first column: code of at least three words that is no command."""
    rows = re.findall(r"^\| (.+?) \| ", (ROOT / "docs/troubleshooting.md").read_text("utf-8"), re.MULTILINE)
    spans = [(long or short).strip() for row in rows for long, short in CODE.findall(row)]
    return [span for span in spans if len(span.split()) >= 3 and not span.startswith("stalkeer ")]


def test_every_quoted_message_stands_in_the_source():
    assert len(quotes()) > 50
    assert [quote for quote in quotes() if not is_said(quote)] == []


def test_a_message_that_nobody_says_is_found_out():
    assert not is_said("the … of the moon is full")
    assert not is_said("address that it is right. Check")


def shown_commands(page: Path) -> list[str]:
    """Return the commands of a page: code that begins with `stalkeer`, in the text or as lines of a block."""
    text = page.read_text("utf-8")
    lines = re.findall(r"^(?: {4}|\$ )? *(?:\.venv/bin/)?(stalkeer [a-z-].*)$", text, re.MULTILINE)
    spans = [long or short for long, short in CODE.findall(text)]
    return [*lines, *(span for span in spans if re.match(r"stalkeer [a-z-]", span))]


def problem_of(command: str) -> str | None:
    words = shlex.split(command.split("#")[0].split(" > ")[0].split(" | ")[0].replace("|", " "), posix=True)[1:]
    while words and words[0].startswith("-"):
        words = words[2 if words[0] in ("--config", "-c") else 1 :]
    noun = next((noun for noun in NOUNS if words and noun.name == words[0]), None)
    if noun is None and words:
        return f"{command}: no such command"
    if noun is None:
        return None  # options alone
    found, words = load_noun(noun), words[1:]
    while children := getattr(found, "commands", None):
        if not words or words[0].startswith("-"):
            return None  # a whole noun is named
        if words[0] not in children:
            return f"{command}: no such command"
        found, words = children[words[0]], words[1:]
    known = COMMON | {name for option in found.params for name in (*option.opts, *option.secondary_opts)}
    unknown = [word for word in words if re.match(r"--?[a-z]", word) and word.split("=")[0] not in known]
    return f"{command}: no option {unknown[0]}" if unknown else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_that_a_page_shows_exists(page):
    problems = [problem for command in shown_commands(page) if (problem := problem_of(command.rstrip("\\ `")))]

    assert problems == []


def test_the_examples_in_the_help_of_the_commands_exist():
    problems = []
    for noun in NOUNS:
        for leaf in leaves(load_noun(noun)):
            for example in re.findall(r"Examples?: +(.+)", leaf.help or ""):
                problems += [
                    problem
                    for text in example.split(" | ")
                    if text.startswith("stalkeer ") and (problem := problem_of(text))
                ]

    assert problems == []


def leaves(command) -> list:
    children = getattr(command, "commands", None)
    return [leaf for child in children.values() for leaf in leaves(child)] if children else [command]


def test_a_command_that_does_not_exist_is_found_out():
    assert problem_of("stalkeer download fly 3")
    assert problem_of("stalkeer scan missing --everything")
    assert problem_of("stalkeer --config config.yml config check") is None


def known_routes() -> set[tuple[str, str]]:
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.stem)
def test_every_route_that_a_page_shows_exists(page):
    shown = re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^` ?]*)", page.read_text("utf-8"))
    forms = [(method, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$")) for method, path in known_routes()]

    unknown = [
        f"{method} {path}"
        for method, path in shown
        if not any(verb == method and (form.match(path) or form.match(f"/api/v1{path}")) for verb, form in forms)
    ]

    assert unknown == []
