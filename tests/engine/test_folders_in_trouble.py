"""While a folder of `directories` cannot be used, nothing that needs it begins, and nothing is taken for lost."""

from __future__ import annotations

import pytest

from stalkeer.core.downloads.waiting import Reason
from stalkeer.jobs.downloads.admission import explain_waiting
from stalkeer.model import DownloadState as S
from stalkeer.store.downloads.workers import list_workers
from tests.doubles.house import House, content, digest, eventually, now, open_house


@pytest.mark.parametrize("name", ["temp", "movies", "tvshows"])
@pytest.mark.parametrize("folder", ["relative", "gone"])
def test_no_download_starts_while_a_folder_cannot_be_used_and_none_is_made_in_its_place(
    tmp_path, monkeypatch, database, running, name, folder
):
    monkeypatch.chdir(tmp_path)
    given = folder if folder == "relative" else str(tmp_path / folder)
    with open_house(tmp_path, database, {f"directories.{name}": given}) as house:
        download = house.download("Dune", content(50_000))
        running(house.engine())
        await_beats(house, 3)

        found = explain_waiting(house.database, house.app.settings, now())[download]
        assert found.reason is Reason.FOLDER and f"directories.{name}: '{given}'" in found.text
        assert house.state(download) is S.QUEUED
        assert not (tmp_path / folder).exists()


@pytest.mark.parametrize("name", ["temp", "movies"])
def test_downloads_begin_once_the_folder_is_there(tmp_path, database, running, name):
    folder = tmp_path / "disk"
    with open_house(tmp_path, database, {f"directories.{name}": str(folder)}) as house:
        body = content(50_000)
        download = house.download("Dune", body)
        running(house.engine())
        await_beats(house, 2)
        assert house.state(download) is S.QUEUED

        folder.mkdir()

        house.await_state(download, S.COMPLETED)
        assert house.result(download) == digest(body)


def test_what_was_fetched_to_a_disk_that_is_away_is_not_fetched_again(tmp_path, database, running):
    disk, away = tmp_path / "disk", tmp_path / "away"
    away.mkdir()
    body = content(50_000)
    (away / "1.part").write_bytes(body)
    with open_house(tmp_path, database, {"directories.temp": str(disk)}) as house:
        download = house.download("Dune", body)
        fetched = {"part_path": str(disk / "1.part"), "durable_offset": len(body), "total": len(body)}
        house.change(download, state=S.FETCHED.value, **fetched)
        running(house.engine())
        await_beats(house, 3)
        assert house.state(download) is S.FETCHED

        away.rename(disk)

        house.await_state(download, S.COMPLETED)
        assert house.result(download) == digest(body)
        assert [one for one in house.provider.requests if one.key == house.row(download).identity.entry_key] == []


def await_beats(house: House, count: int) -> None:
    """Until the engine has looked at the queue `count` times more."""
    for _ in range(count):
        before = heartbeat(house)
        eventually(lambda before=before: heartbeat(house) != before, "the engine looks at its queue")


def heartbeat(house: House) -> object:
    with house.database.connect() as connection:
        return [row.heartbeat for row in list_workers(connection)]
