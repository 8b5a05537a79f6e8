"""Word the reason of a failure for another program or a phone, without any detail of the provider.

Reasons appear in the history, the blocklist and the notifications of an instance. An address or a file name there could
reveal the provider and the account.
"""

from __future__ import annotations

import re

HIDDEN = "…"
UNKNOWN_FAILURE = "The download failed; Stalkeer's history says why"
FIXED = {
    "internal": UNKNOWN_FAILURE,
    "entry_changed": "the entry of the playlist has become another one",
}
# reasons that name an entry, by the words that follow its name
_OF_ENTRIES = (
    ("is no longer on its playlist", "it is no longer on its playlist"),
    ("is encrypted; it is never circumvented", "it is encrypted"),
)
_STATUS = re.compile(r"(?:answered )?with status (\d{3})\b(.*)", re.DOTALL)
_SUBJECT = re.compile(r"^\s*\S+:\s+(?=\S)")  # `example.com/…/film.mkv: the server ...`
_RATE = r"(?:bytes|[KMGT]?i?B)/s\b"
# words of Stalkeer that contain dots or slashes
_OURS = r"(?:config\.yml|(?:downloads|server|directories|matching|security|retention|sources|wanted|import)\.[a-z_]+)\b"
_ADDRESS = re.compile(
    rf"(?<![\w.])(?!{_OURS})(?:"
    r"\w[\w+.-]*://[^\s,;)]*"  # an address
    r"|\[[0-9a-f:.%\w]*:[0-9a-f:.%\w]*\](?::\d+)?(?:/[^\s,;)]*)?"  # IPv6 in brackets
    r"|(?!\d{1,2}(?::\d\d){2}(?!:))[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}"  # IPv6, not a time
    r"|\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?:/[^\s,;)]*)?"  # IPv4
    r"|(?:[\w-]+\.)+[^\W\d][\w-]+(?::\d+)?(?:/[^\s,;)]*)?"  # a host, or the name of a file
    r"|[^\W\d][\w-]*:\d{2,5}\b(?:/[^\s,;)]*)?"  # a host without a domain, with its port
    r")",
    re.IGNORECASE,
)
_PATH = re.compile(rf"(?!{_RATE})(?<!\S)[(\"']?[^\s/]*[/\\][^\s,;)]*")
_QUOTED = re.compile(r"(?<![\w])([\"'])(?:(?!\1(?!\w)).){1,300}\1(?!\w)")


def outward_reason(code: str | None, error: str | None) -> str:
    """Return the reason of a failure in words that are safe to send, on a single line.

    `code` is the code of the error.
    """
    text = " ".join((error or "").split())
    if code in FIXED or not text:
        return FIXED.get(code or "", UNKNOWN_FAILURE)
    for ending, words in _OF_ENTRIES:
        if ending in text:
            return words
    status = _STATUS.search(text)
    if status is not None:
        return _of_status(int(status[1])) + _hidden(status[2])
    return _hidden(_SUBJECT.sub("", text)) or UNKNOWN_FAILURE


def without_addresses(text: str) -> str:
    """Return `text` without hosts, ports and addresses. Our own folders and settings stay."""
    return _ADDRESS.sub(HIDDEN, text)


def _hidden(text: str) -> str:
    return _PATH.sub(HIDDEN, without_addresses(_QUOTED.sub(HIDDEN, text)))


def _of_status(status: int) -> str:
    if status in (404, 410):
        return f"the file is not there any more ({status})"
    if status in (401, 402, 403, 407):
        return f"the provider refuses the file ({status})"
    if status == 429:
        return f"the provider has had too many requests ({status})"
    if status >= 500:
        return f"the provider has a fault of its own ({status})"
    return f"the provider did not send the file ({status})"
