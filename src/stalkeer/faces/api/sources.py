"""Serve /sources: test, add, change and refresh playlists and accounts, and list the changes of refreshes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path
from pydantic import Field, SecretStr, StrictBool, StrictFloat, StrictInt

from stalkeer.core.downloads.viewing import UseTimes, UseWhen
from stalkeer.errors import InvalidInput
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel, CronText, RunAccepted
from stalkeer.faces.http.paging import PageOf, PageParams, encode_cursor, last_id, page_of_all
from stalkeer.faces.http.problems import problem_answers
from stalkeer.jobs.refresh.probe import ProbeReport, probe_source, probe_stored_source
from stalkeer.jobs.refresh.start import REFRESH, RefreshOptions, start_refresh
from stalkeer.jobs.sources import edit
from stalkeer.jobs.sources.describe import KEEP, Keep, SourcePatch, build_source, read_use
from stalkeer.jobs.sources.edit import create_source, delete_source, edit_source
from stalkeer.jobs.sources.view import source_document
from stalkeer.model import KindWord
from stalkeer.settings.types import Slug, is_http_url
from stalkeer.store.catalogue.entries import groups_of, list_changes
from stalkeer.store.sources.archives import list_archives
from stalkeer.store.sources.rows import SourceRow
from stalkeer.store.sources.sources import get_source, list_sources

router = APIRouter(prefix="/sources", tags=["sources"])
Name = Annotated[str, Path(max_length=64, description="The source's name.")]
Text = Annotated[str, Field(max_length=2_000)]
T = TypeVar("T")
CLOCK = "^([01][0-9]|2[0-3]):[0-5][0-9]$"


class AccountView(ApiModel):
    status: str | None = Field(description="`active`, `expired`, `banned`, `disabled`, `unknown`; null: not asked yet.")
    expires_at: datetime | None
    active: int | None = Field(description="Connections in use, including Stalkeer's.")
    max: int | None
    message: str | None
    checked_at: datetime | None


class Guarded(ApiModel):
    """Describe a list that is on hold because it is much smaller.

    The catalogue stays until the list is accepted or a later refresh succeeds.
    """

    before: int
    now: int
    reason: str


class Source(ApiModel):
    name: str
    kind: str = Field(description="`m3u` or `xtream`.")
    origin: str = Field(description="`config`: from config.yml. `ui`: added here.")
    enabled: StrictBool
    priority: int
    user_agent: str
    refresh: str = Field(description="Refresh times of this source (cron); empty uses the schedule for all sources.")
    adult: StrictBool
    max_shrink: float | None
    max_connections: int | None
    bandwidth_limit: int | None = Field(description="Bytes a second.")
    use: str = Field(description="When downloads may use the account: `any`, `hours` or `manual`.")
    use_from: str
    use_until: str
    generation: int = Field(description="Number of the last refresh that changed the catalogue.")
    entries: int
    kinds: dict[str, int]
    oddities: dict[str, int] = Field(description="Problems of the last list, counted by kind.")
    last_refresh_at: datetime | None
    last_success_at: datetime | None
    last_error: str | None
    failures: int = Field(description="Failed refreshes in a row.")
    guard: Guarded | None
    account: AccountView


class SourceToDescribe(ApiModel):
    """Describe a source: the address of a playlist, or the server of an account with its login.

    A `get.php` address is read as its account.
    """

    url: SecretStr = Field(min_length=1, max_length=2_000)
    username: Text = ""
    password: SecretStr = Field(SecretStr(""), max_length=500)
    as_playlist: StrictBool = Field(False, description="Read a `get.php` address as a plain playlist.")
    user_agent: Annotated[str, Field(max_length=512)] = ""
    headers: dict[Annotated[str, Field(max_length=100)], SecretStr] = Field({}, max_length=20)
    proxy: SecretStr = Field(SecretStr(""), max_length=500)
    adult: StrictBool = False


class SourceToAdd(SourceToDescribe):
    name: Slug
    priority: StrictInt = Field(0, ge=-1_000_000, le=1_000_000)
    enabled: StrictBool = True
    refresh: CronText = ""
    max_shrink: StrictFloat | None = Field(None, ge=0, le=1)
    max_connections: StrictInt | None = Field(None, ge=0, le=1_000)
    bandwidth_limit: StrictInt | None = Field(None, ge=0, le=10**12)
    use: UseWhen | None = Field(None, description="When downloads may use the account.")
    use_from: str | None = Field(None, pattern=CLOCK, description="For `hours`; 01:00 without it.", examples=["01:00"])
    use_until: str | None = Field(None, pattern=CLOCK, description="For `hours`; 07:00 without it.", examples=["07:00"])


class SourceToChange(ApiModel):
    """Describe the changes of a source.

    A field that is left out stays as it is. Address, user and password of `login` are replaced together. Null removes a
    limit, so that the setting or the account's limit applies again.
    """

    login: SourceToDescribe | None = None
    priority: StrictInt | None = Field(None, ge=-1_000_000, le=1_000_000)
    enabled: StrictBool | None = None
    refresh: CronText | None = None
    adult: StrictBool | None = None
    max_shrink: StrictFloat | None = Field(None, ge=0, le=1)
    max_connections: StrictInt | None = Field(None, ge=0, le=1_000)
    bandwidth_limit: StrictInt | None = Field(None, ge=0, le=10**12)
    use: UseWhen | None = Field(None, description="When downloads may use the account.")
    use_from: str | None = Field(None, pattern=CLOCK, description="For `hours`; 01:00 without it.", examples=["01:00"])
    use_until: str | None = Field(None, pattern=CLOCK, description="For `hours`; 07:00 without it.", examples=["07:00"])


class NameSampleView(ApiModel):
    name: str
    kind: str
    title: str
    year: int | None
    season: int | None
    episode: int | None


class TestedAccount(ApiModel):
    __test__ = False

    status: str
    expires_at: datetime | None
    active: int | None
    max: int | None
    message: str
    is_trial: StrictBool


class TestedSource(ApiModel):
    """Describe the result of a test. `problem` is empty where the source can be used."""

    __test__ = False

    usable: StrictBool
    problem: str
    account: TestedAccount | None
    kinds: dict[str, int]
    left_out: dict[str, int]
    samples: list[NameSampleView]
    is_account_address: StrictBool = Field(
        description="The playlist's address belongs to an account, which has more details."
    )


class RefreshToStart(ApiModel):
    accept: StrictBool = Field(False, description="Accept a list that is on hold because it is much smaller.")


AS_USUAL = RefreshToStart()


class EntryChangeView(ApiModel):
    generation: int
    change: str = Field(description="`added`, `changed`, `removed` or `returned`.")
    entry_id: int
    name: str


class GroupView(ApiModel):
    group: str
    kind: str
    entries: int


class ArchivedPlaylist(ApiModel):
    generation: int
    size: int = Field(description="Bytes, compressed.")
    created_at: datetime


@router.get("")
def list_all_sources(app: CurrentApp, page: PageParams) -> PageOf[Source]:
    """List the sources with their entries, last refresh and account."""
    with app.database.connect() as connection:
        return page_of_all([to_api(row) for row in list_sources(connection)], page)


@router.post("", status_code=201, responses=problem_answers(409))
def add_new_source(app: CurrentApp, new: SourceToAdd) -> Source:
    """Add a source. Nothing is fetched yet: test it before, refresh it afterwards."""
    described = build_source(new.name, _fields_to_add(new))
    return to_api(create_source(app.database, app.secrets, described, app.clock()))


@router.post("/test")
def test_new_source(app: CurrentApp, new: SourceToDescribe) -> TestedSource:
    """Test a source before it is added: show its account, its counts and how names are recognized."""
    return _tested(probe_source(app.refresher, build_source("test", _fields_of(new))))


@router.get("/{name}", responses=problem_answers(404))
def show_source(app: CurrentApp, name: Name) -> Source:
    """Show a source."""
    return to_api(_find(app, name))


@router.patch("/{name}", responses=problem_answers(404, 409))
def change_one_source(app: CurrentApp, name: Name, change: SourceToChange) -> Source:
    """Change a source that was added here. Its entries keep their ids with another host or login."""
    return to_api(edit_source(app.database, app.secrets, name, _patch_of(change)))


@router.delete("/{name}", status_code=204, responses=problem_answers(404, 409))
def delete_one_source(app: CurrentApp, name: Name) -> None:
    """Remove a source. Its entries and history are kept for when it is added again."""
    delete_source(app.database, app.secrets, name, app.clock(), app.settings)


@router.post("/{name}/test", responses=problem_answers(404))
def test_source(app: CurrentApp, name: Name) -> TestedSource:
    """Test a stored source as a refresh would read it, and change nothing."""
    return _tested(probe_stored_source(app.refresher, name))


@router.post("/{name}/refresh", status_code=202, responses=problem_answers(404, 409))
def refresh_source(app: CurrentApp, name: Name, how: RefreshToStart = AS_USUAL) -> RunAccepted:
    """Start a refresh of the source in a separate process. The answer names the run."""
    run_id = start_refresh(app.database, app.engine, name, RefreshOptions(accept=how.accept))
    return RunAccepted(run_id=run_id, job=REFRESH)


@router.post("/{name}/take-over", responses=problem_answers(404, 409))
def take_over_source(app: CurrentApp, name: Name) -> Source:
    """Let a source of config.yml be edited here. The file counts again once the source is removed here."""
    return to_api(edit.take_over_source(app.database, name, app.live.loaded))


@router.get("/{name}/changes", responses=problem_answers(404))
def list_source_changes(
    app: CurrentApp, name: Name, page: PageParams, generation: int | None = None
) -> PageOf[EntryChangeView]:
    """List the entries that refreshes added, changed, removed and returned, newest first."""
    row = _find(app, name)
    after = last_id(page) or 0
    with app.database.connect() as connection:
        found = list_changes(connection, row.id, _generation(generation), after=after, limit=page.size)
    cursor = encode_cursor((found[-1][0],)) if len(found) == page.size else None
    return PageOf(
        records=[EntryChangeView.model_validate(change) for _, change in found], page_size=page.size, next_cursor=cursor
    )


@router.get("/{name}/groups", responses=problem_answers(404))
def list_source_groups(app: CurrentApp, name: Name, page: PageParams) -> PageOf[GroupView]:
    """List the groups of a source with the number of their entries, to choose filters."""
    row = _find(app, name)
    with app.database.connect() as connection:
        found = groups_of(connection, row.id)
    groups = [GroupView(group=group, kind=KindWord.of(kind), entries=count) for group, kind, count in found]
    return page_of_all(groups, page)


@router.get("/{name}/archives", responses=problem_answers(404))
def list_source_archives(app: CurrentApp, name: Name, page: PageParams) -> PageOf[ArchivedPlaylist]:
    """List the stored copies of the source's playlist. They do not contain the login."""
    row = _find(app, name)
    with app.database.connect() as connection:
        copies = list_archives(connection, row.id)
    shown = [ArchivedPlaylist(generation=c.generation, size=c.size, created_at=c.created_at) for c in copies]
    return page_of_all(shown, page)


