"""Radarr drives itself: one action sets it up, then it searches, grabs and imports; the program in its own process."""

from __future__ import annotations

import pytest

from stalkeer.demo.native import fetch
from stalkeer.demo.scenario import MEGABYTE, MOVIES, Cast, Expectation
from stalkeer.model import DownloadState, Drive
from tests.doubles.completed_downloads import CompletedDownloads, over_http

pytestmark = pytest.mark.timeout(300)
AVAILABLE = tuple(movie for movie in MOVIES if movie.expect is Expectation.AVAILABLE)


@pytest.mark.parametrize("world", [Cast(AVAILABLE[:3], (), size=MEGABYTE)], indirect=True, ids=["three-films"])
def test_what_radarr_searches_and_grabs_it_imports_once_byte_for_byte(program, world):
    stalkeer = program(radarr={"drive": "native"})
    stalkeer.serve()
    stalkeer.job("refresh")
    stalkeer.job("scan")
    connected = stalkeer.run("arr", "connect", "radarr", "--native", "--url", f"http://127.0.0.1:{stalkeer.port}")
    assert connected.code == 0, connected.errors
    radarr = world.radarr
    client = CompletedDownloads(radarr, *over_http(radarr.native.clients[0]))
    queued_by_itself = stalkeer.downloads()

    for movie in radarr.movies.values():
        best = radarr.native.search(tmdbid=movie.tmdb_id)[0]
        client.grab(best.title, fetch(best.download_url).body, movie.id)

    def is_settled() -> bool:
        client.poll()
        return all(row.state is DownloadState.COMPLETED for row in stalkeer.downloads())

    stalkeer.wait_until(is_settled, "Radarr has imported what it grabbed")
    outcome = world.compare()
    assert client.test() == []
    assert queued_by_itself == [], "a native instance is left to itself"
    assert {wish.label for wish in outcome.imported} == {w.label for w in world.expected(Expectation.AVAILABLE)}
    assert outcome.mismatched == ()
    assert {item.hand_over for row in stalkeer.downloads() for item in row.items} == {Drive.NATIVE}
    assert not any("files" in command.body for command in radarr.commands.all()), "we imported nothing"
    assert radarr.violations == []
    assert stalkeer.stop() == 0
