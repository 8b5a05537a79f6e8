"""`stalkeer source`, as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stalkeer.demo.panel import PanelMovie
from stalkeer.demo.provider import Provider
from stalkeer.faces.cli.output import ShownRun
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.store.downloads.statistics import RateSample, add_samples
from stalkeer.store.sources.credentials import read_credentials
from stalkeer.store.sources.sources import get_source
from tests.doubles.house import House
from tests.doubles.proxies import Proxy


@pytest.fixture
def playlist(tmp_path: Path) -> Path:
    path = tmp_path / "list.m3u"
    path.write_text(
        "#EXTM3U\n"
        + "".join(f"#EXTINF:-1,EN - Film {n} (2001)\nhttp://h.example/movie/u1/p1/{n}.mkv\n" for n in range(50))
    )
    return path


def test_a_file_is_added_refreshed_listed_and_removed(stalkeer, playlist):
    assert stalkeer("source", "add", "mine", str(playlist), "--json").document["kind"] == "m3u"

    report = stalkeer("source", "refresh", "mine", "--json").document["sources"][0]
    assert (report["outcome"], report["added"], report["kinds"]) == ("refreshed", 50, {"movie": 50})
    assert stalkeer("source", "refresh", "--json").document["sources"][0]["outcome"] == "unchanged"

    copies = stalkeer("source", "archives", "mine", "--json").document["archives"]
    assert [(copy["generation"], Path(copy["path"]).is_file()) for copy in copies] == [(1, True)]
    assert "mine" in stalkeer("source", "list").out
    assert stalkeer("source", "remove", "mine").code == 0
    assert stalkeer("source", "list", "--json").document == {"sources": []}


def test_a_source_has_a_bandwidth_of_its_own(app, stalkeer, playlist):
    assert stalkeer("source", "add", "slow", str(playlist), "--bandwidth", "2MB").code == 0
    wrong = stalkeer("source", "add", "fast", str(playlist), "--bandwidth", "much")

    with app.database.connect() as connection:
        assert get_source(connection, "slow").bandwidth_limit == 2_000_000
    assert (wrong.code, "--bandwidth" in wrong.err) == (2, True)


def test_a_source_is_edited_and_what_is_not_said_stays(app, stalkeer, playlist):
    stalkeer("source", "add", "tv", "http://tv.example:8080", "-u", "ann-login", "-p", "s3cret-pass", "--priority", "3")

    moved = stalkeer("source", "edit", "tv", "--address", "http://new.example:8080", "--bandwidth", "2MB", "--adult")
    renewed = stalkeer("source", "edit", "tv", "-p", "other-pass", "--disable", "--header", "X-A: b", "--json")

    assert (moved.code, renewed.code) == (0, 0)
    assert renewed.document["enabled"] is False
    assert "s3cret-pass" not in moved.out + moved.err
    with app.database.connect() as connection:
        row = get_source(connection, "tv")
    login = read_credentials(row, app.secrets)
    assert (row.kind, login.url, login.username) == ("xtream", "http://new.example:8080", "ann-login")
    assert (login.password, login.headers) == ("other-pass", {"X-A": "b"})
    assert (row.priority, row.bandwidth_limit, row.options.adult, row.enabled) == (3, 2_000_000, True, False)


def test_refresh_times_that_are_no_cron_line_are_refused(app, stalkeer, playlist):
    assert stalkeer("source", "add", "mine", str(playlist), "--refresh", "whenever").code == 2
    assert stalkeer("source", "add", "mine", str(playlist), "--refresh", "1 1 * * *").code == 0
    assert stalkeer("source", "edit", "mine", "--refresh", "1 1 * *").code == 2

    stalkeer("source", "edit", "mine", "--refresh", "off")

    with app.database.connect() as connection:
        assert get_source(connection, "mine").options.refresh == ""


def test_a_limit_of_connections_is_set_and_taken_back(app, stalkeer):
    stalkeer("source", "add", "tv", "http://tv.example:8080", "-u", "ann-login", "-p", "pass", "--max-connections", "2")

    def limit():
        with app.database.connect() as connection:
            return get_source(connection, "tv").max_connections

    assert limit() == 2
    for given, kept in (("0", 0), ("3", 3), ("account", None)):
        assert stalkeer("source", "edit", "tv", "--max-connections", given).code == 0
        assert limit() == kept
    refused = stalkeer("source", "edit", "tv", "--max-connections", "some")
    assert refused.code == 2
    assert "'some' is neither a number" in refused.err


def test_a_playlist_that_is_edited_stays_one_until_it_is_given_an_account(app, stalkeer, playlist):
    stalkeer("source", "add", "mine", "http://h.example/list.m3u")

    def known() -> tuple[str, str, str]:
        with app.database.connect() as connection:
            row = get_source(connection, "mine")
        login = read_credentials(row, app.secrets)
        return row.kind, login.path, login.url

    assert stalkeer("source", "edit", "mine", "--address", str(playlist)).code == 0
    assert known() == ("m3u", str(playlist), "")
    assert stalkeer("source", "edit", "mine", "--address", "http://tv.example/get.php?username=a&password=b").code == 0
    assert known() == ("xtream", "", "http://tv.example")
    assert stalkeer("source", "edit", "nobody", "--priority", "1").code != 0


def test_a_refused_list_ends_with_an_error_and_can_be_accepted(stalkeer, playlist):
    stalkeer("source", "add", "mine", str(playlist))
    stalkeer("source", "refresh")
    playlist.write_text("#EXTM3U\n#EXTINF:-1,A\nhttp://h.example/a.mkv\n")

    refused = stalkeer("source", "refresh", "mine")
    assert refused.code == 1
    assert "--accept" in refused.out

    assert stalkeer("source", "refresh", "mine", "--accept").code == 0
    assert len(stalkeer("source", "changes", "mine", "--json").document["changes"]) == 51


def test_an_unreachable_source_has_its_own_exit_code(stalkeer):
    stalkeer("source", "add", "far", "http://127.0.0.1:9/list.m3u?password=s3cret-pass")

    ended = stalkeer("source", "refresh", "far")

    assert ended.code == 4
    assert "s3cret-pass" not in ended.out + ended.err


def test_a_source_is_tested_before_it_is_saved(stalkeer):
    with Provider() as provider:
        provider.account("ann-login", "s3cret-pass", max_connections=2)
        provider.listing.movies = [PanelMovie(7, "EN - The Silver River (1999)")]
        url = f"{provider.url}/get.php?username=ann-login&password=s3cret-pass"
        tested = stalkeer("source", "test", url, "--json")
        as_playlist = stalkeer("source", "test", url, "--as-playlist")
        wrong = stalkeer("source", "test", provider.url, "-u", "ann-login", "-p", "wrong")
        added = stalkeer("source", "add", "tv", url)
        with Proxy() as proxy:
            stalkeer("source", "test", url, "--proxy", f"socks5h://{proxy.address}", "--header", "X-Own: 1")

    assert "belongs to an account" in added.out
    assert proxy.seen and set(proxy.seen) == {f"SOCKS {url.removeprefix('http://').partition('/')[0]}"}
    assert tested.document["account"]["max"] == 2
    assert tested.document["samples"][0]["title"] == "The Silver River"
    assert "belongs to an account" in as_playlist.out
    assert wrong.code == 1
    assert "s3cret-pass" not in tested.out + as_playlist.out + wrong.out


def test_filters_are_kept_and_previewed(stalkeer, playlist):
    stalkeer("source", "add", "mine", str(playlist))
    stalkeer("source", "refresh")

    assert stalkeer("source", "filter", "preview", "film 4", "--field", "name", "--json").document["dropped"] == 11
    number = stalkeer("source", "filter", "add", "film 4", "--field", "name", "--json").document["id"]
    assert stalkeer("source", "refresh", "--json").document["sources"][0]["entries"] == 39
    assert "film 4" in stalkeer("source", "filter", "list").out
    assert stalkeer("source", "filter", "remove", str(number)).code == 0
    assert stalkeer("source", "filter", "add", "(", "--json").code == 1
    assert stalkeer("source", "filter", "add", "x", "--field", "colour").code == 2


def test_a_name_that_is_taken_or_no_name_is_refused(stalkeer, playlist):
    stalkeer("source", "add", "mine", str(playlist))

    assert "already" in stalkeer("source", "add", "mine", str(playlist)).err
    assert stalkeer("source", "add", "Not A Name", str(playlist)).code == 1
    assert "no source named" in stalkeer("source", "refresh", "nobody").err


def test_what_each_source_is_worth_is_told_in_words_and_as_a_document(stalkeer, app, clock):
    house = House(app, provider=None, radarr=None)
    done, failed = house.download("Dune", None), house.download("Alien", None)
    house.change(done, state="completed", bytes_fetched=2_500_000_000, updated_at=clock())
    house.change(failed, state="failed", updated_at=clock())
    with house.database.begin() as connection:
        add_samples(connection, [RateSample(house.row(done).identity.source_id, done, 240_000_000, 30.0)], clock())

    [card] = stalkeer("source", "scores", "--json").document["sources"]

    assert (card["source"], card["successRate"], card["medianSpeed"]) == ("main", 0.5, 8_000_000)
    shown = stalkeer("source", "scores").out
    assert "50%" in shown and "8.0" in shown and "2.50 GB" in " ".join(shown.split())


def test_a_terminal_is_shown_how_far_a_refresh_is():
    shown: list[str] = []
    run = ShownRun(QuietRun(cancelled=True), shown.append)

    run.progress(25, 100, "tv: 7 entries read")
    run.progress(3, None, "tv: fetching")

    assert shown == ["tv: 7 entries read (25 %)", "tv: fetching"]
    assert run.is_cancelled()


def test_when_an_account_may_be_used_is_said_and_changed(stalkeer, tmp_path):
    assert stalkeer("source", "add", "tv", "/data/list.m3u", "--use", "night", "--json").document["use"] == "hours"
    changed = stalkeer("source", "edit", "tv", "--use", "22:30-05:00", "--json").document

    assert (changed["use"], changed["useFrom"], changed["useUntil"]) == ("hours", "22:30", "05:00")
    assert stalkeer("source", "edit", "tv", "--priority", "3", "--json").document["useFrom"] == "22:30"
    assert stalkeer("source", "edit", "tv", "--use", "manual", "--json").document["use"] == "manual"
    assert stalkeer("source", "edit", "tv", "--use", "lunch").code != 0
