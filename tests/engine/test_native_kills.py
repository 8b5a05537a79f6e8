"""kill -9 while instances drive themselves: every file is imported once, by its instance, and nothing is lost."""

import os
import random
import signal
import sys
import time
from collections import Counter
from itertools import count

import pytest

from stalkeer.model import DownloadState
from tests.doubles.house import digest, eventually, open_house
from tests.doubles.native import clip, open_native
from tests.engine.processes import Spec, worker

GIVEN = {"import.mode": "manual", "downloads.verify_downloads": True, "downloads.retry_delay": "0.1s"}
S = DownloadState


@pytest.fixture
def native(house):
    with open_native(house) as opened:
        yield opened


def settled(native, grabs):
    native.radarr.poll()
    return all(native.download(nzo_id).state is S.COMPLETED for nzo_id in grabs)


def check_imported_once(native, grabs):
    """`grabs`: the offer and the body of each."""
    imports = Counter(
        row["movieId"] for row in native.house.radarr.history if row["eventType"] == "downloadFolderImported"
    )
    for nzo_id, (offered, body) in grabs.items():
        file = native.house.radarr.movies[offered.movie_id].file
        assert digest(file.path.read_bytes()) == digest(body)
        assert imports[offered.movie_id] == 1, f"{offered.release} was imported {imports[offered.movie_id]} times"
        assert native.download(nzo_id).outcome.final_path == str(file.path)
    folders = native.house.app.settings.directories
    eventually(lambda: not list(folders.movies.rglob("*.mkv")), "nothing of ours is left in the folders")
    assert not list(folders.temp.glob("*.part"))


def kill_at_commits(native, numbers):
    """Let a worker die at each of these commits of the threads that carry a download and follow its grab.

    Return how many died.
    """
    house, grabs, kills = native.house, {}, 0
    for number in numbers:
        body = clip(2000 + len(grabs), 250_000)
        offered = native.offer(bodies=[body])
        nzo_id = native.grab(offered)
        grabs[nzo_id] = (offered, body)
        with worker(Spec.of(house, given=GIVEN, dies_at=number)) as process:
            eventually(lambda: settled(native, [nzo_id]) or not process.is_alive())  # noqa: B023
            if process.is_alive():  # it ended its download before that commit
                break
            process.join()
            assert process.exitcode == -signal.SIGKILL
        kills += 1
        house.change(native.download(nzo_id).id, priority=-1)  # the next worker dies over its own grab
    with worker(Spec.of(house, given=GIVEN)):
        eventually(lambda: settled(native, grabs))
        check_imported_once(native, grabs)
    return kills


def test_a_kill_as_the_file_is_given_to_its_instance_imports_once(native):
    """At the commits of verifying, placing, linking and resting, as they come after about ten of fetching."""
    assert kill_at_commits(native, (11, 13, 15)) == 3


@pytest.mark.soak
def test_a_kill_at_each_commit_imports_once(native):
    assert kill_at_commits(native, count(1)) > 12, "some commits of each step"


@pytest.mark.soak  # 20 s: two processes, and the time after which a silent worker counts as dead
@pytest.mark.postgres
def test_serve_goes_on_with_the_grabs_of_a_worker_that_is_killed(tmp_path, postgres_database):
    with open_house(tmp_path, postgres_database) as house, open_native(house) as native:
        grabs = {}
        for number in range(3):
            body = clip(2500 + number, 600_000)
            offered = native.offer(bodies=[body])
            grabs[native.grab(offered)] = (offered, body)
        house.provider.rate = 300_000
        with worker(Spec.of(house, given=GIVEN)) as dying:
            eventually(lambda: any(native.download(nzo_id).transfer.offset for nzo_id in grabs), "some are under way")
            os.kill(dying.pid, signal.SIGKILL)
        house.provider.rate = None
        with worker(Spec.of(house, given=GIVEN, role="serve")):
            eventually(lambda: settled(native, grabs), timeout_s=100)
            check_imported_once(native, grabs)


def kill_randomly(native, count, kills, dice):
    grabs = {}
    for number in range(count):
        body = clip(3000 + number, dice.choice((150_000, 400_000, 1_200_000)))
        offered = native.offer(bodies=[body])
        grabs[native.grab(offered)] = (offered, body)
    native.house.provider.rate = 3_000_000
    for _ in range(kills):
        with worker(Spec.of(native.house, given=GIVEN)) as process:
            until = time.monotonic() + dice.uniform(0.6, 2.0)
            while time.monotonic() < until:
                native.radarr.poll()
                time.sleep(dice.uniform(0.0, 0.1))
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            assert process.exitcode == -signal.SIGKILL, "it was still at work"
    native.house.provider.rate = None
    with worker(Spec.of(native.house, given=GIVEN)):
        eventually(lambda: settled(native, grabs), timeout_s=600)
        check_imported_once(native, grabs)


def test_eight_grabs_with_kills_at_random_are_imported_once_each(native):
    kill_randomly(native, 8, 4, random.Random(11))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_hundred_grabs_with_kills_at_random_are_imported_once_each(native):
    kills = int(os.environ.get("N", "60"))

    kill_randomly(native, 100, kills, random.Random(12))

    sys.stdout.write(f"\n{kills} kills, 100 grabs: every file right, imported once\n")
