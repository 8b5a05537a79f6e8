"""Lists as providers serve them, through a whole refresh: what is kept, under which identity, and what is said."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from stalkeer.core.catalogue.access import MOST_USERINFOS, fill
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.refresh.probe import probe_stored_source
from stalkeer.jobs.refresh.refresh import RefreshOutcome, SourceReport, refresh_sources
from stalkeer.jobs.refresh.start import USUAL, RefreshOptions
from stalkeer.model import SourceKind
from stalkeer.runtime import App
from stalkeer.store.db.tables import entries, sources
from stalkeer.store.journal.events import list_events
from stalkeer.store.sources.description import Credentials, NewSource
from stalkeer.store.sources.sources import add_source, get_access, get_source
from tests.doubles.hostile_panel import HostilePanel


class Provider:
    """Serves one list under every path; `moved` answers redirects."""

    def __init__(self) -> None:
        self.body = b""
        self.headers: dict[str, str] = {}
        self.moved: dict[str, str] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                place = provider.moved.get(urlsplit(self.path).path)
                self.send_response(302 if place else 200)
                for name, value in ({"Location": place} if place else provider.headers).items():
                    self.send_header(name, value)
                body = b"" if place else provider.body
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    thread = threading.Thread(target=provider.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()
    thread.join()


@dataclass
class Source:
    """A source of the app, and its visible entries."""

    app: App
    row_id: int = field(init=False)

    def add(self, credentials: Credentials, kind: SourceKind = SourceKind.M3U) -> None:
        with self.app.database.begin() as connection:
            new = NewSource("tv", kind, credentials)
            self.row_id = add_source(connection, new, self.app.secrets, self.app.clock()).id

    def refresh(self, options: RefreshOptions = USUAL) -> SourceReport:
        return refresh_sources(self.app.refresher, QuietRun(), "tv", options).sources[0]

    def rows(self) -> list[dict[str, object]]:
        with self.app.database.connect() as connection:
            query = select(entries).where(entries.c.gone_gen.is_(None)).order_by(entries.c.id)
            return [dict(row) for row in connection.execute(query).mappings()]

    def ids(self) -> dict[str, int]:
        return {str(row["name"]): int(row["id"]) for row in self.rows()}

    def names(self) -> list[str]:
        return [str(row["name"]) for row in self.rows()]

    def urls(self) -> list[str]:
        with self.app.database.connect() as connection:
            access = get_access(connection, self.row_id, self.app.secrets)
        return [fill(str(row["url"]), access) for row in self.rows()]


@pytest.fixture
def source(app: App) -> Source:
    return Source(app)


def listed(*urls: str, names: str = "Film") -> bytes:
    lines = (f'#EXTINF:-1 group-title="VOD",{names} {n} (2001)\n{url}\n' for n, url in enumerate(urls))
    return ("#EXTM3U\n" + "".join(lines)).encode()


# cgang/myiptv #9, linuxmint/hypnotix #339, globocom/m3u8 #320 (gzip), globocom/m3u8 #11 (relative)
@pytest.mark.parametrize("packs", [0, 1, 2])
def test_a_packed_list_in_another_encoding_with_relative_addresses_is_read(provider, source, packs):
    provider.body = (
        '#EXTM3U\n#EXTINF:-1 group-title="Фильмы",Солёный сад (2021)\nfilms/1.mkv\n'
        "#EXTINF:-1,Станция Умбра (2016)\n/x/2.mkv\n#EXTINF:-1,Тихий дом (2010)\n//host.example/3.mkv\n"
    ).encode("cp1251")
    for _ in range(packs):
        provider.body = gzip.compress(provider.body)
    provider.headers = {"Content-Type": "audio/x-mpegurl; charset=windows-1251"}
    if packs == 2:
        provider.headers["Content-Encoding"] = "gzip"
    provider.moved = {"/get": f"{provider.url}/lists/all.m3u"}
    source.add(Credentials(url=f"{provider.url}/get"))

    report = source.refresh()

    assert source.names() == ["Солёный сад (2021)", "Станция Умбра (2016)", "Тихий дом (2010)"]
    assert source.urls() == [
        f"{provider.url}/lists/films/1.mkv", f"{provider.url}/x/2.mkv", "http://host.example/3.mkv",
    ]  # fmt: skip
    assert report.oddities["encoding-cp1251"] == 3
    assert source.refresh().outcome is RefreshOutcome.UNCHANGED
    assert probe_stored_source(source.app.refresher, "tv").samples[0].title == "Солёный сад"


# clementine-player/Clementine #7014
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_a_local_list_in_utf_16_is_read_and_its_copy_is_whole(source, tmp_path, encoding):
    file = tmp_path / "list.m3u"
    text = listed(*(f"http://h.example/films/{n}.mkv" for n in range(3))).decode().replace("Film", "Пленка")
    file.write_bytes(text.encode(encoding))
    source.add(Credentials(path=str(file)))

    source.refresh()

    assert source.names() == [f"Пленка {n} (2001)" for n in range(3)]
    [copy] = (source.app.paths.data_dir / "archives" / "tv").iterdir()
    assert gzip.decompress(copy.read_bytes()).decode().count("Пленка") == 3


# Dispatcharr/Dispatcharr #1309, euzu/tuliprox #204
@pytest.mark.parametrize(
    "hosts",
    [
        ["http://s1.cdn.example", "http://s2.cdn.example", "http://s3.cdn.example", "http://s4.cdn.example"],
        ["http://north.example", "https://south.other.example:8443", "http://10.0.0.7:8080"],
        [f"http://node{n:02}.cdn.example" for n in range(40)],
    ],
)
def test_files_whose_hosts_swap_keep_their_identity(provider, source, hosts):
    source.add(Credentials(url=provider.url))
    provider.body = listed(*(f"{hosts[n % len(hosts)]}/films/{n}/movie{n}.mkv" for n in range(80)))
    source.refresh()
    before = source.ids()

    urls = [f"{hosts[(n * 7 + 1) % len(hosts)]}/films/{n}/movie{n}.mkv" for n in range(80)]
    provider.body = listed(*urls)
    report = source.refresh()

    assert (report.changes.added, report.changes.removed) == (0, 0)
    assert source.ids() == before
    assert source.urls() == urls


def test_two_hosts_may_have_different_files_under_the_same_path(provider, source):
    source.add(Credentials(url=provider.url))
    provider.body = listed(*(f"http://{host}.example/films/{n}.mkv" for host in ("a", "b") for n in range(20)))

    source.refresh()

    assert len(source.rows()) == 40
    assert len(set(source.urls())) == 40


# cabernetwork/cabernet #82: http://host/TOKEN/streamid/
@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        ("/f83hg7dk2lsp0a/{}.mkv", "/k20fj38dh2lq9z/{}.mkv", "/zz83hf02kd81na/{}.mkv"),
        ("/abc/movie{}.mkv", "/xyz/movie{}.mkv", "/klm/movie{}.mkv"),
        ("/vod/tok-one/films/{}.mkv", "/vod/tok-two/films/{}.mkv", "/vod/tok-three/films/{}.mkv"),
        ("/{0}/Qw3rty12Uiop/movie{0}.mkv", "/{0}/Zx9cvb34Nmas/movie{0}.mkv", "/{0}/As5dfg67Hjkl/movie{0}.mkv"),
        ("/170000000/9f8e7d6c5b4a3928/{}.mp4", "/170086400/0a1b2c3d4e5f6071/{}.mp4", "/170172800/ffeeddccbba9/{}.mp4"),
    ],
)  # fmt: skip
def test_a_part_of_the_path_that_changes_for_all_entries_alike_is_a_token(provider, source, before, after, again):
    source.add(Credentials(url=provider.url))
    ids: list[dict[str, int]] = []
    for path in (before, after, again):
        urls = [f"http://cdn.example{path.format(n)}" for n in range(40)]
        provider.body = listed(*urls)
        report = source.refresh()
        ids.append(source.ids())
        assert source.urls() == urls
        assert report.changes.removed == 0

    assert ids[0] == ids[1] == ids[2]


def test_a_random_part_of_the_path_is_never_in_clear(provider, source):
    source.add(Credentials(url=provider.url))
    provider.body = listed(*(f"http://cdn.example/f83hg7dk2lsp0a/{n}.mkv" for n in range(40)))

    source.refresh()

    assert "f83hg7dk2lsp0a" not in repr(source.rows())


def test_folders_that_stay_are_no_tokens(provider, source):
    source.add(Credentials(url=provider.url))
    provider.body = listed(*(f"http://cdn.example/vod/films/{n}.mkv" for n in range(20)))
    source.refresh()
    before = source.ids()

    provider.body += listed(*(f"http://cdn.example/vod/shows/{n}.mkv" for n in range(5)), names="Show")[8:]
    report = source.refresh()

    assert (report.changes.added, report.changes.removed, report.changes.changed) == (5, 0, 0)
    assert before.items() <= source.ids().items()


# infinitel8p/Extreme-InfiniTV #104, Cigaras/IPTV.bundle #224, oxyroid/M3UAndroid #72
@pytest.mark.parametrize("others", [0, 30])
@pytest.mark.parametrize("form", ["ann77:s3cret99", "ann77:p%40ss-word9", "ann77:s3cr@t99", "tok3nwithoutcolon"])
def test_a_login_in_front_of_a_host_is_never_in_clear(provider, source, form, others):
    source.add(Credentials(url=provider.url))
    urls = [f"http://cdn.example/films/{n}.mkv" for n in range(others)]
    urls += [f"https://{form}@one.example/films/once.mkv", f"http://{form}@two.example:8080/x?file=1.mkv"]
    provider.body = (
        listed(*urls)
        + (
            f'#EXTINF:-1 tvg-logo="http://{form}@img.example/1.png" drm="",Last (2001)\n'
            f"#EXTVLCOPT:http-referrer=http://{form}@ref.example/\nhttp://cdn.example/films/last.mkv\n"
        ).encode()
    )

    source.refresh()

    assert source.urls()[:-1] == urls
    secrets = [form, form.partition(":")[2] or form]
    stored = repr(source.rows())
    copies = [
        gzip.decompress(file.read_bytes()).decode() for file in (source.app.paths.data_dir / "archives").rglob("*.gz")
    ]
    assert copies
    assert not [secret for secret in secrets for text in (stored, *copies) if secret in text]


def test_logins_in_front_of_hosts_beyond_the_most_that_are_kept_are_counted_and_said(provider, source):
    urls = [
        f"http://viewer{number}:w0rd{number}@cdn.example/films/{number}.mkv" for number in range(MOST_USERINFOS + 3)
    ]
    provider.body = listed(*urls)
    source.add(Credentials(url=provider.url + "/list.m3u"))

    report = source.refresh()

    assert report.oddities["lost-login"] == 3
    assert "3 addresses have lost their logins" in report.message


def test_a_login_in_front_of_a_host_survives_a_refresh_that_does_not_read_it_again(provider, source):
    source.add(Credentials(url=provider.url))
    urls = [f"http://cdn.example/films/{n}.mkv" for n in range(300)]
    urls.insert(150, "http://ann77:s3cret99@one.example/films/once.mkv")
    provider.body = listed(*urls)
    source.refresh()

    provider.body += listed("http://cdn.example/films/new.mkv", names="New")[8:]
    source.refresh()

    assert source.urls() == [*urls, "http://cdn.example/films/new.mkv"]


def test_what_a_panel_does_not_offer_is_said_once(source):
    with HostilePanel() as server:
        server.statuses = {"get_live_streams": 404}
        source.add(Credentials(url=server.url, username="ann-login", password="s3cret-pass"), SourceKind.XTREAM)
        first = source.refresh()
        server.answers["get_vod_streams"] = json.dumps([{"stream_id": 1, "name": "Film"}] * 1).encode()
        second = source.refresh(RefreshOptions(accept=True))

    assert first.outcome is second.outcome is RefreshOutcome.REFRESHED
    assert "no list of channels" in first.message
    with source.app.database.connect() as connection:
        told = [row.event.message for row in list_events(connection) if "no list of" in row.event.message]
        counts = connection.scalar(select(sources.c.counts))
    assert len(told) == 1
    assert counts["missing"] == ["channels"]


def test_a_list_of_series_that_is_gone_leaves_the_catalogue_as_it_was(source):
    with HostilePanel() as server:
        source.add(Credentials(url=server.url, username="ann-login", password="s3cret-pass"), SourceKind.XTREAM)
        source.refresh()
        before = source.ids()
        server.statuses = {"get_series": 404}
        report = source.refresh()
        after = source.ids()
        accepted = source.refresh(RefreshOptions(accept=True))

    assert (report.outcome, after) == (RefreshOutcome.FAILED, before)
    assert "list of series" in report.message
    assert accepted.outcome is RefreshOutcome.REFRESHED


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ({"auth": 0}, "refuses the login (the username or the password is wrong)"),
        ({"auth": 0, "status": "Expired"}, "is expired"),
        ({"auth": 1, "status": "Disabled"}, "is disabled"),
        ({"auth": 1, "status": "Banned"}, "is banned"),
        ({"auth": 0, "message": "Too many connections"}, "has too many connections open"),
    ],
)
def test_a_login_that_fails_is_said_as_what_it_is(source, user, said):
    with HostilePanel() as server:
        server.answers[""] = json.dumps({"user_info": user}).encode()
        source.add(Credentials(url=server.url, username="ann-login", password="s3cret-pass"), SourceKind.XTREAM)

        report = source.refresh()

    assert said in report.message
    assert "s3cret" not in report.message


# Dispatcharr/Dispatcharr #748, 4gray/iptvnator #144, linuxmint/hypnotix #173
@pytest.mark.parametrize(
    "path", ["/c/", "/c", "/stalker_portal/c/", "/portal.php?type=stb", "/x?mac=00:1A:79:12:34:56"]
)
@pytest.mark.parametrize("kind", [SourceKind.M3U, SourceKind.XTREAM])
def test_the_error_for_a_stalker_portal_says_that_it_is_one(provider, source, path, kind):
    provider.body = b"<html><title>portal</title></html>"
    login = {"username": "ann-login", "password": "s3cret-pass"} if kind == SourceKind.XTREAM else {}
    source.add(Credentials(url=provider.url + path, **login), kind)

    report = source.refresh()

    assert "Stalker portal" in report.message and "not supported" in report.message
    assert "Stalker portal" in probe_stored_source(source.app.refresher, "tv").problem
    with source.app.database.connect() as connection:
        assert "Stalker portal" in (get_source(connection, "tv").last_error or "")
