"""Serve the pages of sources, and their actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from stalkeer.core.catalogue.filters import Field, Filter, Mode, explain_reason
from stalkeer.core.catalogue.groups import GroupChoice, group_filter
from stalkeer.errors import InvalidInput, NotFound
from stalkeer.faces.web.forms import FormFields
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.group_picker import Picker, offer, read_choice
from stalkeer.faces.web.render import Toast, done, fragment, is_fragment, page
from stalkeer.faces.web.source_form import SourceForm, fields_of, form_of, patch_of, read_source_form
from stalkeer.jobs.refresh.probe import ProbeReport, probe_source, probe_stored_source
from stalkeer.jobs.refresh.start import REFRESH, RefreshOptions, start_refresh
from stalkeer.jobs.sources.describe import SourcePatch, build_source
from stalkeer.jobs.sources.edit import create_source, delete_source, edit_source, editable_source, take_over_source
from stalkeer.jobs.sources.filters import create_filter, delete_filter
from stalkeer.jobs.sources.upload import keep_upload
from stalkeer.model import Origin, count_by_word
from stalkeer.runtime import App
from stalkeer.secrets import mask_text
from stalkeer.store.catalogue.entries import groups_of
from stalkeer.store.journal.runs import list_runs
from stalkeer.store.sources.credentials import kept_credentials
from stalkeer.store.sources.filters import list_filters
from stalkeer.store.sources.sources import get_source, list_sources
from stalkeer.store.system.dashboard import SourceCard, last_changes, source_cards

router = APIRouter(include_in_schema=False)
MOST_GROUPS = 400


@router.get("/sources")
def get_list(request: Request) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        cards = source_cards(connection)
        locked = {row.slug for row in list_sources(connection) if row.origin is Origin.CONFIG}
        runs = list_runs(connection, job=REFRESH, open_only=True)
    if is_fragment(request):
        return fragment(request, "sources/cards.html", cards=cards, locked=locked, runs=runs)
    return page(request, "sources/list.html", cards=cards, locked=locked, runs=runs)


@router.get("/sources/new")
def get_new(request: Request) -> HTMLResponse:
    return page(request, "sources/new.html", form=SourceForm(), is_change=False)


@router.post("/sources")
def post_new(request: Request, given: FormFields) -> Response:
    return save_new_source(request, read_source_form(given), read_choice(given))


def save_new_source(request: Request, form: SourceForm, choice: GroupChoice, to: str = "/sources") -> Response:
    """Add a source with its group filters, and start its refresh."""
    app = app_of(request)
    row = create_source(app.database, app.secrets, build_source(form.slug, fields_of(form)), app.clock(), choice)
    start_if_running(app, row.slug)
    return done(request, Toast(f"Added {row.slug}. It is being refreshed."), to=to)


@router.post("/sources/test")
def post_test(request: Request, given: FormFields) -> HTMLResponse:
    """Test the typed source, and show how its names are recognized."""
    form = read_source_form(given)
    try:
        report = probe_source(app_of(request).refresher, build_source("test", fields_of(form)))
    except InvalidInput as error:
        report = ProbeReport(problem=mask_text(str(error)))
    return show_trial(request, report, form, offer(report.groups))


def show_trial(
    request: Request, trial: ProbeReport, form: SourceForm | None = None, picker: Picker | None = None
) -> HTMLResponse:
    form = form or SourceForm(how="")
    context = {"names_account": form.names_account, "as_playlist": form.as_playlist, "form": form}
    return fragment(
        request,
        "sources/trial.html",
        {"trial": trial, "kinds": count_by_word(trial.kinds), "picker": picker, **context},
    )


@router.post("/sources/upload")
def post_upload(request: Request, file: Annotated[UploadFile, File()]) -> HTMLResponse:
    """Store an uploaded playlist in the data folder, and write its path into the form."""
    target = keep_upload(app_of(request).paths.data_dir, file.filename or "", file.file)
    return fragment(request, "sources/path.html", path=str(target), toast=Toast(f"Uploaded {target.name}."))


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
    return done(request, Toast(f"Saved {slug}."), to=f"/sources/{slug}")


@router.post("/sources/{slug}/take-over")
def post_take_over(request: Request, slug: str) -> Response:
    """Let a source of config.yml be edited here."""
    app = app_of(request)
    take_over_source(app.database, slug, app.live.loaded)
    return done(request, Toast(f"{slug} is edited here now."), to=f"/sources/{slug}")


@router.get("/sources/{slug}/groups")
def get_groups(request: Request, slug: str) -> HTMLResponse:
    """Show the filters and groups of a source. The page loads them separately, because counting takes time."""
    app = app_of(request)
    with app.database.connect() as connection:
        row = get_source(connection, slug)
        filters = list_filters(connection, row.id)
        groups = groups_of(connection, row.id, limit=MOST_GROUPS)
    left_out = {item.filter for item in filters if item.enabled}
    context = {
        "row": row,
        "filters": filters,
        "groups": groups,
        "left_out": left_out,
        "filter_of_group": group_filter,
        "dropped": [
            (group or "no group", explain_reason(group, reason))
            for group, reason in sorted(row.counts.get("left_out_groups", {}).items())
        ],
    }
    return fragment(request, "sources/groups.html", context)


@router.post("/sources/{slug}/filters")
def post_filter(request: Request, slug: str, given: FormFields) -> Response:
    """Add a filter, and start the refresh that applies it."""
    app = app_of(request)
    create_filter(app.database, filter_of(given), slug, app.clock())
    start_if_running(app, slug)
    return done(request, Toast(f"Filter added. {slug} is being refreshed.", "info"), changed="groups")


def filter_of(given: Mapping[str, str]) -> Filter:
    """Read a filter for a group, or one with a regular expression."""
    if given.get("group"):
        return group_filter(given["group"])
    try:
        return Filter(Field(given.get("field", "")), Mode(given.get("mode", "")), given.get("pattern", ""))
    except ValueError as error:
        raise InvalidInput(f"The filter is not valid: {error}.") from error


@router.post("/sources/{slug}/filters/{filter_id}/remove")
def post_filter_away(request: Request, slug: str, filter_id: int) -> Response:
    """Remove a filter, and start the refresh of each source that it applied to."""
    app = app_of(request)
    removed = delete_filter(app.database, filter_id, of=slug)
    start_if_running(app, removed.source)
    refreshed = f"{slug} is" if removed.source else "All sources are"
    return done(request, Toast(f"Filter removed. {refreshed} being refreshed.", "info"), changed="groups")


def start_if_running(app: App, slug: str | None) -> None:
    if app.engine is not None:
        start_refresh(app.database, app.engine, slug)


@router.post("/sources/{slug}/{verb}")
def post_verb(request: Request, slug: str, verb: str) -> Response:
    app = app_of(request)
    if verb == "test":
        return show_trial(request, probe_stored_source(app.refresher, slug))
    if verb == "refresh":
        start_refresh(app.database, app.engine, slug)
        return done(request, Toast(f"{slug} is being refreshed.", "info"), changed="sources")
    if verb == "accept":
        start_refresh(app.database, app.engine, slug, RefreshOptions(accept=True))
        return done(
            request, Toast(f"Accepted the smaller list of {slug}. It is being refreshed.", "info"), changed="sources"
        )
    if verb in ("enable", "disable"):
        edit_source(app.database, app.secrets, slug, SourcePatch(enabled=verb == "enable"))
        return done(request, Toast(f"{'Enabled' if verb == 'enable' else 'Disabled'} {slug}."), changed="sources")
    if verb == "remove":
        words = delete_source(app.database, app.secrets, slug, app.clock(), app.settings)
        return done(request, Toast(words), to="/sources")
    raise NotFound(f"There is no action {verb!r} for sources.")
