"""Playlist, wanted, match, download, import: every joint real, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stalkeer.demo.scenario import MEGABYTE, MOVIES, SHOWS, Cast, Expectation
from stalkeer.model import DownloadState
from stalkeer.store.journal.runs import RunState
from tests.e2e.asked import requests_that_do_not_fit

pytestmark = pytest.mark.timeout(400)
# every kind of name and series, each with as many episodes as its peculiarities take; `stalkeer demo` plays them all
FIRST, *OTHERS = SHOWS
EACH_KIND = Cast(
    MOVIES,
    (replace(FIRST, episodes=FIRST.episodes[4:]), *(replace(show, episodes=show.episodes[:3]) for show in OTHERS)),
    size=MEGABYTE,
)


@pytest.mark.parametrize("world", [EACH_KIND], indirect=True, ids=["each-kind"])
# soak: test_demo_command.py walks it with every title on SQLite, test_postgres_away.py with a few on PostgreSQL
@pytest.mark.soak
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_what_is_on_the_playlist_ends_in_the_libraries_byte_for_byte(kind, program, world, request):
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else ""
    stalkeer = program(**({"database": {"url": url}} if url else {}))
    stalkeer.serve()

    refresh, scan = stalkeer.job("refresh"), stalkeer.job("scan")
    first_scan = stalkeer.first_run("scan")  # a later one misses what has been imported meanwhile
    stalkeer.settle()
    outcome = world.compare()

    assert (refresh.state, scan.state) == (RunState.DONE, RunState.DONE)
    assert first_scan.report["wanted"] == len(world.wishes)
    assert {wish.label for wish in outcome.imported} == {w.label for w in world.expected(Expectation.AVAILABLE)}
    assert outcome.mismatched == ()
    assert {row.state for row in stalkeer.downloads()} == {DownloadState.COMPLETED}
    assert requests_that_do_not_fit(world) == []
    assert stalkeer.stop() == 0
