"""Workers on several machines: a worker that does not see the folders of the others leaves downloads to them."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from stalkeer.jobs.downloads.admission import sees_everything, sight_of
from stalkeer.jobs.health.facts import read_facts
from stalkeer.jobs.health.program import check_workers
from stalkeer.model import DownloadState
from stalkeer.store.downloads.workers import list_workers
from tests.doubles.house import content, digest, eventually, now, open_house
from tests.engine.processes import Spec, worker

S = DownloadState
pytestmark = pytest.mark.postgres


@pytest.fixture
def disk(tmp_path):
    for name in ("temp", "movies", "tvshows"):
        (tmp_path / "share" / name).mkdir(parents=True)
        (tmp_path / "own" / name).mkdir(parents=True)
    return tmp_path


def folders(root):
    return {f"directories.{name}": str(root / name) for name in ("temp", "movies", "tvshows")}


def rows(house):
    with house.database.connect() as connection:
        return {row.pid: row for row in list_workers(connection)}


def machine(house, disk, name, root):
    """A worker on a machine of its own: with a data folder of its own, and its own view of the folders."""
    return replace(Spec.of(house, given=folders(root)), data_dir=disk / name)


def fetch(house, count):
    first = len(house.provider.files)
    bodies = {number: content(60_000, number) for number in range(first, first + count)}
    made = {house.download(f"Film {number}", body): body for number, body in bodies.items()}
    for download, body in made.items():
        house.await_state(download, S.COMPLETED)
        assert house.result(download) == digest(body)


def sees(house, process):
    found = rows(house).get(process.pid)
    return found is not None and sees_everything(found)


@contextmanager
def sighted_and_blind(disk, database, other):
    """A worker that sees the share, then one with `other` in its place."""
    with open_house(disk / "first", database, folders(disk / "share")) as house, ExitStack() as running:
        sighted = running.enter_context(worker(machine(house, disk, "second", disk / "share")))
        eventually(lambda: sees(house, sighted), "it sees")
        blind = running.enter_context(worker(machine(house, disk, "third", disk / other)))
        eventually(lambda: blind.pid in rows(house) and rows(house)[blind.pid].folders, "it looked")
        yield house, sighted, blind


@pytest.mark.parametrize("other", ["own", "gone"])
def test_a_worker_that_sees_other_folders_takes_no_download_and_says_so(disk, postgres_database, other):
    with sighted_and_blind(disk, postgres_database, other) as (house, _sighted, blind):
        fetch(house, 4)

        seen = rows(house)[blind.pid]
        assert sight_of(seen).trouble.startswith("directories.")
        assert [path for path in (disk / "own").rglob("*") if path.is_file()] == [], "nothing was written there"
        app = house.app
        facts = read_facts(house.database, app.settings, now(), app.backup_place, app.secrets)
        (finding,) = check_workers(facts)
        assert f"Worker {seen.id}" in finding.message and "takes no downloads" in finding.message


def test_a_worker_works_as_soon_as_it_sees_the_share(disk, postgres_database):
    with sighted_and_blind(disk, postgres_database, "own") as (house, sighted, blind):
        replace_by_share(disk / "own", disk / "share")

        eventually(lambda: sees(house, blind), "it sees the share")
        os.kill(sighted.pid, signal.SIGKILL)
        fetch(house, 2)


def test_a_machine_whose_own_folder_became_the_share_of_others_trusts_the_share(disk, postgres_database):
    with open_house(disk / "first", postgres_database, folders(disk / "share")) as house, ExitStack() as running:
        late = machine(house, disk, "third", disk / "own")
        with worker(late) as alone:
            eventually(lambda: sees(house, alone), "it claims its own")
        replace_by_share(disk / "own", disk / "share")
        sighted = running.enter_context(worker(machine(house, disk, "second", disk / "share")))
        eventually(lambda: sees(house, sighted), "it sees")

        again = running.enter_context(worker(late))

        eventually(lambda: sees(house, again), "both see")


def replace_by_share(own, share):
    shutil.rmtree(own)
    own.symlink_to(share)
