"""Decide when to try again and when to give up. The caller passes randomness and time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from stalkeer.core.downloads.failures import FailureKind

RETRY_AFTER_MAX_S = 3600.0
ATTEMPTS_WITHOUT_LIMIT = 20  # attempts without new bytes under `retry_attempts: 0`


@dataclass(frozen=True)
class RetryRule:
    """Hold a rule: at most `tries` attempts (None: no limit), with pauses that double from `first_s` up to `most_s`."""

    tries: int | None
    first_s: float
    most_s: float


RULES = {
    FailureKind.TRANSIENT: RetryRule(tries=10, first_s=5, most_s=1800),
    FailureKind.ACCOUNT: RetryRule(tries=10, first_s=30, most_s=3600),
    FailureKind.GONE: RetryRule(tries=3, first_s=3600, most_s=4 * 3600),
    FailureKind.CHANGED: RetryRule(tries=3, first_s=60, most_s=3600),
    FailureKind.LOCAL_DISK_FULL: RetryRule(tries=None, first_s=60, most_s=60),
    FailureKind.LOCAL_PERMISSION: RetryRule(tries=None, first_s=60, most_s=600),
    FailureKind.LOCAL_LASTING: RetryRule(tries=1, first_s=0, most_s=0),
    FailureKind.NOT_A_VIDEO: RetryRule(tries=10, first_s=30, most_s=3600),
    FailureKind.WRONG_FILE: RetryRule(tries=1, first_s=0, most_s=0),
    FailureKind.PROTECTED: RetryRule(tries=1, first_s=0, most_s=0),
}

# the instance that grabbed the release has others, and cannot take one of them before this one has failed
GRABBED_AND_GONE = RetryRule(tries=3, first_s=60, most_s=600)

PASSING = frozenset({FailureKind.TRANSIENT, FailureKind.ACCOUNT, FailureKind.NOT_A_VIDEO})


@dataclass(frozen=True)
class RetryIn:
    seconds: float


@dataclass(frozen=True)
class GiveUp:
    """Give this variant up. Another variant may succeed."""

    reason: str


RetryDecision = RetryIn | GiveUp


def decide_retry(
    kind: FailureKind,
    failures: int,
    dice: float,
    *,
    retry_after_s: float | None = None,
    tries: int | None = None,
    first_s: float | None = None,
) -> RetryDecision:
    """Decide after `failures` failed attempts in a row, including this one. `dice` is random in [0, 1).

    Pauses double and vary by up to half, so that downloads that failed together do not retry together. A longer
    Retry-After of the server counts, up to an hour. `tries` overrides the rule. `first_s` overrides it for failures
    that pass by themselves.
    """
    rule = RULES[kind]
    if first_s is not None and kind in PASSING:
        rule = replace(rule, first_s=first_s, most_s=max(first_s, rule.most_s))
    most = rule.tries if tries is None or rule.tries is None or rule.tries == 1 else tries
    return _decide(replace(rule, tries=most), failures, dice, retry_after_s)


def decide_gone_release(failures: int, dice: float, *, tries: int) -> RetryDecision:
    """Decide about a file that its server does not have, where an instance grabbed the release.

    It fails within minutes, however many attempts `tries` allows: the instance then grabs its next release.
    """
    rule = GRABBED_AND_GONE
    return _decide(replace(rule, tries=min(tries, rule.tries or tries)), failures, dice)


def _decide(rule: RetryRule, failures: int, dice: float, retry_after_s: float | None = None) -> RetryDecision:
    if rule.tries is not None and failures >= rule.tries:
        return GiveUp(f"{failures} attempts failed" if failures > 1 else "trying again would not help")
    doubled = min(rule.most_s, rule.first_s * 2 ** min(max(0, failures - 1), 30))
    pause = doubled * (0.75 + dice / 2)
    return RetryIn(max(pause, min(retry_after_s or 0.0, RETRY_AFTER_MAX_S)))


def attempts_of(retry_attempts: int) -> int:
    """Return the number of attempts without new bytes that `downloads.retry_attempts` allows."""
    return retry_attempts or ATTEMPTS_WITHOUT_LIMIT


def has_attempts_left(failures: int, retry_attempts: int) -> bool:
    """Return True where another attempt may follow `failures` in a row without new bytes."""
    return failures < attempts_of(retry_attempts)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3), at most an hour; None without a valid header."""
    if not value:
        return None
    text = value.strip()
    if text.isdecimal():
        return min(float(text[:9]), RETRY_AFTER_MAX_S)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now) / timedelta(seconds=1), 0.0), RETRY_AFTER_MAX_S)
