"""Test a source without saving anything: whether it answers, its account's state, and its entries."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from stalkeer.adapters.playlists.fetch import NotModified, PlaylistFile, fetch_playlist, open_local
from stalkeer.adapters.playlists.m3u_entry import read_entries
from stalkeer.adapters.playlists.panel_json import AccountInfo
from stalkeer.adapters.playlists.xtream import Panel
from stalkeer.core.catalogue.access import login_in_url
from stalkeer.core.catalogue.filters import Filter, FilterSet, categories
from stalkeer.core.catalogue.groups import Group
from stalkeer.core.titles import parse_title
from stalkeer.errors import SourceError, SourceUnreachable
from stalkeer.jobs.refresh.fetch import SPOOL, check_account, check_start, open_text, playlist_request, portal_hint
from stalkeer.jobs.refresh.refresh import RefreshContext
from stalkeer.jobs.sources.edit import describe_row
from stalkeer.model import Entry, EntryKind, KindWord, count_by_word
from stalkeer.private_files import make_private_folder
from stalkeer.secrets import mask_text
from stalkeer.settings.sections.jobs import CatalogueSettings
from stalkeer.store.sources.credentials import panel_login, read_credentials
from stalkeer.store.sources.description import XTREAM, Credentials, NewSource
from stalkeer.store.sources.filters import active_filters
from stalkeer.store.sources.sources import get_source

SAMPLES = 5
_SAMPLED = (EntryKind.MOVIE.value, EntryKind.EPISODE.value, EntryKind.SERIES.value)


@dataclass(frozen=True)
class NameSample:
    """Hold a name of the source, and the title, year and numbers parsed from it."""

    name: str
    kind: str
    title: str
    year: int | None
    season: int | None
    episode: int | None


@dataclass(frozen=True)
class ProbeReport:
    """Hold the result of a test. `problem` is empty where the source can be used."""

    problem: str = ""
    account: AccountInfo | None = None
    kinds: dict[str, int] = field(default_factory=dict)
    samples: tuple[NameSample, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()  # groups of movies, episodes and series, including adult groups
    is_unreachable: bool = False  # the source did not answer, or asked to come back later
    is_account_address: bool = False  # the playlist's address belongs to an account, whose lists have more details

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
            "kinds": count_by_word(self.kinds),
            "leftOut": self.left_out,
            "samples": [
                {
                    "name": s.name,
                    "kind": KindWord.of(s.kind),
                    "title": s.title,
                    "year": s.year,
                    "season": s.season,
                    "episode": s.episode,
                }
                for s in self.samples
            ],
            "isAccountAddress": self.is_account_address,
        }


def probe_stored_source(tools: RefreshContext, slug: str) -> ProbeReport:
    """Test a stored source as a refresh would read it, with its filters. Raises NotFound."""
    with tools.database.connect() as connection:
        row = get_source(connection, slug)
        filters = active_filters(connection, row.id)
    return probe_source(tools, describe_row(row, read_credentials(row, tools.secrets)), filters)


def probe_source(tools: RefreshContext, new: NewSource, filters: Sequence[Filter] = ()) -> ProbeReport:
    """Test a source as a refresh would read it, without saving anything.

    An error of the source becomes the report's `problem`.
    """
    with _spool(tools.data_dir) as folder:
        probe = _Probe(tools, new, FilterSet(filters, keep_adult=new.options.adult), folder)
        try:
            with portal_hint(new.credentials):
                probe.ask()
        except SourceError as error:
            return replace(probe.report(mask_text(str(error))), is_unreachable=isinstance(error, SourceUnreachable))
    return probe.report() if probe.has_answered else probe.report("It answers, but lists nothing")


@contextmanager
def _spool(data_dir: Path) -> Iterator[Path]:
    """Return a folder for this test, because two tests of a source may run at the same time."""
    make_private_folder(data_dir / SPOOL)
    with tempfile.TemporaryDirectory(prefix="probe-", dir=data_dir / SPOOL, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class _Probe:
    def __init__(self, tools: RefreshContext, new: NewSource, filters: FilterSet, folder: Path) -> None:
        self._new = new
        self._clock = tools.clock
        self._settings: CatalogueSettings = tools.settings().catalogue
        self._https_only = tools.settings().downloads.https_only
        self._folder = folder
        self._filters = filters
        self._account: AccountInfo | None = None
        self._left_out: Counter[str] = Counter()
        self._samples: dict[str, NameSample] = {}
        self._groups: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()

    @property
    def has_answered(self) -> bool:
        """Return whether the source lists any entries, including those that filters leave out."""
        return bool(self._kinds or self._left_out)

    def ask(self) -> None:
        if self._new.kind == XTREAM:
            self._ask_account()
        else:
            self._ask_playlist()

    def report(self, problem: str = "") -> ProbeReport:
        return ProbeReport(
            problem=problem,
            account=self._account,
            kinds=dict(self._kinds),
            samples=tuple(self._samples.values())[:SAMPLES],
            left_out=dict(self._left_out),
            groups=tuple(Group(name, size) for name, size in self._groups.items()),
            is_account_address=self._new.kind != XTREAM and login_in_url(self._new.credentials.url) is not None,
        )

    def _ask_account(self) -> None:
        new = self._new
        login = panel_login(new, new.credentials, self._settings.timeout, https_only=self._https_only)
        assert login is not None
        panel = Panel(login, self._folder, max_size=self._settings.max_size)
        self._account = panel.account(self._clock())
        check_account(self._account, login)
        self._count(panel.entries(panel.lists(_quiet), Counter()))

    def _ask_playlist(self) -> None:
        credentials = self._new.credentials
        file = self._open_playlist(credentials)
        check_start(file, credentials)
        with open_text(file, self._folder / "list.m3u") as text:
            self._count(read_entries(text.stream, file.url))

    def _open_playlist(self, credentials: Credentials) -> PlaylistFile:
        target = self._folder / "list.m3u"
        if credentials.path:
            return open_local(Path(credentials.path), target, self._settings.max_size)
        options = self._new.options
        request = playlist_request(options, credentials, self._settings, https_only=self._https_only)
        fetched = fetch_playlist(request, target)
        assert not isinstance(fetched, NotModified)  # no conditional request was sent
        return fetched

    def _count(self, entries: Iterator[Entry]) -> None:
        for entry in entries:
            if entry.kind in _SAMPLED:
                self._groups.update(categories(entry.group) or [entry.group])
            reason = self._filters.left_out(entry)
            if reason is not None:
                self._left_out[reason] += 1
                continue
            self._kinds[entry.kind] += 1
            if entry.kind in _SAMPLED and len(self._samples) < SAMPLES:
                sample = _sample(entry)
                self._samples.setdefault(sample.title, sample)


def _sample(entry: Entry) -> NameSample:
    parsed = parse_title(entry.name, entry.kind, entry.group)
    return NameSample(
        name=entry.name,
        kind=entry.kind,
        title=parsed.series_name,
        year=entry.year or parsed.year,
        season=entry.season if entry.season is not None else parsed.season,
        episode=entry.episode if entry.episode is not None else next(iter(parsed.episodes), None),
    )


def _quiet(_done: int, _total: int | None) -> None:
    return None
