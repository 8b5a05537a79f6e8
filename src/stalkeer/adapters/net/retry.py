"""Repeat an HTTP request until the server answers, after a broken connection or an answer to come back later.

The clients of Radarr, Sonarr and TMDB share this, and decide which requests may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina

from stalkeer.adapters.net.addresses import whole_number
from stalkeer.adapters.net.api import ApiAnswer
from stalkeer.adapters.net.failures import Cause, NetworkFailure

T = TypeVar("T")
_HOPELESS = frozenset({Cause.ADDRESS, Cause.NOT_HTTPS, Cause.TOO_LARGE})


@dataclass(frozen=True)
class Patience:
    """Limit the attempts of a request. A `Retry-After` of the server counts up to `longest_pause_s`."""

    attempts: int
    all_for_s: float
    longest_pause_s: float
    first_pause_s: float = 0.1


class AskAgain(Exception):  # noqa: N818
    """Carry an answer that asks to come back later out of the attempts."""

    def __init__(self, answer: ApiAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def ask_until_answered(
    send: Callable[[], T], may_repeat: Callable[[Exception], bool], patience: Patience
) -> T | ApiAnswer:
    """Return the result of `send`, or the answer of its last AskAgain.

    Errors that `may_repeat` refuses, and the last error, are raised.
    """

    def pause(error: Exception) -> bool | float:
        if not may_repeat(error):
            return False
        return _asked_for(error.answer, patience.longest_pause_s) if isinstance(error, AskAgain) else True

    tries = stamina.retry_context(
        on=pause, attempts=patience.attempts, timeout=patience.all_for_s, wait_initial=patience.first_pause_s
    )
    try:
        for attempt in tries:
            with attempt:
                return send()
    except AskAgain as error:
        return error.answer
    raise AssertionError("the last try returns or raises")


def is_worth_repeating(error: Exception) -> bool:
    """Tell whether to repeat a request that changes nothing when repeated: after any failure to answer."""
    if isinstance(error, AskAgain):
        return True
    return isinstance(error, NetworkFailure) and error.cause not in _HOPELESS


def _asked_for(answer: ApiAnswer, longest_s: float) -> bool | float:
    """Return the seconds of Retry-After within the limit; True leaves the pause to the back-off."""
    seconds = whole_number(answer.fields.get("retry-after"))
    return True if seconds is None else min(float(seconds), longest_s)
