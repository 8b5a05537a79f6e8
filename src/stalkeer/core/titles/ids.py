"""Ids of TMDB that names carry: `Some Film (2010) {tmdb-27205}`, `Some Film 2010 tmdb-27205`."""

from __future__ import annotations

import re

_TMDB = re.compile(r"(?<![a-z])tmdb(?:id)?[-=: ]\s?(\d{1,9})(?!\d)", re.I)


def tmdb_id_in(name: str) -> int | None:
    """The TMDB id that a name says, or None."""
    if "tmdb" not in name.lower():
        return None
    found = _TMDB.search(name)
    return int(found[1]) if found is not None else None
