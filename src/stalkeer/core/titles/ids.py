"""Read the ids in names: `Some Film (2010) {tmdb-27205}`, `Some Film 2010 tmdb-27205`, `Some Film tt1375666`."""

from __future__ import annotations

import re

_TMDB = re.compile(r"(?<![a-z])tmdb(?:id)?[-=: ]\s?(\d{1,9})(?!\d)", re.I)
_IMDB = re.compile(r"(?<![a-z0-9])tt(\d{7,9})(?!\d)", re.I)


def tmdb_id_in(name: str) -> int | None:
    """Return the TMDB id in a name, or None."""
    if "tmdb" not in name and "TMDB" not in name:
        return None
    found = _TMDB.search(name)
    return int(found[1]) if found is not None else None


def imdb_id_in(name: str) -> str | None:
    """Return the IMDb id in a name, or None."""
    if "tt" not in name:
        return None
    found = _IMDB.search(name)
    return f"tt{found[1]}" if found is not None else None
