"""Explain an invalid setting in a line: key, value, accepted values, and where it came from."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from stalkeer.secrets import MASK, mask_text
from stalkeer.settings.former import advice_for, is_former_section
from stalkeer.settings.keys import all_keys

LONGEST_VALUE = 80
_ACCEPTED = {
    "missing": "is required",
    "int_parsing": "is not a whole number; accepted: a number such as 3",
    "int_type": "is not a whole number; accepted: a number such as 3",
    "float_parsing": "is not a number; accepted: a number such as 0.8",
    "float_type": "is not a number; accepted: a number such as 0.8",
    "bool_parsing": "is neither yes nor no; accepted: true, false",
    "bool_type": "is neither yes nor no; accepted: true, false",
    "string_type": "is not text; accepted: text, in quotes where it looks like a number",
    "path_type": "is not a path; accepted: the path of a file or folder",
    "tuple_type": "is not a list; accepted: a list of values",
    "model_type": "is not a section; accepted: keys and values below it",
    "model_attributes_type": "is not a section; accepted: keys and values below it",
}
_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def explain_errors(error: ValidationError, tree: object, places: Mapping[str, str]) -> str:
    """List all problems, one per line. Secrets are masked."""
    return "\n".join(_explain(details, tree, places) for details in error.errors(include_url=False))


def explain_fields(error: ValidationError, tree: object) -> dict[str, str]:
    """Return what is wrong with each setting, for the field of a form. Secrets are masked."""
    return {
        _readable(path): mask_text(_sentence(path, details, tree))
        for details in error.errors(include_url=False)
        if (path := tuple(str(part) for part in details["loc"]))
    }


def _sentence(path: tuple[str, ...], details: ErrorDetails, tree: object) -> str:
    reason = _reason(details)
    words = reason if details["type"] == "missing" else f"{_shown(path, _lookup(tree, path))} {reason}"
    return words[:1].upper() + words[1:]


def _explain(details: ErrorDetails, tree: object, places: Mapping[str, str]) -> str:
    path = tuple(str(part) for part in details["loc"])
    name = _readable(path)
    place = places.get(".".join(path))
    suffix = f" (from {place})" if place else ""
    if details["type"] == "extra_forbidden":
        return "\n".join(_explain_unknown(path, _lookup(tree, path), places))
    if not path:
        return mask_text(_own_message(details)) + suffix
    value = "" if details["type"] == "missing" else f": {_shown(path, _lookup(tree, path))}"
    return mask_text(f"{name}{value} {_reason(details)}{suffix}")


def _explain_unknown(path: tuple[str, ...], value: object, places: Mapping[str, str]) -> list[str]:
    """Explain an unknown setting in one line, or each setting below a section of the original Stalkeer."""
    if is_former_section(path) and isinstance(value, dict) and value:
        return [line for key, child in value.items() for line in _explain_unknown((*path, str(key)), child, places)]
    advice = advice_for(path)
    reason = f"a setting of the original Stalkeer in Go; {advice}" if advice else f"not a setting{_suggestion(path)}"
    place = places.get(".".join(path))
    return [f"{_readable(path)} is {reason}" + (f" (from {place})" if place else "")]


def _reason(details: ErrorDetails) -> str:
    kind = details["type"]
    if kind == "value_error":
        return _own_message(details)
    if kind in _ACCEPTED:
        return _ACCEPTED[kind]
    context = details.get("ctx", {})
    if "expected" in context:
        return f"is not accepted; accepted: {context['expected']}"
    bounds = [f"{word} {context[bound]}" for bound, word in _BOUNDS.items() if bound in context]
    if bounds:
        return f"is out of range; accepted: {' and '.join(bounds)}"
    return f"is not accepted: {details['msg']}"


def _own_message(details: ErrorDetails) -> str:
    return details["msg"].removeprefix("Value error, ")


def _readable(path: tuple[str, ...]) -> str:
    """Write a path as users do: `radarr[0].url`."""
    return "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path).removeprefix(".")


def _lookup(tree: object, path: tuple[str, ...]) -> object:
    for part in path:
        if isinstance(tree, dict):
            tree = tree.get(part)
        elif isinstance(tree, list) and part.isdigit() and int(part) < len(tree):
            tree = tree[int(part)]
    return tree


def _shown(path: tuple[str, ...], value: object) -> str:
    if isinstance(value, dict | list):
        return f"a {'list' if isinstance(value, list) else 'section'}"
    names = {key.name.replace("[]", "") for key in all_keys() if key.is_private}
    if ".".join(part for part in path if not part.isdigit()) in names:
        return MASK
    return repr(value if not isinstance(value, str) else value[:LONGEST_VALUE])


def _suggestion(path: tuple[str, ...]) -> str:
    parents = ".".join(part for part in path[:-1] if not part.isdigit())
    siblings = sorted(
        {
            name.removeprefix(f"{parents}.").split(".")[0]
            for key in all_keys()
            if (name := key.name.replace("[]", "")).startswith(f"{parents}." if parents else "")
        }
    )
    if not siblings:
        return ""
    close = difflib.get_close_matches(path[-1], siblings, n=1)
    meant = f"; did you mean {close[0]}?" if close else ""
    return (
        f"{meant} Accepted {'in ' + parents if parents else 'here'}: {', '.join(siblings)}"
        if meant
        else (f"; accepted {'in ' + parents if parents else 'here'}: {', '.join(siblings)}")
    )
