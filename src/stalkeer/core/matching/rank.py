"""Order the variants of a wanted item by profile, language, quality, source priority and size."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stalkeer.core.titles.tags import NO_TAGS, TagSet
from stalkeer.model import EntryId


@dataclass(frozen=True, slots=True)
class Variant:
    """Describe an entry for an item: score of the match, size in bytes, resolution in lines. None is unknown."""

    entry_id: EntryId
    score: float
    resolution: int | None = None
    source: str | None = None  # webdl, webrip, bluray, remux, dvd, hdtv, cam
    languages: tuple[str, ...] = ()  # ISO 639-1 or "multi"
    subtitles: tuple[str, ...] = ()
    size: int | None = None
    source_priority: int = 0  # higher wins
    runtime_min: int | None = None  # of all episodes in the file
    episodes: int = 1  # episodes in the file; `serves`: those that are wanted now
    serves: int = 1
    refusal: str | None = None  # the reason why it must not be used in any case
    # quality in the name of the group: used for the order of names without one, and to refuse cinema recordings
    group: TagSet = NO_TAGS


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """Hold the allowed sizes of a quality in MB a minute. None is no limit. Sizes near `preferred` are better."""

    quality: str
    least: float | None = None
    most: float | None = None
    preferred: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """Hold the qualities that a profile allows: `(resolution, source)` pairs in our words, the best last.

    Without pairs, everything is allowed. `sizes` are the limits of the pairs, and `whose` names their instance.
    """

    name: str
    allowed: tuple[tuple[int, str], ...] = ()
    cutoff: tuple[int, str] | None = None
    sizes: tuple[tuple[tuple[int, str], SizeLimits], ...] = ()
    whose: str = "the instance"


@dataclass(frozen=True, slots=True)
class Preferences:
    """Hold the preferences of the user. The first language is the best; `original` stands for the original language."""

    languages: tuple[str, ...] = ()
    refused_languages: tuple[str, ...] = ()
    required_languages: tuple[str, ...] = ()  # a variant of known languages must have one of them
    original_language: str | None = None
    max_size: int | None = None
    prefers_smaller: bool = False


@dataclass(frozen=True, slots=True)
class RankedVariant:
    """Hold a ranked variant. `allowed` is False where profile or preferences refuse it; `reasons` explain it."""

    variant: Variant
    allowed: bool
    reasons: tuple[str, ...]


ANY_PROFILE = Profile("any")
NO_PREFERENCES = Preferences()
_UNKNOWN_RESOLUTION = 720  # a name without resolution is mostly HD: below 1080p, above SD
_WEB = "webdl"
_MB = 2**20
_STEP = 200 * _MB
_CINEMA_RECORDING = "cam"
_SOURCE_ORDER = ("cam", "dvd", "hdtv", "webrip", "webdl", "bluray", "remux")


def rank_variants(
    variants: Sequence[Variant], profile: Profile = ANY_PROFILE, preferences: Preferences = NO_PREFERENCES
) -> tuple[RankedVariant, ...]:
    """Return the variants, the best first. Refused variants come last, with their reasons.

    Before the refused ones come variants of unknown resolution, where the profile allows only one resolution.
    """
    judged = [(_judge(variant, profile, preferences), variant) for variant in variants]
    only = _only_resolution(profile)
    judged.sort(
        key=lambda pair: (
            not pair[0].allowed,
            only is not None and pair[1].resolution is None,
            _order(pair[1], profile, preferences),
        )
    )
    return tuple(ranked for ranked, _ in judged)


def _judge(variant: Variant, profile: Profile, preferences: Preferences) -> RankedVariant:
    reasons: list[str] = []
    allowed = True
    if not _is_allowed(variant, profile):
        allowed = False
        reasons.append(f"{_quality_name(variant)} is not allowed by the profile {profile.name!r}")
    elif variant.resolution is None:
        reasons.append(_silence_reason(profile))
    else:
        reasons.append(f"{_quality_name(variant)} fits the profile {profile.name!r}")
    if (language := _language_refusal(variant, preferences)) is not None:
        allowed = False
        reasons.append(language)
    elif variant.languages:
        reasons.append(_language_reason(variant, preferences))
    if variant.group is not NO_TAGS:
        reasons += _group_reasons(variant)
    if preferences.max_size is not None and variant.size is not None and variant.size > preferences.max_size:
        allowed = False
        reasons.append(f"{variant.size} bytes are more than the limit of {preferences.max_size}")
    for refusal in (variant.refusal, _size_refusal(variant, profile)):
        if refusal:
            allowed = False
            reasons.append(refusal)
    if variant.source_priority:
        reasons.append(f"source priority {variant.source_priority}")
    return RankedVariant(variant, allowed, tuple(reasons))


def _language_refusal(variant: Variant, preferences: Preferences) -> str | None:
    """Return why the languages of a variant refuse it. Unknown languages refuse nothing."""
    refused = [code for code in variant.languages if code in preferences.refused_languages]
    if refused and len(refused) == len(variant.languages):
        return f"its language {', '.join(refused)} is refused"
    if not preferences.required_languages or not variant.languages or "multi" in variant.languages:
        return None
    if set(variant.languages) & set(preferences.required_languages):
        return None
    required = " or ".join(preferences.required_languages)
    return f"its language {', '.join(variant.languages)} is not {required}, which is required"


def _source_of(variant: Variant) -> str | None:
    """Return the source in the name. Without one, a group for cinema recordings counts as the source."""
    return variant.source or (_CINEMA_RECORDING if variant.group.source == _CINEMA_RECORDING else None)


def _group_reasons(variant: Variant) -> Iterator[str]:
    if variant.resolution is None and variant.group.resolution is not None:
        yield f"its group says {variant.group.resolution}p"
    if not variant.languages and variant.group.languages:
        yield f"its group says language {', '.join(variant.group.languages)}"
    if variant.source is None and variant.group.source == _CINEMA_RECORDING:
        yield "its group says that it was recorded in a cinema"


def _silence_reason(profile: Profile) -> str:
    only = _only_resolution(profile)
    if only is None:
        return "the name says nothing of its resolution"
    return f"its resolution is not known and the profile {profile.name!r} allows {only}p only: taken last"


def _only_resolution(profile: Profile) -> int | None:
    """Return the only resolution that a profile allows, or None where it allows several."""
    allowed = {resolution for resolution, _ in profile.allowed}
    return allowed.pop() or None if len(allowed) == 1 else None


def _quality_name(variant: Variant) -> str:
    resolution = f"{variant.resolution}p" if variant.resolution else "unknown resolution"
    return f"{resolution} {variant.source}" if variant.source else resolution


def _is_allowed(variant: Variant, profile: Profile) -> bool:
    """Return whether the profile allows a variant.

    A name without quality is allowed, because the instance checks the file at import. A cinema recording is allowed
    only where the profile names it.
    """
    if _source_of(variant) == _CINEMA_RECORDING:
        return any(
            source == _CINEMA_RECORDING
            and (not resolution or variant.resolution is None or resolution == variant.resolution)
            for resolution, source in profile.allowed
        )
    if not profile.allowed or (variant.resolution is None and variant.source is None):
        return True
    return any(
        (variant.resolution is None or resolution == variant.resolution or not resolution)
        and (variant.source is None or not source or source == variant.source)
        for resolution, source in profile.allowed
    )


def _size_refusal(variant: Variant, profile: Profile) -> str | None:
    limits = _limits_of(variant, profile)
    if limits is None or not variant.size or not variant.runtime_min:
        return None
    rate = variant.size / _MB / variant.runtime_min
    if limits.most is not None and rate > limits.most:
        bound, words = limits.most, "larger"
    elif limits.least is not None and rate < limits.least:
        bound, words = limits.least, "smaller"
    else:
        return None
    return (
        f"{_gigabytes(variant.size)} is {words} than {profile.whose} allows for {limits.quality} of "
        f"{variant.runtime_min} min ({_gigabytes(bound * _MB * variant.runtime_min)})"
    )


def _limits_of(variant: Variant, profile: Profile) -> SizeLimits | None:
    """Return the limits of a variant's quality. Without one, those of a web download count, as in its release name."""
    own = [
        limits for (lines, source), limits in profile.sizes if (lines, source) == (variant.resolution, variant.source)
    ]
    as_web = [limits for pair, limits in profile.sizes if pair == (variant.resolution, _WEB)]
    return next(iter(own or as_web), None)


