"""Tables of names: what is in a name that no title explains, and what looks so and belongs to it."""

from collections import Counter
from pathlib import Path

import pytest

from stalkeer.core.matching.pairs import Matcher
from stalkeer.core.matching.works import EntryFacts, WantedItem
from stalkeer.core.titles import parse_title
from tests.core.matching.cases import CONFIRM, NOTHING, film, series

_DATA = Path(__file__).parent / "data"
_TABLES = pytest.mark.parametrize(
    ("table", "least"),
    [("every-part.tsv", 150), ("every-part-2.tsv", 350), ("every-part-3.tsv", 300), ("every-part-4.tsv", 300)],
)


def _wanted(text):
    title, year, alternates, rest = (text + "|||").split("|")[:4]
    others = [other for other in alternates.split(";") if other]
    if rest.startswith("S"):
        season, episode = rest[1:].split("E")
        return WantedItem(1, series(title, int(year), *others), season=int(season), episode=int(episode))
    return WantedItem(1, film(title, int(year), *others, tmdb_id=int(rest[1:]) if rest else None))


def _rows(table):
    lines = (_DATA / table).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def _decision(wanted, name):
    item = _wanted(wanted)
    kind = "film" if item.work.kind == "movie" else "episode"
    entry = EntryFacts(1, name, kind, parse_title(name, kind))
    pairs = [pair.decision for pair in Matcher([item]).consider(entry)]
    return CONFIRM if CONFIRM in pairs else pairs[0] if pairs else NOTHING


@_TABLES
def test_a_name_with_a_part_that_nobody_explains_is_not_confirmed(table, least):
    rows = [row for row in _rows(table) if row[0] == "not"]
    wrong = [f"{wanted} <- {name}" for _, _, wanted, name in rows if _decision(wanted, name) is CONFIRM]

    assert len(rows) >= least
    assert len(wrong) <= len(rows) // 100, wrong


@_TABLES
def test_a_name_of_which_every_part_is_explained_is_confirmed(table, least):
    rows = [row for row in _rows(table) if row[0] == "is"]
    found = {name: _decision(wanted, name) for _, _, wanted, name in rows}
    figures = Counter(found.values())

    assert len(rows) >= least
    assert figures[CONFIRM] >= 0.93 * len(found), [name for name, decision in found.items() if decision is not CONFIRM]
    assert figures[NOTHING] <= 0.03 * len(found), [name for name, decision in found.items() if decision is NOTHING]
