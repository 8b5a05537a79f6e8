"""Configure the certificate authorities that https servers are checked against."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

TlsContext = ssl.SSLContext


@dataclass(frozen=True)
class Tls:
    """Hold the settings: the authorities in `ca_file`, else the system's. Without `verify`, any server is accepted."""

    verify: bool = True
    ca_file: Path | None = None


def context_of(tls: Tls) -> TlsContext:
    """Return the TLS context for these settings. Raises OSError where `ca_file` cannot be read as PEM."""
    context = ssl.create_default_context(cafile=None if tls.ca_file is None else str(tls.ca_file))
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def context_with(ca_file: Path | None) -> TlsContext:
    """Return a context with the system's authorities and the user's own.

    Raises OSError where the file cannot be read as PEM.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context
