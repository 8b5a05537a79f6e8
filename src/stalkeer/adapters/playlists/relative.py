"""Make the addresses of a playlist absolute that are relative to the playlist's own."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin

from stalkeer.core.catalogue.kinds import FILE_EXTENSIONS, LIVE_EXTENSIONS

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_FILE = re.compile(rf"[^|?]*\.(?:{'|'.join(sorted(FILE_EXTENSIONS | LIVE_EXTENSIONS))})(?:[?|].*)?", re.IGNORECASE)
_PATH = re.compile(r"(?:\.{0,2}/|\?)[^\s/].*|//[^\s/].*|\.\./.*")
_WRAPPED = re.compile(r"""(["'<])([^"'<>]+)["'>]""")
_FOLDERS = re.compile(r"[^\s\\|?#]+/[^\s\\]*")


def absolute_lines(text: str, base: str) -> str:
    """Resolve the relative addresses among the lines of a block against `base`, the address of the list.

    Quotes and angle brackets around an address are removed. A backslash counts as a slash, as in browsers.
    Without a base only `//host/path` can be resolved. The first line is the rest of an #EXTINF line, or empty for text
    without one; there only names of media files count as addresses.
    """
    lines = text.split("\n")
    is_headless = not lines[0].strip()
    for number, line in enumerate(lines[1:], 1):
        stripped = line.strip()
        if wrapped := _WRAPPED.fullmatch(stripped):
            lines[number] = stripped = wrapped[2].strip()
        if stripped and not stripped.startswith(("#", "{base")) and not _SCHEME.match(stripped):
            lines[number] = _absolute(stripped, base, is_headless=is_headless)
    return "\n".join(lines)


def _absolute(line: str, base: str, *, is_headless: bool) -> str:
    if not base and not line.startswith("//"):
        return line
    if not (_FILE.fullmatch(line) or (not is_headless and (_PATH.fullmatch(line) or _FOLDERS.fullmatch(line)))):
        return line
    address, bar, headers = line.partition("|")
    address = address.replace("\\", "/")
    try:
        joined = urljoin(base or "http:", quote(address, safe="%/:=&?~#+!$,;'@()*[]{}"))
    except ValueError:  # `//[host/1.mkv`
        return line
    return joined + bar + headers
