"""What may be queued: nothing that is in the library already, whoever asks for it."""

import pytest
from sqlalchemy import select

from stalkeer.core.downloads.states import Action
from stalkeer.errors import Conflict
from stalkeer.jobs.downloads.queue import queue_confirmed, queue_match, queue_pair
from stalkeer.model import DownloadState, Drive, MatchId
from stalkeer.store.db.tables import matches
from stalkeer.store.downloads.actions import act
from stalkeer.store.downloads.rows import ItemState
from stalkeer.store.downloads.variants import confirmed_matches
from stalkeer.store.library.ownership import read_kept
from stalkeer.store.library.targets import mark_imported
from tests.doubles.app import make_app
from tests.doubles.house import House, now


@pytest.fixture
def house(tmp_path, any_database):
    """Rows only: nothing is fetched here."""
    return House(make_app(tmp_path / "data", any_database, now), provider=None, radarr=None)


def imported(house, title):
    """A film that was downloaded and imported a moment ago, as the row of its download."""
    download = house.download(title, None)
    row = house.row(download)
    house.change(download, state=DownloadState.COMPLETED.value, finished_at=now())
    house.change_item(download, state="imported", active=False, imported_file_id=7)
    with house.database.begin() as connection:
        mark_imported(connection, [row.items[0].wanted_id], now())
    return row


def match_of(house, row):
    with house.database.connect() as connection:
        return MatchId(
            connection.execute(select(matches.c.id).where(matches.c.entry_id == row.identity.entry_id)).scalar_one()
        )


def test_an_item_that_was_just_imported_is_not_queued_again_by_its_entry(house):
    row = imported(house, "Dune")

    with pytest.raises(Conflict, match=r"Dune \(2020\) is already in the library of Radarr"):
        queue_pair(house.database, now, row.identity.entry_id, row.items[0].wanted_id)


def test_an_item_that_was_just_imported_is_not_queued_again_by_its_match(house):
    row = imported(house, "Alien")

    with pytest.raises(Conflict, match="already in the library"):
        queue_match(house.database, now, match_of(house, row))


def test_an_item_that_its_instance_does_not_want_any_longer_is_not_queued(house):
    row = house.row(house.download("Heat", None))
    with house.database.begin() as connection:
        act(connection, row.id, Action.CANCEL, now())
    house.change_wanted(row.items[0].wanted_id, gone_at=now())

    with pytest.raises(Conflict, match="Radarr no longer wants Heat"):
        queue_pair(house.database, now, row.identity.entry_id, row.items[0].wanted_id)


def test_a_failed_download_of_an_item_that_came_otherwise_is_not_fetched_by_a_retry(house):
    row = house.row(house.download("Dune", None))
    house.change(row.id, state=DownloadState.FAILED.value)
    house.change_item(row.id, state="cancelled", active=False)
    with house.database.begin() as connection:
        mark_imported(connection, [row.items[0].wanted_id], now())

    with house.database.begin() as connection:
        result = act(connection, row.id, Action.RETRY, now())

    assert (result.outcome, result.state) == ("refused", DownloadState.FAILED)
    assert "already in the library of Radarr" in result.reason


def test_an_item_that_is_wanted_again_is_queued_again(house):
    row = imported(house, "Dune")
    house.change_wanted(row.items[0].wanted_id, gone_at=None)

    assert queue_pair(house.database, now, row.identity.entry_id, row.items[0].wanted_id) != row.id


def test_of_a_file_for_two_items_only_the_one_that_is_wanted_is_served(house):
    row = house.row(house.download("Dune", None))
    with house.database.begin() as connection:
        act(connection, row.id, Action.CANCEL, now())
    other = house.film("Dune", house.instance("radarr-4k"), arr_id=5)
    house.match(other, row.identity.entry_id)
    with house.database.begin() as connection:
        mark_imported(connection, [row.items[0].wanted_id], now())

    made = queue_pair(house.database, now, row.identity.entry_id, other)

    assert [item.wanted_id for item in house.row(made).items] == [other]
    with house.database.connect() as connection:
        assert [match.wanted_id for match in confirmed_matches(connection)] == [other]


@pytest.mark.parametrize("state", [ItemState.IMPORTED, ItemState.CANCELLED])
@pytest.mark.parametrize("hand_over", list(Drive))
def test_what_an_instance_imported_was_not_kept_although_its_file_has_no_number(house, hand_over, state):
    """The history of Radarr 3 names no id of the file. Without this, it was offered no better release ever again."""
    row = house.row(house.download("Dune", None))
    house.change(row.id, state=DownloadState.COMPLETED.value, finished_at=now())
    house.change_item(row.id, active=False, state=state.value, hand_over=hand_over.value, imported_file_id=None)

    with house.database.connect() as connection:
        assert read_kept(connection, house.instance()) == frozenset()


def test_what_was_kept_in_its_folder_is_not_queued_by_itself_before_the_next_scan(house):
    row = house.row(house.download("Dune", None))
    house.change(row.id, state=DownloadState.COMPLETED.value, finished_at=now())
    house.change_item(row.id, active=False)
    with house.database.connect() as connection:
        assert read_kept(connection, house.instance())

    report = queue_confirmed(house.database, now)

    assert (report.queued, report.already) == ((), 1)
