"""Query a quality profile: its resolutions, and whether an entry is better than the present file."""

from __future__ import annotations

from stalkeer.adapters.arr.values import FileQuality, QualityProfile
from stalkeer.store.library.instances import InstanceRow

# Stalkeer names its releases WEB-DL, so the instance ranks them as such
WEB_SOURCES = frozenset({"webdl", "web"})


def is_upgrade(resolution: int | None, current: FileQuality | None, profile: QualityProfile | None) -> bool:
    """Tell whether an entry has a better quality than the present file, or there is no file.

    Nothing is an upgrade for a profile that allows none.
    """
    if current is None:
        return True
    if profile is not None and not profile.upgrade_allowed:
        return False
    return (quality_gain(resolution, current, profile) or 0) > 0


def quality_gain(resolution: int | None, current: FileQuality, profile: QualityProfile | None) -> int | None:
    """Return by how much a quality is better than the present one; None where that is unknown.

    Compare by the profile's order if it has both qualities, otherwise by resolution.
    """
    if resolution is None:
        return None
    ours = _rank_of_web(resolution, profile)
    theirs = _rank_of(current, profile)
    if ours is None or theirs is None:
        return resolution - current.resolution
    return ours - theirs


def _rank_of_web(resolution: int, profile: QualityProfile | None) -> int | None:
    lines = 480 if resolution < 720 else resolution
    for item in profile.qualities if profile else ():
        if item.quality.resolution == lines and item.quality.source in WEB_SOURCES:
            return item.rank
    return None


def _rank_of(quality: FileQuality, profile: QualityProfile | None) -> int | None:
    return next((item.rank for item in profile.qualities if item.quality.id == quality.id), None) if profile else None


def resolutions_of(profile: QualityProfile | None) -> frozenset[int]:
    """Return the resolutions that a profile allows. Qualities without a resolution are left out."""
    qualities = profile.qualities if profile else ()
    return frozenset(item.quality.resolution for item in qualities if item.allowed and item.quality.resolution)


def profile_of(instance: InstanceRow | None, profile_id: int | None) -> QualityProfile | None:
    """Return the profile that ranks an item's variants: the instance's own setting, otherwise the item's profile."""
    if instance is None:
        return None
    wanted_id = instance.options.quality_profile_id or profile_id
    return next((profile for profile in instance.profiles if profile.id == wanted_id), None)
