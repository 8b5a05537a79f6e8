"""Is an entry better than the file that the instance has? Asked of items below their cutoff only."""

from __future__ import annotations

from stalkeer.adapters.arr.values import FileQuality, QualityProfile

# our releases are named WEB-DL, and the instance takes them for that
WEB_SOURCES = frozenset({"webdl", "web"})


def is_upgrade(resolution: int | None, current: FileQuality | None, profile: QualityProfile | None) -> bool:
    """By the profile's own order where it knows both, else by resolution. Unknown resolutions promise nothing."""
    if current is None:
        return True
    if resolution is None:
        return False
    ours = _rank_of_web(resolution, profile)
    theirs = _rank_of(current, profile)
    if ours is None or theirs is None:
        return resolution > current.resolution
    return ours > theirs


def _rank_of_web(resolution: int, profile: QualityProfile | None) -> int | None:
    lines = 480 if resolution < 720 else resolution
    for one in profile.qualities if profile else ():
        if one.quality.resolution == lines and one.quality.source in WEB_SOURCES:
            return one.rank
    return None


def _rank_of(quality: FileQuality, profile: QualityProfile | None) -> int | None:
    return next((one.rank for one in profile.qualities if one.quality.id == quality.id), None) if profile else None
