"""Name the items of a movie or series that an instance searches for, as part of the subject of a scan.

`+` stands for a movie, `+s3` for a season, `+s3e5` for an episode, `+d2024-05-02` for a day, `+a120` for an absolute
number.
"""

from __future__ import annotations

import re

from stalkeer.core.downloads.search_terms import ItemNumbers

MARK = "+"
_TEXT = re.compile(
    r"(?:s(?P<season>\d{1,5})(?:e(?P<episode>\d{1,5}))?|d(?P<day>\d{4}-\d\d-\d\d)|a(?P<absolute>\d{1,5}))?", re.ASCII
)


def searched_text(numbers: ItemNumbers) -> str:
    """Return the text for these numbers, without the mark; empty where there are none."""
    if numbers.air_date is not None:
        return f"d{numbers.air_date}"
    if numbers.absolute is not None:
        return f"a{numbers.absolute}"
    if numbers.season is None:
        return ""
    return f"s{numbers.season}" + ("" if numbers.episode is None else f"e{numbers.episode}")


def read_searched(text: str) -> ItemNumbers | None:
    """Return the numbers of such a text; None for any other text."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    season, episode, absolute = (
        None if found[name] is None else int(found[name]) for name in ("season", "episode", "absolute")
    )
    return ItemNumbers(season=season, episode=episode, air_date=found["day"], absolute=absolute)
