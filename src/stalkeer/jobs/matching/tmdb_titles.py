"""Ask TMDB for further titles of wanted movies and series, once for each; its answers are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from stalkeer.core.matching.lookup import TitleSource
from stalkeer.core.matching.works import Work
from stalkeer.errors import StalkeerError
from stalkeer.jobs.journal.reporting import Run
from stalkeer.store.db.database import Database
from stalkeer.store.matching.lookups import read_titles, save_titles

KEPT_FOR = timedelta(days=90)
MOST_AT_ONCE = 500  # in one run; the rest is asked next time


@dataclass(frozen=True)
class LookUps:
    """The number of works that were asked for, and the error that ended the asking."""

    works: int = 0
    error: str | None = None


NOT_ASKED = LookUps()


def ask_titles(database: Database, source: TitleSource, works: Iterable[Work], now: datetime, run: Run) -> LookUps:
    """Ask for the titles of those works whose answer is missing or old. One that cannot be asked ends the asking: the
    next would meet the same, and matching goes on with what is known."""
    with database.connect() as connection:
        known = read_titles(connection, now - KEPT_FOR)
    open_works = [work for work in {work.identity: work for work in works}.values() if work.identity not in known]
    for number, work in enumerate(open_works[:MOST_AT_ONCE]):
        if run.is_cancelled():
            return LookUps(number)
        run.progress(number, len(open_works), f"asking TMDB what else {work.title!r} is called")
        try:
            found = source.titles_of(work)
        except StalkeerError as error:
            return LookUps(number, str(error))
        with database.begin() as connection:
            save_titles(connection, work.identity, found, now)
    return LookUps(min(len(open_works), MOST_AT_ONCE))
