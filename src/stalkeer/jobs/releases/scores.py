"""Read the custom format scores on which upgrades depend. Never done for a page: decisions use the stored scores.

Only items with a file need scores, and only where their profile scores custom formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.scores import score_episode_files, score_movie_file, score_release
from stalkeer.adapters.arr.values import FileQuality, QualityProfile
from stalkeer.errors import ArrError, ArrRefused
from stalkeer.jobs.downloads.upgrades import is_due, is_of_file, is_of_profile, profile_mark, uses_scores
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.library.profiles import profile_of, quality_gain
from stalkeer.jobs.releases.titles import files_of
from stalkeer.logs import get_logger
from stalkeer.model import Drive, MovieId, SeriesId, WantedId, WantedKind
from stalkeer.store.db.database import Database
from stalkeer.store.downloads.variants import ConfirmedMatch, confirmed_matches
from stalkeer.store.library.finding import read_further_titles
from stalkeer.store.library.instances import InstanceRow, list_instances
from stalkeer.store.matching.scores import (
    FileScore,
    KnownScores,
    ReleaseScore,
    ScoredEntry,
    read_scores,
    save_file_score,
    save_release_score,
)
from stalkeer.store.offers.offerable import OfferableMatch, offerable_matches

MOST_ASKED = 200  # requests to an instance in one go; the others follow with the next scan
IN_QUERY = 500
log = get_logger(__name__)


@dataclass(frozen=True)
class _Due:
    """Hold an entry whose score is missing or old, with what the request needs."""

    match: ConfirmedMatch
    current: FileQuality
    file_id: int
    profile: QualityProfile

    @property
    def entry(self) -> ScoredEntry:
        return ScoredEntry(self.match.wanted_id, self.match.source_id, self.match.entry_key)

    @property
    def mark(self) -> str:
        return profile_mark(self.profile)


def read_missing_scores(database: Database, arrs: Arrs, most: int = MOST_ASKED) -> int:
    """Ask the instances for the scores that decisions about upgrades lack. Return the number of requests.

    An instance that does not answer is asked again with the next downloads.
    """
    with database.connect() as connection:
        rows = [row for row in list_instances(connection) if row.enabled and row.options.drive is Drive.OURS]
        scoring = {row.id: row for row in rows if any(uses_scores(profile) for profile in row.profiles)}
        matches = confirmed_matches(connection) if scoring else []
    asked = 0
    for row in scoring.values():
        own = [match for match in matches if match.instance_id == row.id and match.current_quality is not None]
        try:
            asked += _Asking(database, arrs, row, most).ask(own)
        except ArrError as error:
            log.info("custom format scores could not be read", instance=row.slug, error=str(error))
    return asked


@dataclass
class _Asking:
    database: Database
    arrs: Arrs
    row: InstanceRow
    left: int

    def ask(self, matches: Sequence[ConfirmedMatch]) -> int:
        before = self.left
        candidates = list(self._candidates(matches))
        if not candidates:
            return 0
        now = self.arrs.clock()
        with self.database.connect() as connection:
            known = read_scores(connection, [candidate.match.wanted_id for candidate in candidates])
        files = [candidate for candidate in candidates if _lacks_file(candidate, known, now)]
        releases = [candidate for candidate in candidates if _lacks_release(candidate, known, now)]
        if files or releases:
            offered = self._offered({candidate.match.wanted_id for candidate in (*files, *releases)})
            with self.arrs.client(self.row) as client:
                self._ask_files(client, files, offered, now)
                self._ask_releases(client, releases, offered, now)
        return before - self.left

    def _candidates(self, matches: Sequence[ConfirmedMatch]) -> Iterator[_Due]:
        """Yield the matches that are decided by scores: their quality is at least that of the present file."""
        for match in matches:
            profile, current = profile_of(self.row, match.profile_id), match.current_quality
            if profile is None or current is None or current.file_id is None or not uses_scores(profile):
                continue
            if profile.upgrade_allowed and (quality_gain(match.resolution, current, profile) or 0) >= 0:
                yield _Due(match, current, current.file_id, profile)

    def _offered(self, wanted_ids: Iterable[WantedId]) -> dict[ScoredEntry, tuple[OfferableMatch, str]]:
        """Return the matches of these items with the release name of each."""
        ordered, found = sorted(wanted_ids), {}
        with self.database.connect() as connection:
            further = read_further_titles(connection, self.row.id)
            for start in range(0, len(ordered), IN_QUERY):
                part = offerable_matches(connection, self.row.id, (), wanted_ids=ordered[start : start + IN_QUERY])
                for file in files_of(part, lambda library_id: further.get(library_id, ())):
                    release = next(iter(file.titles), "")
                    for match in file.matches:
                        found[ScoredEntry(match.wanted_id, match.source_id, match.entry_key)] = (match, release)
        return found

    def _ask_files(
        self,
        client: ArrClient,
        due: Sequence[_Due],
        offered: Mapping[ScoredEntry, tuple[OfferableMatch, str]],
        now: datetime,
    ) -> None:
        """Ask for the files of each movie or series once."""
        grouped: dict[int, dict[WantedId, _Due]] = {}
        for candidate in due:
            if candidate.entry in offered:
                library_arr_id = offered[candidate.entry][0].library_arr_id
                grouped.setdefault(library_arr_id, {})[candidate.match.wanted_id] = candidate
        for library_arr_id, items in grouped.items():
            if not self._may_ask():
                return
            first = next(iter(items.values()))
            scores = dict(first.profile.format_scores)
            if first.match.kind == WantedKind.MOVIE:
                found = score_movie_file(client, MovieId(library_arr_id), scores)
            else:
                found = score_episode_files(client, SeriesId(library_arr_id), scores)
            with self.database.begin() as connection:
                for wanted_id, candidate in items.items():
                    score = FileScore(candidate.file_id, candidate.mark, found.get(candidate.file_id), now)
                    save_file_score(connection, wanted_id, score)

    def _ask_releases(
        self,
        client: ArrClient,
        due: Sequence[_Due],
        offered: Mapping[ScoredEntry, tuple[OfferableMatch, str]],
        now: datetime,
    ) -> None:
        """Ask for each release name once."""
        grouped: dict[tuple[str, str], list[_Due]] = {}
        for candidate in due:
            release = offered[candidate.entry][1] if candidate.entry in offered else ""
            if release:
                grouped.setdefault((release, candidate.mark), []).append(candidate)
        for (release, mark), entries in grouped.items():
            if not self._may_ask():
                return
            try:
                score = score_release(client, release, dict(entries[0].profile.format_scores))
            except ArrRefused:  # the instance refuses only this name
                score = None
            with self.database.begin() as connection:
                found = ReleaseScore(release, mark, score, now)
                save_release_score(connection, [candidate.entry for candidate in entries], found)

    def _may_ask(self) -> bool:
        """Count a request. Return False where there were enough."""
        if self.left <= 0:
            return False
        self.left -= 1
        return True


def _lacks_file(candidate: _Due, known: KnownScores, now: datetime) -> bool:
    score = known.files.get(candidate.match.wanted_id)
    return score is None or not is_of_file(score, candidate.file_id, candidate.mark) or is_due(score.asked_at, now)


def _lacks_release(candidate: _Due, known: KnownScores, now: datetime) -> bool:
    score = known.releases.get(candidate.entry)
    return score is None or not is_of_profile(score, candidate.mark) or is_due(score.asked_at, now)
