"""`stalkeer arr`, `scan` and `doctor` against a demo Radarr and Sonarr."""

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


@pytest.fixture
def added(stalkeer, radarr):
    assert stalkeer("arr", "add", "radarr", radarr.url, "--api-key", radarr.api_key).code == 0
    return radarr


def test_an_added_instance_is_listed_without_its_key(stalkeer, added):
    ended = stalkeer("arr", "list", "--json")

    (row,) = ended.document["instances"]
    assert (row["name"], row["kind"], row["url"]) == ("radarr", "radarr", added.url)
    assert added.api_key not in ended.out
    assert "radarr" in stalkeer("arr", "list").out


def test_a_repaired_address_is_told(stalkeer, radarr):
    ended = stalkeer("arr", "add", "radarr", f"{radarr.url}/settings", "--api-key", radarr.api_key, "--json")

    assert "was wrong" in ended.document["notes"][0]


def test_mappings_are_kept_and_a_wrong_one_is_refused(stalkeer, radarr):
    base = ("arr", "add", "radarr", radarr.url, "--api-key", radarr.api_key)

    assert "not a path mapping" in stalkeer(*base, "--map", "/data").err
    ended = stalkeer(*base, "--map", "/data=/downloads", "--json")
    assert ended.document["instance"]["pathMappings"] == [{"local": "/data", "remote": "/downloads"}]


@pytest.mark.parametrize(("fault", "code"), [("key", 1), ("gone", 4)])
def test_a_test_says_what_is_wrong_and_its_code_which_kind(stalkeer, added, fault, code):
    if fault == "key":
        added.api_key = "changed"
    else:
        added.close()

    ended = stalkeer("arr", "test", "--json")

    assert ended.code == code
    assert ended.document["results"][0]["error"]


def test_the_wrong_program_is_an_error_and_is_not_kept(stalkeer, tmp_path):
    with Sonarr(tmp_path / "tv") as sonarr:
        ended = stalkeer("arr", "add", "radarr", sonarr.url, "--api-key", sonarr.api_key)

    assert ended.code == 1
    assert "is Sonarr, not Radarr" in " ".join(ended.err.split())
    assert stalkeer("arr", "list", "--json").document == {"instances": []}


def test_an_instance_is_removed(stalkeer, added):
    assert stalkeer("arr", "remove", "radarr").code == 0
    assert stalkeer("arr", "remove", "radarr").code == 1


def test_a_webhook_needs_our_address(stalkeer, added):
    assert "--url" in stalkeer("arr", "connect").err
    assert stalkeer("arr", "connect", "--remove", "--json").document == {"removed": {"radarr": False}, "errors": {}}


def test_an_instance_that_does_not_answer_keeps_no_other_from_being_connected(stalkeer, added, tmp_path):
    with Sonarr(tmp_path / "tv") as sonarr:
        stalkeer("arr", "add", "sonarr", sonarr.url, "--api-key", sonarr.api_key)
    added.notifications.append({"id": 1, "name": "Stalkeer", "implementation": "Webhook"})

    ended = stalkeer("arr", "connect", "--remove", "--json")

    assert ended.code == 3
    assert ended.document["removed"] == {"radarr": True}
    assert "refused" in ended.document["errors"]["sonarr"]


def test_tags_to_skip_are_given_when_an_instance_is_added(stalkeer, radarr):
    radarr.tags.append({"id": 1, "label": "manual"})
    radarr.add_movie("Some Film", 2020, tags=[1])
    stalkeer("arr", "add", "radarr", radarr.url, "--api-key", radarr.api_key, "--exclude-tag", "Manual")

    document = stalkeer("scan", "missing", "--json").document

    assert document["instances"][0]["skipped"] == {"excluded by tag": 1}


def test_what_another_instance_has_is_downloaded_too_where_that_was_said(stalkeer, radarr, tmp_path):
    stalkeer("arr", "add", "radarr", radarr.url, "--api-key", radarr.api_key)
    radarr.add_file(radarr.add_movie("Some Film", 2020, tmdb_id=42))
    with Radarr(tmp_path / "4k") as other:
        other.add_movie("Some Film", 2020, tmdb_id=42)
        given = ("radarr", other.url, "--api-key", other.api_key, "--name", "4k", "--skip-owned-elsewhere", "no")

        added = stalkeer("arr", "add", *given, "--json").document
        document = stalkeer("scan", "missing", "--json").document

    assert added["instance"]["skipOwnedElsewhere"] == "no"
    assert [one["skipped"] for one in document["instances"] if one["instance"] == "radarr-4k"] == [{}]


def test_a_scan_reports_what_is_missing_in_words_and_as_a_document(stalkeer, added, app):
    added.add_movie("Some Film", 2020)

    document = stalkeer("scan", "missing", "--json").document

    assert (document["wanted"], document["nothing"]) == (1, 1)
    assert "radarr" in stalkeer("scan", "missing").out
    with app.database.connect() as connection:
        jobs = connection.exec_driver_sql("SELECT job, state FROM runs").all()
    assert jobs == [("scan", "done"), ("scan", "done")]


def test_a_dry_run_keeps_nothing(stalkeer, added, app):
    added.add_movie("Some Film", 2020)

    ended = stalkeer("scan", "missing", "--dry-run", "--json")

    assert (ended.document["dryRun"], ended.document["wanted"]) == (True, 1)
    with app.database.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM wanted").scalar_one() == 0
        assert connection.exec_driver_sql("SELECT count(*) FROM runs").scalar_one() == 0


def test_a_scan_of_instances_that_do_not_answer_ends_with_its_code(stalkeer, added, tmp_path):
    added.close()
    assert stalkeer("scan", "missing").code == 4

    with Sonarr(tmp_path / "tv") as sonarr:
        stalkeer("arr", "add", "sonarr", sonarr.url, "--api-key", sonarr.api_key)
        assert stalkeer("scan", "missing", "--json").code == 3


def test_a_scan_without_instances_says_how_to_add_one(stalkeer):
    assert "stalkeer arr add" in stalkeer("scan", "missing").out


def test_the_path_doctor_tells_good_and_bad(stalkeer, added, app):
    folder = app.settings.directories.movies
    ended = stalkeer("doctor", "paths", "--json")  # before anything was served: nobody made the folder yet

    assert ended.code == 0
    assert ended.document["checks"][0]["remote"] == str(folder)
    assert "instant" in stalkeer("doctor", "paths").out

    added.library.rmdir()
    assert stalkeer("doctor", "paths").code == 1
