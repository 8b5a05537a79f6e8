"""The first question of everybody: what of what I miss can I have now, and how long does it take?"""

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

ENOUGH = 3  # files of a resolution before their median says more than the table
EPISODE_RUNTIME_MIN = 45
# bytes a minute of ordinary VOD files, where no list tells sizes of this resolution
TYPICAL = {2160: 110_000_000, 1080: 35_000_000, 720: 20_000_000, 480: 12_000_000}


@dataclass(frozen=True)
class Forecast:
    """Counts are items. `size` is bytes of all that would be started, of which `estimated` downloads tell none."""

    missing: int
    sure: int  # would be started
    under_way: int  # is downloaded already, or waits for the user
    resting: int  # failed lately or was cancelled
    refused: int  # is there, but nothing of it that its quality profile takes
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
    """Count what starting the sure ones would fetch, by the same plan."""
    plan = plan_queue(connection, now, rules)
    rates = rates_of(one.first for one in plan.planned)
    return Forecast(
        missing=count_wanted(connection),
        sure=sum(len(one.matches) for one in plan.planned),
        under_way=_count_under_way(connection),
        resting=plan.resting,
        refused=len(plan.refused),
        review=count_to_review(connection),
        size=sum(_size(one, rates) for one in plan.planned),
        estimated=sum(one.first.size is None for one in plan.planned),
    )


def _count_under_way(connection: Transaction) -> int:
    """Count the items in the queue of which the playlists have something: sure, or taken by the user in doubt."""
    in_queue = count_wanted(connection, WantedFilter(status=Status.DOWNLOADING))
    return in_queue - count_wanted(connection, WantedFilter(status=Status.DOWNLOADING, found=BestMatch.NOTHING))


def rates_of(matches: Iterable[ConfirmedMatch]) -> Mapping[int, float]:
    """Bytes a minute for each resolution: the median of files whose size is told, or what is usual."""
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
    """Its place in the table; a name that is silent is mostly HD."""
    if match.resolution is None:
        return 720
    return next((lines for lines in sorted(TYPICAL, reverse=True) if match.resolution >= lines), 480)
