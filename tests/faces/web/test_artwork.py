"""Pictures come from Radarr and Sonarr once, and from the data folder afterwards."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from stalkeer.adapters.arr.artwork import LARGEST
from stalkeer.adapters.net.pictures import media_type_of
from stalkeer.demo.http import Response
from stalkeer.demo.radarr import Radarr
from stalkeer.faces.web.artwork import TRANSPARENT
from stalkeer.jobs.catalogue.picture_folder import surplus
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.wanted.scan import Scanner, scan_missing
from stalkeer.runtime import App
from stalkeer.store.db.tables import library, wanted
from tests.doubles.instances import know
from tests.faces.web.sample import fill

PNG = b"\x89PNG"


@pytest.fixture
def radarr(tmp_path: Path, app: App) -> Iterator[Radarr]:
    """It misses one film with pictures and one without."""
    with Radarr(tmp_path / "movies") as server:
        images = "https://images.example.com"
        server.add_movie(
            "The Salt Orchard", 2021, poster=f"{images}/salt.jpg", backdrop=f"{images}/sea.jpg", overview="Salt grows."
        )
        server.add_movie("Nobody Drew This", 2020)
        know(app.arrs, server)
        scan_missing(Scanner(app.database, app.arrs, app.settings, lambda where, run: None), QuietRun())
        yield server


def path_of(app: App, title: str, picture: str = "poster-500") -> str:
    with app.database.connect() as connection:
        number = connection.execute(select(library.c.id).where(library.c.title == title)).scalar_one()
    return f"/artwork/{number}/{picture}"


def test_a_poster_is_fetched_once_and_then_kept(client: TestClient, app: App, radarr: Radarr):
    path = path_of(app, "The Salt Orchard")

    first = client.get(path)
    radarr.close()
    second = client.get(path)
    again = client.get(path, headers={"If-None-Match": second.headers["etag"]})

    assert first.headers["content-type"] == "image/png" and first.content.startswith(PNG)
    assert second.content == first.content
    assert "max-age" in second.headers["cache-control"]
    assert again.status_code == 304 and again.content == b""


def test_a_poster_that_the_instance_replaced_is_fetched_anew(client: TestClient, app: App, radarr: Radarr):
    path = path_of(app, "The Salt Orchard")
    client.get(path)
    with app.database.begin() as connection:
        connection.execute(update(library).values(poster="another.jpg"))

    client.get(path)

    assert sum(request.path.endswith("poster-500.jpg") for request in radarr.requests) == 2


def test_without_a_poster_nobody_is_asked(client: TestClient, app: App, radarr: Radarr):
    asked = len(radarr.requests)

    answer = client.get(path_of(app, "Nobody Drew This"))

    assert answer.content == TRANSPARENT
    assert len(radarr.requests) == asked


def test_an_instance_that_is_away_leaves_the_letters_of_the_title(client: TestClient, app: App, radarr: Radarr):
    path = path_of(app, "The Salt Orchard", "fanart-360")
    radarr.close()

    answer = client.get(path)

    assert answer.content == TRANSPARENT
    assert "max-age=600" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "content", [b"<svg onload='alert(1)'/>", b"<html>", b"", PNG + bytes(LARGEST)], ids=["svg", "page", "none", "large"]
)
def test_only_a_picture_of_a_bounded_size_is_passed_on(content: bytes, client: TestClient, app: App, radarr: Radarr):
    radarr.hook = lambda request: Response(200, content, {"Content-Type": "image/png"})

    answer = client.get(path_of(app, "The Salt Orchard"))

    assert answer.content == TRANSPARENT
    assert list(app.paths.artwork.glob("*")) == []


def _a_file_in_its_place(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_bytes(b"")


def _a_link_that_leads_nowhere(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(folder.parent / "away")


def _a_loop(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(folder)


@pytest.mark.parametrize(
    "spoil", [_a_file_in_its_place, _a_link_that_leads_nowhere, _a_loop], ids=lambda one: one.__name__
)
def test_a_disk_that_keeps_no_picture_shows_it_all_the_same(client: TestClient, app: App, radarr: Radarr, spoil):
    spoil(app.paths.artwork)

    answers = [client.get(path_of(app, "The Salt Orchard")) for _ in range(2)]

    assert [(answer.status_code, answer.content[:4]) for answer in answers] == [(200, PNG)] * 2


def test_requests_for_one_picture_that_another_request_removes_are_all_answered(
    client: TestClient, app: App, radarr: Radarr
):
    path = path_of(app, "The Salt Orchard")
    client.get(path)
    is_over = threading.Event()

    def remove() -> None:
        while not is_over.is_set():
            for kept in surplus(app.paths.artwork, 0):
                kept.unlink(missing_ok=True)

    removing = threading.Thread(target=remove)
    removing.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: client.get(path), range(12)))
            sizes = list(pool.map(lambda _: len(surplus(app.paths.artwork, 0)), range(12)))
    finally:
        is_over.set()
        removing.join()

    assert {answer.status_code for answer in answers} == {200} and all(answer.content[:4] == PNG for answer in answers)
    assert set(sizes) <= {0, 1}


def test_the_drawer_shows_overview_backdrop_and_pages_elsewhere(client: TestClient, app: App, radarr: Radarr):
    with app.database.connect() as connection:
        number = connection.execute(select(wanted.c.id).where(wanted.c.title == "The Salt Orchard")).scalar_one()

    page = client.get(f"/wanted/{number}").text

    assert "Salt grows." in page
    assert "/fanart-360?v=" in page
    assert f'href="{radarr.url}/movie/' in page and "https://www.themoviedb.org/movie/" in page


def test_an_entry_keeps_the_poster_of_its_movie_after_the_import(client: TestClient, app: App):
    fill(app.database, app.secrets, app.clock())
    with app.database.begin() as connection:
        connection.execute(update(wanted).values(gone_at=app.clock()))

    page = client.get("/catalogue?view=posters&q=cold+harbour").text

    assert "/artwork/2/poster-500" in page


def test_the_pictures_shown_longest_ago_make_room(tmp_path: Path):
    for day, name in enumerate(("old", "middle", "new")):
        path = tmp_path / f"{name}.picture"
        path.write_bytes(bytes(100))
        os.utime(path, (day * 86_400, day * 86_400))

    assert [path.stem for path in surplus(tmp_path, 250)] == ["old"]
    assert surplus(tmp_path, 300) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"RIFF0000WEBPVP8 ", "image/webp"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"<svg", None),
    ],
)
def test_a_picture_is_known_by_its_first_bytes(content: bytes, expected: str | None):
    assert media_type_of(content) == expected
