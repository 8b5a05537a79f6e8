"""Try a source before it is kept: does it answer, what does its account say, what would it bring."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from stalkeer.adapters.playlists.fetch import NotModified, PlaylistRequest, fetch_playlist, open_local
from stalkeer.adapters.playlists.guard import check_is_playlist
from stalkeer.adapters.playlists.m3u_entry import read_entries
from stalkeer.adapters.playlists.panel_json import AccountInfo
from stalkeer.adapters.playlists.xtream import Panel, PanelLogin
from stalkeer.core.catalogue.access import login_in_url
from stalkeer.core.catalogue.filters import FilterSet
from stalkeer.core.catalogue.groups import Group
from stalkeer.core.titles import parse_title
from stalkeer.errors import SourceError, SourceUnreachable
from stalkeer.jobs.sources.fetch import SPOOL, check_account
from stalkeer.jobs.sources.refresh import Refresher
from stalkeer.model import Entry, EntryKind
from stalkeer.secrets import mask_text
from stalkeer.settings.schema import CatalogueSettings
from stalkeer.store.sources.sources import XTREAM, NewSource

SAMPLES = 5
_SAMPLED = (EntryKind.FILM.value, EntryKind.EPISODE.value, EntryKind.SERIES.value)


@dataclass(frozen=True)
class Sample:
    """A name of the source, and what is read from it."""

    name: str
    kind: str
    title: str
    year: int | None
    season: int | None
    episode: int | None


@dataclass(frozen=True)
class ProbeReport:
    """What a test of a source showed. `problem` is empty where it can be used."""

    problem: str = ""
    account: AccountInfo | None = None
    kinds: dict[str, int] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()  # of films, episodes and series, adult ones too
    is_unreachable: bool = False  # no answer, or not now
    is_account_address: bool = False  # the playlist's address names an account, which tells more

    @property
    def is_usable(self) -> bool:
        return not self.problem

    def to_document(self) -> dict[str, object]:
        account = self.account
        return {
            "usable": self.is_usable,
            "problem": self.problem,
            "account": None
            if account is None
            else {
                "status": account.status,
                "expiresAt": account.expires_at,
                "active": account.active,
                "max": account.maximum,
                "message": account.message,
                "isTrial": account.is_trial,
            },
            "kinds": self.kinds,
            "leftOut": self.left_out,
            "samples": [
                {
                    "name": s.name,
                    "kind": s.kind,
                    "title": s.title,
                    "year": s.year,
                    "season": s.season,
                    "episode": s.episode,
                }
                for s in self.samples
            ],
            "isAccountAddress": self.is_account_address,
        }


def probe_source(tools: Refresher, new: NewSource) -> ProbeReport:
    """Ask the source as a refresh would, keep nothing. What is wrong with it becomes the report's `problem`."""
    probe = _Probe(tools, new)
    try:
        with probe.spool():
            probe.ask()
    except SourceError as error:
        return replace(probe.report(mask_text(str(error))), is_unreachable=isinstance(error, SourceUnreachable))
    if not probe.kinds:
        return probe.report("It answers, but lists nothing")
    return probe.report()


class _Probe:
    def __init__(self, tools: Refresher, new: NewSource) -> None:
        self._new = new
        self._clock = tools.clock
        self._settings: CatalogueSettings = tools.settings().catalogue
        self._https_only = tools.settings().downloads.https_only
        self._folder = tools.data_dir / SPOOL / f"probe-{new.slug}"
        self._filters = FilterSet((), keep_adult=new.options.adult)
        self._account: AccountInfo | None = None
        self._left_out: Counter[str] = Counter()
        self._samples: dict[str, Sample] = {}
        self._groups: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()

    @contextmanager
    def spool(self) -> Iterator[None]:
        try:
            yield
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def ask(self) -> None:
        if self._new.kind == XTREAM:
            self._ask_account()
        else:
            self._ask_playlist()

    def report(self, problem: str = "") -> ProbeReport:
        return ProbeReport(
            problem=problem,
            account=self._account,
            kinds=dict(self.kinds),
            samples=tuple(self._samples.values())[:SAMPLES],
            left_out=dict(self._left_out),
            groups=tuple(Group(name, size) for name, size in self._groups.items()),
            is_account_address=self._new.kind != XTREAM and login_in_url(self._new.credentials.url) is not None,
        )

    def _ask_account(self) -> None:
        login = self._login()
        panel = Panel(login, self._folder, max_size=self._settings.max_size)
        self._account = panel.account(self._clock())
        check_account(self._account, login)
        self._count(panel.entries(panel.lists(_quiet), Counter()))

    def _login(self) -> PanelLogin:
        credentials = self._new.credentials
        return PanelLogin(
            credentials.url,
            credentials.username,
            credentials.password,
            user_agent=self._new.options.user_agent,
            headers=credentials.headers,
            proxy=credentials.proxy,
            timeout_s=self._settings.timeout,
            https_only=self._https_only,
        )

    def _ask_playlist(self) -> None:
        credentials, settings = self._new.credentials, self._settings
        target = self._folder / "list.m3u"
        request = PlaylistRequest(
            url=credentials.url,
            what=f"The playlist file {credentials.path}" if credentials.path else "The playlist",
            user_agent=self._new.options.user_agent,
            headers=credentials.headers,
            proxy=credentials.proxy,
            timeout_s=settings.timeout,
            max_size=settings.max_size,
            https_only=self._https_only,
        )
        if credentials.path:
            file = open_local(Path(credentials.path), target, settings.max_size)
        else:
            fetched = fetch_playlist(request, target)
            assert not isinstance(fetched, NotModified)  # nothing was asked for conditionally
            file = fetched
        with file.path.open("rb") as stream:
            check_is_playlist(stream.read(1 << 16), request.subject)
            stream.seek(0)
            self._count(read_entries(stream))

    def _count(self, entries: Iterator[Entry]) -> None:
        for entry in entries:
            if entry.kind in _SAMPLED:
                self._groups[entry.group] += 1
            reason = self._filters.left_out(entry)
            if reason is not None:
                self._left_out[reason] += 1
                continue
            self.kinds[entry.kind] += 1
            if entry.kind in _SAMPLED and len(self._samples) < SAMPLES:
                sample = _sample(entry)
                self._samples.setdefault(sample.title, sample)


def _sample(entry: Entry) -> Sample:
    parsed = parse_title(entry.name, entry.kind, entry.group)
    return Sample(
        name=entry.name,
        kind=entry.kind,
        title=parsed.series_name,
        year=entry.year or parsed.year,
        season=entry.season if entry.season is not None else parsed.season,
        episode=entry.episode if entry.episode is not None else next(iter(parsed.episodes), None),
    )


def _quiet(_done: int, _total: int | None) -> None:
    return None
