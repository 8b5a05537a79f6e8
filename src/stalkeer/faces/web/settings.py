"""Serve the settings pages. Settings from the environment or command line are shown as read-only."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.errors import ConfigurationError, InvalidInput, NotFound, StalkeerError
from stalkeer.faces.web.forms import FormFields, asked_folders
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, done, fragment, moved, page, refuse
from stalkeer.faces.web.settings_form import SECTIONS, SettingsPage, fields_of, groups_of, read_form, section_named
from stalkeer.faces.web.settings_rows import TABLES, changed_lists, context_of, rows_of
from stalkeer.jobs.hooks.standing import read_hooks
from stalkeer.jobs.matching.lookups import check_tmdb
from stalkeer.jobs.media.trying import try_media_server, try_saved, waiting_folders, with_changes
from stalkeer.jobs.system.make_folders import make_folders, missing_folders
from stalkeer.secrets import mask_text

router = APIRouter(include_in_schema=False)
MEDIA_SERVER = "media-server"
MOST_FOLDERS = 100


@router.get("/settings")
def get_settings(request: Request) -> HTMLResponse:
    """List the settings pages, and every setting for the search."""
    loaded = app_of(request).live.loaded
    found = [(section, field) for section in SECTIONS for field in fields_of(section, loaded)]
    return page(request, "settings/index.html", sections=SECTIONS, found=found, here="")


@router.get("/settings/{path}")
def get_section(request: Request, path: str) -> HTMLResponse:
    section = known_section(path)
    loaded = app_of(request).live.loaded
    app = app_of(request)
    fields = fields_of(section, loaded)
    context: dict[str, object] = {
        "section": section,
        "fields": fields,
        "groups": groups_of(fields),
        "sections": SECTIONS,
        "here": path,
        "loaded": loaded,
        "lists": [context_of(app, table, rows_of(app, table)) for table in TABLES.values() if path == "downloads"],
        "hooks": read_hooks(app.database, app.clock()) if path == "hooks" else (),
    }
    if path == MEDIA_SERVER:
        context["media_folders"], context["media_count"] = waiting_folders(app.media, MOST_FOLDERS)
    return page(request, "settings/section.html", context)


@router.post("/settings/{path}")
def post_section(request: Request, path: str, form: FormFields) -> Response:
    """Check all settings, save the changes and apply them at once."""
    section = known_section(path)
    app = app_of(request)
    changes: dict[str, object] = {}
    try:
        make_folders(asked_folders(form))
        changes = {**read_form(section, form, app.live.loaded), **changed_lists(app, form)}
        if not changes:
            return done(request, Toast("No changes to save.", "info"))
        app.change_settings(changes)
    except (ConfigurationError, InvalidInput) as error:
        return refuse(request, error, missing_folders(changes))
    return moved(request, f"/settings/{path}", Toast("Saved."))


@router.post("/settings/matching/tmdb")
def post_tmdb(request: Request) -> Response:
    """Test the saved API key with TMDB."""
    app = app_of(request)
    try:
        check_tmdb(app.settings.tmdb, app.tmdb_pace)
    except NotFound as error:
        return done(request, Toast(str(error), "info"))
    except StalkeerError as error:
        return done(request, Toast(str(error), "bad"), status=422)
    return done(request, Toast("TMDB accepted the API key."))


@router.post(f"/settings/{MEDIA_SERVER}/test")
def post_media_server_test(request: Request, form: FormFields) -> HTMLResponse:
    """Test the media server as it is typed, and show which library would look at a path."""
    app, path = app_of(request), form.get("test_path", "").strip()
    prefix = "media_server."
    try:
        typed = read_form(known_section(MEDIA_SERVER), form, app.live.loaded)
        changes = {name.removeprefix(prefix): value for name, value in typed.items()}
        if changes:
            tested = try_media_server(with_changes(app.settings.media_server, changes), path)
        else:
            tested = try_saved(app.media, path)
    except StalkeerError as error:
        return fragment(request, "settings/media_server_test.html", error=mask_text(str(error)))
    return fragment(request, "settings/media_server_test.html", error="", tested=tested)


@router.post("/settings/{path}/reset/{name}")
def post_reset(request: Request, path: str, name: str) -> Response:
    """Remove the saved value, so that the configuration file or the default applies again."""
    known_section(path)
    app_of(request).change_settings({name: None})
    return done(request, Toast("Reset to the value of the configuration file or the default."), to=f"/settings/{path}")


def known_section(path: str) -> SettingsPage:
    section = section_named(path)
    if section is None:
        raise NotFound(f"There is no settings page {path!r}.")
    return section
