"""An instance that drives itself: grabbed, fetched, imported by the instance, confirmed; on real files."""

import pytest

from stalkeer.model import DownloadState
from tests.doubles.house import eventually
from tests.doubles.native import clip, open_native

IMPORTING = {"import.mode": "manual", "downloads.verify_downloads": True}


@pytest.fixture
def native(house, running):
    with open_native(house) as opened:
        running(house.engine())
        yield opened


def polled(native, condition, by=None):
    """Poll as the instance does, until `condition` holds."""

    def look():
        (by or native.radarr).poll()
        return condition()

    eventually(look)


def test_a_grab_is_fetched_imported_by_the_instance_and_confirmed(native):
    offered = native.offer()

    nzo_id = native.grab(offered)
    polled(native, lambda: native.house.radarr.movies[offered.movie_id].file)

    done = native.house.await_state(native.download(nzo_id).id, DownloadState.COMPLETED)
    file = native.house.radarr.movies[offered.movie_id].file
    assert done.outcome.final_path == str(file.path)
