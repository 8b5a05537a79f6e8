"""Play the custom formats of the demo's Radarr and Sonarr: patterns in release titles, scored by quality profiles."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]


def custom_format(number: int, name: str, pattern: str, *, in_names: bool) -> dict[str, Any]:
    """Make a custom format of releases with `pattern` in their title."""
    specification = {
        "name": name,
        "implementation": "ReleaseTitleSpecification",
        "negate": False,
        "required": False,
        "fields": [{"name": "value", "value": pattern}],
    }
    row = {"id": number, "name": name, "includeCustomFormatWhenRenaming": in_names}
    return row | {"specifications": [specification]}


def formats_of(formats: Rows, title: str) -> list[dict[str, Any]]:
    """Return the custom formats of a release title as answers hold them: id and name only."""
    return [
        {"id": row["id"], "name": row["name"]}
        for row in formats
        if re.search(row["specifications"][0]["fields"][0]["value"], title, re.IGNORECASE)
    ]


def score_of(formats: Rows, profile: Mapping[str, Any], title: str) -> int:
    scores = {row["format"]: row["score"] for row in profile["formatItems"]}
    return sum(scores.get(row["id"], 0) for row in formats_of(formats, title))


def scored(formats: Rows, profile: Mapping[str, Any], title: str) -> dict[str, Any]:
    """Return both fields of an answer about a release or a file."""
    return {"customFormats": formats_of(formats, title), "customFormatScore": score_of(formats, profile, title)}


def score_refusal(formats: Rows, profile: Mapping[str, Any], held: str, new: str) -> str | None:
    """Return why a file of the same quality is not imported over the present one; None where it is."""
    ours, theirs = score_of(formats, profile, new), score_of(formats, profile, held)
    if ours >= theirs:
        return None
    return f"Not a Custom Format upgrade for existing file(s). New: ({ours}) do not improve on Existing: ({theirs})"
