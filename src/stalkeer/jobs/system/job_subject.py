"""Check the subject of a job before it is queued. Otherwise the user would see a wrong subject only as a failed run."""

from __future__ import annotations

from collections.abc import Callable

from stalkeer.core.downloads.searched import MARK, read_searched
from stalkeer.errors import InvalidInput, NotFound
from stalkeer.jobs.matching.library_cache import Matching
from stalkeer.jobs.matching.wanted_items import find_items
from stalkeer.model import JobName
from stalkeer.store.db.database import Database
from stalkeer.store.library.instances import get_instance
from stalkeer.store.sources.sources import get_source

LARGEST_ITEM = 2**31 - 1  # Radarr and Sonarr count in 32 bits


def check_subject(database: Database, matching: Matching, job: JobName, subject: str | None) -> None:
    """Check the subject.

    Raise NotFound for an unknown source, instance or item, InvalidInput for a job without subjects.
    """
    if subject is None:
        return
    checks: dict[JobName, Callable[[], object]] = {
        JobName.REFRESH: lambda: _check_source(database, subject),
        JobName.SCAN: lambda: _check_scan(database, subject),
        JobName.SCAN_PREVIEW: lambda: _check_instance(database, subject),
        JobName.MATCH: lambda: find_items(matching, subject),
    }
    if job not in checks:
        raise InvalidInput(f"The job {job.value} has no subject; leave {subject!r} out")
    checks[job]()


def _check_source(database: Database, slug: str) -> None:
    with database.connect() as connection:
        get_source(connection, slug)


def _check_instance(database: Database, slug: str) -> None:
    with database.connect() as connection:
        get_instance(connection, slug)


def _check_scan(database: Database, subject: str) -> None:
    """Accept an instance, or one of its movies or series: `radarr#12`, as `jobs.library.scan` reads it."""
    slug, separator, item = subject.partition("#")
    _check_instance(database, slug)
    item, mark, text = item.partition(MARK)
    if mark and read_searched(text) is None:
        raise NotFound(
            f"{text!r} names no season, episode or day; accepted: {slug}#12+s3, +s3e5, +d2024-05-02 or +a120"
        )
    if separator and not (item.isascii() and item.isdecimal() and 0 < int(item[:12]) <= LARGEST_ITEM):
        raise NotFound(f"{item!r} is not the id of a movie or series; accepted: {slug}, or {slug}#12")
