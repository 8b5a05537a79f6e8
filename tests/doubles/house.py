"""A program with a provider, an account and wanted films, small enough to see through: what engine tests need."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import bindparam, delete, select, update

from stalkeer.adapters.arr.values import FileQuality, ProfileQuality, QualityProfile
from stalkeer.core.catalogue.access import Access
from stalkeer.core.catalogue.extension import with_extension
from stalkeer.demo.content import Content
from stalkeer.demo.provider import Provider
from stalkeer.demo.radarr import Radarr
from stalkeer.engine.engine import Engine
from stalkeer.engine.intervals import Intervals
from stalkeer.engine.program import EngineClients
from stalkeer.engine.table import JobTable
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.sources.account_status import AccountMonitor, AccountReply
from stalkeer.model import (
    DownloadId,
    DownloadState,
    EntryId,
    InstanceId,
    InstanceKind,
    SourceId,
    SourceKind,
    WantedId,
)
from stalkeer.runtime import App
from stalkeer.store.catalogue.extensions import remember_extension
from stalkeer.store.db.database import Database
from stalkeer.store.db.tables import download_items, downloads, entries, instances, library, matches, sources, wanted
from stalkeer.store.downloads.downloads import NewDownload, NewItem, add_item, create_download, get_download
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.library.instances import InstanceOptions, NewInstance, add_instance, find_instance
from stalkeer.store.sources.description import Credentials, NewSource
from stalkeer.store.sources.sources import add_source
from tests.doubles.app import make_app

PATIENCE_S = 60.0
STATE = select(downloads.c.state).where(downloads.c.id == bindparam("id"))
QUICKLY = Intervals(
    heartbeat_s=0.05,
    stale_s=1.5,
    dead_s=3.0,
    resources_s=0.3,
    settings_s=0.2,
    hooks_s=0.5,
    grabs_s=0.5,
    grabs_pause_s=0.1,
    instance_s=1.2,
)
QUICK = {
    "import.mode": "none",
    "downloads.reconnect_gap": "0.05s",
    "downloads.min_free": 0,
    "downloads.verify_downloads": False,
    "downloads.viewer_reserve": 0,
}


def now() -> datetime:
    return datetime.now(UTC)


def content(size: int, seed: int = 1) -> bytes:
    """The smallest Matroska file with a picture, and noise that players skip: `size` bytes, others for each seed."""
    info = _element("1549a966", _element("2ad7b1", (1_000_000).to_bytes(3)))
    track = _element("d7", b"\1") + _element("83", b"\1") + _element("86", b"V_MPEG4/ISO/AVC")
    cluster = _element("1f43b675", _element("e7", b"\0") + _element("a3", b"\x81\0\0\x80\0"))
    media = info + _element("1654ae6b", _element("ae", track)) + cluster
    head = _element("1a45dfa3", _element("4282", b"matroska"))
    noise = size - len(head) - 12 - len(media) - 9
    void = bytes.fromhex("ec01") + noise.to_bytes(7) + random.Random(seed).randbytes(noise)
    return head + bytes.fromhex("1853806701") + len(media + void).to_bytes(7) + media + void


def _element(name: str, payload: bytes) -> bytes:
    return bytes.fromhex(name) + bytes([0x80 | len(payload)]) + payload


def eventually(condition: Callable[[], object], what: str = "", timeout_s: float = PATIENCE_S) -> None:
    """Wait with short looks until `condition` holds."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"did not happen within {timeout_s} s: {what or condition}")


