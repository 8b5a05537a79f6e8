"""Compare the duration of an entry with the runtime of the episodes in its name."""

from __future__ import annotations

from stalkeer.core.matching import weights
from stalkeer.core.matching.evidence import Evidence
from stalkeer.core.matching.works import EntryFacts, WantedItem

_AGREES_FROM = 0.65  # catalogues have the length of the television slot: 60 for 42 minutes without advertisements
_AGREES_TO = 1.10
_TOO_SHORT = 0.45
_TOO_LONG = 1.7
_TOO_LONG_FOR_THE_SERIES = 2.3  # first and last episodes are often double episodes, unlike the runtime of the series


def weigh_episode_runtime(item: WantedItem, entry: EntryFacts) -> tuple[Evidence | None, str | None]:
    """Return (evidence, barrier) for the duration of the entry. Runtimes of several episodes are added up."""
    known = item.runtime_min or item.work.runtime_min
    if not entry.duration_s or not known:
        return None, None
    expected = known * max(1, len(entry.title.episodes))
    minutes = entry.duration_s / 60
    share = minutes / expected
    longest = _TOO_LONG if item.runtime_min else _TOO_LONG_FOR_THE_SERIES
    if _AGREES_FROM <= share <= _AGREES_TO:
        return Evidence("runtime", weights.SAME_RUNTIME, f"it runs {minutes:.0f} minutes, as the episode does"), None
    if share < _TOO_SHORT or share > longest:
        said = f"it runs {minutes:.0f} minutes, the episode {expected}"
        return Evidence("runtime", weights.OTHER_RUNTIME, said), said
    return None, None
