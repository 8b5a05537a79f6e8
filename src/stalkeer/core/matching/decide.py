"""Decide which work an entry is. The best of all works wins. A tie is never decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from stalkeer.core.matching import weights
from stalkeer.core.matching.compare import Agreement
from stalkeer.core.matching.evidence import Evidence, Fit, weigh
from stalkeer.core.matching.explained import EXPLAINED, explain, parts_of
from stalkeer.core.matching.index import Hit
from stalkeer.core.matching.works import EntryFacts, Work
from stalkeer.core.titles.habits import NO_HABITS, Habits
from stalkeer.core.titles.parse import is_half
from stalkeer.model import Decision

CONFIRM_FROM = 0.95
REVIEW_FROM = 0.80
_NOT_ASKED = "only the title fits, and Radarr or Sonarr have not been asked yet for other works of that title"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Hold the lowest scores to confirm a pair and to offer it for review."""

    confirm: float = CONFIRM_FROM
    review: float = REVIEW_FROM


class Verdict(NamedTuple):
    """Hold the judgement on an entry and a work. `reason` states the decisive rule in words."""

    work: Work
    score: float
    decision: Decision
    evidence: tuple[Evidence, ...]
    reason: str
    needs_namesakes: bool = False


def judge(hits: Iterable[Hit], entry: EntryFacts, thresholds: Thresholds, habits: Habits = NO_HABITS) -> list[Verdict]:
    """Judge every work of the hits. `habits` are those of the list of the entry."""
    fits = _best_fits(hits, entry, habits)
    if len(fits) == 1 and fits[0].impossible is None and fits[0].strange_country is None:
        return [_judge_alone(fits[0], thresholds)]
    return [_judge_one(_with_country(fit, fits), fits, thresholds) for fit in fits]


def _with_country(fit: Fit, fits: list[Fit]) -> Fit:
    """Return the fit, with its foreign country as a barrier.

    Without a barrier where all other works of the title come from other countries, so that it is this work.
    """
    if fit.strange_country is None:
        return fit
    if fit.hit.work.namesakes_known and any(other.is_of_other_country for other in fits):
        return fit
    return fit._replace(barriers=(*fit.barriers, fit.strange_country))


def _best_fits(hits: Iterable[Hit], entry: EntryFacts, habits: Habits) -> list[Fit]:
    hits = list(hits)
    parts = parts_of(entry) if hits and not entry.title.is_junk else None  # junk is sorted out later
    best: dict[str, Fit] = {}
    for hit in hits:
        left = explain(parts, hit.hypothesis, hit.work, entry.year, habits) if parts is not None else EXPLAINED
        if not left.is_whole and is_half(hit.hypothesis, entry.title.hypotheses):
            continue  # `A - B` names B only where A is another title of B
        fit = weigh(hit, entry, left)
        known = best.get(hit.work.identity)
        if known is None or _is_better(fit, known):
            best[hit.work.identity] = fit
    return list(best.values())


def _is_better(fit: Fit, known: Fit) -> bool:
    """Return whether a fit with the same work counts for more. In the same reading, the safer title counts."""
    if fit.hit.hypothesis is known.hit.hypothesis and fit.is_whole and fit.hit.agreement is known.hit.agreement:
        return (not fit.barriers, fit.score) > (not known.barriers, known.score)
    return _quality(fit) > _quality(known)


def _quality(fit: Fit) -> tuple[bool, bool, float]:
    """Return the order of a reading. A reading that explains the whole name counts for more than a likelier one."""
    return (fit.impossible is None, fit.is_whole, fit.score)


