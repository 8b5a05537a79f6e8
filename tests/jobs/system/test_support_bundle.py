"""A support bundle tells how the program does, and nothing that must stay here."""

import io
import json
import zipfile

import pytest

from stalkeer.app import Start, build_app, build_security
from stalkeer.jobs.system.support_bundle import make_bundle, shape_of
from stalkeer.model import EventKind, InstanceKind
from stalkeer.store.journal.events import Event, record_event
from stalkeer.store.journal.runs import queue_run
from stalkeer.store.library.instances import NewInstance, add_instance, get_instance, set_webhook_secret
from stalkeer.store.sources.description import Credentials, NewSource
from stalkeer.store.sources.sources import add_source

PLANTED = {
    "user": "viewer-4711",
    "password": 'pa"ss\\wörd/7',
    "host": "panel.hidden.example",
    "header": "Token-In-A-Header",
    "proxy": "proxy-pass-99",
    "proxy_host": "exit.hidden.example",
    "arr_key": "a" * 31 + "7",
    "webhook": "webhook-secret-5",
    "config_key": "c" * 31 + "9",
    "config_password": "from-the-file-12",
}


@pytest.fixture
def planted(tmp_path, app):
    """A program with a secret in every place where one may be, and all of them in its logs, events and reports."""
    config = tmp_path / "config.yml"
    config.write_text(
        f"radarr:\n  - url: http://radarr.example:7878\n    api_key: {PLANTED['config_key']}\n"
        "playlists:\n  - name: filed\n    type: xtream\n    url: http://filed.hidden.example\n"
        f"    username: filed-user\n    password: {PLANTED['config_password']}\n",
        encoding="utf-8",
    )
    start = Start(config=config, environ={"HOME": str(tmp_path)}, overrides={"data_dir": str(tmp_path / "data")})
    opened = build_app(start, app.clock)
    keys = build_security(opened).keys
    credentials = Credentials(
        url=f"http://{PLANTED['host']}:8080",
        username=PLANTED["user"],
        password=PLANTED["password"],
        headers={"X-Token": PLANTED["header"]},
        proxy=f"socks5h://me:{PLANTED['proxy']}@{PLANTED['proxy_host']}:1080",
    )
    key_file = opened.key_file.read_text("ascii").strip()
    secrets = [*PLANTED.values(), keys.ensure(), key_file, "filed-user", "filed.hidden.example"]
    told = f"{json.dumps(PLANTED['password'])} " + " ".join(secrets)
    with opened.database.begin() as connection:
        add_source(connection, NewSource("panel", "xtream", credentials), opened.secrets, app.clock())
        new = NewInstance("sonarr", InstanceKind.SONARR, "http://sonarr.example", PLANTED["arr_key"])
        add_instance(connection, new, opened.secrets, app.clock())
        row = get_instance(connection, "sonarr")
        set_webhook_secret(connection, row.id, opened.secrets.encrypt(PLANTED["webhook"]))
        record_event(connection, app.clock(), Event(EventKind.SOURCE_FAILED, told, data={"address": told}))
        queue_run(connection, app.clock(), "refresh", told)
    opened.paths.logs.mkdir(exist_ok=True)
    line = json.dumps({"event": told, "url": f"http://{PLANTED['host']}/movie/{PLANTED['user']}/x/1.mkv"})
    (opened.paths.logs / "stalkeer.log").write_text(f"{line}\n{told}\n", encoding="utf-8")
    yield opened, secrets
    opened.close()


def test_no_secret_that_lies_anywhere_is_in_a_bundle(planted, app):
    opened, secrets = planted

    with zipfile.ZipFile(io.BytesIO(make_bundle(opened.bundle_subject, app.clock()))) as bundle:
        members = {name: bundle.read(name).decode() for name in bundle.namelist()}

    forms = [form for secret in secrets for form in (secret, json.dumps(secret)[1:-1])]
    assert [(name, form) for name, text in members.items() for form in forms if form in text] == []
    assert "[panel]" in members["logs/stalkeer.log"]


def test_a_bundle_tells_versions_settings_health_events_and_runs(planted, app):
    opened, _ = planted

    with zipfile.ZipFile(io.BytesIO(make_bundle(opened.bundle_subject, app.clock()))) as bundle:
        documents = {name: json.loads(bundle.read(name)) for name in bundle.namelist() if name.endswith(".json")}

    assert documents["about.json"]["packages"]["urllib3"]
    assert documents["settings.json"]["radarr.0.api_key"][0].strip("*") == ""
    assert [row["slug"] for row in documents["sources.json"]] == ["filed", "panel"]
    assert documents["runs.json"][0]["job"] == "refresh"
    assert documents["events.json"][0]["kind"] == "source.failed"


def test_names_keep_their_shape_only():
    assert shape_of("EN - The Silver River (2019) [4K]") == "EN - The Xxxxxx Xxxxx (2019) [4K]"
    assert shape_of("Détective S01 E02 1080p") == "Xxxxxxxxx S01 E02 1080p"


def test_the_command_writes_it_and_the_api_sends_it(planted, tmp_path):
    from stalkeer.faces.cli.main import run_command_line

    opened, _ = planted
    target = tmp_path / "out.zip"

    code = run_command_line(["doctor", "bundle", "-o", str(target), "--json"], build=lambda _: opened, serve=print)

    assert code == 0
    assert zipfile.is_zipfile(target)
