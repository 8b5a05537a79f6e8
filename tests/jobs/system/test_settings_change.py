"""What a face is given becomes what is stored, by one rule."""

from __future__ import annotations

from pydantic import SecretStr

from stalkeer.jobs.system.settings_change import section_changes, without_fixed
from stalkeer.settings import load_settings


def test_a_masked_secret_stays_as_it_is():
    given = {"api_key": SecretStr("********"), "url": "http://example.com"}

    assert section_changes("tmdb", given) == {"tmdb.url": "http://example.com"}


def test_a_new_secret_is_stored_and_an_empty_one_clears_it():
    assert section_changes("tmdb", {"api_key": SecretStr("new")}) == {"tmdb.api_key": "new"}
    assert section_changes("tmdb", {"api_key": SecretStr("")}) == {"tmdb.api_key": ""}


def test_nothing_forgets_what_is_stored():
    assert section_changes("matching", {"threshold": None}) == {"matching.threshold": None}


def test_what_the_environment_or_a_flag_fixes_is_left_out():
    loaded = load_settings(
        None, {"STALKEER__DOWNLOADS__CONCURRENT_LIMIT": "2"}, {"downloads.bandwidth_limit": "1MB"}, {}
    )
    changes = {"downloads.concurrent_limit": 3, "downloads.bandwidth_limit": "2MB", "schedule.download": "off"}

    assert without_fixed(changes, loaded) == {"schedule.download": "off"}
