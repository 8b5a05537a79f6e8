"""Downloads from the queue to the finished file, with a real provider, in this process."""

import time
from pathlib import Path

from stalkeer.downloads.states import Action
from stalkeer.model import DownloadState
from stalkeer.store.downloads import act
from tests.doubles.house import content, digest, eventually, now


def do(house, download, action):
    with house.database.begin() as connection:
        return act(connection, download, action, now())


def test_a_queued_download_is_fetched_and_placed(any_house, running):
    body = content(3_000_000)
    download = any_house.download("Dune", body)

    running(any_house.engine())

    row = any_house.await_state(download, DownloadState.COMPLETED)
    assert any_house.result(download) == digest(body)
    assert Path(row.final_path).suffix == ".mkv"
    assert row.durable_offset == row.total == len(body)


def test_ten_downloads_never_open_more_connections_than_the_account_has(house, running):
    source = house.source(max_connections=2)
    house.provider.rate = 4_000_000
    downloads = [house.download(f"Film {n}", content(400_000, n), source) for n in range(10)]

    running(house.engine())

    for number, download in enumerate(downloads):
        house.await_state(download, DownloadState.COMPLETED)
        assert house.result(download) == digest(content(400_000, number))
    assert len([request for request in house.provider.requests if request.key.startswith("/files")]) == 10


def test_a_running_download_is_paused_within_a_second_and_goes_on_where_it_was(house, running):
    body = content(6_000_000)
    house.provider.rate = 2_000_000
    download = house.download("Dune", body)
    running(house.engine())
    eventually(lambda: house.row(download).offset > 500_000, "some bytes have come")

    do(house, download, Action.PAUSE)

    began = time.monotonic()
    row = house.await_state(download, DownloadState.PAUSED)
    assert time.monotonic() - began < 1
    assert row.worker is None and row.durable_offset > 0
    house.provider.rate = None
    do(house, download, Action.RESUME)
    row = house.await_state(download, DownloadState.COMPLETED)
    assert house.result(download) == digest(body)
    assert row.resumes == 1 and row.bytes_resumed > 0


def test_a_cancelled_download_leaves_nothing_behind(house, running):
    house.provider.rate = 1_000_000
    download = house.download("Dune", content(4_000_000))
    running(house.engine())
    eventually(lambda: house.row(download).offset > 100_000)
    part = Path(house.row(download).part_path)

    do(house, download, Action.CANCEL)

    house.await_state(download, DownloadState.CANCELLED)
    eventually(lambda: not part.exists(), "the part file goes")


def test_an_entry_that_is_gone_gives_way_to_the_next_variant(house, running):
    body = content(500_000, 7)
    download = house.download("Dune", None)
    house.change(download, failures=5)
    better = house.entry(house.source(), "/files/other.mkv", body, "Dune 4K")
    house.match(house.row(download).items[0].wanted_id, better)

    running(house.engine())

    row = house.await_state(download, DownloadState.COMPLETED)
    assert row.entry_id == better
    assert house.result(download) == digest(body)


def test_the_last_variant_that_is_gone_fails_the_download_and_frees_its_items(house, running):
    download = house.download("Dune", None)
    house.change(download, failures=5)

    running(house.engine())

    row = house.await_state(download, DownloadState.FAILED)
    assert row.error_code == "gone"
    assert row.items[0].state == "cancelled"
