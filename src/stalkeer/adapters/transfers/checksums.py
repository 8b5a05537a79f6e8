"""Read the checksums of a file from the server's headers, or from a file beside it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

# name in a header -> name in hashlib; MD5 and SHA-1 suffice, because they only detect accidental damage here
ALGORITHMS = {
    "sha-256": "sha256",
    "sha256": "sha256",
    "sha-512": "sha512",
    "sha512": "sha512",
    "sha": "sha1",
    "sha-1": "sha1",
    "sha1": "sha1",
    "md5": "md5",
}
HEX_LENGTHS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
VENDOR_HEADERS = ("X-Checksum-Sha256", "X-Checksum-Sha1", "X-Checksum-Md5")


def checksums_of(headers: Mapping[str, str], *, is_whole: bool) -> dict[str, str]:
    """Return {"sha256": hex, ...} from Repr-Digest (RFC 9530), Digest (RFC 3230), X-Checksum-*, and Content-MD5.

    Content-MD5 is the checksum of the body, so it is used only where the body `is_whole`.
    """
    found: dict[str, str] = {}
    for name in ("Repr-Digest", "Digest"):
        for part in headers.get(name, "").split(","):
            algorithm, _, value = part.strip().partition("=")
            _add(found, algorithm, _from_base64(value.strip().strip(":")))
    for name in VENDOR_HEADERS:
        value = headers.get(name, "").strip().lower()
        _add(found, name.rpartition("-")[2], value if re.fullmatch("[0-9a-f]+", value) else None)
    if is_whole:
        _add(found, "md5", _from_base64(headers.get("Content-MD5", "").strip()))
    return found


def parse_sidecar(text: str, name: str) -> dict[str, str]:
    """Return the checksum of the file called `name` in a sidecar: a bare hash, or lines as of `sha256sum`."""
    for line in text.splitlines():
        found = re.fullmatch(r"\s*([0-9a-fA-F]{32,128})(?:\s+[*]?(.+?))?\s*", line)
        if found is None or HEX_LENGTHS.get(len(found[1])) is None:
            continue
        if found[2] is None or found[2].rpartition("/")[2] == name:
            return {HEX_LENGTHS[len(found[1])]: found[1].lower()}
    return {}


def _add(found: dict[str, str], algorithm: str, value: str | None) -> None:
    known = ALGORITHMS.get(algorithm.strip().casefold())
    if known is not None and value and HEX_LENGTHS.get(len(value)) == known:
        found[known] = value


def _from_base64(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).hex() or None
    except (binascii.Error, ValueError):
        return None
