"""Send queries to accounts, one at a time: for their state, a series' episodes, or a movie's details."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from stalkeer.adapters.playlists.xtream import SHORT_ANSWER_S, Panel
from stalkeer.core.catalogue.questions import MINUTE, wait_before_next
from stalkeer.core.catalogue.rows import RowMaker
from stalkeer.core.titles import PARSER_VERSION
from stalkeer.errors import NotAPlaylist, SourceError
from stalkeer.jobs.journal.reporting import Run
from stalkeer.jobs.refresh.refresh import RefreshContext
from stalkeer.jobs.sources.account_status import AccountReply
from stalkeer.model import SourceId
from stalkeer.store.catalogue.panel_cache import (
    SeriesToExpand,
    note_series_failure,
    put_episodes,
    recent_questions,
    series_to_expand,
)
from stalkeer.store.db.bulk import writing
from stalkeer.store.sources.credentials import panel_login, read_credentials
from stalkeer.store.sources.sources import get_source_by_id

T = TypeVar("T")

ASKING = "asking the account about single series"
LOOK_S = 1.0  # between two checks for a cancellation
PAUSE_S = 0.5  # between two queries to a panel
MOST_QUESTIONS = 500  # queries of a kind in a run
MOST_FAILURES = 3  # failures in a row that end the queries


@dataclass(frozen=True)
class ExpandReport:
    """Count the series or movies of a run of queries."""

    asked: int = 0
    cached: int = 0
    failed: int = 0
    entries: int = 0  # episodes found, or movies with details
    postponed: int = 0  # left for the next run

    def to_document(self) -> dict[str, object]:
        return {
            "asked": self.asked,
            "cached": self.cached,
            "failed": self.failed,
            "entries": self.entries,
            "postponed": self.postponed,
        }


def ask_account(tools: RefreshContext, source_id: SourceId) -> AccountReply | None:
    """Ask an account for its state.

    Return None for a source without a panel. Raises SourceError where it does not answer.
    """
    panel = open_panel(tools, source_id)
    if panel is None:
        return None
    try:
        account = panel.account(tools.clock())
    except NotAPlaylist:
        return None
    return AccountReply(account.status, account.active, account.maximum, account.expires_at, account.message)


def expand_series(
    tools: RefreshContext,
    source_id: SourceId,
    series_keys: Sequence[str],
    run: Run,
    sleep: Callable[[float], None] = time.sleep,
) -> ExpandReport:
    """Ask the account for the episodes of these series, and add them to the visible catalogue.

    Series with a recent answer or a recent failure are skipped. The panel is asked slowly, and not any more after
    several failures.
    """
    with tools.database.connect() as connection:
        wanted = series_to_expand(connection, source_id, series_keys, tools.clock())
    panel = open_panel(tools, source_id)
    report = ExpandReport(cached=len(series_keys) - len(wanted))
    if panel is None or not wanted:
        return report
    makes = RowMaker()

    def ask(series: SeriesToExpand) -> int:
        try:
            episodes = panel.episodes(series.entry, series.entry.key.partition(":")[2])
        except SourceError:
            with tools.database.begin() as connection:
                note_series_failure(connection, series, tools.clock())
            raise
        drafts = [makes.draft(episode) for episode in episodes]
        with writing(tools.database) as connection:
            put_episodes(connection, series, drafts, PARSER_VERSION, tools.clock())
        return len(episodes)

    return _Questions(tools, source_id, run, sleep).ask_each(wanted, ask, report)


@dataclass(frozen=True)
class _Questions:
    """Ask an account, with a limit of queries per minute. The database keeps the times over a restart."""

    tools: RefreshContext
    source_id: SourceId
    run: Run
    sleep: Callable[[float], None]

    def ask_each(self, items: Sequence[T], ask: Callable[[T], int], report: ExpandReport) -> ExpandReport:
        """Ask for one item after another. Several failures in a row end the queries."""
        in_a_row = 0
        for number, item in enumerate(items):
            is_enough = number >= MOST_QUESTIONS or in_a_row >= MOST_FAILURES
            if is_enough or not self._await_turn(number, len(items)):
                return replace(report, postponed=len(items) - number)
            report = replace(report, asked=report.asked + 1)
            try:
                report = replace(report, entries=report.entries + ask(item))
                in_a_row = 0
            except SourceError:
                in_a_row += 1
                report = replace(report, failed=report.failed + 1)
            self.run.progress(number + 1, len(items), ASKING)
        return report

    def _await_turn(self, number: int, total: int) -> bool:
        """Wait until the next query is allowed. Return False where the user cancels meanwhile."""
        if number:
            self.sleep(PAUSE_S)
        per_minute = self.tools.settings().catalogue.questions_per_minute
        while not self.run.is_cancelled():
            now = self.tools.clock()
            with self.tools.database.connect() as connection:
                asked = recent_questions(connection, self.source_id, now - MINUTE)
            wait_s = wait_before_next(asked, now, per_minute)
            if wait_s <= 0:
                return True
            self.run.progress(number, total, f"{ASKING}, at most {per_minute} a minute")
            self.sleep(min(wait_s, LOOK_S))
        return False


def open_panel(tools: RefreshContext, source_id: SourceId, *, short_s: float = SHORT_ANSWER_S) -> Panel | None:
    """Return the panel of a source; None for a source without a panel."""
    with tools.database.connect() as connection:
        row = get_source_by_id(connection, source_id)
    settings, credentials = tools.settings(), read_credentials(row, tools.secrets)
    login = panel_login(row, credentials, settings.catalogue.timeout, https_only=settings.downloads.https_only)
    if login is None:
        return None
    folder = tools.data_dir / "spool" / f"{row.slug}-{os.getpid()}-{threading.get_ident()}"
    return Panel(login, folder, short_s=short_s)
