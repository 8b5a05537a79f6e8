"""A grab whose file is gone: its instance waits for minutes, not for days, before it takes its next release."""

from datetime import timedelta

import pytest

from stalkeer.model import DownloadState
from tests.doubles.house import eventually, now
from tests.doubles.native import clip, open_native

S = DownloadState


@pytest.fixture
def native(house):
    with open_native(house) as opened:
        engine = house.engine()
        engine.launch()
        yield opened
        engine.stop()


def test_a_grab_whose_file_is_gone_fails_within_minutes_and_the_next_release_is_imported(native):
    gone = native.offer("Broken Lantern", [None])
    other = native.offer("Broken Lantern", [clip(1)], wanted=(gone.movie_id, gone.wanted_id), lines=720)
    nzo_id = native.grab(gone)
    waited = timedelta()
    for attempt in (1, 2):
        eventually(lambda: native.download(nzo_id).queue.failures == attempt, f"attempt {attempt}")  # noqa: B023
        row = native.download(nzo_id)
        waited += row.queue.not_before - now()
        native.house.change(row.id, not_before=None)

    native.house.await_state(native.download(nzo_id).id, S.FAILED)
    native.radarr.poll()
    again = native.grab(other)

    assert waited < timedelta(minutes=5)
    assert native.radarr.searched == [gone.movie_id]
    eventually(lambda: native.row_of(again).storage, "the file of the other release is ready")
