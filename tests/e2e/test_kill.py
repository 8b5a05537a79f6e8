"""A power cut in the middle of downloads: started again, the program goes on where it was."""

from __future__ import annotations

import pytest

from stalkeer.demo.scenario import MEGABYTE, MOVIES, SHOWS, Cast, Expectation
from stalkeer.model import DownloadState
from tests.e2e.asked import requests_that_do_not_fit

FEW_AND_LARGE = Cast(MOVIES[:5], SHOWS[:1], size=4 * MEGABYTE)
pytestmark = [pytest.mark.timeout(400), pytest.mark.parametrize("world", [FEW_AND_LARGE], indirect=True, ids=["few"])]


def test_killed_during_downloads_it_goes_on_where_it_was(program, world):
    world.provider.rate = 1_000_000
    stalkeer = program()
    stalkeer.serve()
    stalkeer.job("refresh")
    stalkeer.job("scan")
    stalkeer.wait_until(
        lambda: any(r.transfer.durable_offset > 1_000_000 for r in stalkeer.downloads()), "bytes are on disk"
    )

    stalkeer.kill()
    under_way = {row.identity.entry_key: row for row in stalkeer.downloads() if row.state is DownloadState.DOWNLOADING}
    asked_before = len(world.provider.requests)
    world.provider.rate = None
    stalkeer.serve()
    stalkeer.settle()

    outcome = world.compare()
    assert under_way
    assert {w.label for w in outcome.imported} == {w.label for w in world.expected(Expectation.AVAILABLE)}
    assert outcome.mismatched == ()
    after = {row.identity.entry_key: row for row in stalkeer.downloads()}
    for key, before in under_way.items():
        assert (
            after[key].transfer.bytes_resumed >= before.transfer.durable_offset > 0
            or before.transfer.durable_offset == 0
        )
    fetched = [r.key for r in world.provider.requests[asked_before:] if r.status in (200, 206)]
    done_before = {
        row.identity.entry_key
        for row in after.values()
        if row.outcome.finished_at and row.identity.entry_key not in under_way
    } - set(fetched)
    assert len(after) == len({row.identity.entry_key for row in after.values()})
    assert done_before or fetched
    assert requests_that_do_not_fit(world) == []
    assert stalkeer.stop() == 0


@pytest.mark.soak
def test_killed_again_and_again_nothing_is_fetched_twice_or_lost(program, world):
    world.provider.rate = 2_000_000
    stalkeer = program()
    stalkeer.serve()
    stalkeer.job("refresh")
    stalkeer.job("scan")
    for _ in range(2):
        before = len(world.imported())
        stalkeer.wait_until(lambda: len(world.imported()) > before, "a further item is imported")  # noqa: B023
        stalkeer.kill()
        stalkeer.serve()
    world.provider.rate = None
    stalkeer.settle()

    outcome = world.compare()
    assert {w.label for w in outcome.imported} == {w.label for w in world.expected(Expectation.AVAILABLE)}
    assert outcome.mismatched == ()
    commands = [c.body["files"][0]["path"] for s in (world.radarr, world.sonarr) for c in s.commands.all()]
    assert len(commands) == len(set(commands)), "an import was ordered twice"
