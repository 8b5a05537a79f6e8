"""Build the web pages as one ASGI application beside the API. Its errors are pages and toasts, not documents."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from stalkeer.errors import StalkeerError, StoreError
from stalkeer.faces.http.doorstep import guard_bodies
from stalkeer.faces.http.statuses import headers_of, status_of
from stalkeer.faces.http.storage import STATUS, disk_detail, error_detail, is_disk_error
from stalkeer.faces.web import (
    access,
    activity,
    artwork,
    assets,
    backups,
    calendar,
    catalogue,
    catalogue_requests,
    dashboard,
    duplicates,
    for_now,
    instances,
    item_rules,
    live,
    login,
    manifest,
    manual,
    manual_match,
    matches,
    notifications,
    settings,
    settings_rows,
    setup,
    sources,
    statistics,
    system,
    wanted,
    watch,
    webhooks,
)
from stalkeer.faces.web.guard import NeedsLogin, UserGuard, lead_to_login, require_user
from stalkeer.faces.web.head import HeadAsGet
from stalkeer.faces.web.render import Toast, done, field_headers, page, plain_page
from stalkeer.logs import get_logger
from stalkeer.runtime import App
from stalkeer.secrets import mask_text

log = get_logger(__name__)
# Without a login: everything that the login page needs.
OPEN_ROUTERS: tuple[APIRouter, ...] = (assets.router, manifest.router, login.router, setup.router)
# With a login. One line a module, in the order of the menu.
ROUTERS: tuple[APIRouter, ...] = (
    live.router,
    artwork.router,
    dashboard.router,
    item_rules.router,
    wanted.router,
    matches.router,
    watch.router,  # before `activity`, whose `/activity/{id}` would match it too
    activity.router,
    for_now.router,
    duplicates.router,  # before `catalogue`, whose `/catalogue/{id}` would match it too
    catalogue.router,
    manual_match.router,
    catalogue_requests.router,
    calendar.router,
    statistics.router,
    sources.router,
    webhooks.router,
    instances.router,
    notifications.router,
    settings.router,
    settings_rows.router,
    system.router,
    backups.router,
    access.router,
    manual.router,
)


def create_web(app: App) -> FastAPI:
    """Return the application with every page and fragment. The caller sets `state.security`."""
    web = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, telemetry={"auto_configure": False})
    web.state.app = app
    web.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    web.add_middleware(HeadAsGet)
    install_errors(web)
    for router in OPEN_ROUTERS:
        web.include_router(router)
    for router in ROUTERS:
        web.include_router(router, dependencies=[UserGuard])
    guard_bodies(web, require_user)
    return web


def install_errors(web: FastAPI) -> None:
    """Answer errors with a toast after an action and with a page after a visit."""

    @web.exception_handler(NeedsLogin)
    def _needs_login(request: Request, _error: NeedsLogin) -> Response:
        try:
            return lead_to_login(request)
        except StoreError as error:
            return _stalkeer_error(request, error)

    @web.exception_handler(StalkeerError)
    def _stalkeer_error(request: Request, error: StalkeerError) -> Response:
        response = answer(request, status_of(error), mask_text(error_detail(request, error)))
        response.headers.update(field_headers(error.fields))
        response.headers.update(headers_of(error))
        return response

    @web.exception_handler(OSError)
    def _disk(request: Request, error: OSError) -> Response:
        if not is_disk_error(error):
            raise error
        log.error("a disk error", error=str(error))
        return answer(request, STATUS, mask_text(disk_detail(request, error)))

    @web.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> Response:
        fields = {str(item["loc"][-1]): str(item["msg"]) for item in error.errors()}
        response = answer(request, 422, f"The form has invalid values: check {', '.join(fields)}.")
        response.headers.update(field_headers(fields))
        return response

    @web.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return answer(request, 404, f"The page {request.url.path} does not exist.")
        return answer(request, error.status_code, str(error.detail))


def answer(request: Request, status: int, message: str) -> Response:
    if "/api/" in request.url.path:
        return JSONResponse(
            {"title": "Error", "status": status, "detail": message}, status, media_type="application/problem+json"
        )
    if request.headers.get("HX-Request") == "true":
        return done(request, Toast(message, "bad"), status=status)
    try:
        return page(request, "error.html", status=status, message=message, code=status)
    except StoreError:  # the frame of a page shows figures of the database
        return plain_page(request, "unavailable.html", status, message)
