"""Asking a server over HTTP until it answers: what `not now` and a broken connection mean for the next try.

Shared by the clients of Radarr, Sonarr and TMDB; which requests may be repeated they know themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx2
import stamina


@dataclass(frozen=True)
class Patience:
    """How long one request is tried. A `Retry-After` of the server counts up to `longest_pause_s`."""

    attempts: int
    all_for_s: float
    longest_pause_s: float
    first_pause_s: float = 0.1


class AskAgain(Exception):
    """An answer that says `not now`; carries it out of the tries."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def ask_until_answered(
    send: Callable[[], httpx2.Response], may_repeat: Callable[[Exception], bool], patience: Patience
) -> httpx2.Response:
    """What `send` returns, or its last AskAgain's answer. Errors that `may_repeat` refuses, and the last one, go on."""

    def pause(error: Exception) -> bool | float:
        if not may_repeat(error):
            return False
        return _asked_for(error.response, patience.longest_pause_s) if isinstance(error, AskAgain) else True

    tries = stamina.retry_context(
        on=pause, attempts=patience.attempts, timeout=patience.all_for_s, wait_initial=patience.first_pause_s
    )
    try:
        for attempt in tries:
            with attempt:
                return send()
    except AskAgain as error:
        return error.response
    raise AssertionError("the last try returns or raises")


def is_worth_repeating(error: Exception) -> bool:
    """For a request that says the same thing twice: any failure to answer."""
    if isinstance(error, AskAgain):
        return True
    return isinstance(error, httpx2.TransportError) and not isinstance(error, httpx2.UnsupportedProtocol)


def _asked_for(response: httpx2.Response, longest_s: float) -> bool | float:
    """The seconds of Retry-After where they are few; True leaves the pause to the back-off."""
    seconds = response.headers.get("retry-after", "")
    return min(float(seconds), longest_s) if seconds.isdecimal() else True
