"""Sources: what they have, how they are, and everything that can be done to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from stalkeer.core.catalogue.filters import Field, Filter, Mode
from stalkeer.errors import InvalidInput, NotFound
from stalkeer.faces.web.forms import FormFields
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.group_picker import Choice, Picker, offer, read_choice
from stalkeer.faces.web.render import Toast, done, fragment, is_fragment, page
from stalkeer.faces.web.source_form import SourceForm, form_of, new_source_of, patch_of, read_source_form
from stalkeer.faces.web.system import start_job
from stalkeer.jobs.sources.edit import edit_source, editable_source
from stalkeer.jobs.sources.probe import ProbeReport, probe_source
from stalkeer.runtime import App
from stalkeer.store.catalogue.entries import groups_of
from stalkeer.store.journal.runs import list_runs
from stalkeer.store.sources.filters import add_filter, get_filter, list_filters, remove_filter
from stalkeer.store.sources.sources import (
    NewSource,
    add_source,
    check_new_source,
    get_source,
    kept_credentials,
    read_credentials,
    remove_source,
    set_enabled,
)
from stalkeer.store.system.dashboard import SourceCard, last_changes, source_cards

router = APIRouter(include_in_schema=False)
LARGEST_UPLOAD = 50_000_000
MOST_GROUPS = 400


@router.get("/sources")
def get_list(request: Request) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        cards = source_cards(connection)
        runs = list_runs(connection, job="refresh", open_only=True)
    if is_fragment(request):
        return fragment(request, "sources/cards.html", cards=cards, runs=runs)
    return page(request, "sources/list.html", cards=cards, runs=runs)


@router.get("/sources/new")
def get_new(request: Request) -> HTMLResponse:
    return page(request, "sources/new.html", form=SourceForm(), is_change=False)


@router.post("/sources")
def post_new(request: Request, given: FormFields) -> Response:
    return save_new_source(request, read_source_form(given), read_choice(given))


def save_new_source(request: Request, form: SourceForm, choice: Choice, to: str = "/sources") -> Response:
    """Add it with the filters that were chosen, and read it at once."""
    app = app_of(request)
    new = new_source_of(replace(form, adult=form.adult or choice.adult))
    with app.database.begin() as connection:
        row = add_source(connection, new, app.secrets, app.clock())
        for one in choice.filters:
            add_filter(connection, one, row.id, app.clock())
    start_if_running(app, new.slug)
    return done(request, Toast(f"{new.slug} was added and is being read."), to=to)


@router.post("/sources/test")
def post_test(request: Request, given: FormFields) -> HTMLResponse:
    """What answers at the typed address, and how its names are read."""
    form = read_source_form(given)
    try:
        report = try_source(app_of(request), new_source_of(form))
    except InvalidInput as error:
        report = ProbeReport(problem=str(error))
    return show_trial(request, report, as_account=form.is_account_address, picker=offer(report.groups))


def try_source(app: App, new: NewSource) -> ProbeReport:
    """Raises InvalidInput where it cannot be asked as it is described."""
    check_new_source(new)
    return probe_source(app.refresher, new)


def show_trial(
    request: Request, trial: ProbeReport, *, as_account: bool = False, picker: Picker | None = None
) -> HTMLResponse:
    return fragment(request, "sources/trial.html", trial=trial, as_account=as_account, picker=picker)


@router.post("/sources/upload")
def post_upload(request: Request, file: Annotated[UploadFile, File()]) -> HTMLResponse:
    """Keep an uploaded playlist in the data folder; the form then holds its path."""
    app = app_of(request)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", (file.filename or "").rpartition("/")[2]).lstrip(".-") or "list.m3u"
    folder = app.paths.data_dir / "playlists"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / name[-80:]
    content = file.file.read(LARGEST_UPLOAD + 1)
    if len(content) > LARGEST_UPLOAD:
        raise InvalidInput("The file is larger than 50 MB; put it on the machine and give its path instead.")
    target.write_bytes(content)
    target.chmod(0o600)
    return fragment(request, "sources/path.html", path=str(target), toast=Toast(f"{name} is here."))


@router.get("/sources/{slug}")
def get_detail(request: Request, slug: str) -> HTMLResponse:
    app = app_of(request)
    with app.database.connect() as connection:
        row = get_source(connection, slug)
        changes = last_changes(connection, row.id, row.generation)
        card = card_of(source_cards(connection), slug)
    form = form_of(row, kept_credentials(row, app.secrets))
    return page(request, "sources/detail.html", row=row, card=card, form=form, changes=changes, is_change=True)


def card_of(cards: list[SourceCard], slug: str) -> SourceCard:
    return next(card for card in cards if card.slug == slug)


@router.post("/sources/{slug}")
def post_change(request: Request, slug: str, given: FormFields) -> Response:
    app = app_of(request)
    with app.database.connect() as connection:
        row = editable_source(connection, slug)
    patch = patch_of(given, row, kept_credentials(row, app.secrets).path)
    edit_source(app.database, app.secrets, slug, patch)
    return done(request, Toast(f"{slug} was saved."), to=f"/sources/{slug}")


@router.get("/sources/{slug}/groups")
def get_groups(request: Request, slug: str) -> HTMLResponse:
    """The filters of a source and the groups that its list has; counted, so it is fetched after the page."""
    app = app_of(request)
    with app.database.connect() as connection:
        row = get_source(connection, slug)
        filters = list_filters(connection, row.id)
        groups = groups_of(connection, row.id, limit=MOST_GROUPS)
    left_out = {item.filter.pattern for item in filters if item.filter.mode is Mode.EXCLUDE}
    context = {"row": row, "filters": filters, "groups": groups, "left_out": left_out, "pattern_of": pattern_of}
    return fragment(request, "sources/groups.html", context)


def pattern_of(group: str) -> str:
    """The expression that fits this group and no other."""
    return f"^{re.escape(group)}$"


@router.post("/sources/{slug}/filters")
def post_filter(request: Request, slug: str, given: FormFields) -> Response:
    """Keep or leave out what fits; it counts from the next refresh on, which is started at once."""
    app = app_of(request)
    new = filter_of(given)
    with app.database.begin() as connection:
        row = get_source(connection, slug)
        add_filter(connection, new, row.id, app.clock())
    start_if_running(app, slug)
    return done(request, Toast(f"Noted; {slug} is read anew with it.", "info"), changed="groups")


def filter_of(given: Mapping[str, str]) -> Filter:
    """A group that is left out, or an expression of the user's own."""
    if given.get("group"):
        return Filter(Field.GROUP, Mode.EXCLUDE, pattern_of(given["group"]))
    try:
        return Filter(Field(given.get("field", "")), Mode(given.get("mode", "")), given.get("pattern", ""))
    except ValueError as error:
        raise InvalidInput(f"A filter like this is not known: {error}.") from error


