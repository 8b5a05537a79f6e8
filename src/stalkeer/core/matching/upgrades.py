"""Decide whether a variant is better than the file that an item has. Qualities come first, then custom formats.

An instance decides in the same order: it replaces a file of the same quality only for a higher custom format score.
"""

from __future__ import annotations

from dataclasses import dataclass

NOT_ASKED = "its custom format score is not known yet: it is read before the next downloads are queued"
IMPORTED_BEFORE = "it was imported before, and the file did not keep its custom format score"
WORSE = "its quality is not better than that of the present file"


@dataclass(frozen=True)
class ScoreRules:
    """Hold the score limits of a quality profile.

    `cutoff` is the score from which no better one is searched, `step` the least difference of an upgrade.
    """

    minimum: int = 0
    cutoff: int = 0
    step: int = 1


@dataclass(frozen=True)
class Scores:
    """Hold the custom format scores of a variant and of the present file, in their instance's profile."""

    ours: int
    present: int
    was_imported: bool = False  # the variant was imported for this item before


@dataclass(frozen=True)
class UpgradeDecision:
    """Hold a decision. `refusal` says why not, `reason` why."""

    refusal: str = ""
    reason: str = ""

    @property
    def is_upgrade(self) -> bool:
        return not self.refusal


def decide_upgrade(quality_gain: int | None, scores: Scores | None, rules: ScoreRules) -> UpgradeDecision:
    """Decide by the gain in quality, then by `scores`.

    A gain of None is unknown, and no upgrade. Without scores, only the quality counts.
    """
    if quality_gain is None or quality_gain < 0:
        return UpgradeDecision(WORSE)
    if scores is None:
        return UpgradeDecision() if quality_gain > 0 else UpgradeDecision(WORSE)
    if scores.ours < rules.minimum:
        return UpgradeDecision(
            f"its custom format score {scores.ours} is below the profile's minimum of {rules.minimum}"
        )
    return UpgradeDecision() if quality_gain > 0 else _decide_by_score(scores, rules)


def _decide_by_score(scores: Scores, rules: ScoreRules) -> UpgradeDecision:
    ours, present = f"its custom format score {scores.ours}", f"{scores.present} of the present file"
    if scores.ours <= scores.present:
        return UpgradeDecision(f"{ours} is not above {present}")
    if scores.present >= rules.cutoff:
        return UpgradeDecision(
            f"the custom format score {present} meets the profile's cutoff of {rules.cutoff}; {scores.ours} is no gain"
        )
    if scores.ours - scores.present < rules.step:
        return UpgradeDecision(f"{ours} is above {present} by less than {rules.step}, which the profile requires")
    if scores.was_imported:
        return UpgradeDecision(IMPORTED_BEFORE)
    return UpgradeDecision(reason=f"{ours} is above {present}")
