"""The end of a transfer is written later where the database cannot take it, after a restart too."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager

import pytest

from stalkeer.adapters.transfers.record import find_record
from stalkeer.adapters.transfers.request import Fetched
from stalkeer.model import DownloadState
from stalkeer.store.db.database import open_database, sqlite_url
from tests.doubles import provider_faults as faults
from tests.doubles.disks import mounted_disk
from tests.doubles.house import content, digest, eventually, open_house
from tests.doubles.provider_faults import on

SIZE = 3_000_000
KEY = "/files/Dune.mkv"


@contextmanager
def house_on_a_small_disk(tmp_path, empty_file):
    """The database alone lies on a disk that can be filled."""
    with mounted_disk(tmp_path / "small", 16 * 1024 * 1024) as small:
        shutil.copy(empty_file, small / "stalkeer.db")
        database = open_database(sqlite_url(small / "stalkeer.db"))
        with open_house(tmp_path, database) as house:
            yield house, small
        database.close()


def fill(disk):
    with pytest.raises(OSError, match="No space"), (disk / "filler").open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 512):
            while True:
                try:
                    file.write(bytes(size))
                except OSError:
                    if size == 512:
                        raise
                    break


def sent(house):
    return sum(request.sent for request in house.provider.requests if request.key == KEY)


def queue_a_film(house, released):
    """A film whose last bytes come once `released`, and its part."""
    download = house.download("Dune", content(SIZE))
    house.provider.hook = on(faults.trickle_after(SIZE - 200_000, released), key=KEY)
    part = house.app.settings.directories.temp / f"{download}-{house.row(download).identity.entry_id}.part"
    return download, part


@pytest.fixture
def released():
    event = threading.Event()
    yield event
    event.set()


def is_kept(part):
    kept = find_record(part)
    return kept is not None and isinstance(kept.outcome, Fetched)


def test_an_outcome_that_the_full_disk_of_the_database_does_not_take_is_written_once_there_is_room(
    tmp_path, empty_file, running, released
):
    with house_on_a_small_disk(tmp_path, empty_file) as (house, small):
        download, part = queue_a_film(house, released)
        running(house.engine())
        eventually(lambda: house.row(download).transfer.offset > SIZE // 2)
        fill(small)
        released.set()
        eventually(lambda: is_kept(part))

        (small / "filler").unlink()
        house.await_state(download, DownloadState.COMPLETED)

        assert house.result(download) == digest(content(SIZE))
        assert sent(house) <= SIZE


def test_an_outcome_that_could_not_be_written_before_a_restart_is_written_after_it(
    tmp_path, empty_file, running, released
):
    with house_on_a_small_disk(tmp_path, empty_file) as (house, small):
        download, part = queue_a_film(house, released)
        first = house.engine()
        first.launch()
        eventually(lambda: house.row(download).transfer.offset > SIZE // 2)
        fill(small)
        released.set()
        eventually(lambda: is_kept(part))
        first.stop()

        (small / "filler").unlink()
        before = len(house.provider.requests)
        running(house.engine())
        house.await_state(download, DownloadState.COMPLETED)

        assert house.result(download) == digest(content(SIZE))
        assert len(house.provider.requests) == before, "nothing is asked for again"
