"""Decide when a message that a target did not take is sent again."""

from __future__ import annotations

from datetime import timedelta

DELAYS_S = (30, 60, 120, 300, 600, 1_800, 3_600)
KEPT_FOR = timedelta(days=7)  # a message is tried for this long
REFUSALS = 3  # a message that the target refuses is tried this often


def delay_after(attempts: int) -> timedelta:
    """Return the pause after this many failed attempts."""
    return timedelta(seconds=DELAYS_S[min(max(attempts, 1), len(DELAYS_S)) - 1])


def is_given_up(attempts: int, age: timedelta, *, is_refused: bool) -> bool:
    """Return whether a message is tried no more. `is_refused`: the target answers, and does not take this message."""
    return age >= KEPT_FOR or (is_refused and attempts >= REFUSALS)
