"""Find the episode of Sonarr that has the number of an episode on a playlist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar


class EpisodeNumber(NamedTuple):
    """Hold the number of an episode as a playlist writes it.

    Without a season, `episode` counts through all seasons. An `air_date`, in ISO form, replaces both.
    """

    season: int | None
    episode: int
    air_date: str = ""

    @property
    def order(self) -> tuple[int, int, str]:
        return self.season or 0, self.episode, self.air_date


class NumberedEpisode(Protocol):
    """Define the numbers that Sonarr gives an episode."""

    @property
    def season_number(self) -> int: ...

    @property
    def episode_number(self) -> int: ...

    @property
    def air_date(self) -> str | None: ...

    @property
    def absolute_episode_number(self) -> int | None: ...

    @property
    def scene_season_number(self) -> int | None: ...

    @property
    def scene_episode_number(self) -> int | None: ...

    @property
    def scene_absolute_episode_number(self) -> int | None: ...


Numbered = TypeVar("Numbered", bound=NumberedEpisode)


def find_episode(number: EpisodeNumber, episodes: Sequence[Numbered]) -> Numbered | None:
    """Return the episode with this number, or None.

    Sonarr's own numbers come before the scene's. A number without a season is an absolute number; in a series without
    absolute numbers it is an episode of the first season.
    """
    return next(_fitting(number, episodes), None)


def _fitting(number: EpisodeNumber, episodes: Sequence[Numbered]) -> Iterator[Numbered]:
    season, episode, air_date = number
    if air_date:
        yield from (candidate for candidate in episodes if candidate.air_date == air_date)
    elif season is not None:
        yield from (
            candidate
            for candidate in episodes
            if (candidate.season_number, candidate.episode_number) == (season, episode)
        )
        yield from (
            candidate
            for candidate in episodes
            if (candidate.scene_season_number, candidate.scene_episode_number) == (season, episode)
        )
    else:
        yield from (candidate for candidate in episodes if candidate.absolute_episode_number == episode)
        yield from (candidate for candidate in episodes if candidate.scene_absolute_episode_number == episode)
        yield from (
            candidate for candidate in episodes if (candidate.season_number, candidate.episode_number) == (1, episode)
        )