def _fields_of(new: SourceToDescribe) -> SourcePatch:
    return SourcePatch(
        address=_address_of(new),
        as_playlist=new.as_playlist,
        username=new.username,
        password=new.password.get_secret_value(),
        headers=_headers_of(new),
        proxy=new.proxy.get_secret_value(),
        user_agent=new.user_agent,
        adult=new.adult,
    )


def _fields_to_add(new: SourceToAdd) -> SourcePatch:
    return replace(
        _fields_of(new),
        refresh=new.refresh,
        max_shrink=new.max_shrink,
        priority=new.priority,
        enabled=new.enabled,
        max_connections=new.max_connections,
        bandwidth_limit=new.bandwidth_limit,
        use=_use_of(new),
    )


def _address_of(new: SourceToDescribe) -> str:
    """Return the address.

    A request never names a file of the server: an address without a scheme is a host. Raises InvalidInput.
    """
    url = new.url.get_secret_value().strip()
    address = url if "://" in url else f"http://{url}"
    if not is_http_url(address):
        raise InvalidInput("`url` is not a web address; accepted: http://... or https://...")
    return address


def _headers_of(new: SourceToDescribe) -> dict[str, str]:
    return {header: value.get_secret_value() for header, value in new.headers.items()}


def _patch_of(change: SourceToChange) -> SourcePatch:
    """Return the patch. Null removes a limit; for every other field it means unchanged."""
    named = change.model_fields_set
    patch = SourcePatch(
        refresh=_named(change.refresh),
        max_shrink=change.max_shrink if "max_shrink" in named else KEEP,
        adult=_named(change.adult),
        priority=_named(change.priority),
        enabled=_named(change.enabled),
        max_connections=change.max_connections if "max_connections" in named else KEEP,
        bandwidth_limit=change.bandwidth_limit if "bandwidth_limit" in named else KEEP,
        use=_use_of(change),
    )
    return patch if change.login is None else _with_login(patch, change.login)


