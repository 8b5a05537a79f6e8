"""What speaks for and against an entry being a work: named, weighed, and explained in words."""

from __future__ import annotations

import re
from typing import NamedTuple

from stalkeer.core.matching.compare import Agreement, ends_in_x, is_same_sound_only
from stalkeer.core.matching.explained import EXPLAINED, Remainder
from stalkeer.core.matching.index import Hit
from stalkeer.core.matching.works import EntryFacts
from stalkeer.core.titles.vocabulary import COUNTRIES


class Evidence(NamedTuple):
    """One finding. `weight` is what it adds to the score; `text` says it to people."""

    name: str
    weight: float
    text: str


class Fit(NamedTuple):
    """How well an entry fits one work, without a look at other works. `barriers` forbid to confirm it on its own."""

    hit: Hit
    score: float
    evidence: tuple[Evidence, ...]
    barriers: tuple[str, ...] = ()
    has_year: bool = False  # a year agrees exactly
    is_a_year_off: bool = False
    says_year: bool = False  # agreeing or not
    has_id: bool = False
    has_country: bool = False
    strange_country: str | None = None  # a barrier too, unless the others of its title are of other countries
    is_of_other_country: bool = False
    is_whole: bool = True  # every part of the name is explained
    impossible: str | None = None  # why it cannot be this work at all

    @property
    def is_settled(self) -> bool:
        """Whether more than the title speaks for it."""
        return self.has_year or self.has_id or self.has_country


_TITLE_WEIGHT = {Agreement.NONE: 0.72, Agreement.SAME: 0.90, Agreement.ARTICLE: 0.88, Agreement.SLIP: 0.87}
_SLIP_COST = 0.04
_NAME_COST = {"title": 0.0, "original": 0.0, "alternate": 0.005, "tmdb": 0.01}
_EXACT_YEAR = 0.1
_NAMED_COUNTRY = 0.06
_ORIGIN = 0.03
_RUNTIME_TOLERANCE = 0.08
_RUNTIME_CONTRADICTION = 0.30


_NO_IDS: tuple[list[Evidence], str | None] = ([], None)
_NOTHING_SAID: tuple[Evidence | None, str | None, str | None] = (None, None, None)


def weigh(hit: Hit, entry: EntryFacts, left: Remainder = EXPLAINED) -> Fit:
    """All evidence on one hit, and what it leaves of the name. The runtime of an episode is its own affair and is not
    weighed here."""
    title, (year, year_barrier, year_impossible) = _title(hit), _year(hit, entry)
    writing = _writing_barrier(hit)
    if _says_no_more(entry):
        is_whole = left is EXPLAINED and writing is None and hit.agreement is Agreement.SAME
        if year is not None and year.weight >= _EXACT_YEAR and is_whole:
            # most entries of most lists: a title, its year, and nothing else
            return Fit(hit, title.weight + year.weight, (title, year), has_year=True)
        ids, id_impossible = _NO_IDS
        country, country_barrier, country_impossible = _NOTHING_SAID
        runtime, runtime_barrier = None, None
    else:
        ids, id_impossible = _ids(hit, entry)
        country, country_barrier, country_impossible = _country(hit, entry)
        runtime, runtime_barrier = _runtime(hit, entry)
    has_id = any(finding.weight > 0 for finding in ids)
    has_year = year is not None and year.weight >= _EXACT_YEAR
    barriers: list[str | None] = [left.barrier, writing]
    if not (has_id or has_year):
        barriers += [_title_barrier(hit), _silent_barrier(hit, entry)]
    if hit.agreement is Agreement.NONE and not (year is not None and year.weight > 0):
        barriers.append("neither title nor year agrees with what its id says")
    if hit.agreement is Agreement.ARTICLE and not has_id and _has_article(hit):
        barriers.append("it has another article, and so may be another title")
    if hit.slips is not None and not hit.slips.is_plain and not has_id:
        barriers.append("the title differs in a way that may make it another one")
    barriers += [year_barrier, runtime_barrier]
    if has_id and year_impossible is not None:
        barriers.append(f"its id agrees but {year_impossible}")
        year_impossible = None
    evidence = tuple([finding for finding in (title, *ids, year, country, runtime) if finding is not None])
    return Fit(
        hit,
        sum([finding.weight for finding in evidence]),
        evidence,
        tuple([barrier for barrier in barriers if barrier is not None]),
        has_year=has_year,
        is_a_year_off=year is not None and 0 < year.weight < _EXACT_YEAR,
        says_year=(hit.hypothesis.year or entry.year) is not None,
        has_id=has_id,
        has_country=country is not None and country.weight >= _NAMED_COUNTRY,
        strange_country=None if has_id or has_year else country_barrier,
        is_of_other_country=country_impossible is not None,
        is_whole=left.barrier is None,
        impossible=id_impossible or left.impossible or year_impossible or country_impossible,
    )


def _says_no_more(entry: EntryFacts) -> bool:
    """Whether the entry says neither id, nor country, nor how long it runs."""
    return not (entry.tmdb_id or entry.poster or entry.duration_s or entry.title.country)


def _has_article(hit: Hit) -> bool:
    """Whether both the name and the title have an article: `The Orchard` for `An Orchard`."""
    return hit.name.key != hit.name.base and hit.hypothesis.key != hit.name.base


def _title_barrier(hit: Hit) -> str | None:
    """Why the title is not enough where neither year nor id agree."""
    if hit.agreement is Agreement.SLIP:
        return "the title differs by a letter and no year or id settles it"
    if hit.agreement is Agreement.ARTICLE:
        return "the title differs by its article and no year or id settles it"
    return None


