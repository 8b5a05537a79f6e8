"""The test of a source before it is kept."""

from __future__ import annotations

from stalkeer.demo.exchange import Exchange
from stalkeer.demo.panel import PanelMovie
from stalkeer.demo.provider import Provider
from stalkeer.jobs.refresh.probe import ProbeReport, probe_source
from stalkeer.jobs.sources.describe import SourcePatch, build_source
from stalkeer.runtime import App


def probe(app: App, url: str) -> ProbeReport:
    fields = SourcePatch(address=url, username="ann-login", password="s3cret-pass")
    return probe_source(app.refresher, build_source("test", fields))


def test_two_tests_at_once_each_read_their_own_list(app: App):
    within: list[ProbeReport] = []
    with Provider() as first, Provider() as second:
        for provider, films in ((first, 3), (second, 5)):
            provider.account("ann-login", "s3cret-pass", max_connections=2)
            provider.listing.movies = [PanelMovie(n, f"The Silver River {n} (19{n})") for n in range(50, 50 + films)]

        def test_the_other(exchange: Exchange) -> None:
            if "get_series" in exchange.request.target and not within:  # the list of films has come by then
                within.append(probe(app, second.url))

        first.hook = test_the_other
        report = probe(app, first.url)

    assert (report.problem, report.kinds) == ("", {"film": 3})
    assert [(inner.problem, inner.kinds) for inner in within] == [("", {"film": 5})]
    assert list((app.paths.data_dir / "spool").iterdir()) == []
