"""A file whose picture the quality profile does not allow: stopped at its head, remembered, the next variant taken."""

import pytest
from sqlalchemy import update

from stalkeer.core.downloads.states import Action
from stalkeer.demo.media import EPISODE_45_MP4, MOVIE_90, media
from stalkeer.jobs.downloads.queue import plan_queue, queue_confirmed, queue_pair
from stalkeer.jobs.imports.pictures import HeadCheck
from stalkeer.model import DownloadState
from stalkeer.store.catalogue.traits import entry_traits
from stalkeer.store.db.tables import entries
from stalkeer.store.downloads.actions import act
from stalkeer.store.matching.blocklist import count_blocks
from tests.doubles.house import now, open_house

S = DownloadState
SIZE = 600_000


def film_1080(size=SIZE, seed=1):
    return media(MOVIE_90, size, seed)


def film_720(size=SIZE, seed=2):
    return media(EPISODE_45_MP4, size, seed)


def add_variant(house, wanted_id, body, name, resolution=None, score=0.97):
    entry = house.entry(house.source(), f"/files/{name}.mkv", body, name, resolution)
    house.match(wanted_id, entry, score)
    return entry


def marks(house):
    with house.database.connect() as connection:
        return count_blocks(connection)


def plan(house):
    with house.database.connect() as connection:
        return plan_queue(connection, now())


def test_a_transfer_is_stopped_at_the_head_of_a_file_that_the_profile_forbids(any_house, running):
    house = any_house
    house.allow(house.instance(), 2160)
    download = house.download("Dune", film_1080(60 * 2**20))

    running(house.engine())

    row = house.await_state(download, S.FAILED)
    assert row.outcome.error_code == "picture"
    assert (
        "its picture is 1920x1080 (1080p), which the quality profile '2160p' of Radarr does not allow"
        in row.outcome.error
    )
    assert row.transfer.bytes_fetched < 16 * 2**20
    assert marks(house) == 0


def test_a_head_that_cannot_be_read_now_is_looked_at_again(house, tmp_path):
    house.allow(house.instance(), 2160)
    row = house.row(house.download("Dune", film_1080()))
    part = tmp_path / "1.part"
    check = HeadCheck(house.database, row, part)

    before = check(1000)
    part.write_bytes(film_1080().read(0, 100))
    too_early = check(100)
    part.write_bytes(film_1080().read(0, 100_000))
    then = check(100_000)

    assert (before, too_early) == (None, None)
    assert "1920x1080" in then


@pytest.mark.parametrize("claimed", [None, 2160])
def test_the_next_variant_follows_and_nothing_is_put_on_the_blocklist(house, running, claimed):
    house.allow(house.instance(), 720)
    download = house.download("Dune", film_1080())
    row = house.row(download)
    with house.database.begin() as connection:
        connection.execute(update(entries).where(entries.c.id == row.identity.entry_id).values(resolution=claimed))
    fitting = add_variant(house, row.items[0].wanted_id, film_720(), "Dune HD")

    running(house.engine())

    done = house.await_state(download, S.COMPLETED)
    assert done.identity.entry_id == fitting
    assert done.identity.variants_tried == (row.identity.entry_id,)
    assert marks(house) == 0
    assert not (house.app.settings.directories.temp / "quarantine").exists()


def test_a_file_that_was_measured_is_not_chosen_again_for_that_profile(house, running):
    house.allow(house.instance(), 2160)
    download = house.download("Dune", film_1080())
    running(house.engine())
    entry = house.await_state(download, S.FAILED).identity.entry_id
    house.forget_download(download)

    refused = plan(house)
    house.allow(house.instance(), 1080, 2160)
    allowed = plan(house)

    assert [one.reasons[0] for one in refused.refused] == ["1080p is not allowed by the profile '2160p'"]
    assert [one.first.entry_id for one in allowed.planned] == [entry]


def test_a_retry_looks_at_the_file_again_and_does_not_take_it_either(house, running):
    house.allow(house.instance(), 2160)
    download = house.download("Dune", film_1080())
    running(house.engine())
    run = house.await_state(download, S.FAILED).queue.run

    with house.database.begin() as connection:
        act(connection, download, Action.RETRY, now())

    row = house.await_state(download, S.FAILED)
    assert row.queue.run > run and row.outcome.error_code == "picture"


def test_an_entry_that_is_called_something_else_is_measured_anew(house, running):
    house.allow(house.instance(), 2160)
    download = house.download("Dune", film_1080())
    running(house.engine())
    entry = house.await_state(download, S.FAILED).identity.entry_id
    house.forget_download(download)

    with house.database.begin() as connection:
        connection.execute(update(entries).where(entries.c.id == entry).values(name="Dune 4K", resolution=2160))

    assert [one.first.resolution for one in plan(house).planned] == [2160]


def test_a_file_that_is_what_its_name_says_is_taken_where_the_user_asks_for_it(house, running):
    house.allow(house.instance(), 720)
    row = house.row(house.download("Dune", None))
    with house.database.begin() as connection:
        act(connection, row.id, Action.CANCEL, now())
    named = add_variant(house, row.items[0].wanted_id, film_1080(), "Dune 1080p", resolution=1080)
    made = queue_pair(house.database, now, named, row.items[0].wanted_id)

    running(house.engine())

    assert house.await_state(made, S.COMPLETED).identity.entry_id == named


def test_an_instance_whose_profile_forbids_a_shared_file_gets_another_variant(house, running):
    uhd = house.instance("radarr-4k")
    house.allow(house.instance(), 720, 1080)
    house.allow(uhd, 2160)
    download = house.download("Dune", film_1080())
    other = house.film("Dune", uhd, arr_id=5)
    house.match(other, house.row(download).identity.entry_id)
    queue_confirmed(house.database, now)
    assert len(house.row(download).items) == 2

    running(house.engine())

    row = house.await_state(download, S.COMPLETED)
    assert sorted((item.wanted_id == other, item.state) for item in row.items) == [
        (False, "waiting"),  # with `import.mode: none` nothing imports it
        (True, "cancelled"),
    ]
    uhd_entry = add_variant(house, other, film_1080(seed=3), "Dune 4K", resolution=2160)
    (made,) = queue_confirmed(house.database, now).queued
    assert house.row(made).identity.entry_id == uhd_entry


def test_a_release_is_called_by_the_resolution_that_was_measured(tmp_path, database, running):
    with open_house(tmp_path, database, {"import.mode": "manual"}) as house:
        house.radarr.library.mkdir(exist_ok=True)
        download = house.download("Dune", film_1080())

        running(house.engine())

        row = house.await_state(download, S.COMPLETED)
        assert "1080p" in row.outcome.release
        with database.connect() as connection:
            assert entry_traits(connection, row.identity.entry_id).resolution == 1080
