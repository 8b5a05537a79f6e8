"""Ask Radarr or Sonarr for other works with the same title.

Answers are stored, so that each title is looked up once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from stalkeer.core.matching.lookup import Lookup, Namesake, works_of
from stalkeer.core.matching.pairs import Pair
from stalkeer.core.matching.works import WantedItem, Work
from stalkeer.errors import StalkeerError
from stalkeer.jobs.journal.reporting import Run
from stalkeer.model import Decision
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.matching.lookups import read_lookups, save_lookup

KEPT_FOR = timedelta(days=30)
MOST_AT_ONCE = 300  # titles looked up in a run, to spare the public catalogues; the rest follows in the next runs


@dataclass(frozen=True)
class Namesakes:
    """Hold the works whose title was looked up, and the other works with the same titles."""

    asked: frozenset[str] = frozenset()
    works: tuple[Work, ...] = ()
    _settled: dict[str, Work] = field(default_factory=dict, repr=False, compare=False)

    def settle(self, work: Work) -> Work:
        """Return the work, marked where its namesakes are known."""
        if work.identity not in self.asked:
            return work
        if work.identity not in self._settled:
            self._settled[work.identity] = replace(work, namesakes_known=True)
        return self._settled[work.identity]

    def settle_item(self, item: WantedItem) -> WantedItem:
        return replace(item, work=self.settle(item.work)) if item.work.identity in self.asked else item

    def with_more(self, other: Namesakes) -> Namesakes:
        return Namesakes(self.asked | other.asked, (*self.works, *other.works))


NO_NAMESAKES = Namesakes()


def known_namesakes(connection: Transaction, works: Iterable[Work], now: datetime) -> Namesakes:
    """Return the answers of earlier lookups, unless they are too old."""
    answers = read_lookups(connection, now - KEPT_FOR)
    return _namesakes({work.identity: work for work in works}, answers) if answers else NO_NAMESAKES


def works_to_ask(pairs: Sequence[Pair], namesakes: Namesakes) -> list[Work]:
    """Return the works for which a lookup could confirm a pair."""
    confirmed = {
        pair.wanted.work.identity for pair in pairs if pair.decision is Decision.CONFIRM and pair.wanted.season is None
    }
    open_works = {
        pair.wanted.work.identity: pair.wanted.work
        for pair in pairs
        if pair.decision is Decision.REVIEW and pair.needs_namesakes and pair.wanted.work.identity not in confirmed
    }
    return [work for identity, work in open_works.items() if identity not in namesakes.asked]


def ask_namesakes(
    database: Database, lookup: Lookup, works: list[Work], now: datetime, run: Run
) -> tuple[Namesakes, int]:
    """Look up the titles of these works. Return the answers, and the number of works still to look up."""
    answers: dict[str, tuple[Namesake, ...]] = {}
    # kinds whose catalogue does not answer now: their pairs stay for review until the next run
    silent: set[str] = set()
    for number, work in enumerate(works[:MOST_AT_ONCE]):
        if run.is_cancelled():
            break
        if work.kind in silent:
            continue
        run.progress(number, len(works), f"looking up other works called {work.title!r}")
        try:
            found = lookup.search(work.kind, work.title)
        except StalkeerError:
            silent.add(work.kind)
            continue
        answers[work.identity] = found
        with database.begin() as connection:
            save_lookup(connection, work.kind, work.title, found, now)
    by_identity = {work.identity: work for work in works if work.identity in answers}
    asked = {_term(work): answers[identity] for identity, work in by_identity.items()}
    return _namesakes(by_identity, asked), len(works) - len(answers)


def _namesakes(works: Mapping[str, Work], answers: Mapping[tuple[str, str], tuple[Namesake, ...]]) -> Namesakes:
    asked: set[str] = set()
    others: dict[str, Work] = {}
    for work in works.values():
        found = answers.get(_term(work))
        if found is None:
            continue
        asked.add(work.identity)
        for other in works_of(work.kind, found):
            if other.identity != work.identity:
                others.setdefault(other.identity, other)
    return Namesakes(frozenset(asked), tuple(others.values()))


def _term(work: Work) -> tuple[str, str]:
    return work.kind, work.title
