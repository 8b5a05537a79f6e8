"""A PostgreSQL that fails under a running `serve` and comes back: everybody is told, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from stalkeer.demo.scenario import MEGABYTE, MOVIES, SHOWS, Cast, Expectation
from stalkeer.model import DownloadState
from tests.doubles.postgres import PrivatePostgres, find_server_binaries
from tests.e2e.program import Program

FEW_AND_LARGE = Cast(MOVIES[:4], SHOWS[:1], size=4 * MEGABYTE)


@pytest.fixture
def server(tmp_path) -> Iterator[PrivatePostgres]:
    """A cluster of this test's own, which keeps what it has committed."""
    binaries = find_server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server binaries on this machine")
    with PrivatePostgres(binaries, tmp_path, keeps_commits=True) as opened:
        yield opened


def ask(stalkeer: Program, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{stalkeer.port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.postgres
@pytest.mark.timeout(400)
@pytest.mark.parametrize("world", [FEW_AND_LARGE], indirect=True, ids=["few"])
def test_a_database_server_that_fails_and_comes_back_costs_no_byte_and_everybody_is_told(program, world, server):
    with server.fresh_database() as url:
        stalkeer = program(database={"url": url}, security={"mode": "local"})
        stalkeer.serve()
        stalkeer.job("refresh")
        stalkeer.job("scan")
        world.provider.rate = 500_000
        stalkeer.wait_until(
            lambda: any(row.transfer.durable_offset > 1_000_000 for row in stalkeer.downloads()), "bytes are on disk"
        )
        rows = [row for row in stalkeer.downloads() if row.state is DownloadState.DOWNLOADING]
        before = {row.id: row.transfer.durable_offset for row in rows}

        server.stop_at_once()

        parts = json.loads(ask(stalkeer, "/health")[1])["parts"]
        assert parts["database"] == "error"
        for path in ("/", "/login", "/api/v1/downloads", "/metrics"):
            status, text = ask(stalkeer, path)
            assert (path, status) == (path, 503)
            assert "the server runs" in text
        assert stalkeer.run("download", "list").code == 4

        server.start()

        stalkeer.wait_until(lambda: ask(stalkeer, "/health")[0] == 200, "it is well again")
        assert ask(stalkeer, "/api/v1/downloads")[0] == 200
        world.provider.rate = None
        stalkeer.settle()

        outcome = world.compare()
        assert {wish.label for wish in outcome.imported} == {one.label for one in world.expected(Expectation.AVAILABLE)}
        assert outcome.mismatched == ()
        resumed = {row.id: row.transfer.bytes_resumed for row in stalkeer.downloads()}
        assert {one: offset for one, offset in before.items() if resumed[one] < offset} == {}
        assert stalkeer.stop() == 0
        assert "Traceback" not in stalkeer.log
        assert stalkeer.log.count("does not answer") <= 20
