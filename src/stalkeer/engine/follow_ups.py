"""Define the jobs and steps that follow a run, a changed setting or the start of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stalkeer.model import JobName
from stalkeer.store.journal.runs import RunState

ENDED_WELL = frozenset({RunState.DONE, RunState.PARTLY})


@dataclass(frozen=True)
class AfterRun:
    """Run `then` after a run of `job` that ended in one of `states`."""

    job: JobName
    states: frozenset[RunState]
    then: JobName


class Trigger(StrEnum):
    """List the events that are not the end of a run."""

    STARTED = "the engine has started"
    SETTINGS = "settings, or the refresh times of sources, may have changed"


class EngineStep(StrEnum):
    """List the steps that the engine itself executes."""

    SCHEDULE = "hand over the cron lines that changed"
    CATCH_UP = "start each job whose time came while nothing ran"


@dataclass(frozen=True)
class AfterChange:
    change: Trigger
    then: EngineStep


FOLLOW_UPS: tuple[AfterRun | AfterChange, ...] = (
    AfterRun(JobName.REFRESH, ENDED_WELL, JobName.MATCH),
    AfterRun(JobName.MATCH, ENDED_WELL, JobName.DOWNLOAD),
    AfterRun(JobName.MATCH, ENDED_WELL, JobName.OFFERS),
    AfterRun(JobName.SCAN, ENDED_WELL, JobName.DOWNLOAD),
    AfterRun(JobName.SCAN, ENDED_WELL, JobName.OFFERS),
    AfterChange(Trigger.STARTED, EngineStep.CATCH_UP),
    AfterChange(Trigger.SETTINGS, EngineStep.SCHEDULE),
)


def jobs_after(job: str, state: RunState) -> tuple[JobName, ...]:
    """Return the jobs that follow a run of this job in this state."""
    runs = (row for row in FOLLOW_UPS if isinstance(row, AfterRun))
    return tuple(row.then for row in runs if row.job == job and state in row.states)


def steps_after(change: Trigger) -> tuple[EngineStep, ...]:
    """Return the engine's own steps that follow a change."""
    changes = (row for row in FOLLOW_UPS if isinstance(row, AfterChange))
    return tuple(row.then for row in changes if row.change is change)
