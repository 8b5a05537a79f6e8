"""What is handed over to an instance, and what may come of it. Values only: `handover` does it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stalkeer.model import EpisodeId, MovieId, SeriesId


@dataclass(frozen=True)
class MovieTarget:
    """The film a file is for."""

    movie_id: MovieId


@dataclass(frozen=True)
class EpisodesTarget:
    """The episodes a file is for: one, or all of a multi-episode file; all of one series and season."""

    series_id: SeriesId
    episode_ids: tuple[EpisodeId, ...]


class ImportMode(StrEnum):
    """What the instance does with our file; `copy` is a hard link where its own settings allow one."""

    MOVE = "move"
    COPY = "copy"


@dataclass(frozen=True)
class HandOverRequest:
    """A finished file at its staging place, and the items of one instance it is for.

    `file` is our view of it, `<staging>/<release>/<release>.<ext>`, with nothing else in that folder. `command_id` is
    what an earlier step returned in `Pending`, as it was stored: with it a step asks how the command went instead of
    issuing another. `accepted` are the reasons of an earlier `Refused` that the user overruled.
    """

    target: MovieTarget | EpisodesTarget
    file: Path
    release: str
    size: int
    mode: ImportMode = ImportMode.MOVE
    command_id: int | None = None
    accepted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Imported:
    """The instance has the file; `path` is the instance's own view of it."""

    file_id: int
    path: str


@dataclass(frozen=True)
class Refused:
    """The instance looked at the file and does not want it: its own words. The file stays; the user decides."""

    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Pending:
    """The import command is with the instance. Store the id, ask again after `ask_again_s`: imports take minutes."""

    command_id: int
    ask_again_s: float


@dataclass(frozen=True)
class Failed:
    """It could not be handed over. `is_transient`: the same step may succeed later; else something must be changed."""

    message: str
    is_transient: bool


HandOverOutcome = Imported | Refused | Pending | Failed
