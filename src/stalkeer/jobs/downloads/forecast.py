"""Forecast how many missing items can be downloaded now, and how long it takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from stalkeer.jobs.downloads.choosing import MOVIE_RUNTIME_MIN
from stalkeer.jobs.downloads.queue import USUAL_RULES, Planned, QueueRules, plan_queue
from stalkeer.store.db.database import Transaction
from stalkeer.store.downloads.variants import ConfirmedMatch
from stalkeer.store.library.wanted_list import BestMatch, Status, WantedFilter, count_to_review, count_wanted

ENOUGH = 3  # number of files of a resolution from which their median is used instead of the table
EPISODE_RUNTIME_MIN = 45
# bytes per minute of ordinary VOD files, for resolutions without known sizes
TYPICAL = {2160: 110_000_000, 1080: 35_000_000, 720: 20_000_000, 480: 12_000_000}


@dataclass(frozen=True)
class Forecast:
    """Hold the counts of items.

    `size` is the bytes of all downloads that would start; the sizes of `estimated` of them are estimated.
    """

    missing: int
    sure: int  # items that would be queued
    under_way: int  # items that are being downloaded, or wait for the user
    resting: int  # items whose download failed recently or was cancelled
    refused: int  # found items without a variant that their quality profile allows
    review: int
    size: int
    estimated: int

    @property
    def found(self) -> int:
        return self.sure + self.under_way + self.resting + self.refused + self.review

    @property
    def nothing(self) -> int:
        return max(0, self.missing - self.found)


def read_answer(connection: Transaction, now: datetime, rules: QueueRules = USUAL_RULES) -> Forecast:
    """Count what queueing the confirmed matches would download."""
    plan = plan_queue(connection, now, rules)
    rates = rates_of(planned.first for planned in plan.planned)
    return Forecast(
        missing=count_wanted(connection),
        sure=sum(len(planned.matches) for planned in plan.planned),
        under_way=_count_under_way(connection),
        resting=plan.resting,
        refused=len(plan.refused),
        review=count_to_review(connection),
        size=sum(_size(planned, rates) for planned in plan.planned),
        estimated=sum(planned.first.size is None for planned in plan.planned),
    )


def _count_under_way(connection: Transaction) -> int:
    """Count the items in the queue that have a confirmed match, or a match that the user chose."""
    in_queue = count_wanted(connection, WantedFilter(status=Status.DOWNLOADING))
    return in_queue - count_wanted(connection, WantedFilter(status=Status.DOWNLOADING, found=BestMatch.NOTHING))


def rates_of(matches: Iterable[ConfirmedMatch]) -> Mapping[int, float]:
    """Return the bytes per minute for each resolution: the median of files of known size, or the usual value."""
    known: defaultdict[int, list[float]] = defaultdict(list)
    for match in matches:
        if match.size and match.runtime_min:
            known[_lines(match)].append(match.size / match.runtime_min)
    return {**TYPICAL, **{lines: median(rates) for lines, rates in known.items() if len(rates) >= ENOUGH}}


def _size(planned: Planned, rates: Mapping[int, float]) -> int:
    match = planned.first
    if match.size is not None:
        return match.size
    usual = MOVIE_RUNTIME_MIN if match.kind == "movie" else EPISODE_RUNTIME_MIN
    return int(rates[_lines(match)] * (match.runtime_min or usual))


def _lines(match: ConfirmedMatch) -> int:
    """Return the key of the table for a match. A name without a resolution is usually HD."""
    if match.resolution is None:
        return 720
    return next((lines for lines in sorted(TYPICAL, reverse=True) if match.resolution >= lines), 480)
