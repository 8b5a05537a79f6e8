"""Ask TMDB for further titles of wanted movies and series. Answers are stored, so that each work is looked up once."""

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
MOST_AT_ONCE = 500  # works looked up in a run; the rest follows in the next runs


@dataclass(frozen=True)
class LookUps:
    """Hold the number of works that were looked up, and the error that ended the run."""

    works: int = 0
    error: str | None = None


NOT_ASKED = LookUps()


def ask_titles(database: Database, source: TitleSource, works: Iterable[Work], now: datetime, run: Run) -> LookUps:
    """Look up the titles of works whose stored answer is missing or too old.

    An error ends the look-ups, because the next would fail too, and matching continues with the known titles.
    """
    with database.connect() as connection:
        known = read_titles(connection, now - KEPT_FOR)
    open_works = [work for work in {work.identity: work for work in works}.values() if work.identity not in known]
    for number, work in enumerate(open_works[:MOST_AT_ONCE]):
        if run.is_cancelled():
            return LookUps(number)
        run.progress(number, len(open_works), f"asking TMDB for other titles of {work.title!r}")
        try:
            found = source.titles_of(work)
        except StalkeerError as error:
            return LookUps(number, str(error))
        with database.begin() as connection:
            save_titles(connection, work.identity, found, now)
    return LookUps(min(len(open_works), MOST_AT_ONCE))
