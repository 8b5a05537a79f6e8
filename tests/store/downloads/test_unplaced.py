"""Finished files that could not be put in their place, as the health checks count them."""

from stalkeer.core.downloads.states import FINISHING_STATES
from stalkeer.model import DownloadState
from stalkeer.store.system.health import unplaced_files
from tests.doubles.house import open_house


def test_files_that_wait_and_files_that_are_blocked_are_counted_apart(any_database, tmp_path):
    with open_house(tmp_path, any_database) as house:
        for number, state in enumerate((*FINISHING_STATES, DownloadState.BLOCKED, DownloadState.FAILED)):
            download = house.download(f"Film {number}", b"")
            house.change(download, state=state.value, error=f"why {number}", error_code="placement")
        house.change(house.download("Another", b""), state=DownloadState.BLOCKED.value, error_code="refused")

        with any_database.connect() as connection:
            waiting, blocked = unplaced_files(connection)

    assert (waiting.is_blocked, waiting.count, waiting.title, waiting.error) == (False, 3, "Film 0", "why 0")
    assert (blocked.is_blocked, blocked.count, blocked.title, blocked.error) == (True, 1, "Film 3", "why 3")
