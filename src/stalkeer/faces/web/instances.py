"""Radarr and Sonarr: test an address as it is typed, add, change and remove instances."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.adapters.arr.client import Address, ArrClient
from stalkeer.adapters.arr.connect import connect
from stalkeer.adapters.arr.radarr import read_movies, wanted_movies
from stalkeer.adapters.arr.reading import read_profiles, read_root_folders
from stalkeer.adapters.arr.sonarr import wanted_episodes
from stalkeer.adapters.arr.values import QualityProfile, RootFolder, WantedReason
from stalkeer.errors import ArrError, ArrNotFound, Conflict, InvalidInput
from stalkeer.faces.web.forms import FormFields
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, done, fragment, page
from stalkeer.faces.web.settings_form import SECTIONS
from stalkeer.jobs.library.connections import add_tried
from stalkeer.model import InstanceKind, SkipOwned
from stalkeer.runtime import App
from stalkeer.secrets import register_secret
from stalkeer.settings.schema import is_http_url
from stalkeer.store.library.instances import (
    FolderPair,
    InstanceChange,
    InstanceOptions,
    InstanceRow,
    NewInstance,
    add_instance,
    change_instance,
    get_instance,
    instance_slug,
    list_instances,
    remove_instance,
)

router = APIRouter(include_in_schema=False)
TEST_TIMEOUT_S = 10.0
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
PROFILE_ID = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class InstanceForm:
    """The fields as text."""

    kind: str = "radarr"
    name: str = ""
    url: str = ""
    api_key: str = ""
    quality_profile_id: str = ""
    mappings: str = ""  # a line each: ours = theirs
    skip_owned_elsewhere: str = SkipOwned.AUTO.value
    is_default: bool = False


@dataclass(frozen=True)
class Found:
    """What a test of an address showed."""

    url: str
    version: str
    name: str
    notes: tuple[str, ...]
    folders: tuple[RootFolder, ...]
    profiles: tuple[QualityProfile, ...]
    missing: int
    cutoff: int


@router.get("/settings/instances")
def get_instances(request: Request) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        instances = list_instances(connection)
    return page(request, "settings/instances.html", instances=instances, sections=SECTIONS, here="instances")


@router.get("/settings/instances/new")
def get_new(request: Request, kind: str = "radarr") -> HTMLResponse:
    return page(request, "settings/instance.html", form=InstanceForm(kind=kind), row=None)


@router.post("/settings/instances")
def post_new(request: Request, given: FormFields) -> Response:
    """Test, then add; `anyway` adds what does not answer now."""
    return save_new(request, read_form(given), anyway="anyway" in given)


@router.post("/settings/instances/test")
def post_test(request: Request, given: FormFields) -> HTMLResponse:
    """What answers at the typed address, in words."""
    return show_test(request, read_form(given))


@router.get("/settings/instances/{slug}")
def get_one(request: Request, slug: str) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        row = get_instance(connection, slug)
    return page(request, "settings/instance.html", form=form_of(row), row=row)


@router.post("/settings/instances/{slug}")
def post_change(request: Request, slug: str, given: FormFields) -> Response:
    return save_changed(request, slug, read_form(given), anyway="anyway" in given)


@router.post("/settings/instances/{slug}/test")
def post_test_known(request: Request, slug: str) -> Response:
    app = app_of(request)
    with app.database.connect() as connection:
        row = get_instance(connection, slug)
    try:
        found = look_at(app.arrs.address(row))
    except ArrError as error:
        return done(request, Toast(str(error), "bad"))
    return done(request, Toast(f"{row.label} {found.version} answers: {said(found)}."))


@router.post("/settings/instances/{slug}/remove")
def post_remove(request: Request, slug: str) -> Response:
    app = app_of(request)
    with app.database.begin() as connection:
        remove_instance(connection, slug, app.clock())
    return done(request, Toast(f"{slug} was removed."), to="/settings/instances")


def read_form(given: Mapping[str, str]) -> InstanceForm:
    return InstanceForm(
        kind=given.get("kind", ""),
        name=given.get("name", ""),
        url=given.get("url", ""),
        api_key=given.get("api_key", ""),
        quality_profile_id=given.get("quality_profile_id", ""),
        mappings=given.get("mappings", ""),
        skip_owned_elsewhere=given.get("skip_owned_elsewhere", SkipOwned.AUTO.value),
        is_default="is_default" in given,
    )


def form_of(row: InstanceRow) -> InstanceForm:
    return InstanceForm(
        kind=row.kind.value,
        name=row.slug,
        url=row.url,
        quality_profile_id="" if row.options.quality_profile_id is None else str(row.options.quality_profile_id),
        mappings="\n".join(f"{pair.local} = {pair.remote}" for pair in row.options.path_mappings),
        skip_owned_elsewhere=row.options.skip_owned_elsewhere.value,
        is_default=row.is_default,
    )


def kind_of(form: InstanceForm) -> InstanceKind:
    try:
        return InstanceKind(form.kind)
    except ValueError:
        raise InvalidInput("Choose Radarr or Sonarr.") from None


def address_of(form: InstanceForm, slug: str, api_key: str) -> Address:
    if not form.url:
        raise InvalidInput("The address is missing, such as http://radarr:7878.")
    url = form.url if "://" in form.url else f"http://{form.url}"
    if not is_http_url(url):
        raise InvalidInput(f"{form.url!r} is not a web address; it looks like http://radarr:7878.")
    if not api_key:
        raise InvalidInput("The API key is missing; it stands there under Settings > General > Security.")
    register_secret(api_key)
    return Address(kind_of(form), slug, url, api_key, read_timeout_s=TEST_TIMEOUT_S)


def look_at(address: Address) -> Found:
    """Ask for version, folders, profiles and what is missing. Raises the ArrError that says what is wrong."""
    connected = connect(address)
    with ArrClient(replace(address, url=connected.url)) as client:
        wanted = count_wanted(client)
        return Found(
            url=connected.url,
            version=connected.status.version,
            name=connected.status.instance_name,
            notes=connected.notes,
            folders=tuple(read_root_folders(client)),
            profiles=tuple(read_profiles(client)),
            missing=wanted.get(WantedReason.MISSING, 0),
            cutoff=wanted.get(WantedReason.CUTOFF, 0),
        )


def count_wanted(client: ArrClient) -> Mapping[WantedReason, int]:
    """How many items are on the instance's lists, or would be: Radarr before 5.6 has none (404), only its films."""
    try:
        return {reason: count_listed(client, reason) for reason in WantedReason}
    except ArrNotFound:
        if client.address.kind is not InstanceKind.RADARR:
            raise
        return Counter(film.lacks for film in read_movies(client) if film.lacks and film.monitored)