def _size_order(variant: Variant, profile: Profile, preferences: Preferences) -> float:
    """Return the order by size: small, near the preferred size, or large, as preferred. Unknown sizes come last."""
    if not variant.size:
        return math.inf
    limits = _limits_of(variant, profile)
    if preferences.prefers_smaller:
        return variant.size
    if limits is None or limits.preferred is None or not variant.runtime_min:
        return -variant.size
    # nearly equal distances count as equal, as in Radarr and Sonarr
    return round(abs(variant.size - limits.preferred * _MB * variant.runtime_min) / _STEP)


def _gigabytes(size: float) -> str:
    return f"{size / 2**30:.1f} GB"


def _order(variant: Variant, profile: Profile, preferences: Preferences) -> tuple[float, ...]:
    """Return the sort key of a variant. The smallest key is the best variant."""
    return (
        # a file of two episodes for a single missing episode: only where nothing else has it
        variant.episodes > variant.serves,
        _language_rank(variant, preferences),
        -_quality_rank(variant, profile),
        -variant.source_priority,
        -round(variant.score, 2),
        _size_order(variant, profile, preferences),
        variant.entry_id,
    )


def _language_reason(variant: Variant, preferences: Preferences) -> str:
    said = f"language {', '.join(variant.languages)}"
    if not preferences.languages or "multi" in variant.languages:
        return said
    place = _language_rank(variant, preferences) // 2
    return f"{said}: your wish {place + 1}" if place < len(preferences.languages) else f"{said}: none of your wishes"


def _language_rank(variant: Variant, preferences: Preferences) -> int:
    """Return the position of the best language in the list of the user.

    Unknown languages and `multi` come after the list. A language of the group comes after the same language in a name.
    """
    if not preferences.languages:
        return 0
    wanted = [preferences.original_language if code == "original" else code for code in preferences.languages]
    places = [place for place, code in enumerate(wanted) if code in variant.languages]
    if places:
        return 2 * places[0]
    hinted = [place for place, code in enumerate(wanted) if code in variant.group.languages]
    if hinted and not variant.languages:
        return 2 * hinted[0] + 1
    if not variant.languages or "multi" in variant.languages:
        return 2 * len(wanted) - 1
    return 2 * len(wanted)


def _quality_rank(variant: Variant, profile: Profile) -> float:
    """Return the position in the profile, but at most that of the cutoff: better quality is no gain."""
    resolution = variant.resolution or variant.group.resolution or _UNKNOWN_RESOLUTION
    said = _source_of(variant)
    source = _SOURCE_ORDER.index(said) if said in _SOURCE_ORDER else 3.5
    own = resolution + source / 10
    if profile.cutoff is None:
        return own
    cutoff_source = _SOURCE_ORDER.index(profile.cutoff[1]) if profile.cutoff[1] in _SOURCE_ORDER else 0
    return min(own, profile.cutoff[0] + cutoff_source / 10)
