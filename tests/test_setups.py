"""The configurations that the documents show are accepted as they stand; old ones are explained key by key."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from stalkeer.errors import ConfigurationError
from stalkeer.faces.cli.main import run_command_line
from stalkeer.settings import load_settings
from stalkeer.settings.former import FORMER
from stalkeer.settings.keys import all_keys

DOCS = Path(__file__).parents[1] / "docs"
DATABASE = "postgresql://stalkeer:secret@database.example/stalkeer"


def examples(name: str) -> list[str]:
    text = (DOCS / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for block in blocks]


def nothing_to_build(*_: object) -> None:
    raise AssertionError("config check starts nothing")


@pytest.fixture
def config_check(tmp_path, monkeypatch, capsys):
    """Check a configuration as the command does. Its `/data` is a folder of the test."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("STALKEER__DATA_DIR", str(tmp_path / "own"))
    for folder in ("incomplete", "complete/movies", "complete/tv"):
        (tmp_path / "vod" / folder).mkdir(parents=True)

    def check(text: str) -> tuple[int, str]:
        config = tmp_path / "config.yml"
        config.write_text(text.replace("/data/vod", str(tmp_path / "vod")))
        code = run_command_line(["--config", str(config), "config", "check"], nothing_to_build, nothing_to_build)
        return int(code), capsys.readouterr().err

    return check


def test_there_are_five_setups():
    assert len(examples("setups.md")) == 5


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_setup_is_accepted_by_config_check(number, config_check):
    assert config_check(examples("setups.md")[number]) == (0, "")


@pytest.mark.postgres
def test_the_setup_with_postgresql_is_accepted_by_config_check(config_check, postgres_url):
    setup = examples("setups.md")[4]

    assert DATABASE in setup
    assert config_check(setup.replace(DATABASE, postgres_url)) == (0, "")


def test_the_example_for_users_of_stalkeer_in_go_is_accepted(config_check):
    [example] = examples("from-stalkeer-go.md")

    assert config_check(example) == (0, "")


@pytest.mark.parametrize(
    ("old", "replacement"),
    [
        (
            "m3u: {file_path: /list.m3u}",
            "m3u.file_path is a setting of the original Stalkeer in Go; use playlists[].path",
        ),
        ("m3u: {download: {retention_count: 5}}", "m3u.download.retention_count is a .* use catalogue.archives"),
        ("downloads: {max_parallel: 3}", "downloads.max_parallel is a .* use downloads.concurrent_limit"),
        ("downloads: {resume_enabled: true}", "downloads.resume_enabled is a .* remove it"),
        ("database: {host: db}", "database.host is a .* use database.url"),
        ("filter: {tvg_name: {exclude_patterns: [Sample$]}}", "filter.tvg_name.exclude_patterns is a .* use playlists"),
        (
            "radarr: {url: 'http://r', api_key: k, sync_interval: 3600}",
            r"radarr\[0\].sync_interval is .* schedule.scan",
        ),
    ],
    ids=["path", "archives", "parallel", "resume", "database", "filter", "interval"],
)
def test_a_setting_of_stalkeer_in_go_is_named_with_its_replacement(config_check, old, replacement):
    code, message = config_check(old)

    assert code == 5
    assert re.search(replacement.replace("[]", r"\[\]"), " ".join(message.split()))


def test_what_is_no_setting_of_either_program_is_named_as_such(config_check):
    code, message = config_check("m3u: {file_path: /list.m3u, colour: red}\nchannels: {file_path: /list.m3u}")

    assert code == 5
    assert "channels is not a setting" in message
    assert "m3u.colour is not a setting" in message


def test_replacements_are_settings_and_former_settings_are_none():
    known = {key.name for key in all_keys()}
    named = {name for advice in FORMER.values() for name in re.findall(r"`([a-z_]+(?:\[\])?\.[a-z_]+)`", advice)}

    assert named <= known | {"playlists[].filters"}
    assert set(FORMER).isdisjoint(name.replace("[]", "") for name in known)


def test_a_password_among_former_settings_is_not_shown(tmp_path):
    config = tmp_path / "config.yml"
    config.write_text("database: {password: correct-horse-battery}")

    with pytest.raises(ConfigurationError) as caught:
        load_settings(config, {"HOME": str(tmp_path)})

    assert "correct-horse-battery" not in str(caught.value)
