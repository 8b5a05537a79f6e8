"""Decide if an answer is a playlist, and if it lost too many entries."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stalkeer.errors import NotAPlaylist

_HTML = re.compile(rb"^\s*(?:<!doctype\s+html|<html|<head|<body|<\?xml|<div|<center|<h1)", re.IGNORECASE)
_M3U_SIGNS = (b"#EXTINF", b"#EXTM3U")
_URL_LINE = re.compile(rb"^\s*(?:https?|rtmp|rtsp|rtp|udp|mms)://\S+", re.IGNORECASE | re.MULTILINE)
_TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,80})", re.IGNORECASE)
_HLS_SIGNS = (b"#EXT-X-TARGETDURATION", b"#EXT-X-STREAM-INF", b"#EXT-X-MEDIA-SEQUENCE")


def check_is_playlist(sample: bytes, subject: str) -> None:
    """Raise NotAPlaylist with the real format of the answer, judged by its beginning."""
    head = sample.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        raise NotAPlaylist(f"{subject} is empty. The catalogue stays as it was; it is tried again at the next refresh")
    what = _other_format(head)
    if what is None and (any(sign in sample for sign in _M3U_SIGNS) or _URL_LINE.search(sample)):
        return
    raise NotAPlaylist(
        f"{subject} is {what or 'in a format that is not known'}, not a playlist. The catalogue stays as it was; "
        "check the address and the account"
    )


def _other_format(head: bytes) -> str | None:
    if _HTML.match(head):
        title = _TITLE.search(head)
        named = f" ({title[1].decode('utf-8', 'replace').strip()})" if title else ""
        return f"a web page{named}"
    if head[:1] in (b"{", b"["):
        return "a JSON document"
    if any(sign in head[:65536] for sign in _HLS_SIGNS):
        return "a single HLS stream"
    if head.startswith((b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"%PDF")):
        return "an archive or document"
    if b"\0" in head[:4096] and not any(sign in head for sign in _M3U_SIGNS):
        return "encrypted or binary"
    return None


@dataclass(frozen=True)
class GuardVerdict:
    """Hold the judgement of a new list; `reason` is empty where the list is accepted."""

    before: int
    now: int
    reason: str = ""

    @property
    def is_believed(self) -> bool:
        return not self.reason

    def to_document(self) -> dict[str, object]:
        return {"before": self.before, "now": self.now, "reason": self.reason}


def judge_size(before: int, now: int, max_shrink: float, what: str = "entries") -> GuardVerdict:
    """Judge a list by its size. A list that lost more than `max_shrink` of its entries, or all, is put on hold."""
    if now == 0:
        return GuardVerdict(before, now, f"the list has no {what}, the last good one has {before}")
    if before and now < before * (1 - max_shrink):
        share = (before - now) / before
        return GuardVerdict(
            before, now, f"the list has {now} {what}, {share:.0%} less than the last good one's {before}"
        )
    return GuardVerdict(before, now)
