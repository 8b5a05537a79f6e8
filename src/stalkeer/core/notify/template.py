"""Fill the text that a user wrote for a target, and make foreign text harmless for the format of the target."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from enum import StrEnum

from stalkeer.errors import InvalidInput

FIELDS: Mapping[str, str] = {
    "title": "The heading, such as `Severance, season 1: 23 imported, 1 failed`",
    "text": "The details, one a line",
    "events": "The events that the message is about, such as `imported, failed`",
    "instances": "The instances that it is about",
    "count": "The number of things that it is about",
    "time": "Day and time",
}
DEFAULT_TITLE, DEFAULT_TEXT = "{title}", "{text}"
LONGEST = 1_000
_FIELD = re.compile(r"\{(\w*)\}")
_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+!|~])")
_BREAKS = re.compile(r"(?<=@)(?=\w)|(?<=<)(?=[!@#/\w])|(?<=:)(?=//)|(?<=\])(?=\()")
UNSEEN_BREAK = "\u200b"


class Markup(StrEnum):
    """Define the formats of services. `DATA` is for programs, which get the text as it is."""

    DATA = "data"
    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"


def check_template(text: str, field: str) -> str:
    """Return the template. Raises InvalidInput for a field that no message has."""
    wrong = next((name for name in _FIELD.findall(text) if name not in FIELDS), None)
    if wrong is not None:
        known = ", ".join(f"{{{name}}}" for name in FIELDS)
        words = f"No message has a field {{{wrong}}}; there are {known}"
        raise InvalidInput(words, fields={field: words})
    if len(text) > LONGEST:
        words = f"The text of a target has at most {LONGEST} characters"
        raise InvalidInput(words, fields={field: words})
    return text


def fill(template: str, values: Mapping[str, str], markup: Markup) -> str:
    """Return the template with the values, which contain foreign text, escaped for the format."""
    return _FIELD.sub(lambda found: escape(values[found[1]], markup) if found[1] in values else found[0], template)


def escape(text: str, markup: Markup) -> str:
    """Return text that a service shows as it is: it names nobody, is no link and has no markup.

    Chats read plain text for mentions and links as well: a sign of no width takes them apart.
    """
    if markup is Markup.DATA:
        return text
    apart = _BREAKS.sub(UNSEEN_BREAK, text)
    if markup is Markup.MARKDOWN:
        return _MARKS.sub(r"\\\1", apart)
    return html.escape(apart, quote=False).replace("\n", "<br>\n") if markup is Markup.HTML else apart
