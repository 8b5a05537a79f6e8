"""Add the security headers of every answer: a browser runs only Stalkeer's own scripts and loads nothing from other
servers.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
ENCRYPTED_ONLY = "max-age=31536000"


def add_security_headers(headers: MutableHeaders, scheme: str) -> None:
    """Add the headers that the route did not set. Over https, also tell the browser to use only https from now on."""
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if scheme == "https":
        headers.setdefault("strict-transport-security", ENCRYPTED_ONLY)


def keep_redirect_here(headers: MutableHeaders) -> None:
    """Reduce `Location` to a path, because every redirect leads to this server.

    The router builds an absolute address from the Host header, which a client may forge. A path with two leading
    slashes would name a host again, and browsers read a backslash as a slash.
    """
    target = headers.get("location")
    if target is None:
        return
    parts = urlsplit(target)
    path = "/" + parts.path.lstrip("/\\")
    headers["location"] = path + (f"?{parts.query}" if parts.query else "")
