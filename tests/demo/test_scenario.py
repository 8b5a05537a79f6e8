"""The demo's scenario is what its description promises."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections import Counter
from http.client import IncompleteRead

import pytest

from stalkeer.demo.provider import Provider
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.scenario import FAULTY, MOVIES, SHOWS, Cast, Expectation, build_world
from stalkeer.demo.sonarr import Sonarr

SIZE = 300_000


@pytest.fixture
def world(tmp_path):
    with Provider() as provider, Radarr(tmp_path / "movies") as radarr, Sonarr(tmp_path / "tv") as sonarr:
        yield build_world(radarr, sonarr, provider, Cast(size=SIZE))


def test_it_is_a_scenario_and_not_a_toy(world):
    assert len(MOVIES) >= 12
    assert sum(len(show.episodes) for show in SHOWS) >= 20
    assert {show.kind for show in SHOWS} >= {"standard", "anime"}
    assert len(world.lines) >= 3000
    assert {e: len(world.expected(e)) for e in Expectation} == {"available": 35, "review": 1, "unavailable": 3}


def test_every_wanted_item_is_missing_at_the_start(world):
    outcome = world.compare()

    assert outcome.imported == () and len(outcome.left) == len(world.wishes)


def test_the_playlist_names_each_entry_once_and_leads_to_the_provider(world):
    text = world.provider.playlist.payload.decode()

    assert text.startswith("#EXTM3U\n") and text.count("#EXTINF") == len(world.lines)
    assert max(Counter(line.key for line in world.lines).values()) == 1
    assert world.provider.media_url(world.lines[0].key, world.account) in text


def key_of(world, name: str) -> str:
    return next(line.key for line in world.lines if line.name == name)


def test_one_transfer_breaks_off_once(world):
    url = world.provider.media_url(key_of(world, FAULTY[0]), world.account)
    sizes = []
    for _ in range(2):
        with urllib.request.urlopen(url, timeout=10) as answer:
            try:
                sizes.append(len(answer.read()))
            except IncompleteRead as error:
                sizes.append(len(error.partial))

    assert sizes[0] == sizes[1] * 3 // 5


def test_one_request_is_told_once_to_come_back(world):
    url = world.provider.media_url(key_of(world, FAULTY[1]), world.account)

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(url, timeout=10)
    with refusal.value:
        assert (refusal.value.code, refusal.value.headers["Retry-After"]) == (503, "2")
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert len(answer.read()) >= SIZE


def test_a_wrong_file_in_the_library_is_noticed(world):
    wish, other = world.expected(Expectation.AVAILABLE)[:2]
    world.radarr.add_file(world.radarr.movies[wish.number], content=b"not the provider's")

    outcome = world.compare()

    assert outcome.mismatched == (wish,) and other in outcome.left
