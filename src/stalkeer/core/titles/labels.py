"""Name a movie or an episode as people read it: on pages, in messages and in the log."""

from __future__ import annotations

FIRST_YEAR = 1900  # a season from here on is a year


def label_of(title: str, year: int | None, season: int | None, episode: int | None, air_date: str | None = None) -> str:
    """Return `Dune (2021)` or `Severance S01E02`. A daily series has its day: `The News 2026-11-20`."""
    if season is None or episode is None:
        return f"{title} ({year})" if year else title
    if season >= FIRST_YEAR and air_date:
        return f"{title} {air_date[:10]}"
    return f"{title} S{season:02}E{episode:02}"
