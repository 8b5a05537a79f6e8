"""Serve Settings > Radarr and Sonarr: test, add, edit and remove instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.errors import ArrError, ArrUnauthorised, ArrWrongProgram, Conflict, InvalidInput
from stalkeer.faces.web.forms import FormFields
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, done, fragment, page
from stalkeer.faces.web.settings_form import SECTIONS
from stalkeer.faces.web.webhooks import our_address, register_with
from stalkeer.jobs.library import instances
from stalkeer.jobs.library.explore import InstanceOverview, explore_known, explore_new
from stalkeer.jobs.library.instances import InstancePatch, Trial
from stalkeer.jobs.library.path_map import read_pair
from stalkeer.jobs.native import setup
from stalkeer.jobs.sources.describe import KEEP
from stalkeer.model import Drive, InstanceKind, SkipOwned
from stalkeer.runtime import App
from stalkeer.secrets import mask_text
from stalkeer.store.library.instances import (
    FolderPair,
    InstanceOptions,
    InstanceRow,
    NewInstance,
    find_instance,
    get_instance,
    instance_slug,
    list_instances,
)

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class InstanceForm:
    """Hold the form fields as text."""

    kind: str = "radarr"
    name: str = ""
    url: str = ""
    api_key: str = ""
    quality_profile_id: str = ""
    mappings: str = ""  # one a line: local = remote
    skip_owned_elsewhere: str = SkipOwned.AUTO.value
    drive: str = Drive.OURS.value
    languages: str = ""
    is_default: bool = False
    webhook: bool = False
    webhook_url: str = ""


@router.get("/settings/instances")
def get_instances(request: Request) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        rows = list_instances(connection)
    our_url = our_address(request)
    return page(
        request, "settings/instances.html", instances=rows, sections=SECTIONS, here="instances", our_url=our_url
    )


@router.get("/settings/instances/new")
def get_new(request: Request, kind: str = "radarr") -> HTMLResponse:
    context = {"form": InstanceForm(kind=kind), "row": None, "webhook_url": our_address(request)}
    return page(request, "settings/instance.html", context)


@router.post("/settings/instances")
def post_new(request: Request, given: FormFields) -> Response:
    """Test the instance, then add it. `anyway` adds it even if the test fails."""
    return save_new(request, read_form(given), anyway="anyway" in given)


@router.post("/settings/instances/test")
def post_test(request: Request, given: FormFields) -> HTMLResponse:
    """Test the typed address and show the result."""
    return show_test(request, read_form(given))


@router.get("/settings/instances/{slug}")
def get_one(request: Request, slug: str) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        row = get_instance(connection, slug)
    return page(request, "settings/instance.html", form=form_of(row), row=row, webhook_url=our_address(request))


@router.post("/settings/instances/{slug}")
def post_change(request: Request, slug: str, given: FormFields) -> Response:
    return save_changed(request, slug, read_form(given), anyway="anyway" in given)


@router.post("/settings/instances/{slug}/test")
def post_test_known(request: Request, slug: str) -> Response:
    """Test the connection, then count the missing items."""
    app = app_of(request)
    tested = instances.try_instance(app.arrs, slug)
    if tested.error is not None:
        return done(request, Toast(tested.error, "bad"))
    found = explore_known(app.arrs, slug, InstancePatch())
    return done(request, Toast(f"{tested.row.label} {found.version} is connected: {summarise(found)}."))


@router.post("/settings/instances/{slug}/native")
def post_native(request: Request, slug: str, given: FormFields) -> Response:
    """Make Stalkeer the instance's indexer and download client; with `remove`, take both out."""
    app = app_of(request)
    if "remove" in given:
        gone = setup.disconnect_native(app.arrs, slug)
        words = f"Removed from {slug}: {', '.join(gone.removed) or 'nothing was there'}. {gone.note}"
    else:
        made = setup.connect_native(app.arrs, slug, given.get("our_url", "").strip(), app.settings)
        app.offer_soon()
        words = f"{slug} searches Stalkeer now, as indexer and download client. {made.note}"
    return done(request, Toast(words.strip()), to="/settings/instances")


@router.post("/settings/instances/{slug}/take-over")
def post_take_over(request: Request, slug: str) -> Response:
    """Let an instance of config.yml be edited here."""
    app = app_of(request)
    instances.take_over_instance(app.arrs, slug, app.live.loaded)
    return done(request, Toast(f"{slug} is edited here now."), to=f"/settings/instances/{slug}")


@router.post("/settings/instances/{slug}/remove")
def post_remove(request: Request, slug: str) -> Response:
    app = app_of(request)
    words = instances.remove_instance(app.arrs, slug, app.settings)
    return done(request, Toast(words), to="/settings/instances")


def read_form(given: Mapping[str, str]) -> InstanceForm:
    return InstanceForm(
        kind=given.get("kind", ""),
        name=given.get("name", ""),
        url=given.get("url", ""),
        api_key=given.get("api_key", ""),
        quality_profile_id=given.get("quality_profile_id", ""),
        mappings=given.get("mappings", ""),
        skip_owned_elsewhere=given.get("skip_owned_elsewhere", ""),
        drive=given.get("drive", ""),
        languages=given.get("languages", ""),
        is_default="is_default" in given,
        webhook="webhook" in given,
        webhook_url=given.get("webhook_url", "").strip(),
    )