def _judge_one(fit: Fit, fits: list[Fit], thresholds: Thresholds) -> Verdict:
    work = fit.hit.work
    if fit.impossible is not None:
        return Verdict(
            work, round(max(0.0, fit.score + weights.IMPOSSIBLE), 4), Decision.NOTHING, fit.evidence, fit.impossible
        )
    rivals = [other for other in fits if other.hit.work is not work and other.impossible is None]
    equal = next((other for other in rivals if _is_as_good(fit, other)), None)
    better = max(
        (r for r in rivals if r.score > fit.score + weights.TIE and r is not equal), key=lambda r: r.score, default=None
    )
    if better is not None:
        finding = Evidence("rival", weights.BETTER_RIVAL, f"{_describe(better)} fits better")
        return _verdict(fit, (finding,), Decision.NOTHING, finding.text)
    if equal is not None:
        finding = Evidence("rival", weights.EQUAL_RIVAL, f"{_describe(equal)} fits as well")
        return _verdict(fit, (finding,), _at_most_review(fit.score + weights.EQUAL_RIVAL, thresholds), finding.text)
    return _judge_alone(fit, thresholds)


def _is_as_good(fit: Fit, other: Fit) -> bool:
    """Return whether nothing decides between two fits. A year that differs by 1 is as common as a lost article."""
    if abs(other.score - fit.score) <= weights.TIE or _read_one_number_apart(fit, other):
        return True
    looser, closer = sorted((fit, other), key=lambda each: each.hit.agreement)
    if looser.hit.agreement is not Agreement.ARTICLE or closer.is_settled:
        return False
    if not closer.is_a_year_off:
        return fit is closer and _may_have_lost_article(closer, looser)
    return looser.is_settled or looser.is_a_year_off


def _may_have_lost_article(closer: Fit, looser: Fit) -> bool:
    """Return whether a name without a year may be the other title, which has an article more. Lists lose articles."""
    if closer.says_year or looser.says_year or closer.hit.agreement is not Agreement.SAME:
        return False
    own, others = closer.hit.name, looser.hit.name
    return own.key == own.base and others.key != others.base


def _read_one_number_apart(fit: Fit, other: Fit) -> bool:
    """Return whether two readings use the number of `Title 1984` differently.

    One reads it as the year, the other as the end of the title.
    """
    shorter, longer = sorted((fit.hit, other.hit), key=lambda hit: len(hit.hypothesis.text))
    if longer.agreement is not Agreement.SAME or shorter.agreement is not Agreement.SAME:
        return False
    title, _, number = longer.hypothesis.text.rpartition(" ")
    return shorter.hypothesis.text == title and str(shorter.hypothesis.year) == number


def _judge_alone(fit: Fit, thresholds: Thresholds) -> Verdict:
    """Judge a fit when no other work fits as well, by its own evidence."""
    if fit.is_settled:
        return _judge_sum(fit, (), thresholds)
    if fit.hit.work.namesakes_known:
        return _judge_sum(
            fit, (Evidence("unshared", weights.UNSHARED, "nothing else that is known fits it"),), thresholds
        )
    reason = fit.barriers[0] if fit.barriers else _NOT_ASKED
    needs = not fit.barriers and fit.score + weights.UNSHARED >= thresholds.confirm
    return _verdict(fit, (), _at_most_review(fit.score, thresholds), reason)._replace(needs_namesakes=needs)


def _judge_sum(fit: Fit, extra: tuple[Evidence, ...], thresholds: Thresholds) -> Verdict:
    score = fit.score + sum([finding.weight for finding in extra])
    if fit.barriers:
        return _verdict(fit, extra, _at_most_review(score, thresholds), fit.barriers[0])
    if score >= thresholds.confirm:
        return _verdict(fit, extra, Decision.CONFIRM, f"the score is at least {thresholds.confirm}")
    return _verdict(
        fit, extra, _at_most_review(score, thresholds), f"the score is below {thresholds.confirm * 100:g} %"
    )


def _at_most_review(score: float, thresholds: Thresholds) -> Decision:
    return Decision.REVIEW if score >= thresholds.review else Decision.NOTHING


def _verdict(fit: Fit, extra: tuple[Evidence, ...], decision: Decision, reason: str) -> Verdict:
    score = min(1.0, max(0.0, fit.score + sum([finding.weight for finding in extra])))
    return Verdict(fit.hit.work, round(score, 4), decision, fit.evidence + extra, reason)


def _describe(fit: Fit) -> str:
    work = fit.hit.work
    year = f" ({work.years[0]})" if work.years else ""
    return f"{work.title}{year}"
