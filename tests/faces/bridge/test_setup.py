"""Set-up of the native drive: the doubles test what is written into them as strictly as both programs do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stalkeer.core.downloads.sabnzbd import category_of
from stalkeer.errors import ArrError, InvalidInput
from stalkeer.faces.http.connections import ConnectionLimits
from stalkeer.jobs.downloads.queue import OfMatch, queue_all, queue_confirmed
from stalkeer.jobs.health.check import check_health
from stalkeer.jobs.native.folders import folder_of, make_native_folders
from stalkeer.jobs.native.setup import connect_native, disconnect_native
from stalkeer.model import Drive
from stalkeer.store.downloads.downloads import get_download
from stalkeer.store.library.instances import get_instance
from stalkeer.store.matching.matches import MatchFilter, list_matches
from stalkeer.store.system.api_keys import list_keys
from tests.faces.bridge.conftest import NativeHouse
from tests.security.conftest import running_server


@pytest.fixture(scope="module")
def address(house: NativeHouse) -> Iterator[str]:
    with running_server(house.client.app, ConnectionLimits()) as (host, port):
        yield f"http://{host}:{port}"


def values(row):
    return {one["name"]: one.get("value") for one in row["fields"]}


def drive_of(house: NativeHouse, slug: str) -> Drive:
    with house.app.database.connect() as connection:
        return get_instance(connection, slug).options.drive


@pytest.mark.parametrize("slug", ["radarr", "sonarr"])
def test_one_action_writes_everything_and_both_tests_pass(house, address, slug):
    server = getattr(house, slug)

    made = connect_native(house.app.arrs, slug, f"{address}/", house.app.settings)

    (client,), (indexer,), (webhook,) = server.native.clients, server.native.indexers, server.notifications
    assert indexer["downloadClientId"] == client["id"]
    assert values(indexer)["baseUrl"] == f"{address}/newznab"
    assert values(client)["urlBase"] == "/sabnzbd"
    assert values(client)["movieCategory" if slug == "radarr" else "tvCategory"] == category_of(slug) == made.category
    assert values(indexer)["apiKey"] == values(client)["apiKey"]
    assert values(webhook)["url"].startswith(address)
    assert drive_of(house, slug) is Drive.NATIVE


@pytest.mark.parametrize("slug", ["radarr", "sonarr"])
def test_an_instance_that_did_not_drive_itself_passes_its_test_while_it_is_set_up(house, address, slug):
    disconnect_native(house.app.arrs, slug)
    assert drive_of(house, slug) is Drive.OURS

    connect_native(house.app.arrs, slug, address, house.app.settings)

    assert drive_of(house, slug) is Drive.NATIVE
    assert len(getattr(house, slug).native.indexers) == 1


def test_run_again_it_repairs_what_was_changed_and_doubles_nothing(house, address):
    connect_native(house.app.arrs, "radarr", address, house.app.settings)
    (indexer,), (client,) = house.radarr.native.indexers, house.radarr.native.clients
    key = values(indexer)["apiKey"]
    indexer["downloadClientId"], indexer["enableRss"] = 0, False
    next(one for one in client["fields"] if one["name"] == "port")["value"] = 1

    connect_native(house.app.arrs, "radarr", address, house.app.settings)

    (indexer,), (client,) = house.radarr.native.indexers, house.radarr.native.clients
    assert (indexer["downloadClientId"], indexer["enableRss"]) == (client["id"], True)
    assert values(client)["port"] == int(address.rpartition(":")[2])
    assert values(indexer)["apiKey"] == key
    assert len(house.radarr.notifications) == 1


def test_a_download_of_a_native_instance_is_pushed_and_its_own_words_refuse_it(house, address):
    house.radarr.add_movie("Copper Saints", 2010)
    house.catalogue.list_entries("EN - Copper Saints (2010) 1080p", resolution=1080)
    connect_native(house.app.arrs, "radarr", address, house.app.settings)
    house.scan()
    with house.app.database.connect() as connection:
        (match,) = list_matches(connection, MatchFilter(text="Copper"))

    house.radarr.native.rejections = ["WEBDL-1080p is not wanted in profile", "Too old"]
    (refused,) = queue_all(house.app.download_queue, [OfMatch(match.id)])
    house.radarr.native.rejections = []
    (taken,) = queue_all(house.app.download_queue, [OfMatch(match.id)])

    assert "WEBDL-1080p is not wanted in profile; Too old" in str(refused.error)
    assert "itself this once" in str(refused.error)
    assert [one["title"] for one in house.radarr.native.pushed] == ["Copper.Saints.2010.1080p.WEB-DL-STALKEER"] * 2
    with house.app.database.connect() as connection:
        (item,) = get_download(connection, taken.download_id).items
    assert item.hand_over is Drive.NATIVE


def test_the_scan_queues_nothing_for_it_and_we_download_it_ourselves_when_asked(house, address):
    connect_native(house.app.arrs, "radarr", address, house.app.settings)
    before = queue_confirmed(house.app.database, house.app.clock)
    house.radarr.add_movie("Umbra Station", 2016)
    house.catalogue.list_entries("Umbra Station (2016)")
    house.scan()
    report = queue_confirmed(house.app.database, house.app.clock)
    with house.app.database.connect() as connection:
        (match,) = list_matches(connection, MatchFilter(text="Umbra"))

    (own,) = queue_all(house.app.download_queue, [OfMatch(match.id, ourselves=True)])

    assert before.queued == report.queued == ()
    assert (report.native, report.already) == (before.native + 1, before.already)
    with house.app.database.connect() as connection:
        (item,) = get_download(connection, own.download_id).items
    assert item.hand_over is Drive.OURS


def test_everything_is_taken_out_again(house, address):
    connect_native(house.app.arrs, "radarr", address, house.app.settings)

    gone = disconnect_native(house.app.arrs, "radarr")
    again = disconnect_native(house.app.arrs, "radarr")

    assert gone.removed == ("indexer", "download client", "webhook", "API key")
    assert again.removed == ()
    assert house.radarr.native.indexers == house.radarr.native.clients == house.radarr.notifications == []
    assert drive_of(house, "radarr") is Drive.OURS
    with house.app.database.connect() as connection:
        assert "bridge radarr" not in {key.name for key in list_keys(connection)}


def test_an_address_that_leads_nowhere_is_refused_in_the_words_of_the_instance(house):
    disconnect_native(house.app.arrs, "radarr")
    with pytest.raises(ArrError, match="Unable to connect to SABnzbd"):
        connect_native(house.app.arrs, "radarr", "http://127.0.0.1:9", house.app.settings)
    with pytest.raises(InvalidInput):
        connect_native(house.app.arrs, "radarr", "stalkeer", house.app.settings)

    assert house.radarr.native.clients == []
    assert drive_of(house, "radarr") is Drive.OURS


def test_every_folder_that_is_named_is_there_before_anything_is_grabbed(house, address):
    for slug in ("radarr", "sonarr"):
        connect_native(house.app.arrs, slug, address, house.app.settings)
    for name in ("sonarr", "admin"):
        query = {"apikey": house.keys[name], "output": "json"}
        config = house.client.get("/sabnzbd/api", params={"mode": "get_config", **query}).json()["config"]
        status = house.client.get("/sabnzbd/api", params={"mode": "fullstatus", **query}).json()["status"]

        folders = {one["name"]: Path(config["misc"]["complete_dir"]) / one["dir"] for one in config["categories"]}
        assert all(folder.is_dir() for folder in folders.values()), name
        assert Path(status["completedir"]).is_dir()
        if name == "sonarr":
            assert folders[category_of("sonarr")].name == category_of("sonarr")


def test_a_folder_that_was_removed_is_made_again_and_one_that_cannot_be_made_is_told(house, address):
    app = house.app
    connect_native(app.arrs, "sonarr", address, app.settings)
    with app.database.connect() as connection:
        folder = folder_of(app.settings, get_instance(connection, "sonarr"))

    def told():
        report = check_health(app.database, app.settings, app.clock(), app.backup_place, app.secrets)
        return [one.message for one in report.findings if one.check == "native_folder"]

    shutil.rmtree(folder)
    make_native_folders(app.database, app.settings)
    assert (folder / category_of("sonarr")).is_dir()
    assert told() == []

    shutil.rmtree(folder)
    folder.write_text("in the way")
    make_native_folders(app.database, app.settings)
    assert [f"{folder} is no folder" in message for message in told()] == [True]

    folder.unlink()
    make_native_folders(app.database, app.settings)
    assert told() == []
