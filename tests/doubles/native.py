"""A house whose Radarr drives itself: it is offered releases, grabs them, and imports what it is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import select, update
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.core.downloads.nzb import ReleaseFile, write_nzb
from stalkeer.core.security.scopes import Scope
from stalkeer.demo.arr import ArrServer
from stalkeer.demo.media import MOVIE_90, media
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.series import Episode, LibrarySeries
from stalkeer.demo.sonarr import Sonarr
from stalkeer.faces.http.security import Security
from stalkeer.jobs.native.tickets import ticket_of
from stalkeer.jobs.system.api_keys import make_key
from stalkeer.model import DownloadId, EntryId, InstanceId, InstanceKind, WantedId, WantedKind
from stalkeer.store.db.tables import entries as entry_table
from stalkeer.store.db.tables import grabs
from stalkeer.store.downloads.native_items import NativeGrab, find_native
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.library.instances import NewInstance, add_instance
from stalkeer.store.offers.grabs import GrabRow, find_grab
from stalkeer.store.offers.offers import NewOffer, OfferedEntry, add_offer
from tests.doubles.completed_downloads import CompletedDownloads
from tests.doubles.house import House, now
from tests.doubles.server import make_server

_numbers = count(1)


@dataclass(frozen=True)
class Offered:
    """A release as an instance was offered it. `entries` are the files that are this release."""

    release: str
    nzb: bytes
    guid: str
    wanted_id: WantedId
    movie_id: int
    entries: tuple[EntryId, ...]


@dataclass
class NativeHouse:
    """`radarr` is the client side of the house's own Radarr; `ask` is a request with any key."""

    house: House
    client: TestClient
    radarr: CompletedDownloads
    security: Security
    keys: dict[str, str] = field(default_factory=dict)

    def key(self, scope: Scope, instance: str | None = None) -> str:
        name = f"{scope}-{instance}"
        if name not in self.keys:
            app = self.house.app
            self.keys[name] = make_key(app.database, app.secrets, name, scope, instance, now())
            self.security.keys.look_again()
        return self.keys[name]

    def ask(self, mode: str, key: str | None = None, method: str = "GET", **query: object) -> dict[str, Any]:
        parameters = {"mode": mode, "output": "json", **({} if key is None else {"apikey": key}), **query}
        answer = self.client.request(method, "/sabnzbd/api", params=parameters)
        assert answer.status_code == 200, "both programs lose the words of any other status"
        return answer.json()

    def movie(self, title: str) -> tuple[int, WantedId]:
        """A movie that Radarr lacks and that we know."""
        movie = self.house.radarr.add_movie(title, 2020, runtime_min=90)
        return movie.id, self.house.film(title, arr_id=movie.id, runtime_min=90)

    def offer(
        self,
        title: str = "",
        bodies: Sequence[object] | None = None,
        *,
        instance: InstanceId | None = None,
        wanted: tuple[int, WantedId] | None = None,
        entries: Sequence[EntryId] = (),
        lines: int = 1080,
    ) -> Offered:
        """Offer a movie, whose files are `bodies` (one clip where nothing is said; None is a file that is gone)."""
        number = next(_numbers)
        title = title or f"Film {number}"
        movie_id, wanted_id = wanted or self.movie(title)
        source = self.house.source(max_connections=4)
        made = list(entries)
        for index, body in enumerate(bodies if bodies is not None else [] if entries else [clip(number)]):
            made.append(self.house.entry(source, f"/files/{number}-{index}.mkv", body, title))
        for entry in made:
            self.house.match(wanted_id, entry)
        release = f"{title.replace(' ', '.')}.2020.{lines}p.WEB-DL-STALKEER"
        guid = f"guid-{number}"
        return self._write(Offered(release, b"", guid, wanted_id, movie_id, tuple(made)), instance, number)

    def _write(
        self, offered: Offered, instance: InstanceId | None, number: int, wanted_ids: Sequence[WantedId] = ()
    ) -> Offered:
        at = now() - timedelta(days=1) + timedelta(seconds=number)
        owner = instance or self.house.instance()
        with self.house.database.begin() as connection:
            rows = connection.execute(select(entry_table).where(entry_table.c.id.in_(offered.entries))).all()
            items = wanted_ids or [offered.wanted_id]
            pairs = [OfferedEntry(one, row.source_id, row.key) for row in rows for one in items]
            kind = WantedKind.EPISODE if wanted_ids else WantedKind.MOVIE
            new = NewOffer(owner, kind, offered.release, f"tmdb:{number}", offered.guid, at)
            add_offer(connection, new, pairs, now())
        ticket = ticket_of(self.house.app.secrets, offered.guid)
        nzb = write_nzb(ReleaseFile(ticket, offered.release, 0, at)).encode()
        return Offered(offered.release, nzb, offered.guid, offered.wanted_id, offered.movie_id, offered.entries)

    def grab(self, offered: Offered, by: CompletedDownloads | None = None) -> str:
        return (by or self.radarr).grab(offered.release, offered.nzb, offered.movie_id)

    def forget(self, nzo_id: str) -> None:
        """As if the instance had lost its download client: it knows nothing of the grab any more."""
        self.radarr.tracked.pop(nzo_id)
        self.house.radarr.queue[:] = [row for row in self.house.radarr.queue if row["downloadId"] != nzo_id]

    def native(self, nzo_id: str) -> NativeGrab:
        with self.house.database.connect() as connection:
            found = find_native(connection, nzo_id)
        assert found is not None
        return found

    def row_of(self, nzo_id: str) -> GrabRow:
        with self.house.database.connect() as connection:
            found = find_grab(connection, nzo_id)
        assert found is not None
        return found

    def change_grab(self, nzo_id: str, **values: object) -> None:
        with self.house.database.begin() as connection:
            connection.execute(update(grabs).where(grabs.c.nzo_id == nzo_id).values(**values))

    def download(self, nzo_id: str) -> DownloadRow:
        download_id = self.row_of(nzo_id).download_id
        assert download_id is not None
        return self.house.row(DownloadId(download_id))

    def send(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        headers = {"Content-Type": kind} if kind else {}
        answer = self.client.request(method, path, content=body or None, headers=headers)
        return answer.status_code, answer.content

    def second_radarr(self, radarr: Radarr, slug: str, category: str = "movies") -> CompletedDownloads:
        """Another Radarr as an instance, with a key of its own."""
        return self._instance(radarr, "radarr", slug, category)

    def second_sonarr(self, sonarr: Sonarr, slug: str, category: str = "tv") -> CompletedDownloads:
        return self._instance(sonarr, "sonarr", slug, category)

    def _instance(self, server: ArrServer, kind: str, slug: str, category: str) -> CompletedDownloads:
        new = NewInstance(slug, InstanceKind(kind), server.url, server.api_key)
        with self.house.database.begin() as connection:
            add_instance(connection, new, self.house.app.secrets, now())
        return CompletedDownloads(server, self.send, self.key(Scope.BRIDGE, slug), category)

    def offer_episodes(self, slug: str, series: LibrarySeries, episodes: Sequence[Episode], body: bytes) -> Offered:
        """Offer one file of several episodes."""
        number = next(_numbers)
        instance = self.house.instance(slug)
        entry = self.house.entry(self.house.source(max_connections=4), f"/files/{number}.mkv", body, series.title)
        wanted_ids = self.house.episodes(
            series.title, series.id, [(e.id, e.season, e.number) for e in episodes], instance
        )
        for wanted_id in wanted_ids:
            self.house.match(wanted_id, entry)
        numbers = "".join(f"E{episode.number:02}" for episode in episodes)
        release = f"{series.title.replace(' ', '.')}.S{episodes[0].season:02}{numbers}.1080p.WEB-DL-STALKEER"
        offered = Offered(release, b"", f"guid-{number}", wanted_ids[0], episodes[0].id, (entry,))
        return self._write(offered, instance, number, wanted_ids)


def clip(seed: int, size: int = 400_000) -> bytes:
    made = media(MOVIE_90, size, seed)
    return made.read(0, made.size)


@contextmanager
def open_native(house: House, category: str = "movies") -> Iterator[NativeHouse]:
    house.instance()
    security = build_security(house.app)
    with TestClient(make_server(house.app, security)) as client:
        radarr = CompletedDownloads(house.radarr, lambda *_: (500, b""), "", category)
        opened = NativeHouse(house, client, radarr, security)
        opened.radarr.send = opened.send
        opened.radarr.key = opened.key(Scope.BRIDGE, "radarr")
        yield opened