def _use_of(fields: SourceToAdd | SourceToChange) -> UseTimes | Keep:
    return KEEP if fields.use is None else read_use(fields.use, fields.use_from or "", fields.use_until or "")


def _named(value: T | None) -> T | Keep:
    return KEEP if value is None else value


def _with_login(patch: SourcePatch, login: SourceToDescribe) -> SourcePatch:
    """Replace address, user and password together.

    Other fields of the login stay as they are where they are left out.
    """
    named = login.model_fields_set
    given = _fields_of(login)
    return replace(
        patch,
        address=given.address,
        as_playlist=given.as_playlist,
        username=given.username,
        password=given.password,
        headers=given.headers if "headers" in named else KEEP,
        proxy=given.proxy if "proxy" in named else KEEP,
        user_agent=given.user_agent if "user_agent" in named else KEEP,
        adult=given.adult if patch.adult is KEEP and "adult" in named else patch.adult,
    )


def _tested(report: ProbeReport) -> TestedSource:
    return TestedSource.model_validate(report.to_document())


def _find(app: CurrentApp, name: str) -> SourceRow:
    with app.database.connect() as connection:
        return get_source(connection, name)


def _generation(generation: int | None) -> int | None:
    if generation is not None and not 0 <= generation < 2**31:
        raise InvalidInput("`generation` must be 0 or more")
    return generation


def to_api(row: SourceRow) -> Source:
    return Source.model_validate(source_document(row))
