"""Fill in the naming formats of both programs: `{[Quality Full]}`, `{Movie.Title}`, `{edition-{Edition Tags}}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stalkeer.core.naming.clean import Characters, clean_value, shorten, tidy_component

# a token: text around the name is printed only with a value; the name's separator replaces spaces in the value
_TOKEN = re.compile(
    r"\{(?P<before>[- ._\[(]*)(?P<name>[A-Za-z0-9]+(?:[- ._]+[A-Za-z0-9]+)*)"
    r"(?::(?P<form>[^{}]*?))?(?P<after>[- ._\])]*)\}"
)
# `{tmdb-{TmdbId}}`: free text around a token, printed only with a value
_WRAPPED = re.compile(r"\{(?P<open>[^{}]*)(?P<token>\{[^{}]+\})(?P<close>[^{}]*)\}")
_OPEN, _CLOSE = "\x01", "\x02"  # braces that stay in the name


@dataclass(frozen=True)
class TokenForm:
    """Describe the form of a token in a format: the text after its colon, and whether other text surrounds it."""

    form: str
    is_bare: bool


Value = Callable[[TokenForm], str]
Values = Mapping[str, Value]


def plain(text: str | int | None) -> Value:
    """Make a value that `:N` shortens."""

    def value(asked: TokenForm) -> str:
        return shorten("" if text is None else str(text), _length(asked.form))

    return value


def number(value: int | None) -> Value:
    """Make a number that `:00` pads."""
    return lambda asked: "" if value is None else pad(value, asked.form)


def pad(value: int, form: str) -> str:
    return str(value).zfill(len(form)) if form and set(form) == {"0"} else str(value)


def fill(pattern: str, values: Values, characters: Characters) -> str:
    """Replace the tokens in one part of a path. Unknown tokens become empty."""
    text = _fill_wrapped(pattern, values, characters)
    text = _TOKEN.sub(lambda found: _replace(found, values, characters), text)
    return tidy_component(text.replace(_OPEN, "{").replace(_CLOSE, "}"))


def _fill_wrapped(text: str, values: Values, characters: Characters) -> str:
    def replace(found: re.Match[str]) -> str:
        if not found["open"] and not found["close"]:  # {{ and }} are literal braces
            return f"{_OPEN}{found['token'][1:-1]}{_CLOSE}"
        inner = _TOKEN.sub(lambda token: _replace(token, values, characters), found["token"])
        return f"{_OPEN}{found['open']}{inner}{found['close']}{_CLOSE}" if inner.strip() else ""

    return _WRAPPED.sub(replace, text)


def _replace(found: re.Match[str], values: Values, characters: Characters) -> str:
    name = found["name"]
    value = values.get(re.sub(r"[- ._]+", "", name).lower())
    if value is None:
        return ""
    asked = TokenForm(found["form"] or "", is_bare=not (found["before"] or found["after"]))
    text = _in_case_of(name, value(asked).strip())
    separator = re.search(r"[- ._]+", name)
    if separator and separator[0] != " ":
        text = text.replace(" ", separator[0])
    text = clean_value(text, characters)
    return f"{found['before']}{text}{found['after']}" if text.strip() else ""


def _in_case_of(name: str, text: str) -> str:
    letters = [character for character in name if character.isalpha()]
    if letters and all(character.islower() for character in letters):
        return text.lower()
    if letters and all(character.isupper() for character in letters):
        return text.upper()
    return text


def _length(form: str) -> int:
    return int(form) if re.fullmatch(r"-?\d+", form) else 0
