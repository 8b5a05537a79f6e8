"""The words that users have for the kinds of entries, the values that rows have, and the kinds of events."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stalkeer.model import EntryKind, EventGroup, EventKind, KindWord, count_by_word

SRC = Path(__file__).parents[1] / "src" / "stalkeer"


def test_every_stored_kind_has_a_word_and_every_word_a_stored_kind():
    assert [KindWord.of(kind.value).stored for kind in EntryKind] == [kind.value for kind in EntryKind]


def test_a_movie_is_called_movie_and_stored_as_it_always_was():
    assert (KindWord.of("film"), KindWord.MOVIE.value, KindWord.MOVIE.stored) == (KindWord.MOVIE, "movie", "film")
    assert count_by_word({"film": 2, "live": 1}) == {"movie": 2, "live": 1}


def test_the_word_of_earlier_releases_is_accepted_as_input():
    assert KindWord("film") is KindWord.MOVIE
    with pytest.raises(ValueError, match="films"):
        KindWord("films")


def test_every_kind_of_event_has_a_text_and_a_group():
    assert all(kind.text.endswith(".") for kind in EventKind)
    assert [kind for group in EventGroup for kind in group.kinds] == list(EventKind)


def test_every_kind_of_event_is_recorded_somewhere_by_its_name():
    named = {word for path in _modules() for word in re.findall(r"EventKind\.([A-Z_]+)", path.read_text("utf-8"))}

    assert {kind.name for kind in EventKind} - named == {"SYSTEM_UNKNOWN"}


def test_no_module_spells_a_kind_of_event_itself():
    kinds = {kind.value for kind in EventKind}

    assert [(path.name, text) for path in _modules() for text in _texts(path) if text in kinds] == []


def _modules() -> Iterator[Path]:
    return (path for path in SRC.rglob("*.py") if path.name != "model.py" and "migrations" not in path.parts)


def _texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
