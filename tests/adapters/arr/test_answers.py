import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource, explain_refusal, objects_of_array, parse
from stalkeer.adapters.net.api import ApiAnswer
from stalkeer.core.security.plain_text import clean_json, clean_line
from stalkeer.errors import ArrRefused, ArrUnreachable, ArrWrongProgram


class Thing(Resource):
    some_name: str = "unnamed"
    size: int = 0


SAID = "No answer from http://user:pa55w0rd4711@example.com/a?apikey=k3y0f4711"
THINGS = TypeAdapter(tuple[Thing, ...])


def elements(text, cuts=()):
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    chunks = [text[start:end] for start, end in zip(places, places[1:], strict=False)]
    return list(objects_of_array(iter(chunks), "GET things"))


@given(
    st.lists(st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=20) | st.booleans())),
    st.lists(st.integers(0, 10_000), max_size=8),
)
def test_a_list_is_read_alike_wherever_the_network_cuts_it(things, cuts):
    assert elements(json.dumps(things), cuts) == clean_json(things)
    assert elements(f" \ufeff {json.dumps(things, indent=1, ensure_ascii=False)}\n", cuts) == clean_json(things)


@pytest.mark.parametrize("name", ["\\ud800", "\\u0000", "\\u001b[2J", "\\u202e", "\u202e", "\x9b31m"])
def test_one_hostile_title_does_not_hide_the_others(name):
    document = f'[{{"someName": "A{name}B"}}, {{"someName": "second"}}]'

    first, second = parse(THINGS, document.encode(), "GET things")

    assert (first.some_name, second.some_name) == (clean_line(json.loads(f'"A{name}B"')), "second")
    assert elements(document) == [{"someName": first.some_name}, {"someName": "second"}]


def test_a_list_that_breaks_off_is_no_list():
    with pytest.raises(ArrUnreachable, match="ended in the middle"):
        elements('[{"a": 1}, {"b"')


@pytest.mark.parametrize("text", ["<html>", '{"message": "no"}', '"text"'])
def test_what_is_no_list_is_another_program(text):
    with pytest.raises(ArrWrongProgram):
        elements(text)


def test_unknown_fields_are_left_aside_and_nulls_count_as_absent():
    read = parse(THINGS, b'[{"someName": null, "size": 3, "new": {}}, {"SomeName": "x"}]', "GET things")

    assert read == (Thing(size=3), Thing())


def test_a_page_is_told_apart_from_a_form_that_changed():
    with pytest.raises(ArrWrongProgram, match="not JSON"):
        parse(THINGS, b"<!doctype html>", "GET things")
    with pytest.raises(ArrRefused, match=r"unknown form: 0\.size"):
        parse(THINGS, b'[{"size": "big"}]', "GET things")


@pytest.mark.parametrize("body", [{"message": SAID}, [{"errorMessage": SAID, "propertyName": "Url"}]])
def test_secrets_in_the_words_of_an_instance_reach_no_message(body):
    error = explain_refusal(ApiAnswer(400, {}, json.dumps(body).encode()), "Radarr: POST release")

    assert "No answer from http" in str(error)
    assert "pa55w0rd4711" not in str(error) and "k3y0f4711" not in str(error)
