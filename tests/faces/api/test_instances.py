import pytest
import stamina

from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def radarr(tmp_path):
    (tmp_path / "movies").mkdir()
    with Radarr(tmp_path / "movies", strict=True) as server:
        yield server


def add(client, server, **more):
    body = {"kind": server.program.lower(), "url": server.url, "apiKey": server.api_key} | more
    return client.post("/api/v1/instances", json=body)


def test_an_instance_is_tried_kept_and_shown_without_its_key(client, radarr):
    added = add(client, radarr)

    assert added.status_code == 201
    assert added.json()["version"] == radarr.version
    shown = client.get("/api/v1/instances").json()["records"]
    assert [row["name"] for row in shown] == ["radarr"]
    assert radarr.api_key not in str(shown)


def test_a_repaired_address_is_told(client, radarr):
    added = add(client, radarr, url=f"{radarr.url}/settings/general/")

    assert added.json()["instance"]["url"] == radarr.url
    assert "was wrong" in added.json()["notes"][0]


def test_the_wrong_program_is_refused_in_words(client, tmp_path):
    with Sonarr(tmp_path / "tv") as sonarr:
        refused = add(client, sonarr, kind="radarr")

    assert refused.status_code == 502
    assert refused.json()["code"] == "arr-wrong-program"
    assert client.get("/api/v1/instances").json()["records"] == []


def test_a_second_one_needs_a_name_of_its_own(client, radarr):
    add(client, radarr)

    assert add(client, radarr).status_code == 409
    assert add(client, radarr, name="4k").json()["instance"]["name"] == "radarr-4k"


def test_a_test_says_what_is_wrong(client, radarr):
    add(client, radarr)
    radarr.api_key = "changed"

    answer = client.post("/api/v1/instances/radarr/test").json()

    assert answer["ok"] is False
    assert "API key was not accepted" in answer["error"]


def test_a_removed_instance_is_gone(client, radarr):
    add(client, radarr)

    assert client.delete("/api/v1/instances/radarr").status_code == 204
    assert client.get("/api/v1/instances/radarr").status_code == 404


def test_what_is_changed_changes_and_the_rest_stays(client, radarr):
    add(client, radarr, excludeTags=["no-vod"])
    mapping = {"local": "/data/vod", "remote": "/downloads"}

    answer = client.patch("/api/v1/instances/radarr", json={"pathMappings": [mapping], "enabled": False})

    shown = answer.json()["instance"]
    assert (shown["pathMappings"], shown["enabled"], shown["excludeTags"]) == ([mapping], False, ["no-vod"])


def test_what_another_instance_has_is_skipped_as_it_was_said(client, radarr):
    assert add(client, radarr).json()["instance"]["skipOwnedElsewhere"] == "auto"

    changed = client.patch("/api/v1/instances/radarr", json={"skipOwnedElsewhere": "no"})
    other = client.patch("/api/v1/instances/radarr", json={"enabled": True})
    wrong = client.patch("/api/v1/instances/radarr", json={"skipOwnedElsewhere": "perhaps"})

    assert changed.json()["instance"]["skipOwnedElsewhere"] == "no"
    assert other.json()["instance"]["skipOwnedElsewhere"] == "no"
    assert wrong.status_code == 422


def test_a_new_key_is_tried_before_it_is_kept(client, radarr):
    add(client, radarr)

    assert client.patch("/api/v1/instances/radarr", json={"apiKey": "wrong"}).status_code == 502
    assert client.post("/api/v1/instances/radarr/test").json()["ok"]
    radarr.api_key = "renewed"
    assert client.patch("/api/v1/instances/radarr", json={"apiKey": "renewed"}).status_code == 200
    assert client.post("/api/v1/instances/radarr/test").json()["ok"]


@pytest.mark.parametrize("change", [{}, {"apiKey": "0" * 32}, {"url": "http://me:opensesame-7@127.0.0.1:9"}])
def test_no_answer_page_or_log_shows_the_login_of_an_address(client, radarr, caplog, change):
    caplog.set_level("DEBUG")
    answers = [add(client, radarr, url=radarr.url.replace("http://", "http://me:opensesame-7@"))]
    if change:
        answers.append(client.patch("/api/v1/instances/radarr", json=change))
    answers += [client.post("/api/v1/instances/radarr/test")]
    reading = ["instances", "instances/radarr", "health", "history", "events?after=0", "settings/radarr"]
    answers += [client.get(f"/api/v1/{path}") for path in reading]
    answers += [client.get(path) for path in ("/settings/instances", "/settings/instances/radarr", "/activity/history")]

    assert answers[0].status_code == 201
    assert [str(answer.url) for answer in answers if answer.status_code in (404, 405)] == []
    assert [str(answer.url) for answer in answers if "opensesame-7" in answer.text] == []
    assert "opensesame-7" not in caplog.text