def form_of(row: InstanceRow) -> InstanceForm:
    return InstanceForm(
        kind=row.kind.value,
        name=row.slug,
        url=row.url,
        quality_profile_id="" if row.options.quality_profile_id is None else str(row.options.quality_profile_id),
        mappings="\n".join(f"{pair.local} = {pair.remote}" for pair in row.options.path_mappings),
        skip_owned_elsewhere=row.options.skip_owned_elsewhere.value,
        drive=row.options.drive.value,
        languages=", ".join(row.options.languages),
        is_default=row.is_default,
    )


def kind_of(form: InstanceForm) -> InstanceKind:
    try:
        return InstanceKind(form.kind)
    except ValueError:
        raise InvalidInput("Choose Radarr or Sonarr.") from None


def summarise(found: InstanceOverview) -> str:
    return f"{found.missing:,} missing, {found.cutoff:,} below the cutoff"


def show_test(request: Request, form: InstanceForm) -> HTMLResponse:
    try:
        found = explore(app_of(request), form)
    except (ArrError, InvalidInput) as error:
        is_other = isinstance(error, ArrWrongProgram) and "kind" in error.fields
        other = {"radarr": "sonarr", "sonarr": "radarr"}.get(form.kind, "") if is_other else ""
        words = mask_text(str(error))
        return fragment(request, "settings/instance_test.html", found=None, error=words, form=form, other=other)
    return fragment(request, "settings/instance_test.html", found=found, error="", form=form, other="")


def explore(app: App, form: InstanceForm) -> InstanceOverview:
    """Explore the typed instance. An empty key field means the stored key of a known instance."""
    kind = kind_of(form)
    with app.database.connect() as connection:
        known = find_instance(connection, form.name)
    if known is not None and known.removed_at is None and known.kind is kind:
        return explore_known(app.arrs, known.slug, patch_of(form))
    return explore_new(app.arrs, new_instance(form))


def new_instance(form: InstanceForm) -> NewInstance:
    kind = kind_of(form)
    options = InstanceOptions(
        quality_profile_id=profile_of(form),
        path_mappings=pairs_of(form),
        skip_owned_elsewhere=skip_owned_of(form) if form.skip_owned_elsewhere else SkipOwned.AUTO,
        drive=drive_of(form) if form.drive else Drive.OURS,
        languages=languages_of(form),
    )
    slug = instance_slug(kind, form.name or form.kind)
    return NewInstance(slug, kind, form.url, form.api_key, options=options, is_default=form.is_default)


def patch_of(form: InstanceForm) -> InstancePatch:
    """Return the patch of the form. An empty key keeps the stored key."""
    return InstancePatch(
        url=form.url,
        api_key=form.api_key or KEEP,
        quality_profile_id=profile_of(form),
        path_mappings=pairs_of(form),
        skip_owned_elsewhere=skip_owned_of(form) if form.skip_owned_elsewhere else KEEP,
        drive=drive_of(form) if form.drive else KEEP,
        languages=languages_of(form),
    )


def languages_of(form: InstanceForm) -> tuple[str, ...]:
    return tuple(part.strip() for part in form.languages.split(",") if part.strip())


def skip_owned_of(form: InstanceForm) -> SkipOwned:
    try:
        return SkipOwned(form.skip_owned_elsewhere)
    except ValueError:
        raise InvalidInput("Choose what happens to items that another instance already has.") from None


def drive_of(form: InstanceForm) -> Drive:
    try:
        return Drive(form.drive)
    except ValueError:
        raise InvalidInput("Choose who looks for missing items.") from None


def profile_of(form: InstanceForm) -> int | None:
    """Return the profile's number, or None for an empty field."""
    text = form.quality_profile_id.strip()
    try:
        return int(text) if text else None
    except ValueError:
        words = f"Quality Profile ID: {text!r} is not a number. Leave it empty for each item's own."
        raise InvalidInput(words, fields={"quality_profile_id": words}) from None


def pairs_of(form: InstanceForm) -> tuple[FolderPair, ...]:
    try:
        return tuple(read_pair(line) for line in form.mappings.splitlines() if line.strip())
    except InvalidInput as error:
        raise InvalidInput(str(error), fields={"mappings": str(error)}) from error


def save_new(request: Request, form: InstanceForm, *, anyway: bool, to: str = "/settings/instances") -> Response:
    new = new_instance(form)
    try:
        added = instances.add_instance(app_of(request).arrs, new, Trial.WISHED if anyway else Trial.REQUIRED)
    except ArrError as error:
        raise not_saved(error) from error
    if added.error is not None:
        return done(request, Toast(f"Added {new.slug}. It does not answer yet.", "warn"), to=to)
    problem = register_with(request, new.slug, form.webhook_url) if form.webhook else ""
    if problem:
        return done(request, Toast(f"Added {new.slug}, without its webhook: {problem}", "warn"), to=to)
    notes = f" ({'; '.join(added.notes)})" if added.notes else ""
    return done(request, Toast(f"Added {new.slug} {added.version}{notes}."), to=to)


def not_saved(error: ArrError) -> Conflict:
    """Report beside the field what the test of the instance found: the key, the program or the address is wrong."""
    field = "api_key" if isinstance(error, ArrUnauthorised) else "url"
    return Conflict(f"Not saved: {error}", fields=error.fields or {field: str(error)})


def save_changed(request: Request, slug: str, form: InstanceForm, *, anyway: bool) -> Response:
    trial = Trial.WISHED if anyway else Trial.REQUIRED
    try:
        instances.change_instance(app_of(request).arrs, slug, patch_of(form), trial)
    except ArrError as error:
        raise not_saved(error) from error
    return done(request, Toast(f"Saved {slug}."), to="/settings/instances")
