"""Build the API: routers, problem documents, the guard and the OpenAPI document."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic.alias_generators import to_camel

from stalkeer.faces.api import (
    backups,
    blocklist,
    calendar,
    catalogue_requests,
    doctor,
    download_requests,
    downloads,
    duplicates,
    entries,
    events,
    explain,
    filters,
    health,
    history,
    hooks,
    instances,
    jobs,
    keys,
    logs,
    matches,
    media_server,
    metrics,
    missing,
    notifications,
    overrides,
    quarantine,
    rules,
    settings,
    sources,
    system,
    watch,
    webhooks,
    widget,
)
from stalkeer.faces.api.examples import add_examples
from stalkeer.faces.api.links import add_links
from stalkeer.faces.api.reference import reference_router
from stalkeer.faces.http.doorstep import guard_bodies
from stalkeer.faces.http.guard import AccessGuard, require_access
from stalkeer.faces.http.problems import EVERYWHERE, Problem, install_problems
from stalkeer.faces.http.queries import QueryGuard
from stalkeer.faces.http.security import Security
from stalkeer.runtime import App

# Routers under /api/v1, which need an API key. A line for each module, in the order of the document.
ROUTERS: tuple[APIRouter, ...] = (
    system.router,
    widget.router,
    health.findings_router,
    logs.router,
    backups.router,
    settings.router,
    keys.router,
    events.router,
    instances.router,
    notifications.router,
    sources.router,
    entries.router,
    duplicates.router,
    catalogue_requests.router,
    filters.router,
    missing.router,
    explain.router,
    matches.router,
    rules.router,
    calendar.router,
    doctor.router,
    overrides.router,
    downloads.router,
    download_requests.router,
    history.router,
    hooks.router,
    media_server.router,
    jobs.router,
    blocklist.router,
    quarantine.router,
    watch.router,
)
# Routers at the root, open to everybody.
OPEN_ROUTERS: tuple[APIRouter, ...] = (health.router,)

DESCRIPTION = "Everything that Stalkeer does can be controlled with this API. Errors are RFC 9457 problem documents."


def create_api(app: App, security: Security) -> FastAPI:
    """Return the ASGI application of the API. Handlers get `app.state.app` as CurrentApp."""
    api = FastAPI(
        title="Stalkeer",
        version=version("stalkeer"),
        description=DESCRIPTION,
        generate_unique_id_function=operation_id,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry={"auto_configure": False},
    )
    api.state.app, api.state.security = app, security
    install_problems(api)
    for router in OPEN_ROUTERS:
        api.include_router(router)
    api.include_router(webhooks.router, responses=EVERYWHERE)
    api.include_router(metrics.router, dependencies=[AccessGuard], responses=EVERYWHERE)
    for router in ROUTERS:
        api.include_router(router, prefix="/api/v1", dependencies=[AccessGuard, QueryGuard], responses=EVERYWHERE)
    guard_bodies(api, require_access)
    _describe(api)
    api.include_router(reference_router(api.openapi))
    return api


def operation_id(route: APIRoute) -> str:
    """Turn `list_downloads` into `listDownloads`, the name of the method in generated clients."""
    return to_camel(route.name)


def name_parameters(document: dict[str, Any]) -> None:
    """Write the parameters of paths in camelCase, as all other names: `/downloads/{downloadId}`."""
    document["paths"] = {
        re.sub(r"{(\w+)}", lambda found: "{" + to_camel(found[1]) + "}", path): operations
        for path, operations in document["paths"].items()
    }
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    parameter["name"] = to_camel(parameter["name"])


def _describe(api: FastAPI) -> None:
    """Add the problem document to the schemas, and links and examples to the operations."""
    generate = api.openapi

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            # pydantic calls the model `PageOf_DownloadView_`
            document = json.loads(re.sub(r"PageOf_(\w+?)_\b", r"PageOf\1", json.dumps(generate())))
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schema = Problem.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
            schemas.update(schema.pop("$defs", {}))
            schemas["Problem"] = schema
            name_parameters(document)
            add_links(document)
            add_examples(document)
            api.openapi_schema = document
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]