@router.post("/sources/{slug}/filters/{filter_id}/remove")
def post_filter_away(request: Request, slug: str, filter_id: int) -> Response:
    app = app_of(request)
    with app.database.begin() as connection:
        remove_filter(connection, get_filter(connection, filter_id))
    start_if_running(app, slug)
    return done(request, Toast(f"The filter is gone; {slug} is read anew.", "info"), changed="groups")


def start_if_running(app: App, slug: str) -> None:
    if app.engine is not None:
        start_job(app, "refresh", slug)


@router.post("/sources/{slug}/{verb}")
def post_verb(request: Request, slug: str, verb: str) -> Response:
    app = app_of(request)
    with app.database.connect() as connection:
        row = get_source(connection, slug)
    if verb == "test":
        credentials = read_credentials(row, app.secrets)
        return show_trial(request, try_source(app, NewSource(row.slug, row.kind, credentials, row.options)))
    if verb == "refresh":
        start_job(app, "refresh", slug)
        return done(request, Toast(f"{slug} is being read.", "info"), changed="sources")
    if verb == "accept":
        start_job(app, "refresh", slug, accept=True)
        return done(request, Toast(f"The smaller list of {slug} is being taken.", "info"), changed="sources")
    if verb in ("enable", "disable"):
        with app.database.begin() as connection:
            set_enabled(connection, row.id, verb == "enable")
        return done(request, Toast(f"{slug} is switched {'on' if verb == 'enable' else 'off'}."), changed="sources")
    if verb == "remove":
        with app.database.begin() as connection:
            remove_source(connection, editable_source(connection, slug), app.clock())
        return done(request, Toast(f"{slug} was removed."), to="/sources")
    raise NotFound(f"Sources know no {verb!r}.")
