"""Serve System > Access: users and their passwords, and the API keys of other programs."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.core.security.scopes import Scope
from stalkeer.errors import InvalidInput
from stalkeer.faces.http.guard import look_again_at_keys
from stalkeer.faces.web.forms import FormFields
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.guard import security_of
from stalkeer.faces.web.render import Toast, done, page
from stalkeer.jobs.system import api_keys, users
from stalkeer.store.library.instances import list_instances

router = APIRouter(include_in_schema=False)
SCOPES = {
    Scope.READ: "Read: lists and figures, for dashboards",
    Scope.ADMIN: "Admin: everything",
    Scope.BRIDGE: "Bridge: for one Radarr or Sonarr",
}


@router.get("/system/access")
def get_access(request: Request) -> HTMLResponse:
    return show_access(request)


def show_access(request: Request, issued: tuple[str, str] | None = None) -> HTMLResponse:
    """Show the page. `issued` are the name and the secret of a new key, which is shown only once."""
    app = app_of(request)
    with app.database.connect() as connection:
        instances = list_instances(connection)
    answer = page(
        request,
        "system/access.html",
        users=users.list_users(app.database),
        me=request.state.user,
        keys=api_keys.list_keys(app.database),
        scopes=SCOPES,
        instances=[instance.slug for instance in instances],
        issued=issued,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/system/access/keys")
def post_key(request: Request, given: FormFields) -> HTMLResponse:
    app = app_of(request)
    name, scope = given.get("name", ""), scope_of(given.get("scope", ""))
    instance = given.get("instance") or None if scope is Scope.BRIDGE else None
    key = api_keys.make_key(app.database, app.secrets, name, scope, instance, app.clock())
    look_again_at_keys(request)
    return show_access(request, (name, key))


@router.post("/system/access/keys/reset")
def post_reset(request: Request, given: FormFields) -> HTMLResponse:
    app, name = app_of(request), given.get("name", "")
    key = api_keys.reset_key(app.database, app.secrets, name, app.clock())
    look_again_at_keys(request)
    return show_access(request, (name, key))


@router.post("/system/access/keys/revoke")
def post_revoke(request: Request, given: FormFields) -> Response:
    name = given.get("name", "")
    api_keys.revoke_key(app_of(request).database, name)
    look_again_at_keys(request)
    return done(request, Toast(f"The key {name} is revoked."), to="/system/access")


@router.post("/system/access/users")
def post_user(request: Request, given: FormFields) -> Response:
    app, name = app_of(request), given.get("name", "")
    users.add_user(app.database, name, password_of(given), app.clock())
    return done(request, Toast(f"{name} can sign in."), to="/system/access")


@router.post("/system/access/users/password")
def post_password(request: Request, given: FormFields) -> Response:
    """Set a new password for a user. Users who change their own password enter the present one, and log in again."""
    name, password = given.get("name", ""), password_of(given)
    if name == request.state.user:
        address = request.state.origin.household
        security_of(request).sessions.change_password(name, given.get("present", ""), password, address)
    else:
        users.set_password(app_of(request).database, name, password)
    return done(request, Toast(f"{name} has a new password."), to="/system/access")


@router.post("/system/access/users/remove")
def post_remove(request: Request, given: FormFields) -> Response:
    name = given.get("name", "")
    users.remove_user(app_of(request).database, name)
    return done(request, Toast(f"{name} is removed."), to="/system/access")


def scope_of(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError:
        raise InvalidInput("Choose what the key is for: read, admin or bridge") from None


def password_of(given: FormFields) -> str:
    if given.get("password", "") != given.get("again", ""):
        raise InvalidInput("The two passwords differ")
    return given.get("password", "")
