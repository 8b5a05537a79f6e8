"""Hostile text, made harmless."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalkeer.core.security.plain_text import (
    clean_json,
    clean_line,
    clean_lines,
    escape_in_json,
    is_harmless,
    may_be_harmful,
    may_be_harmful_json,
    show_line,
    show_lines,
)

ANY_TEXT = st.text(st.characters())


@pytest.mark.parametrize(
    ("hostile", "clean"),
    [
        ("Film\n2026-01-01 [error] forged", "Film 2026-01-01 [error] forged"),
        ("\x1b]0;title\x07\x1b[2JFilm", "]0;title[2JFilm"),
        ("\x9b31mFilm", "31mFilm"),
        ("Film \u202egpj.exe", "Film gpj.exe"),
        ("Film\u2066\u2069", "Film"),
        ("Fi\x00lm", "Film"),
        ("Film \ud800", "Film "),
        ("Film\u2028next", "Film next"),
        ("Film\U000e0041", "Film"),
        ("\ufeffFilm", "Film"),
    ],
)
def test_a_name_keeps_what_is_readable(hostile, clean):
    assert clean_line(hostile) == clean


@pytest.mark.parametrize(
    "name", ["Amélie", "千と千尋の神隠し", "فيلم", "👨\u200d👩\u200d👧", "می\u200cخواهم", "שלום\u200f!"]
)
def test_names_of_all_writing_systems_stay(name):
    assert clean_line(name) == name
    assert show_lines(name) == name


@given(ANY_TEXT)
def test_what_is_cleaned_can_be_stored_and_sent(text):
    cleaned = clean_line(text)

    assert is_harmless(cleaned)
    assert "\x00" not in cleaned
    assert cleaned.encode().decode() == cleaned
    assert not any(unicodedata.category(sign) == "Cc" for sign in cleaned)


@given(ANY_TEXT)
def test_a_line_of_a_log_stays_one_line_without_control_characters(text):
    assert len(show_line(text).splitlines()) <= 1
    assert not any(unicodedata.category(sign) in ("Cc", "Cs") for sign in show_line(text))


@given(ANY_TEXT)
def test_a_json_document_says_the_same_with_its_harmful_characters_escaped(text):
    document = escape_in_json(json.dumps({"name": text}, ensure_ascii=False))

    assert json.loads(document) == {"name": text}
    assert is_harmless(document)


@given(ANY_TEXT)
def test_no_harmful_text_is_overlooked_in_its_bytes(text):
    lines = text.replace("\r", "")
    encoded = lines.encode("utf-8", "replace")
    if clean_lines(encoded.decode()) != encoded.decode():
        assert may_be_harmful(encoded)
    if not is_harmless(text.replace("\n", "").replace("\t", "").replace("\r", "")):
        assert may_be_harmful_json(json.dumps(text).encode())


def test_every_text_of_a_document_is_cleaned():
    assert clean_json({"a\x00": ["b\n", {"c": "\ud800", "d": 1}]}) == {"a": ["b ", {"c": "", "d": 1}]}
