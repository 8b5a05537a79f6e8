"""Format sizes, speeds and durations for people. Units are decimal, as disks and providers count."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

NOTHING = "–"


def size(count: int | float | None) -> str:
    """Format bytes: `1.4 GB`, `812 MB`, `–` where unknown."""
    if count is None:
        return NOTHING
    value = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(value) < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit in ("B", "kB") or abs(value) >= 100 else f"{value:.1f} {unit}"


def rate(bytes_per_s: float | None) -> str:
    return NOTHING if not bytes_per_s else f"{size(bytes_per_s)}/s"


def duration(seconds: float | None) -> str:
    """Format seconds by the two largest units: `2 h 5 min`, `48 s`, `3 d 4 h`."""
    if seconds is None:
        return NOTHING
    left = max(0, round(seconds))
    parts = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


def number(count: int | None) -> str:
    """Group the thousands: `1,234,567`."""
    return NOTHING if count is None else f"{count:,}"


def plural(count: int, singular: str, plural_form: str = "") -> str:
    """Format a count with its noun: `1 movie`, `1,200 movies`."""
    return f"{count:,} {singular if count == 1 else plural_form or singular + 's'}"


def percent(part: float | None, whole: float | None) -> float | None:
    return None if not whole or part is None else min(100.0, 100.0 * part / whole)


def percent_text(share: float | None) -> str:
    """Format percent: `44.3 %`. Only 100 is shown whole, so that 99.97 never reads as done."""
    if share is None:
        return ""
    return "100 %" if share >= 100 else f"{min(share, 99.9):.1f} %"


def eta(total: int | None, offset: int, bytes_per_s: float | None) -> str:
    if not bytes_per_s or total is None:
        return ""
    return duration((total - offset) / bytes_per_s)


def left_text(count: int, unknown: int, bytes_per_s: float | None) -> str:
    """Format what the queue still needs: `24.1 GB left, about 48 min`, `24.1 GB left and 2 of unknown size`."""
    if not count and not unknown:
        return ""
    text = f"{size(count)} left"
    if unknown:
        text += f" and {unknown:,} of unknown size"
    return f"{text}, about {duration(count / bytes_per_s)}" if count and bytes_per_s else text


def episode_code(season: int | None, episode: int | None) -> str:
    if season is None or episode is None:
        return ""
    return f"S{season:02d}E{episode:02d}"


def iso(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def plain_time(at: datetime | None) -> str:
    """Format a time in UTC, until the browser shows it in the local time zone."""
    return NOTHING if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def initials(title: str) -> str:
    words = [word for word in title.split() if word[:1].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def hue(title: str) -> int:
    """Choose one of eight colours for a missing poster. The same title always gets the same colour."""
    return sum(title.encode()) % 8


def done_text(offset: int, total: int | None) -> str:
    """Format progress: `1.2 GB of 4.1 GB`, or only the received bytes where the total is unknown."""
    if total is None:
        return size(offset) if offset else ""
    return f"{size(offset)} of {size(total)}"


def run_share(progress: Mapping[str, object] | None) -> float | None:
    """Return the progress of a run in percent, or None where it is unknown."""
    done, total = (progress or {}).get("done"), (progress or {}).get("total")
    return percent(done, total) if isinstance(done, int) and isinstance(total, int) else None
