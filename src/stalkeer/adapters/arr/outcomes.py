"""Define the request and the outcomes of a hand-over. `handover` does the work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stalkeer.model import EpisodeId, MovieId, SeriesId


@dataclass(frozen=True)
class MovieTarget:
    """Name the movie that a file is for."""

    movie_id: MovieId


@dataclass(frozen=True)
class EpisodesTarget:
    """Name the episodes that a file is for: several for a multi-episode file. All are of one series and season."""

    series_id: SeriesId
    episode_ids: tuple[EpisodeId, ...]


class ArrImportMode(StrEnum):
    """Define the instance's way to import our file. `copy` makes a hard link when its settings allow it."""

    MOVE = "move"
    COPY = "copy"


@dataclass(frozen=True)
class HandOverRequest:
    """Describe a finished file at its staging place, and the items of an instance that it is for.

    `file` is our path, `<staging>/<release>/<release>.<ext>`, with nothing else in that folder. `command_id` is the
    stored id of an earlier `Pending`; with it a step checks that command instead of issuing another. `accepted` holds
    the reasons of an earlier `Refused` that the user overruled. `replaces`: take the file even where the instance has
    an equal or better one.
    """

    target: MovieTarget | EpisodesTarget
    file: Path
    release: str
    size: int
    mode: ArrImportMode = ArrImportMode.MOVE
    command_id: int | None = None
    accepted: frozenset[str] = frozenset()
    replaces: bool = False


@dataclass(frozen=True)
class Imported:
    """Report that the instance has the file. `path` is the instance's path."""

    file_id: int
    path: str


@dataclass(frozen=True)
class ImportRefused:
    """Report that the instance refused the file, with `reasons` in its own words.

    The file stays until the user decides.
    """

    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Pending:
    """Report that the instance has our import command.

    Store its id and ask again after `ask_again_s`: imports take minutes.
    """

    command_id: int
    ask_again_s: float


@dataclass(frozen=True)
class HandOverFailed:
    """Report that the hand-over failed.

    If `is_transient`, the same step may succeed later; otherwise the user must act.
    """

    message: str
    is_transient: bool


HandOverOutcome = Imported | ImportRefused | Pending | HandOverFailed
