"""Parse sizes, durations and cron times as users write them. Each error lists the accepted forms."""

from __future__ import annotations

import re
from datetime import time, timedelta

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?(?:/s|ps)?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)", re.IGNORECASE)
TIME_OF_DAY = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
LARGEST_SIZE = 2**63 - 1  # the limit of a database column
LONGEST_DURATION = 100 * 366 * 86400.0  # a date that far from now is still valid
NEVER = frozenset({"", "off", "never", "none"})


def parse_size(value: object) -> int:
    """Parse bytes: `10MB` is 10,000,000, `10MiB` is 10,485,760, a bare number is bytes; a rate may end in `/s`."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return int(_up_to(LARGEST_SIZE, value))
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("is not a size; accepted: 500KB, 10MB, 2GiB, a number of bytes, or 0 for unlimited")
    base = 1024 if found[3] else 1000
    return int(_up_to(LARGEST_SIZE, float(found[1]) * base ** _POWERS[found[2].lower()]))


def parse_duration(value: object) -> float:
    """Parse seconds: `60s`, `1h30m`, `500ms`, `7d`; a bare number is seconds."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(_up_to(LONGEST_DURATION, value))
    text = value.strip() if isinstance(value, str) else "x"
    if text.isdigit():
        return float(_up_to(LONGEST_DURATION, float(text)))
    parts = _DURATION_PART.findall(text)
    if not parts or _DURATION_PART.sub("", text).strip():
        raise ValueError("is not a duration; accepted: 60s, 30m, 1h30m, 7d, a number of seconds, or 0 for unlimited")
    return float(_up_to(LONGEST_DURATION, sum(float(number) * _SECONDS[unit.lower()] for number, unit in parts)))


def _up_to(most: float, value: float) -> float:
    if value > most:
        raise ValueError(f"is too large; accepted: up to {most:.0f}")
    return value


def parse_time_of_day(value: object) -> object:
    """Parse `22:00` in the machine's time zone. Refuses numbers of seconds and times with another zone."""
    if isinstance(value, time) and value.tzinfo is None:
        return value
    if not isinstance(value, str) or re.fullmatch(TIME_OF_DAY, value) is None:
        raise ValueError("is not a time of day; accepted: 07:00, 22:30")
    return value


def parse_cron(value: object) -> str:
    """Parse a cron line of five fields, in the machine's time zone. Empty or `off` means never."""
    if value is None or value is False:
        return ""
    text = " ".join(value.split()) if isinstance(value, str) else "?"
    if text.lower() in NEVER:
        return ""
    if not is_cron(text):
        raise ValueError('is not a cron line; accepted: five fields such as "0 */6 * * *", or off')
    return text


def is_cron(text: str) -> bool:
    """Tell whether a text is a cron line of five fields."""
    from croniter import croniter  # takes 30 ms, which most commands do not need

    return len(text.split(" ")) == 5 and croniter.is_valid(text)


def show_size(size: int) -> str:
    """Write `10MB` for 10,000,000: the shortest text with the same value."""
    for letter, power in (("T", 4), ("G", 3), ("M", 2), ("K", 1)):
        if size and size % 1000**power == 0:
            return f"{size // 1000**power}{letter}B"
    return str(size)


def show_duration(seconds: float) -> str:
    """Write `30m` for 1800: the shortest text with the same value."""
    for unit in ("w", "d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0 and (unit != "w" or seconds > _SECONDS["w"]):
            return f"{int(seconds // _SECONDS[unit])}{unit}"
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s" if seconds else "0"