def count_listed(client: ArrClient, reason: WantedReason) -> int:
    if client.address.kind is InstanceKind.RADARR:
        films = wanted_movies(client, reason, monitored=True)
        films.page_size = 1
        next(films.pages(), None)
        return films.total
    episodes = wanted_episodes(client, reason, monitored=True)
    episodes.page_size = 1
    next(episodes.pages(), None)
    return episodes.total


def said(found: Found) -> str:
    return f"{found.missing:,} missing, {found.cutoff:,} below cutoff"


def show_test(request: Request, form: InstanceForm) -> HTMLResponse:
    app = app_of(request)
    try:
        found = look_at(address_of(form, form.name or form.kind, form.api_key or stored_key(app, form.name)))
    except (ArrError, InvalidInput) as error:
        return fragment(request, "settings/instance_test.html", found=None, error=str(error), form=form)
    return fragment(request, "settings/instance_test.html", found=found, error="", form=form)


def stored_key(app: App, slug: str) -> str:
    """The key that an empty field keeps; empty for an instance that is not known yet."""
    with app.database.connect() as connection:
        row = next((row for row in list_instances(connection) if row.slug == slug), None)
    return app.secrets.decrypt_or_none(row.api_key) or "" if row is not None else ""


def new_instance(form: InstanceForm, slug: str, url: str, api_key: str) -> NewInstance:
    pairs = tuple(pair_of(line) for line in form.mappings.splitlines() if line.strip())
    profile = int(form.quality_profile_id) if PROFILE_ID.fullmatch(form.quality_profile_id) else None
    options = InstanceOptions(quality_profile_id=profile, path_mappings=pairs, skip_owned_elsewhere=skip_owned_of(form))
    return NewInstance(slug, kind_of(form), url, api_key, options=options, is_default=form.is_default)


def pair_of(line: str) -> FolderPair:
    local, sign, remote = (part.strip() for part in line.partition("="))
    if not (sign and local and remote):
        raise InvalidInput(f"Path mapping {line.strip()!r}: write it as /data/vod = /downloads, ours first.")
    return FolderPair(local, remote)


def skip_owned_of(form: InstanceForm) -> SkipOwned:
    try:
        return SkipOwned(form.skip_owned_elsewhere)
    except ValueError:
        raise InvalidInput("Choose what happens to films and series that another instance has.") from None


def slug_of(form: InstanceForm) -> str:
    slug = instance_slug(kind_of(form), form.name or form.kind)
    if not NAME.fullmatch(slug):
        raise InvalidInput("The name may have lower-case letters, digits, - and _, at most 64 of them.")
    return slug


def checked_url(address: Address, *, anyway: bool) -> str:
    """The repaired address. Raises Conflict where nothing fitting answers, unless the user wants it anyway."""
    try:
        return connect(address).url
    except ArrError as error:
        if anyway:
            return address.url.rstrip("/")
        raise Conflict(f"Not saved: {error}") from error


def save_new(request: Request, form: InstanceForm, *, anyway: bool, to: str = "/settings/instances") -> Response:
    app = app_of(request)
    slug = slug_of(form)
    address = address_of(form, slug, form.api_key)
    new = new_instance(form, slug, address.url, form.api_key)
    with app.database.connect() as connection:
        is_first = not list_instances(connection, kind=new.kind)
    new = replace(new, is_default=new.is_default or is_first)
    try:
        added = add_tried(app.arrs, new)
    except ArrError as error:
        if not anyway:
            raise Conflict(f"Not saved: {error}") from error
        with app.database.begin() as connection:
            add_instance(connection, new, app.secrets, app.clock())
        return done(request, Toast(f"{slug} was added; it did not answer yet.", "warn"), to=to)
    notes = f" ({'; '.join(added.notes)})" if added.notes else ""
    return done(request, Toast(f"{slug} {added.version} was added{notes}."), to=to)


def save_changed(request: Request, slug: str, form: InstanceForm, *, anyway: bool) -> Response:
    app = app_of(request)
    with app.database.connect() as connection:
        row = get_instance(connection, slug)
    form = replace(form, kind=row.kind.value, name=slug)
    api_key = form.api_key or app.secrets.decrypt(row.api_key)
    url = checked_url(address_of(form, slug, api_key), anyway=anyway)
    wished = new_instance(form, slug, url, api_key).options
    options = replace(
        row.options,
        quality_profile_id=wished.quality_profile_id,
        path_mappings=wished.path_mappings,
        skip_owned_elsewhere=wished.skip_owned_elsewhere,
    )
    change = InstanceChange(url=url, api_key=form.api_key or None, options=options)
    with app.database.begin() as connection:
        change_instance(connection, slug, change, app.secrets)
    return done(request, Toast(f"{slug} was saved."), to="/settings/instances")
