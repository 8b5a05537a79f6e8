"""Where a value comes from, and what is said about one that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from stalkeer.errors import ConfigurationError
from stalkeer.settings import find_config, load_settings
from stalkeer.settings.keys import flatten
from stalkeer.settings.sections.transfers import ImportMode


@pytest.fixture
def written(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "config.yml"
        path.write_text(text)
        return path

    return write


ENVIRON = {"STALKEER__DATA_DIR": "/data"}


def test_without_anything_the_defaults_count():
    loaded = load_settings(None, ENVIRON)

    assert loaded.settings.downloads.concurrent_limit == 3
    assert loaded.settings.matching.threshold == 0.8
    assert loaded.settings.directories.temp == Path("/data/vod/incomplete")
    assert loaded.settings.database.url.get_secret_value() == "sqlite:////data/stalkeer.db"
    assert loaded.origins == {"data_dir": "environment"}


def test_flag_beats_environment_beats_ui_beats_file(written):
    config = written("downloads: {concurrent_limit: 1, retry_attempts: 1, retry_delay: 1, timeout: 1}")
    stored = {"downloads.retry_attempts": 2, "downloads.retry_delay": 2, "downloads.timeout": 2}
    environ = {**ENVIRON, "STALKEER__DOWNLOADS__RETRY_DELAY": "3", "STALKEER__DOWNLOADS__TIMEOUT": "3"}

    loaded = load_settings(config, environ, {"downloads.timeout": 4}, stored)

    downloads = loaded.settings.downloads
    assert (downloads.concurrent_limit, downloads.retry_attempts, downloads.retry_delay, downloads.timeout) == (
        1,
        2,
        3,
        4,
    )
    assert [
        loaded.origins[f"downloads.{key}"] for key in ("concurrent_limit", "retry_attempts", "retry_delay", "timeout")
    ] == [
        "file",
        "ui",
        "environment",
        "flag",
    ]


def test_a_playlist_with_a_username_is_an_account(written):
    config = written("playlists: [{name: a, url: 'http://tv.example', username: me, password: s3cret-of-mine}]")

    assert load_settings(config, ENVIRON).settings.playlists[0].type == "xtream"


def test_one_mapping_is_a_list_of_one(written):
    loaded = load_settings(written("radarr: {url: 'http://radarr:7878/', api_key: abcd}"), ENVIRON)

    [radarr] = loaded.settings.radarr
    assert (radarr.url, radarr.name) == ("http://radarr:7878", "default")
    assert loaded.origins["radarr.0.url"] == "file"


def test_the_environment_overrides_one_key_of_a_list_item(written):
    config = written("sonarr: [{name: a, url: 'http://a', api_key: x}, {name: b, url: 'http://b', api_key: x}]")

    loaded = load_settings(config, {**ENVIRON, "STALKEER__SONARR__1__URL": "http://c"})

    assert [sonarr.url for sonarr in loaded.settings.sonarr] == ["http://a", "http://c"]


def test_the_environment_alone_makes_an_instance():
    environ = {**ENVIRON, "STALKEER__RADARR__URL": "http://r", "STALKEER__RADARR__API_KEY": "abcd"}

    [radarr] = load_settings(None, environ).settings.radarr

    assert radarr.api_key.get_secret_value() == "abcd"


def test_a_secret_may_stand_in_a_file(tmp_path):
    (tmp_path / "key").write_text("from-the-file\n")
    environ = {**ENVIRON, "STALKEER__RADARR__URL": "http://r", "STALKEER__RADARR__API_KEY_FILE": str(tmp_path / "key")}

    [radarr] = load_settings(None, environ).settings.radarr

    assert radarr.api_key.get_secret_value() == "from-the-file"


def test_import_is_a_section_like_any_other(written):
    assert load_settings(written("import: {mode: none}"), ENVIRON).settings.import_.mode is ImportMode.NONE


def test_a_time_of_day_is_not_a_number(written):
    config = written("downloads: {hours: [{start: 23:00, end: 12:30, limit: 1MB}]}")

    [hours] = load_settings(config, ENVIRON).settings.downloads.hours

    assert (hours.start.hour, hours.end.minute) == (23, 30)


def test_an_empty_section_is_no_section(written):
    assert load_settings(written("downloads:\nradarr:\n"), ENVIRON).settings.radarr == ()


@pytest.mark.parametrize(("text", "meant"), [("yes", "yes"), ("no", "no"), ("'no'", "no"), ("auto", "auto")])
def test_a_plain_yes_or_no_is_one_word_of_several(written, text, meant):
    config = written(f"radarr: {{url: 'http://r', api_key: k, skip_owned_elsewhere: {text}}}")

    assert load_settings(config, ENVIRON).settings.radarr[0].skip_owned_elsewhere == meant


def test_words_from_the_environment_are_split():
    environ = {**ENVIRON, "STALKEER__SECURITY__TRUSTED_PROXIES": "10.0.0.1, fd00::/8"}

    assert load_settings(None, environ).settings.security.trusted_proxies == ("10.0.0.1/32", "fd00::/8")


@pytest.mark.parametrize(
    ("text", "named", "accepted"),
    [
        ("downloads: {timeout: 10 parsecs}", "downloads.timeout: '10 parsecs'", "60s, 30m"),
        ("downloads: {bandwidth_limit: fast}", "downloads.bandwidth_limit: 'fast'", "10MB"),
        (
            "downloads: {concurent_limit: 3}",
            "downloads.concurent_limit is not a setting",
            "did you mean concurrent_limit",
        ),
        ("downlods: {}", "downlods is not a setting", "did you mean downloads"),
        ("downloads: [1]", "downloads: a list", "keys and values"),
        ("downloads: {concurrent_limit: many}", "downloads.concurrent_limit: 'many'", "a number such as 3"),
        ("downloads: {concurrent_limit: -1}", "downloads.concurrent_limit: -1", "at least 0"),
        ("downloads: {verify_downloads: perhaps}", "downloads.verify_downloads: 'perhaps'", "true, false"),
        ("matching: {threshold: 2}", "matching.threshold: 2", "at most 1"),
        ("matching: {threshold: 0.9, auto_confirm: 0.5}", "matching", "must not be below threshold"),
        ("import: {mode: copy}", "import.mode: 'copy'", "'manual', 'library' or 'none'"),
        ("schedule: {scan: hourly}", "schedule.scan: 'hourly'", "0 */6 * * *"),
        ("radarr: {url: radarr, api_key: abcd}", "radarr[0].url: 'radarr'", "http://host:port"),
        ("radarr: {url: 'http://r'}", "radarr[0].api_key", "is required"),
        ("playlists: [{name: a, type: xtream}]", "playlists[0]", "needs url, username and password"),
        ("playlists: [{name: a}]", "playlists[0]", "either path or url"),
        ("playlists: [{name: A B, path: /x}]", "playlists[0].name: 'A B'", "lower-case"),
        ("playlists: [{name: a, path: /x}, {name: a, path: /y}]", "playlists.name is used twice: a", "unique"),
        ("server: {port: 70000}", "server.port: 70000", "at most 65535"),
        ("server: {url_base: 'a b'}", "server", "/stalkeer"),
        ("security: {trusted_proxies: [nowhere]}", "security.trusted_proxies[0]: 'nowhere'", "192.168.0.0/16"),
    ],
)
def test_a_bad_setting_is_named_with_value_and_what_is_accepted(written, text, named, accepted):
    with pytest.raises(ConfigurationError) as raised:
        load_settings(written(text), ENVIRON)

    assert named in str(raised.value)
    assert accepted in str(raised.value)


def test_all_problems_are_reported_at_once_with_their_places(written):
    config = written("downloads: {timeout: x}\nlogging: {level: loud}")

    with pytest.raises(ConfigurationError) as raised:
        load_settings(config, {**ENVIRON, "STALKEER__SERVER__PORT": "high"})

    lines = str(raised.value).splitlines()
    assert len(lines) == 3
    assert any("(from STALKEER__SERVER__PORT)" in line for line in lines)
    assert any(f"(from {config})" in line for line in lines)


def test_a_secret_is_not_shown_in_an_error(written):
    config = written("radarr: {url: 'http://r', api_key: [hush-hush]}")

    with pytest.raises(ConfigurationError) as raised:
        load_settings(config, ENVIRON)

    assert "hush-hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("a: [", "is not YAML"), ("- a", "contains a list"), ("\x00", "is not YAML"), ("a: 'b", "line")],
)
def test_a_file_that_is_no_configuration_is_named(written, text, problem):
    with pytest.raises(ConfigurationError, match=problem):
        load_settings(written(text), ENVIRON)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="Cannot read"):
        load_settings(tmp_path / "none.yml", ENVIRON)


def test_a_variable_that_skips_items_is_named():
    with pytest.raises(ConfigurationError, match="count from 0"):
        load_settings(None, {**ENVIRON, "STALKEER__RADARR__7__URL": "http://r"})


@pytest.mark.parametrize("count", [1, 12, 102, 350])
def test_a_list_may_have_any_number_of_items(written, count):
    names = [f"list-{number}" for number in range(count)]
    text = "playlists:\n" + "".join(f"  - {{name: {name}, url: 'http://p.example.com'}}\n" for name in names)

    assert [one.name for one in load_settings(written(text), ENVIRON).settings.playlists] == names


@pytest.mark.parametrize("count", [2, 12, 102])
def test_variables_of_items_may_come_in_any_order(count):
    named = {f"STALKEER__PLAYLISTS__{number}__NAME": f"list-{number}" for number in reversed(range(count))}
    found = {f"STALKEER__PLAYLISTS__{number}__URL": "http://p.example.com" for number in range(count)}

    loaded = load_settings(None, {**ENVIRON, **named, **found})

    assert [one.name for one in loaded.settings.playlists] == [f"list-{number}" for number in range(count)]


def test_the_configuration_is_looked_for_where_it_may_stand(tmp_path):
    (tmp_path / "config.yml").write_text("")

    assert find_config({"STALKEER_CONFIG": "/x/y.yml"}) == Path("/x/y.yml")
    assert find_config({"STALKEER__DATA_DIR": str(tmp_path), "HOME": "/nowhere"}) == tmp_path / "config.yml"


def test_shown_values_carry_units_and_no_secrets():
    environ = {
        **ENVIRON,
        "STALKEER__RADARR__URL": "http://r",
        "STALKEER__RADARR__API_KEY": "abcd-secret",
        "STALKEER__DOWNLOADS__BANDWIDTH_LIMIT": "10MB/s",
        "STALKEER__PLAYLISTS__0__NAME": "a",
        "STALKEER__PLAYLISTS__0__URL": "http://h/get.php?username=u1&password=p1",
    }

    shown = dict(flatten(load_settings(None, environ).settings))

    assert shown["downloads.bandwidth_limit"] == "10MB"
    assert shown["downloads.retry_delay"] == "1m"
    assert shown["radarr.0.api_key"] == "********"
    assert "p1" not in str(shown["playlists.0.url"])