def _writing_barrier(hit: Hit) -> str | None:
    """Why titles of one key may yet be two."""
    text, other = hit.hypothesis.text, hit.name.text
    if hit.agreement is Agreement.NONE or (text.isascii() and other.isascii() and text[-1:] == other[-1:]):
        return None
    if is_same_sound_only(text, other):
        return "its title sounds alike but is written with other characters"
    says_ten = any(name.key == hit.name.key and not ends_in_x(name.text) for name in hit.work.names)
    if ends_in_x(other) and not ends_in_x(text) and not says_ten:
        return "an X at the end of a title may be a letter or the number ten"
    return None


def _silent_barrier(hit: Hit, entry: EntryFacts) -> str | None:
    """A title that says its country does so because another show bears it too."""
    own = hit.work.names[0]
    if own.country is None or entry.title.country is not None or hit.name.base != own.base:
        return None
    return f"{own.text!r} is told apart by its country, which the name does not say"


_HOW = {
    Agreement.NONE: "is not",
    Agreement.SAME: "is",
    Agreement.ARTICLE: "is, but for the article,",
    Agreement.SLIP: "differs by a letter from",
}


def _title(hit: Hit) -> Evidence:
    weight = _TITLE_WEIGHT[hit.agreement] - hit.hypothesis.penalty - _NAME_COST.get(hit.name.origin, 0.01)
    slips = hit.slips.letters if hit.slips is not None else 0
    if slips:
        weight -= _SLIP_COST * (slips - 1)
    how = _HOW[hit.agreement] if not slips else f"differs by {slips} letter{'s' if slips > 1 else ''} from"
    kind = "" if hit.name.origin == "title" else f" ({hit.name.origin} title)"
    return Evidence("title", round(weight, 4), f"the name {hit.hypothesis.text!r} {how} {hit.name.text!r}{kind}")


def _year(hit: Hit, entry: EntryFacts) -> tuple[Evidence | None, str | None, str | None]:
    """(finding, barrier, why it is impossible)."""
    said = hit.hypothesis.year or entry.year
    if said is None:
        return None, None, None
    years = (hit.name.year, *hit.work.years) if hit.name.year else hit.work.years
    if said in years:
        return Evidence("year", _EXACT_YEAR, f"the year {said} agrees"), None, None
    if not years:
        return None, f"the name says {said}, and no year of it is known", None
    gap = min(abs(said - year) for year in years)
    shown = "/".join(str(year) for year in dict.fromkeys(years))
    if gap == 1:
        return Evidence("year", 0.03, f"the year {said} is one off {shown}"), None, None
    if hit.work.kind == "series" and said > min(years) and hit.name.year is None:
        # providers also write the year of a season
        return Evidence("year", -0.05, f"the year {said} is not {shown}"), f"the year {said} is not {shown}", None
    return None, None, f"the year {said} is not {shown}"


# 4K-NF - Title (US) - S01E01: lists of this style mark where each show comes from, not which one of several it is
_MARKS_ORIGIN = re.compile(r"[A-Z0-9+]{2,8}(?:-[A-Z0-9+]{2,8})* - .+ \([A-Z]{2}\) - S\d")


def _country(hit: Hit, entry: EntryFacts) -> tuple[Evidence | None, str | None, str | None]:
    """(finding, barrier, why it is impossible). Shows of one title are told apart by country; films by their year."""
    said, work = entry.title.country, hit.work
    if said is None:
        return None, None, None
    named = {name.country for name in work.names if name.country is not None}
    if said in named:
        return Evidence("country", _NAMED_COUNTRY, f"the country {said} agrees"), None, None
    if COUNTRIES.get(hit.hypothesis.text.rpartition(" ")[2].lower()) == said:
        return Evidence("country", _NAMED_COUNTRY, f"its title says the country {said} itself"), None, None
    if named:
        return None, None, f"the country {said} is not {'/'.join(sorted(named))}"
    if said in work.countries:
        return Evidence("country", _ORIGIN, f"it comes from {said}"), None, None
    if work.countries:
        return None, f"the country {said} is not {'/'.join(work.countries)}, where it comes from", None
    if work.kind == "movie" and (hit.hypothesis.year or entry.year):
        return None, None, None
    if work.namesakes_known and _MARKS_ORIGIN.match(entry.name):
        return None, None, None
    return None, f"none of its titles says the country {said}", None


def _ids(hit: Hit, entry: EntryFacts) -> tuple[list[Evidence], str | None]:
    found: list[Evidence] = []
    work = hit.work
    if entry.tmdb_id and work.tmdb_id:
        if entry.tmdb_id != work.tmdb_id:
            return [], f"the account says TMDB {entry.tmdb_id}, this is {work.tmdb_id}"
        found.append(Evidence("tmdb", 0.14, f"the account says TMDB {entry.tmdb_id}"))
    if entry.poster and work.poster and entry.poster == work.poster:
        found.append(Evidence("poster", 0.13, "its picture is the work's poster"))
    return found, None


def _runtime(hit: Hit, entry: EntryFacts) -> tuple[Evidence | None, str | None]:
    if not entry.duration_s or not hit.work.runtime_min or hit.work.kind != "movie":
        return None, None
    minutes, known = entry.duration_s / 60, hit.work.runtime_min
    gap = abs(minutes - known) / known
    if gap <= _RUNTIME_TOLERANCE:
        return Evidence("runtime", 0.03, f"it runs {minutes:.0f} minutes, as the film does"), None
    if gap >= _RUNTIME_CONTRADICTION:
        said = f"it runs {minutes:.0f} minutes, the film {known}"
        return Evidence("runtime", -0.1, said), said
    return None, None
