"""Pictures that playlists name are fetched once, from where they may be, and their addresses stay here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from stalkeer.adapters.playlists.logos import LARGEST
from stalkeer.faces.web.artwork import TRANSPARENT
from stalkeer.runtime import App
from stalkeer.store.db.tables import entries, sources
from tests.doubles.raw_server import RawServer, answer
from tests.faces.web.sample import fill

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
USER, PASSWORD = "ann-lives-here", "s3cret-pass-9"
UNMATCHED, OTHER = 16, 15  # entries that are nothing in the library
PATH = f"/artwork/entry/{UNMATCHED}"


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(default=answer(PNG, "Content-Type: text/plain")) as running:
        yield running


@pytest.fixture
def stocked(app: App) -> App:
    fill(app.database, app.secrets, app.clock())
    return app


def set_logo(app: App, number: int, logo: str) -> None:
    with app.database.begin() as connection:
        connection.execute(update(entries).where(entries.c.id == number).values(logo=logo))


def set_source(app: App, kind: str = "xtream", **credentials: object) -> None:
    stored = json.dumps({"username": USER, "password": PASSWORD, **credentials})
    with app.database.begin() as connection:
        source = select(entries.c.source_id).where(entries.c.id == UNMATCHED).scalar_subquery()
        values = {"kind": kind, "credentials": app.secrets.encrypt(stored)}
        connection.execute(update(sources).where(sources.c.id == source).values(**values))


def test_a_picture_is_fetched_once_and_then_kept(client: TestClient, stocked: App, server: RawServer):
    set_source(stocked, url=f"http://{server.place}")
    set_logo(stocked, UNMATCHED, f"http://{server.place}/film.jpg")

    first, second = client.get(PATH), client.get(PATH)
    again = client.get(PATH, headers={"If-None-Match": second.headers["etag"]})

    assert first.content == second.content == PNG
    assert first.headers["content-type"] == "image/png" and "max-age" in first.headers["cache-control"]
    assert again.status_code == 304
    assert server.lines == ["GET /film.jpg HTTP/1.1"]


def test_the_login_goes_to_the_panel_and_to_no_page(client: TestClient, stocked: App, server: RawServer):
    set_source(stocked, url=f"http://{server.place}", headers={"X-Panel-Token": "tok-en-of-ann"})
    set_logo(stocked, UNMATCHED, "{base}/images/{username}/{password}/1.png")

    picture = client.get(PATH)
    pages = (
        client.get("/catalogue?view=posters").text
        + client.get(f"/catalogue/{UNMATCHED}").text
        + client.get("/catalogue").text
    )

    assert picture.content == PNG
    assert server.lines == [f"GET /images/{USER}/{PASSWORD}/1.png HTTP/1.1"]
    assert f"{PATH}?v=" in pages
    assert not any(secret in pages for secret in (USER, PASSWORD, server.place))
    assert not any("x-panel-token" in fields for fields in server.fields)
    assert not any(secret in path.name for path in stocked.paths.artwork.iterdir() for secret in (USER, PASSWORD))


@pytest.mark.parametrize("typed", ["http://1.1.1.1:8080", ""], ids=["a provider outside", "a playlist file"])
def test_a_playlist_cannot_send_stalkeer_into_the_users_network(
    client: TestClient, stocked: App, server: RawServer, typed: str
):
    set_source(stocked, kind="m3u", url=typed)
    set_logo(stocked, UNMATCHED, f"http://{server.place}/reboot")

    answered = client.get(PATH)

    assert answered.content == TRANSPARENT and server.lines == []


@pytest.mark.parametrize(
    "logo", ["file:///etc/passwd", "data:image/png;base64,iVBORw0KGgo=", "C:\\a.png", "//", "{base"]
)
def test_a_logo_that_is_no_web_address_is_no_picture(client: TestClient, stocked: App, logo: str):
    set_logo(stocked, UNMATCHED, logo)

    assert client.get(PATH).content == TRANSPARENT


@pytest.mark.parametrize(
    "reply",
    [
        answer(b"<svg onload='alert(1)'/>", "Content-Type: image/png"),
        answer(b"<html>"),
        answer(PNG, status="404 Not Found"),
        answer(b""),
        answer(PNG + bytes(LARGEST)),
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + PNG + bytes(LARGEST),
    ],
    ids=["svg", "page", "missing", "nothing", "large", "large without a length"],
)
def test_only_a_picture_of_a_bounded_size_is_passed_on(
    client: TestClient, stocked: App, server: RawServer, reply: bytes
):
    server.default = reply
    set_source(stocked, url=f"http://{server.place}")
    set_logo(stocked, UNMATCHED, f"http://{server.place}/film.jpg")

    assert client.get(PATH).content == TRANSPARENT
    assert list(stocked.paths.artwork.glob("*")) == []


def test_a_server_that_does_not_answer_is_left_alone_for_a_while(stocked: App, server: RawServer):
    now = [0.0]
    logos = replace(stocked.logos, monotonic=lambda: now[0])
    server.default = b""
    set_source(stocked, url=f"http://{server.place}")
    for number in (UNMATCHED, OTHER):
        set_logo(stocked, number, f"http://{server.place}/{number}.jpg")

    silent = [logos.find(number) for number in (UNMATCHED, OTHER)]
    asked = len(server.lines)
    server.default = answer(PNG)
    now[0] = 601.0

    assert silent == [None, None] and asked == 1
    assert logos.find(OTHER).content == PNG


def test_with_the_setting_off_nobody_is_asked(client: TestClient, stocked: App, server: RawServer):
    set_source(stocked, url=f"http://{server.place}")
    set_logo(stocked, UNMATCHED, f"http://{server.place}/film.jpg")
    stocked.change_settings({"security.playlist_pictures": False})

    assert client.get(PATH).content == TRANSPARENT
    assert server.lines == []


def test_the_review_shows_the_picture_of_the_entry_beside_the_poster(client: TestClient, stocked: App):
    with stocked.database.begin() as connection:
        connection.execute(update(entries).values(logo="http://img.example/a.jpg"))

    assert "/artwork/entry/" in client.get("/matches").text
