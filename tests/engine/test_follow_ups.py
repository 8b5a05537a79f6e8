"""What follows what stands in one table, which names only what exists."""

import pytest

from stalkeer.engine.build import jobs_of
from stalkeer.engine.follow_ups import FOLLOW_UPS, AfterRun, EngineStep, Trigger, jobs_after, steps_after
from stalkeer.engine.schedules import JOBS, cron_times, job_named
from stalkeer.errors import NotFound
from stalkeer.model import JobName
from stalkeer.store.journal.runs import RunState, count_waiting, get_run, queue_run


@pytest.mark.parametrize("state", RunState)
def test_a_run_is_followed_only_where_it_ended_well(state):
    followed = {job: jobs_after(job, state) for job in JobName if jobs_after(job, state)}

    both = (JobName.DOWNLOAD, JobName.OFFERS)
    well = {JobName.REFRESH: (JobName.MATCH,), JobName.MATCH: both, JobName.SCAN: both}
    assert followed == (well if state in (RunState.DONE, RunState.PARTLY) else {})


def test_no_chain_of_followers_comes_back_to_its_start():
    following = {row.job: row.then for row in FOLLOW_UPS if isinstance(row, AfterRun)}

    for start in following:
        seen, job = [start], following[start]
        while job in following:
            assert job not in seen
            seen.append(job)
            job = following[job]


def test_each_change_has_its_step():
    assert [steps_after(change) for change in Trigger] == [(EngineStep.CATCH_UP,), (EngineStep.SCHEDULE,)]


def test_a_job_is_kept_and_counted_by_its_name(any_database, clock):
    with any_database.begin() as connection:
        run_id = queue_run(connection, clock(), JobName.SCAN_PREVIEW, "radarr")

        assert get_run(connection, run_id).job == "scan-preview"
        assert count_waiting(connection, JobName.SCAN_PREVIEW, "rad") == 1


def test_the_names_of_jobs_are_those_that_are_carried_out(app):
    assert [job.name for job in jobs_of(app)] == list(JobName)
    assert set(cron_times(app.settings)) <= set(JobName)
    assert job_named("scan") is JobName.SCAN
    with pytest.raises(NotFound, match=", ".join(JOBS)):
        job_named("dance")
