"""Name the file of a download without a Radarr or Sonarr item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MOVIE, EPISODE = "movie", "episode"


@dataclass(frozen=True)
class Destination:
    """Hold the movie or episodes of a file, by its name on the playlist. An episode's season may be 0.

    An episode of a daily series has an `air_date`, in ISO form, instead of numbers; its season is the year.
    """

    kind: str  # movie | episode
    title: str
    year: int | None = None
    season: int = 1
    episodes: tuple[int, ...] = ()
    air_date: str = ""

    @property
    def label(self) -> str:
        """Return the name for users: `Dune (2021)`, `Severance S01E02`, `Severance S01E02-E03`, `News 2026-01-12`."""
        if self.kind == MOVIE:
            return f"{self.title} ({self.year})" if self.year else self.title
        if self.air_date:
            return f"{self.title} {self.air_date}"
        numbers = "-".join(f"E{number:02}" for number in sorted({self.episodes[0], self.episodes[-1]}))
        return f"{self.title} S{self.season:02}{numbers}"

    def to_document(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "title": self.title,
            "year": self.year,
            "season": self.season,
            "episodes": list(self.episodes),
            "airDate": self.air_date,
        }

    @classmethod
    def of_document(cls, document: Mapping[str, object]) -> Destination:
        year, season, episodes = document.get("year"), document.get("season"), document.get("episodes")
        return cls(
            kind=EPISODE if document.get("kind") == EPISODE else MOVIE,
            title=str(document.get("title") or ""),
            year=year if isinstance(year, int) else None,
            season=season if isinstance(season, int) else 1,
            episodes=tuple(int(episode) for episode in episodes) if isinstance(episodes, list | tuple) else (),
            air_date=str(document.get("airDate") or ""),
        )
