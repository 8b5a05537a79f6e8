"""Make foreign text harmless: no character may move a cursor, forge a line, reverse text or break a database.

Harmful are control characters (including the C1 block, which terminals obey), escapes, marks that reverse the order of
text, NUL, lone surrogates and invisible tags. Joiners and direction marks of a single character stay, because writing
systems need them.
"""

from __future__ import annotations

import re

_BREAKS = "\t\n\x0b\x0c\r\x1c-\x1f\x85\u2028\u2029"
_CONTROLS = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_UNSEEN = _CONTROLS + "\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f"
_BREAK = re.compile(f"[{_BREAKS}]+")
_HARMFUL = re.compile(f"[{_BREAKS}{_UNSEEN}]")
_HARMFUL_IN_LINES = re.compile(f"[\x0b\x0c\r\x1c-\x1f\x85\u2028\u2029{_UNSEEN}]")


# the same in UTF-8: one search for each byte is quicker than one for all of them
_CONTROL_BYTES = tuple(bytes([code]) for code in (*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F))
_WIDE_BYTES = re.compile(
    rb"\xe2\x80[\xa8-\xae]|\xc2[\x80-\x9f]|\xe2\x81[\xa6-\xa9]|\xef\xbb\xbf|\xef\xbf[\xb9-\xbb]|\xf3\xa0[\x80\x81]"
)
_WIDE_STARTS = (b"\xe2", b"\xc2", b"\xef", b"\xf3")
_JSON_ESCAPES = re.compile(
    rb"\\(?:[bfnrt]|u(?:00[01]|007[fF]|00[89]|[dD][89a-fA-F]|202|206|[fF][eE][fF]|[fF]{3}[9a-bA-B]))"
)


def may_be_harmful(encoded: bytes) -> bool:
    """Tell whether a text in UTF-8 may hold harmful characters other than its line ends and tabs."""
    if any(code in encoded for code in _CONTROL_BYTES):
        return True
    if encoded.isascii() or not any(start in encoded for start in _WIDE_STARTS):
        return False  # without the regular expression, which takes ten times as long
    return _WIDE_BYTES.search(encoded) is not None


def may_be_harmful_json(document: bytes) -> bool:
    """Tell the same of JSON, whose escapes hide them."""
    return _JSON_ESCAPES.search(document) is not None or may_be_harmful(document)


def clean_lines(text: str) -> str:
    """Remove harmful characters, except line ends and tabs."""
    return _HARMFUL_IN_LINES.sub("", text)


def clean_json(value: object) -> object:
    """Return a parsed document with every text cleaned as a line."""
    if isinstance(value, str):
        return clean_line(value)
    if isinstance(value, dict):
        return {clean_line(str(name)): clean_json(child) for name, child in value.items()}
    return [clean_json(child) for child in value] if isinstance(value, list) else value


def is_harmless(text: str) -> bool:
    """Tell whether `text` is a single line without harmful characters."""
    return _HARMFUL.search(text) is None


def clean_line(text: str) -> str:
    """Clean a name: line breaks become a space, and other harmful characters are removed."""
    return text if is_harmless(text) else _HARMFUL.sub("", _BREAK.sub(" ", text))


def show_line(text: str) -> str:
    """Return a single line for logs, with harmful characters as escapes."""
    return _HARMFUL.sub(_escape, text)


def show_lines(text: str) -> str:
    """Return text for terminals and pages: line ends and tabs stay, other harmful characters become escapes."""
    return _HARMFUL_IN_LINES.sub(_escape, text)


def escape_in_json(document: str) -> str:
    """Write harmful characters of a JSON document as escapes. Its own line ends stay."""
    return _HARMFUL_IN_LINES.sub(lambda found: json_escape(found[0]), document)


def json_escape(sign: str) -> str:
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
