"""Decide whether an entry is better than the file of its item, by the profile and the stored custom format scores."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from stalkeer.adapters.arr.values import FileQuality, QualityProfile
from stalkeer.core.matching.upgrades import NOT_ASKED, WORSE, ScoreRules, Scores, UpgradeDecision, decide_upgrade
from stalkeer.jobs.library.profiles import quality_gain
from stalkeer.store.matching.scores import FileScore, KnownScores, ReleaseScore, ScoredEntry

ASKED_AGAIN = timedelta(days=7)  # custom formats may change without a change of the profile


def uses_scores(profile: QualityProfile | None) -> bool:
    """Tell whether custom formats matter: without scores in the profile, every release has the score 0."""
    return profile is not None and bool(profile.format_scores)


def profile_mark(profile: QualityProfile) -> str:
    """Return a text that changes with the scores of the profile."""
    digest = hashlib.blake2b(repr(profile.format_scores).encode(), digest_size=8).hexdigest()
    return f"{profile.id}:{digest}"


def decide(
    entry: ScoredEntry,
    resolution: int | None,
    current: FileQuality | None,
    profile: QualityProfile | None,
    known: KnownScores,
) -> UpgradeDecision:
    """Decide whether an entry may replace the present file of its item. Without a file, it may."""
    if current is None:
        return UpgradeDecision()
    if profile is not None and not profile.upgrade_allowed:
        return UpgradeDecision(WORSE)
    gain = quality_gain(resolution, current, profile)
    if profile is None or not uses_scores(profile) or current.file_id is None or gain is None or gain < 0:
        return decide_upgrade(gain, None, ScoreRules())
    mark = profile_mark(profile)
    release, file = known.releases.get(entry), known.files.get(entry.wanted_id)
    if not is_of_profile(release, mark) or not is_of_file(file, current.file_id, mark):
        return UpgradeDecision(NOT_ASKED)
    assert release is not None
    assert file is not None
    limits = ScoreRules(profile.min_format_score, profile.cutoff_format_score, profile.min_upgrade_format_score)
    if release.score is None or file.score is None:  # the instance says nothing of custom formats
        return decide_upgrade(gain, None, limits)
    return decide_upgrade(gain, Scores(release.score, file.score, entry in known.imported), limits)


def is_of_profile(score: ReleaseScore | None, mark: str) -> bool:
    return score is not None and score.profile == mark


def is_of_file(score: FileScore | None, file_id: int, mark: str) -> bool:
    return score is not None and score.profile == mark and score.file_id == file_id


def is_due(asked_at: datetime, now: datetime) -> bool:
    """Tell whether a score is old enough to be asked for again."""
    return asked_at < now - ASKED_AGAIN
