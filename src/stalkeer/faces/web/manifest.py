"""Serve the manifest with which browsers install the pages as an app."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse

from stalkeer.faces.web.assets import asset_path
from stalkeer.faces.web.frame import base_of

router = APIRouter(include_in_schema=False)


@router.get("/manifest.webmanifest")
def get_manifest(request: Request) -> JSONResponse:
    base = base_of(request)
    icons = [
        {"src": base + asset_path("icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": base + asset_path("icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any maskable"},
        {"src": base + asset_path("logo.svg"), "sizes": "any", "type": "image/svg+xml"},
    ]
    manifest = {
        "name": "Stalkeer",
        "short_name": "Stalkeer",
        "description": "Finds missing movies and episodes of Radarr and Sonarr on your playlists",
        "start_url": f"{base}/",
        "scope": f"{base}/",
        "display": "standalone",
        "background_color": "#12151b",
        "theme_color": "#161a21",
        "icons": icons,
    }
    return JSONResponse(manifest, media_type="application/manifest+json")


@router.get("/favicon.ico")
def get_favicon(request: Request) -> RedirectResponse:
    return RedirectResponse(base_of(request) + asset_path("logo.svg"), status_code=308)
