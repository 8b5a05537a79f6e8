"""Ask accounts for the episodes of series that may be wanted, because accounts list episodes only on request."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from stalkeer.core.matching.candidates import series_candidates
from stalkeer.jobs.catalogue.panel_queries import ExpandReport, expand_series
from stalkeer.jobs.journal.reporting import Run
from stalkeer.jobs.matching.library_cache import use_context
from stalkeer.jobs.matching.match import Matching, MatchReport, match_wanted
from stalkeer.jobs.refresh.refresh import RefreshContext
from stalkeer.model import SourceId
from stalkeer.store.matching.entries import keys_of_titles, series_entries
from stalkeer.store.matching.works import forget_matched


@dataclass(frozen=True)
class SeriesQuestions:
    """Hold the entries of wanted series by source, and the works that they may be."""

    keys: dict[SourceId, list[str]]
    works: frozenset[str]


def wanted_series(matching: Matching) -> SeriesQuestions:
    """Find the series entries with a name of a series that has a wanted episode."""
    with use_context(matching) as context:
        works = {row.item.work.identity: row.item.work for row in context.wanted if row.item.work.kind == "series"}
    if not works:
        return SeriesQuestions({}, frozenset())
    with matching.database.connect() as connection:
        listed = list(series_entries(connection))
        keys = keys_of_titles(connection, {title_id for _, _, title_id in listed})
    named = series_candidates(works.values(), keys)
    found: dict[SourceId, list[str]] = defaultdict(list)
    for source_id, key, title_id in listed:
        if title_id in named:
            found[source_id].append(key)
    return SeriesQuestions(dict(found), frozenset(work for works_of in named.values() for work in works_of))


def match_sources(matching: Matching, refresher: RefreshContext, run: Run) -> MatchReport:
    """Match new and changed items and entries, ask the accounts for the episodes of wanted series, and match these as
    well.

    This may take minutes, because accounts are asked slowly.
    """
    report = match_wanted(matching, run)
    answers = fetch_episodes(matching, refresher, run)
    if not any(answer.entries for answer in answers.values()):
        return report
    return report.joined(match_wanted(matching, run))


def fetch_episodes(matching: Matching, refresher: RefreshContext, run: Run) -> dict[SourceId, ExpandReport]:
    """Ask for the episodes of each series slowly, at most once a week. The next run matches them."""
    wanted = wanted_series(matching)
    reports = {
        source_id: expand_series(refresher, source_id, keys, run)
        for source_id, keys in wanted.keys.items()
        if not run.is_cancelled()
    }
    if any(report.entries for report in reports.values()):
        with use_context(matching) as context:
            items = [row.item.id for row in context.wanted if row.item.work.identity in wanted.works]
        with matching.database.begin() as connection:
            forget_matched(connection, items)
    return reports
