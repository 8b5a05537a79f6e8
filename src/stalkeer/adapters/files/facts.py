"""Define the facts that reading a container finds in a media file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

END_TOLERANCE_S = 30.0  # seconds by which the last picture may come before the playing time in the header
END_PRECISION_S = 2.0  # seconds by which it may come early in a file that is proven complete


@dataclass(frozen=True)
class ContainerFacts:
    """Hold the facts of a file. `is_whole` is None when the container cannot show it. `reason` explains a value that is
    not True.

    A `flaw` is a defect that a whole file may have too: only length and playing time together prove such a file whole.
    Languages are as in the file (ISO 639-2 or BCP 47); "und" when a track has none.
    """

    kind: str | None  # one of `container.WALKS`; None: no video container
    is_whole: bool | None
    reason: str = ""
    duration_s: float | None = None
    audio_languages: tuple[str, ...] = ()
    subtitle_languages: tuple[str, ...] = ()
    has_video: bool = False  # cover pictures do not count
    is_encrypted: bool = False
    flaw: str = ""

    @property
    def has_audio(self) -> bool:
        return bool(self.audio_languages)

    def to_document(self) -> dict[str, Any]:
        """Return the form that is stored in `downloads.facts`."""
        return {
            "kind": self.kind,
            "is_whole": self.is_whole,
            "reason": self.reason,
            "duration_s": None if self.duration_s is None else round(self.duration_s, 1),
            "audio_languages": list(self.audio_languages),
            "subtitle_languages": list(self.subtitle_languages),
            "has_video": self.has_video,
            "is_encrypted": self.is_encrypted,
            "flaw": self.flaw,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ContainerFacts:
        return cls(
            kind=document.get("kind"),
            is_whole=document.get("is_whole"),
            reason=document.get("reason", ""),
            duration_s=document.get("duration_s"),
            audio_languages=tuple(document.get("audio_languages", ())),
            subtitle_languages=tuple(document.get("subtitle_languages", ())),
            has_video=bool(document.get("has_video")),
            is_encrypted=bool(document.get("is_encrypted")),
            flaw=document.get("flaw", ""),
        )


# (least width, least height, resolution): one of both suffices, as in Radarr's and Sonarr's imports
_RESOLUTIONS = ((3200, 2100, 2160), (1800, 1000, 1080), (1200, 700, 720))
SD = 480


class Picture(NamedTuple):
    """Hold the size of a video's picture in pixels."""

    width: int
    height: int

    @property
    def lines(self) -> int:
        """Return the nominal resolution. Wide pictures have fewer lines than the name of their resolution."""
        found = (lines for width, height, lines in _RESOLUTIONS if self.width >= width or self.height >= height)
        return next(found, SD)


class Span(NamedTuple):
    """Hold the time that a part of a film covers, on the film's own clock."""

    start_s: float
    end_s: float


def end_by_time(claimed_s: float | None, seen_s: float, precision_s: float = END_PRECISION_S) -> bool:
    """Return whether the time of the last picture proves the file whole. Raises Broken when it proves the opposite."""
    if not claimed_s:
        return False
    if seen_s < claimed_s - END_TOLERANCE_S:
        raise Broken(f"it should play for {claimed_s:.0f} s and ends after {seen_s:.0f} s")
    return seen_s >= claimed_s - precision_s


class Broken(Exception):  # noqa: N818 - becomes a fact, never an error
    """Report a container that ends too early or contradicts itself."""