@dataclass
class House:
    """The rows that a download needs, and an engine to carry it."""

    app: App
    provider: Provider | None
    radarr: Radarr | None
    provider_url: str = ""
    replies: dict[int, AccountReply | None] = field(default_factory=dict)
    questions: list[int] = field(default_factory=list)
    extensions: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.app.database

    def engine(self, role: str = "serve", intervals: Intervals = QUICKLY, jobs: JobTable | None = None) -> Engine:
        arrs = Arrs(self.database, self.app.secrets, self.app.clock)
        accounts = AccountMonitor(self.database, self.ask, self.app.clock)
        clients = EngineClients(arrs=arrs, access=self.access, accounts=accounts, movie_address=self.movie_address)
        return Engine(
            self.app, clients, jobs or JobTable(self.database, self.app.clock, ()), role=role, intervals=intervals
        )

    def access(self, _source_id: SourceId) -> Access:
        return Access(base=self.provider_url or self.provider.url, username="user", password="secret")

    def movie_address(self, source_id: SourceId, key: str, template: str) -> str:
        """The account names an extension for each of `extensions`, and none for others."""
        address = with_extension(template, self.extensions.get(key, ""))
        with self.database.begin() as connection:
            remember_extension(connection, source_id, key, address, now())
        return address

    def ask(self, source_id: SourceId) -> AccountReply | None:
        self.questions.append(source_id)
        return self.replies.get(source_id)

    def source(self, slug: str = "main", max_connections: int | None = 2) -> SourceId:
        """An account that has been refreshed once."""
        url = self.provider_url or (self.provider.url if self.provider else "http://127.0.0.1:9")
        credentials = Credentials(url=url, username=f"viewer-of-{slug}", password=f"password-of-{slug}")
        new = NewSource(slug, SourceKind.XTREAM, credentials, max_connections=max_connections)
        with self.database.begin() as connection:
            known = connection.execute(select(sources.c.id).where(sources.c.slug == slug)).scalar_one_or_none()
            if known is not None:
                return SourceId(known)
            made = add_source(connection, new, self.app.secrets, now())
            connection.execute(update(sources).where(sources.c.id == made.id).values(generation=1))
        return made.id

    def instance(self, slug: str = "radarr", kind: InstanceKind = InstanceKind.RADARR) -> InstanceId:
        url = self.radarr.url if self.radarr else "http://127.0.0.1:9"
        new = NewInstance(slug, kind, url, self.radarr.api_key if self.radarr else "key")
        with self.database.begin() as connection:
            known = find_instance(connection, slug)
            return known.id if known is not None else add_instance(connection, new, self.app.secrets, now())

    def allow(self, instance_id: InstanceId, *resolutions: int) -> None:
        """Let all of its items have a quality profile that allows web downloads of these resolutions only."""
        qualities = tuple(
            ProfileQuality(FileQuality(lines, f"WEBDL-{lines}p", "webdl", lines), lines in resolutions, rank)
            for rank, lines in enumerate((480, 720, 1080, 2160))
        )
        name = " or ".join(f"{lines}p" for lines in resolutions)
        profile = QualityProfile(1, name, upgrade_allowed=True, cutoff_rank=3, language=None, qualities=qualities)
        with self.database.begin() as connection:
            values = {"profiles": [asdict(profile)], "options": {"quality_profile_id": 1}}
            connection.execute(update(instances).where(instances.c.id == instance_id).values(**values))

    def let_questions_age(self) -> None:
        """As if every account had last been asked a good while ago."""
        with self.database.begin() as connection:
            connection.execute(update(sources).values(account_asked_at=now() - timedelta(seconds=31)))

    def film(
        self,
        title: str,
        instance_id: InstanceId | None = None,
        arr_id: int | None = None,
        runtime_min: int | None = None,
    ) -> WantedId:
        instance_id = instance_id or self.instance()
        with self.database.begin() as connection:
            count = len(connection.execute(select(library.c.id)).all()) + 1
            item = {
                "instance_id": instance_id,
                "kind": "movie",
                "arr_id": arr_id or count,
                "title": title,
                "year": 2020,
                "synced_at": now(),
                "tmdb_id": 100_000 + (arr_id or count),  # as the demo's Radarr numbers its movies
            }
            library_id = connection.execute(library.insert().values(**item).returning(library.c.id)).scalar_one()
            row = {
                "instance_id": instance_id,
                "library_id": library_id,
                "kind": "movie",
                "arr_id": arr_id or count,
                "reason": "missing",
                "title": title,
                "runtime_min": runtime_min,
                "first_seen": now(),
            }
            return WantedId(connection.execute(wanted.insert().values(**row).returning(wanted.c.id)).scalar_one())

    def episodes(
        self, title: str, series_id: int, numbers: Sequence[tuple[int, int, int]], instance_id: InstanceId
    ) -> list[WantedId]:
        """Wanted episodes of a series: id at the instance, season and number of each."""
        item = {"instance_id": instance_id, "kind": "series", "arr_id": series_id, "title": title, "year": 2019}
        item |= {"synced_at": now(), "tvdb_id": 300_000 + series_id}
        with self.database.begin() as connection:
            library_id = connection.execute(library.insert().values(**item).returning(library.c.id)).scalar_one()
            found = []
            for arr_id, season, number in numbers:
                row = {"instance_id": instance_id, "library_id": library_id, "kind": "episode", "arr_id": arr_id}
                row |= {"reason": "missing", "title": "", "season": season, "episode": number, "first_seen": now()}
                row |= {"runtime_min": 45}
                made = connection.execute(wanted.insert().values(**row).returning(wanted.c.id)).scalar_one()
                found.append(WantedId(made))
        return found

    def entry(
        self,
        source_id: SourceId,
        key: str,
        body: Content | bytes | None,
        name: str = "",
        resolution: int | None = None,
        kind: str = "film",
    ) -> EntryId:
        """An entry whose file the provider serves; with no body the provider does not know it."""
        if body is not None:
            self.provider.add(key, body)
        values = {
            "source_id": source_id,
            "key": key,
            "kind": kind,
            "name": name or key,
            "resolution": resolution,
            "url": "{base}" + key,
            "added_gen": 1,
            "first_seen": now(),
        }
        with self.database.begin() as connection:
            return EntryId(connection.execute(entries.insert().values(**values).returning(entries.c.id)).scalar_one())

    def match(self, wanted_id: WantedId, entry_id: EntryId, score: float = 1.0) -> None:
        values = {
            "wanted_id": wanted_id,
            "entry_id": entry_id,
            "score": score,
            "decision": "confirm",
            "decided_by": "auto",
            "evidence": json.dumps([]),
            "matched_at": now(),
        }
        with self.database.begin() as connection:
            connection.execute(matches.insert().values(**values))

    def download(
        self,
        name: str,
        body: Content | bytes | None,
        source_id: SourceId | None = None,
        priority: int = 0,
        *,
        entry: EntryId | None = None,
        key: str = "",
    ) -> DownloadId:
        """Queue a film that is wanted, served and matched."""
        source_id = source_id or self.source()
        key = key or f"/files/{name}.mkv"
        movie = self.radarr.add_movie(name, 2020, runtime_min=90) if self.radarr else None
        wanted_id = self.film(name, arr_id=movie.id if movie else None, runtime_min=90 if movie else None)
        entry_id = entry or self.entry(source_id, key, body, name)
        self.match(wanted_id, entry_id)
        return self.queue(entry_id, wanted_id, name, priority)

    def queue(
        self, entry_id: EntryId, wanted_id: WantedId, name: str, priority: int = 0, *, instance: str = "radarr"
    ) -> DownloadId:
        """Queue an entry for an item."""
        instance_id = self.instance(instance)
        with self.database.begin() as connection:
            entry = connection.execute(select(entries).where(entries.c.id == entry_id)).one()
            arr_id = connection.execute(select(wanted.c.arr_id).where(wanted.c.id == wanted_id)).scalar_one()
            new = NewDownload(
                entry_id=entry_id,
                source_id=SourceId(entry.source_id),
                entry_key=entry.key,
                name=name,
                title=name,
                kind="movie",
                items=(NewItem(wanted_id, instance_id, arr_id),),
                priority=priority,
            )
            made = create_download(connection, new, now())
        assert made is not None
        return made

    def forget_import(self, wanted_id: WantedId) -> None:
        """As if its instance wanted the item again, which it has a file of."""
        self.change_wanted(wanted_id, gone_at=None, reason="cutoff")

    def row(self, download_id: DownloadId) -> DownloadRow:
        with self.database.connect() as connection:
            return get_download(connection, download_id)

    def state(self, download_id: DownloadId) -> DownloadState:
        """Reads this one column: it is looked at fifty times a second, beside the work that is waited for."""
        with self.database.connect() as connection:
            return DownloadState(connection.scalar(STATE, {"id": download_id}))

    def await_state(
        self, download_id: DownloadId, *states: DownloadState, timeout_s: float = PATIENCE_S
    ) -> DownloadRow:
        try:
            eventually(lambda: self.state(download_id) in states, timeout_s=timeout_s)
        except AssertionError:
            raise AssertionError(f"{self.row(download_id)} is not {states}") from None
        return self.row(download_id)

    def result(self, download_id: DownloadId) -> str:
        """The digest of the finished file."""
        row = self.row(download_id)
        path = row.outcome.final_path or row.outcome.placed_path or row.transfer.part_path
        assert path is not None, row
        return digest(Path(path).read_bytes())

    def change(self, download_id: DownloadId, **values: object) -> None:
        with self.database.begin() as connection:
            connection.execute(update(downloads).where(downloads.c.id == download_id).values(**values))

    def forget_download(self, download_id: DownloadId) -> None:
        """As if it had never been asked for."""
        with self.database.begin() as connection:
            connection.execute(delete(download_items).where(download_items.c.download_id == download_id))
            connection.execute(delete(downloads).where(downloads.c.id == download_id))

    def change_source(self, source_id: SourceId, **values: object) -> None:
        with self.database.begin() as connection:
            connection.execute(update(sources).where(sources.c.id == source_id).values(**values))

    def change_wanted(self, wanted_id: WantedId, **values: object) -> None:
        with self.database.begin() as connection:
            connection.execute(update(wanted).where(wanted.c.id == wanted_id).values(**values))

    def join(self, download_id: DownloadId, wanted_id: WantedId, instance_id: InstanceId, arr_id: int) -> None:
        """Let a download serve another item too."""
        with self.database.begin() as connection:
            assert add_item(connection, download_id, NewItem(wanted_id, instance_id, arr_id))

    def skip_of(self, wanted_id: WantedId) -> str | None:
        """Why an item is held back."""
        with self.database.connect() as connection:
            return connection.execute(select(wanted.c.skip).where(wanted.c.id == wanted_id)).scalar_one()

    def change_match(self, wanted_id: WantedId, **values: object) -> None:
        with self.database.begin() as connection:
            connection.execute(update(matches).where(matches.c.wanted_id == wanted_id).values(**values))

    def change_instance(self, slug: str, options: InstanceOptions) -> None:
        with self.database.begin() as connection:
            values = {"options": asdict(options)}
            connection.execute(update(instances).where(instances.c.slug == slug).values(**values))

    def change_item(self, download_id: DownloadId, **values: object) -> None:
        with self.database.begin() as connection:
            of_this = download_items.c.download_id == download_id
            connection.execute(update(download_items).where(of_this).values(**values))


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@contextmanager
def open_house(
    folder: Path,
    database: Database,
    given: Mapping[str, object] | None = None,
    clock: Callable[[], datetime] = now,
) -> Iterator[House]:
    """With a provider whose account has four connections, and a Radarr."""
    with Provider() as provider, Radarr(folder / "library") as radarr:
        provider.account(max_connections=4)
        yield House(make_app(folder / "data", database, clock, {**QUICK, **(given or {})}), provider, radarr)
