"""What becomes of a download when its provider misbehaves: from the queue to the right file, or to a clear end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from stalkeer.adapters.files.container import inspect
from stalkeer.core.downloads.waiting import Reason
from stalkeer.demo.content import ServedFile
from stalkeer.demo.media import EPISODE_24, MOVIE_90, media
from stalkeer.jobs.downloads.admission import explain_waiting
from stalkeer.model import DownloadState
from stalkeer.store.db.tables import entries
from tests.adapters.files.media import make_media
from tests.doubles import provider_faults as faults
from tests.doubles.disks import mounted_disk
from tests.doubles.house import digest, eventually, now, open_house
from tests.doubles.provider_faults import on, script

STRICT = {"downloads.verify_downloads": True, "downloads.timeout": "2s", "downloads.retry_delay": "0.1s"}


@pytest.fixture
def strict(tmp_path, database):
    with open_house(tmp_path, database, STRICT) as opened:
        yield opened


def hours_pass(house, download):
    """Until the download waits for a later moment, and then it is that moment."""
    eventually(lambda: house.row(download).queue.not_before is not None)
    house.change(download, not_before=None)


def served(body):
    return body.read(0, body.size)


def test_a_file_that_became_shorter_midway_is_fetched_anew(strict, running):
    longer, shorter = media(MOVIE_90, 3_000_000, 1), media(MOVIE_90, 1_000_000, 2)
    download = strict.download("Dune", longer)

    def replace(exchange):
        strict.provider.files[exchange.request.key] = ServedFile(shorter)
        exchange.deliver(cut_after=2_000_000)

    strict.provider.hook = script(replace)
    running(strict.engine())
    hours_pass(strict, download)

    strict.await_state(download, DownloadState.COMPLETED)
    assert strict.result(download) == digest(served(shorter))


def test_a_notice_instead_of_the_rest_loses_no_stored_bytes(strict, running):
    body, notice = media(MOVIE_90, 3_000_000, 1), served(media(EPISODE_24, 100_000, 2))
    download = strict.download("Dune", body)
    strict.provider.hook = script(faults.cut_after(2_000_000), *[faults.body(notice)] * 2)

    running(strict.engine())
    hours_pass(strict, download)

    strict.await_state(download, DownloadState.COMPLETED)
    assert strict.result(download) == digest(served(body))
    assert sum(request.sent for request in strict.provider.requests) < 3_000_000 + 3 * 100_000


def test_a_file_replaced_by_one_of_the_same_size_ends_as_one_of_them(strict, running):
    before, after = media(MOVIE_90, 3_000_000, 1), media(MOVIE_90, 3_000_000, 2)
    download = strict.download("Dune", before)

    def replace(exchange):
        strict.provider.files[exchange.request.key] = ServedFile(after)
        exchange.deliver(cut_after=1_500_000)

    strict.provider.hook = script(replace)
    running(strict.engine())

    strict.await_state(download, DownloadState.COMPLETED)
    assert strict.result(download) == digest(served(after))


def test_a_notice_in_place_of_the_film_is_not_taken_for_it(strict, running):
    download = strict.download("Dune", media(EPISODE_24, 500_000, 1))

    running(strict.engine())

    row = strict.await_state(download, DownloadState.FAILED)
    assert "24 min" in row.outcome.error and "90" in row.outcome.error


def test_a_film_without_a_length_that_is_cut_is_fetched_on(strict, running):
    body = media(MOVIE_90, 2_000_000, 1)
    download = strict.download("Dune", body)
    strict.provider.hook = script(lambda exchange: faults.without_length(exchange, cut=1_000_000))

    running(strict.engine())
    hours_pass(strict, download)

    strict.await_state(download, DownloadState.COMPLETED)
    assert strict.result(download) == digest(served(body))


def test_a_truncated_film_that_claims_to_be_whole_is_quarantined(strict, running):
    whole = served(media(MOVIE_90, 2_000_000, 1))
    download = strict.download("Dune", whole[:1_500_000])

    running(strict.engine())

    row = strict.await_state(download, DownloadState.FAILED)
    temp = strict.app.settings.directories.temp
    assert "broken" in row.outcome.error
    eventually(lambda: list((temp / "quarantine").iterdir()), "the file moves after the state is written")
    assert [path.read_bytes() == whole[:1_500_000] for path in (temp / "quarantine").iterdir()] == [True]


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize("times", [1, 2])
def test_a_film_whose_length_was_too_short_at_first_is_asked_for_again_at_the_same_entry(strict, running, share, times):
    whole = served(media(MOVIE_90, 1_000_000, 1))
    download = strict.download("Dune", whole)
    strict.provider.hook = on(faults.body(whole[: int(len(whole) * share)]), first=times)

    running(strict.engine())
    strict.await_state(download, DownloadState.COMPLETED)

    assert strict.result(download) == digest(whole)
    assert len(strict.provider.requests) == times + 1 and strict.row(download).queue.failures == 0


def test_a_film_in_plain_segments_becomes_one_file(strict, running, tmp_path):
    whole = make_media(tmp_path / "film.ts", seconds=4).read_bytes()
    middle = len(whole) // 376 * 188
    download = strict.download("Dune", b"#EXTM3U\n#EXTINF:2,\na.ts\n#EXTINF:2,\nb.ts\n#EXT-X-ENDLIST\n")
    strict.provider.add("/files/a.ts", whole[:middle])
    strict.provider.add("/files/b.ts", whole[middle:])
    with strict.database.begin() as connection:
        connection.exec_driver_sql("UPDATE wanted SET runtime_min = NULL")

    running(strict.engine())

    row = strict.await_state(download, DownloadState.COMPLETED)
    assert inspect(Path(row.outcome.final_path)).is_whole


@pytest.mark.parametrize("listed", [1_000, 900_000_000])
def test_a_size_that_the_list_tells_wrong_does_no_harm(strict, running, listed):
    body = media(MOVIE_90, 300_000, 1)
    download = strict.download("Dune", body)
    with strict.database.begin() as connection:
        connection.execute(update(entries).values(size=listed))

    running(strict.engine())

    strict.await_state(download, DownloadState.COMPLETED)
    assert strict.result(download) == digest(served(body))


@pytest.mark.parametrize("jump", [timedelta(days=2), timedelta(days=-2)], ids=["forth", "back"])
def test_a_clock_that_jumps_delays_nothing(tmp_path, database, running, jump):
    ahead = timedelta()
    with open_house(tmp_path, database, STRICT | {"downloads.reconnect_gap": "1s"}, lambda: now() + ahead) as house:
        source = house.source(max_connections=1)
        films = {number: media(MOVIE_90, 2_000_000, number) for number in (1, 2)}
        bodies = {house.download(f"Film {number}", film, source): film for number, film in films.items()}
        house.provider.rate = 2_000_000
        house.change(max(bodies), not_before=now() + timedelta(hours=1))
        running(house.engine())
        eventually(lambda: house.row(min(bodies)).transfer.offset > 200_000)

        ahead = jump
        house.provider.drop_all()

        for download, body in bodies.items():
            house.await_state(download, DownloadState.COMPLETED)
            assert house.result(download) == digest(served(body))


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_in_trouble_is_tried_again(strict, running, status):
    body = media(MOVIE_90, 300_000, 1)
    download = strict.download("Dune", body)
    strict.provider.hook = on(faults.status(status), first=2)

    running(strict.engine())

    strict.await_state(download, DownloadState.COMPLETED)
    assert strict.result(download) == digest(served(body))


def test_silence_is_ended_and_the_film_resumed(strict, running):
    body = media(MOVIE_90, 2_000_000, 1)
    download = strict.download("Dune", body)
    strict.provider.hook = on(faults.stall_after(1_000_000), first=1)

    running(strict.engine())

    strict.await_state(download, DownloadState.COMPLETED)
    assert strict.result(download) == digest(served(body))
    assert sum(request.sent for request in strict.provider.requests) < 2_000_000 + 200_000


def test_a_page_in_place_of_the_film_leaves_what_had_come(strict, running):
    body = media(MOVIE_90, 2_000_000, 1)
    download = strict.download("Dune", body)
    strict.provider.hook = script(faults.cut_after(1_000_000), faults.body(b"<html>blocked</html>"))

    running(strict.engine())
    hours_pass(strict, download)

    strict.await_state(download, DownloadState.COMPLETED)
    assert strict.result(download) == digest(served(body))


def test_a_download_that_does_not_fit_waits_and_starts_when_there_is_room(tmp_path, database, running):
    with (
        mounted_disk(tmp_path / "small", 8_000_000) as small,
        open_house(tmp_path, database, STRICT | {"directories.temp": str(small / "incomplete")}) as house,
    ):
        (small / "incomplete").mkdir()
        filler = small / "filler"
        filler.write_bytes(bytes(5_500_000))
        body = media(MOVIE_90, 5_000_000, 1)
        download = house.download("Dune", body)
        house.change(download, total=5_000_000)
        running(house.engine())

        def is_waiting_for_room():
            waiting = explain_waiting(house.database, house.app.settings, now())
            return download in waiting and waiting[download].reason is Reason.DISK

        eventually(is_waiting_for_room)
        filler.unlink()

        house.await_state(download, DownloadState.COMPLETED)
        assert house.result(download) == digest(served(body))


def test_a_finished_file_has_the_permissions_of_the_settings_and_leaves_nothing_beside_it(tmp_path, database, running):
    with open_house(tmp_path, database, STRICT | {"directories.file_mode": "640"}) as house:
        whole = make_media(tmp_path / "film.ts", seconds=2).read_bytes()
        download = house.download("Dune", b"#EXTM3U\n#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n")
        house.provider.add("/files/a.ts", whole)
        with house.database.begin() as connection:
            connection.exec_driver_sql("UPDATE wanted SET runtime_min = NULL")
        running(house.engine())

        row = house.await_state(download, DownloadState.COMPLETED)

        temp = house.app.settings.directories.temp
        assert Path(row.outcome.final_path).stat().st_mode & 0o777 == 0o640
        assert [path.name for path in temp.iterdir() if path.is_file()] == [".stalkeer-folder"]
