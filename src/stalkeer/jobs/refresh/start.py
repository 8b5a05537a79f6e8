"""Start a refresh of a source or all sources in the background, with the options of its run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from stalkeer.errors import Conflict
from stalkeer.model import JobName
from stalkeer.store.db.database import Database
from stalkeer.store.journal.runs import NO_OPTIONS, RunId, RunOptions, get_run, set_queued_options
from stalkeer.store.sources.sources import get_source

REFRESH = JobName.REFRESH


class JobStarter(Protocol):
    """Describe the engine as far as it starts jobs."""

    def start(self, job: str, subject: str | None = None, options: RunOptions = NO_OPTIONS) -> int:
        """Queue a job and return the id of its run. A waiting run with the same subject is returned instead."""
        ...


@dataclass(frozen=True)
class RefreshOptions:
    """Hold the options of a refresh. `accept` accepts a list that is on hold because it is much smaller. `anew` reads
    every entry, changed or not.

    `without_own_times` leaves out the sources that have refresh times of their own.
    """

    accept: bool = False
    anew: bool = False
    without_own_times: bool = False

    @classmethod
    def of_run(cls, options: RunOptions) -> RefreshOptions:
        return cls(options.accept, options.anew, options.without_own_times)

    def to_run(self) -> RunOptions:
        return RunOptions(accept=self.accept, anew=self.anew, without_own_times=self.without_own_times)

    def joined(self, other: RefreshOptions) -> RefreshOptions:
        """Return the options of a refresh that replaces both."""
        return RefreshOptions(
            accept=self.accept or other.accept,
            anew=self.anew or other.anew,
            without_own_times=self.without_own_times and other.without_own_times,
        )


USUAL = RefreshOptions()


def start_refresh(
    database: Database, engine: JobStarter | None, slug: str | None, options: RefreshOptions = USUAL
) -> RunId:
    """Queue the refresh of a source, or of all enabled sources without a name.

    Return the id of its run. A waiting run gets the options, too. Raises NotFound for an unknown source, and Conflict
    where no engine runs or where a refresh without these options is running.
    """
    if engine is None:
        raise Conflict("No engine runs in this process; `stalkeer serve` has one.")
    if slug is not None:
        with database.connect() as connection:
            get_source(connection, slug)
    run_id = RunId(engine.start(REFRESH, slug, options.to_run()))
    with database.begin() as connection:
        present = RefreshOptions.of_run(get_run(connection, run_id).options)
        joined = present.joined(options)
        if joined == present or set_queued_options(connection, run_id, joined.to_run()):
            return run_id
    if joined.accept != present.accept or joined.anew != present.anew:
        subject = slug or "Every source"
        raise Conflict(f"{subject} is being refreshed already, without this; try again when run {run_id} has ended")
    return run_id
