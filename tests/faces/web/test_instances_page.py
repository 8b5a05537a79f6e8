"""Settings > Instances: what is typed is tried before it is kept, and kept anyway where that is wished."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina
from starlette.testclient import TestClient

from stalkeer.demo.radarr import Radarr
from stalkeer.model import SkipOwned
from stalkeer.runtime import App
from stalkeer.store.library.instances import InstanceRow, find_instance, get_instance

KEY = "f" * 32
PAGE = "/settings/instances"


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def radarr(tmp_path: Path) -> Iterator[Radarr]:
    (tmp_path / "library").mkdir()
    with Radarr(tmp_path / "library", api_key=KEY) as server:
        server.add_movie("Some Film", 2020)
        yield server


def known(app: App, slug: str) -> InstanceRow | None:
    with app.database.connect() as connection:
        return find_instance(connection, slug)


def test_an_instance_that_answers_is_kept_with_its_repaired_address(client: TestClient, app: App, radarr: Radarr):
    form = {"kind": "radarr", "name": "more", "url": f"{radarr.url}/api/v3", "api_key": KEY}

    said = client.post(PAGE, data=form, follow_redirects=False)

    assert said.status_code < 400
    row = known(app, "radarr-more")
    assert row is not None
    assert row.url == radarr.url


def test_a_test_tells_version_and_what_is_missing(client: TestClient, radarr: Radarr):
    said = client.post(f"{PAGE}/test", data={"kind": "radarr", "url": radarr.url, "api_key": KEY})

    assert said.status_code == 200
    assert radarr.version in said.text
    assert "1 item missing, 0 below the cutoff" in said.text


def test_a_test_of_an_older_radarr_counts_what_its_films_lack(client: TestClient, radarr: Radarr):
    radarr.reported_version = "5.5.3.8819"
    radarr.add_movie("Left Alone", 2020, monitored=False)
    radarr.add_file(radarr.add_movie("Below", 2020), quality=1)
    radarr.add_file(radarr.add_movie("Good", 2020), quality=3)

    said = client.post(f"{PAGE}/test", data={"kind": "radarr", "url": radarr.url, "api_key": KEY})

    assert "1 item missing, 1 below the cutoff" in said.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": ""}, "address is missing"),
        ({"url": "javascript:alert(1)//://x"}, "not a web address"),
        ({"url": "file:///etc/passwd"}, "not a web address"),
        ({"api_key": ""}, "API key is missing"),
        ({"kind": "lidarr"}, "Choose Radarr or Sonarr"),
        ({"api_key": "0" * 32}, "key"),
    ],
)
def test_a_test_says_what_is_wrong(client: TestClient, radarr: Radarr, change: dict[str, str], words: str):
    form = {"kind": "radarr", "url": radarr.url, "api_key": KEY} | change

    assert words in client.post(f"{PAGE}/test", data=form).text


def test_what_does_not_answer_is_not_kept_unless_that_is_wished(client: TestClient, app: App):
    form = {"kind": "sonarr", "name": "away", "url": "http://127.0.0.1:9", "api_key": KEY}

    refused = client.post(PAGE, data=form)
    assert (refused.status_code, known(app, "sonarr-away")) == (409, None)

    client.post(PAGE, data=form | {"anyway": "on"})
    assert known(app, "sonarr-away") is not None


@pytest.mark.parametrize("url", ["javascript:alert(1)//://x", "file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_what_is_no_web_address_is_not_kept_even_if_that_is_wished(client: TestClient, app: App, url: str):
    form = {"kind": "sonarr", "name": "away", "url": url, "api_key": KEY, "anyway": "on"}

    assert client.post(PAGE, data=form).status_code == 422
    assert known(app, "sonarr-away") is None


@pytest.mark.parametrize(
    ("change", "words"),
    [({"mappings": "/data/vod"}, "write it as"), ({"name": "No Name!"}, "The name may have")],
)
def test_a_wrong_field_is_named(client: TestClient, app: App, radarr: Radarr, change: dict[str, str], words: str):
    form = {"kind": "radarr", "name": "more", "url": radarr.url, "api_key": KEY} | change

    said = client.post(PAGE, data=form)

    assert said.status_code == 422
    assert words in said.text
    assert known(app, "radarr-more") is None


def test_a_change_with_an_empty_key_keeps_the_key(client: TestClient, app: App, radarr: Radarr):
    form = {"kind": "radarr", "name": "more", "url": radarr.url, "api_key": KEY}
    client.post(PAGE, data=form)

    client.post(
        f"{PAGE}/radarr-more", data=form | {"api_key": "", "quality_profile_id": "4", "mappings": "/data = /downloads"}
    )

    with app.database.connect() as connection:
        row = get_instance(connection, "radarr-more")
    assert app.secrets.decrypt(row.api_key) == KEY
    assert row.options.quality_profile_id == 4
    assert [(pair.local, pair.remote) for pair in row.options.path_mappings] == [("/data", "/downloads")]


def test_skipping_the_items_of_another_instance_is_chosen_on_the_page(client: TestClient, app: App, radarr: Radarr):
    form = {"kind": "radarr", "name": "more", "url": radarr.url, "api_key": KEY, "skip_owned_elsewhere": "no"}
    client.post(PAGE, data=form)

    shown = client.get(f"{PAGE}/radarr-more").text
    wrong = client.post(f"{PAGE}/radarr-more", data=form | {"skip_owned_elsewhere": "perhaps"})

    assert '<option value="no" selected>' in shown
    assert wrong.status_code == 422
    with app.database.connect() as connection:
        assert get_instance(connection, "radarr-more").options.skip_owned_elsewhere is SkipOwned.NO


def test_a_known_instance_is_tested_and_removed(client: TestClient, app: App, radarr: Radarr):
    client.post(PAGE, data={"kind": "radarr", "name": "more", "url": radarr.url, "api_key": KEY})

    assert client.post(f"{PAGE}/radarr-more/test", follow_redirects=False).status_code < 400
    client.post(f"{PAGE}/radarr-more/remove")

    gone = known(app, "radarr-more")
    assert gone is None or not gone.enabled
