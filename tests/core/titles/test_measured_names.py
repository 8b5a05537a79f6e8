"""Tables of names labelled by hand: how many of them are read rightly, at once or among their readings."""

from pathlib import Path

import pytest

from stalkeer.core.titles import parse_title, title_key

_DATA = Path(__file__).parent / "data"


def _rows(table):
    lines = (_DATA / table).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def _right_readings(row):
    """Whether each reading of a name is right, the likeliest first."""
    name, kind, title, year, season, episodes = row
    parsed = parse_title(name, kind or None)
    numbers = (int(season) if season else None, tuple(map(int, episodes.split(","))) if episodes else ())
    absolute = () if parsed.absolute is None else (parsed.absolute,)
    if (parsed.season, parsed.episodes or absolute) != numbers:
        return [False]
    key, said = title_key(title), int(year) if year else None
    return [reading.key == key and reading.year == said for reading in parsed.hypotheses] or [False]


@pytest.mark.parametrize(
    ("table", "least", "first_share", "any_share"),
    [("list-names.tsv", 650, 0.92, 0.96), ("release-names.tsv", 250, 0.94, 0.94)],
)
def test_names_of_every_kind_are_read_rightly(table, least, first_share, any_share):
    rows = _rows(table)
    readings = {row[0]: _right_readings(row) for row in rows}

    assert len(readings) >= least
    assert sum(right[0] for right in readings.values()) >= first_share * len(readings), [
        name for name, right in readings.items() if not right[0]
    ]
    assert sum(any(right) for right in readings.values()) >= any_share * len(readings), [
        name for name, right in readings.items() if not any(right)
    ]
