"""Define the reasons why a queued download waits. They are computed for display and never stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    BACK_OFF = "back_off"  # after a failure, or as the server asked
    SLOT = "slot"  # the maximum number of downloads is running
    HOST = "host"  # ... from this host
    ACCOUNT = "account"  # ... with this account
    VIEWER = "viewer"  # a viewer uses the account's connection
    CLOSING = "closing"  # a connection was just closed; the provider notices late
    SOURCE = "source"  # the account is expired or refused, or the source is switched off
    DISK = "disk"  # not enough space
    FOLDER = "folder"  # the folder is missing, read-only or not writable
    PAUSED = "paused"  # the user paused the queue for now
    HOURS = "hours"  # the weekly schedule pauses downloads
    MANUAL = "manual"  # its source is used only when the user starts a download
    QUOTA = "quota"  # the quota of the day, week or month is used up
    NEXT = "next"  # next in the queue: it starts in a moment


_TEXTS = {
    Reason.BACK_OFF: "waits before the next attempt",
    Reason.SLOT: "waits for a free download slot",
    Reason.HOST: "waits for a free connection to its host",
    Reason.ACCOUNT: "waits for a free connection of its account",
    Reason.VIEWER: "waits while someone watches with its account",
    Reason.CLOSING: "waits until the provider has seen the last connection close",
    Reason.SOURCE: "waits until its account can be used",
    Reason.DISK: "waits for free disk space",
    Reason.FOLDER: "waits for its folder",
    Reason.PAUSED: "waits while the queue is paused",
    Reason.HOURS: "waits for the hours in which downloads may run",
    Reason.MANUAL: "waits until you start it, because its source is used only manually",
    Reason.QUOTA: "waits for the next quota period",
    Reason.NEXT: "starts in a moment",
}


@dataclass(frozen=True)
class Waiting:
    """Hold a reason to wait, its end `until` where known, and a `detail` for the user."""

    reason: Reason
    until: datetime | None = None
    detail: str = ""

    @property
    def text(self) -> str:
        return f"{_TEXTS[self.reason]}: {self.detail}" if self.detail else _TEXTS[self.reason]
