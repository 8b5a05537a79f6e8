"""Films, series and the one question that tests of matching ask."""

from stalkeer.core.matching.pairs import Matcher
from stalkeer.core.matching.works import EntryFacts, WantedItem, Work, read_names
from stalkeer.core.titles import parse_title
from stalkeer.model import Decision

CONFIRM, REVIEW, NOTHING = Decision.CONFIRM, Decision.REVIEW, Decision.NOTHING


def film(title, year, *alternates, number=1, known=True, **more):
    names = read_names([(title, "title"), *((other, "alternate") for other in alternates)])
    return Work(
        f"movie:{title}:{year}:{number}", "movie", names, (year,) if year else (), namesakes_known=known, **more
    )


def series(title, year=None, *alternates, known=True, **more):
    names = read_names([(title, "title"), *((other, "alternate") for other in alternates)])
    years = (year,) if year else ()
    return Work(f"series:{title}:{year}", "series", names, years, namesakes_known=known, **more)


def decide(wanted, name, *rivals, kind=None, **facts):
    """The decision on one wanted film, or on S01E01 of a series, for one entry."""
    item = wanted if isinstance(wanted, WantedItem) else as_item(wanted)
    kind = kind or ("film" if item.work.kind == "movie" else "episode")
    entry = EntryFacts(1, name, kind, parse_title(name, kind), **facts)
    pairs = list(Matcher([item], rivals).consider(entry))
    return pairs[0].decision if pairs else NOTHING


def as_item(work, **numbers):
    if work.kind == "movie":
        return WantedItem(1, work)
    return WantedItem(1, work, **({"season": 1, "episode": 1} | numbers))
