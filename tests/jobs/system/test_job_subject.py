"""A job with a subject that does not exist is refused before it is queued."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.errors import InvalidInput, NotFound
from stalkeer.jobs.system.job_subject import check_subject
from stalkeer.model import JobName
from stalkeer.store.db.tables import runs
from tests.doubles.engine import QueueingEngine
from tests.doubles.server import make_server
from tests.faces.web.sample import fill

KNOWN = [
    ("refresh", "main"),
    ("scan", "radarr"),
    ("scan", "radarr#12"),
    ("scan-preview", "sonarr"),
    ("match", "Cold Harbour"),
    ("cleanup", None),
    ("backup", None),
    ("download", None),
]
UNKNOWN = [
    ("refresh", "nobody"),
    ("refresh", ""),
    ("scan", "nobody"),
    ("scan", ""),
    ("scan", "nobody#1"),
    ("scan", "radarr#"),
    ("scan", "radarr#0"),
    ("scan", "radarr#²"),
    ("scan", "radarr#x"),
    ("scan", f"radarr#{2**64}"),
    ("scan", "radarr#1#2"),
    ("scan-preview", "radarr#1"),
    ("match", "no such film"),
]


@pytest.fixture
def lived_in(app):
    fill(app.database, app.secrets, app.clock())
    return app


@pytest.mark.parametrize(("job", "subject"), KNOWN)
def test_what_exists_is_accepted(lived_in, job, subject):
    check_subject(lived_in.database, lived_in.matching, JobName(job), subject)


@pytest.mark.parametrize(("job", "subject"), UNKNOWN)
def test_what_does_not_exist_is_refused(lived_in, job, subject):
    with pytest.raises(NotFound):
        check_subject(lived_in.database, lived_in.matching, JobName(job), subject)


@pytest.mark.parametrize("job", [JobName.CLEANUP, JobName.BACKUP, JobName.DOWNLOAD])
def test_a_job_without_subjects_takes_none(lived_in, job):
    with pytest.raises(InvalidInput, match="has no subject"):
        check_subject(lived_in.database, lived_in.matching, job, "radarr")


def test_the_api_queues_no_job_of_an_unknown_subject(lived_in):
    app = replace(lived_in, engine=QueueingEngine(lived_in))
    security = build_security(app)
    key = security.keys.ensure()
    with TestClient(make_server(app, security), headers={"X-Api-Key": key}) as client:
        refused = {
            client.post("/api/v1/jobs", json={"job": job, "subject": subject}).status_code for job, subject in UNKNOWN
        }
        queued = client.post("/api/v1/jobs", json={"job": "scan", "subject": "radarr"})

    assert refused == {404}
    assert queued.status_code == 202
    with app.database.connect() as connection:
        waiting = connection.execute(select(runs.c.subject).where(runs.c.state == "queued")).scalars().all()
    assert waiting == ["radarr"]
