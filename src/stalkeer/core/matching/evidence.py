"""Collect the evidence for and against an entry being a work: named, weighed, and explained in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from stalkeer.core.matching import weights
from stalkeer.core.matching.compare import Agreement, ends_in_x, is_same_sound_only
from stalkeer.core.matching.explained import EXPLAINED, Remainder
from stalkeer.core.matching.index import Hit
from stalkeer.core.matching.works import EntryFacts
from stalkeer.core.titles.normalise import has_initials
from stalkeer.core.titles.scripts import are_of_two_scripts
from stalkeer.core.titles.vocabulary import COUNTRIES


class Evidence(NamedTuple):
    """Record a finding. `weight` is added to the score; `text` explains it to users."""

    name: str
    weight: float
    text: str


class Fit(NamedTuple):
    """Hold how well an entry fits a work, regardless of other works. `barriers` forbid to confirm it automatically."""

    hit: Hit
    score: float
    evidence: tuple[Evidence, ...]
    barriers: tuple[str, ...] = ()
    has_year: bool = False  # a year agrees exactly
    is_a_year_off: bool = False
    says_year: bool = False  # agreeing or not
    has_id: bool = False
    has_country: bool = False
    strange_country: str | None = None  # also a barrier, unless the other works of this title come from other countries
    is_of_other_country: bool = False
    is_whole: bool = True  # every part of the name is explained
    impossible: str | None = None  # the reason why it cannot be this work at all

    @property
    def is_settled(self) -> bool:
        """Return True where more than the title supports the work."""
        return self.has_year or self.has_id or self.has_country


_RUNTIME_TOLERANCE = 0.08
_RUNTIME_CONTRADICTION = 0.30


class Opinion(NamedTuple):
    """Hold the answer of a rule: evidence, a reason not to confirm, or a reason why the entry cannot be the work."""

    evidence: Evidence | None = None
    barrier: str | None = None
    impossible: str | None = None


SILENT = Opinion()


def weigh(hit: Hit, entry: EntryFacts, left: Remainder = EXPLAINED) -> Fit:
    """Apply every rule to a hit. `left` are the parts of the name outside the match.

    The runtime of an episode is weighed with its item.
    """
    title, year = weigh_title(hit), weigh_year(hit, entry)
    writing = writing_barrier(hit)
    has_year = year.evidence is not None and year.evidence.weight >= weights.SAME_YEAR
    if _says_no_more(entry):
        if has_year and year.evidence is not None and left is EXPLAINED and writing is None and _is_exact(hit):
            # most entries have a title, its year, and nothing else
            return Fit(hit, title.weight + year.evidence.weight, (title, year.evidence), has_year=True)
        ids, country, runtime = _NO_IDS, SILENT, SILENT
    else:
        ids, country, runtime = weigh_ids(hit, entry), weigh_country(hit, entry), weigh_runtime(hit, entry)
    has_id = bool(ids.evidence)
    proof = _Proof(has_id, has_year, is_near=year.evidence is not None and year.evidence.weight > 0)
    barriers = (left.barrier, writing, *_barriers_of_title(hit, entry, proof), year.barrier, runtime.barrier)
    impossible_year = year.impossible
    if has_id and impossible_year is not None:
        barriers = (*barriers, f"its id agrees but {impossible_year}")
        impossible_year = None
    own = (title, *ids.evidence, year.evidence, country.evidence, runtime.evidence)
    evidence = tuple([finding for finding in own if finding is not None])
    return Fit(
        hit,
        sum([finding.weight for finding in evidence]),
        evidence,
        tuple([barrier for barrier in barriers if barrier is not None]),
        has_year=has_year,
        is_a_year_off=proof.is_near and not has_year,
        says_year=(hit.hypothesis.year or entry.year) is not None,
        has_id=has_id,
        has_country=country.evidence is not None and country.evidence.weight >= weights.SAME_COUNTRY,
        strange_country=None if has_id or has_year else country.barrier,
        is_of_other_country=country.impossible is not None,
        is_whole=left.barrier is None,
        impossible=ids.impossible or left.impossible or impossible_year or country.impossible,
    )


def _is_exact(hit: Hit) -> bool:
    return hit.agreement is Agreement.SAME


class _Proof(NamedTuple):
    """Hold the proof besides the title: an id or a year that agrees, or a year that is near."""

    has_id: bool
    has_year: bool
    is_near: bool


class _Ids(NamedTuple):
    """Hold the ids that agree, or the reason why they cannot belong to the work."""

    evidence: tuple[Evidence, ...] = ()
    impossible: str | None = None


_NO_IDS = _Ids()


def _says_no_more(entry: EntryFacts) -> bool:
    """Return whether the entry states neither an id, nor a country, nor a runtime."""
    return not (entry.tmdb_id or entry.imdb_id or entry.poster or entry.duration_s or entry.title.country)


# --- rules of the title ------------------------------------------------------------------------------------------


def _barriers_of_title(hit: Hit, entry: EntryFacts, proof: _Proof) -> Iterator[str | None]:
    if not (proof.has_id or proof.has_year):
        yield inexact_barrier(hit)
        yield transliterated_barrier(hit)
        yield unsaid_country_barrier(hit, entry)
    if not proof.is_near:
        yield unnamed_barrier(hit)
    if not proof.has_id:
        yield article_barrier(hit)
        yield slip_barrier(hit)


def transliterated_barrier(hit: Hit) -> str | None:
    """Return a barrier for a title in another script where neither year nor id agree."""
    if hit.agreement is Agreement.NONE or not are_of_two_scripts(hit.hypothesis.text, hit.name.text):
        return None
    return f"its title is {hit.name.text!r} only in the letters of another script"


def unnamed_barrier(hit: Hit) -> str | None:
    """Return a barrier for a match that only an id supports."""
    return "neither title nor year agrees with what its id says" if hit.agreement is Agreement.NONE else None


def article_barrier(hit: Hit) -> str | None:
    """Return a barrier for different articles (`The Orchard`, `An Orchard`) and for initials: `LA Orchard`."""
    is_other = hit.agreement is Agreement.ARTICLE and (_has_article(hit) or has_initials(hit.hypothesis.text))
    return "it has another article, and so may be another title" if is_other else None


def slip_barrier(hit: Hit) -> str | None:
    """Return a barrier for a difference of letters that makes another common title."""
    is_doubtful = hit.slips is not None and not hit.slips.is_plain
    return "the title differs in a way that may make it another one" if is_doubtful else None


def _has_article(hit: Hit) -> bool:
    """Return whether both the name and the title have an article."""
    return hit.name.key != hit.name.base and hit.hypothesis.key != hit.name.base


def inexact_barrier(hit: Hit) -> str | None:
    """Return a barrier for a title that is not exactly the work's where neither year nor id agree."""
    if hit.agreement is Agreement.SLIP:
        return "the title differs by a letter and no year or id settles it"
    if hit.agreement is Agreement.ARTICLE:
        return "the title differs by its article and no year or id settles it"
    return None


def writing_barrier(hit: Hit) -> str | None:
    """Return a barrier for titles with the same key but different spellings, which may be two titles."""
    text, other = hit.hypothesis.text, hit.name.text
    if hit.agreement is Agreement.NONE or (text.isascii() and other.isascii() and text[-1:] == other[-1:]):
        return None
    if is_same_sound_only(text, other):
        return "its title sounds alike but is written with other characters"
    says_ten = any(name.key == hit.name.key and not ends_in_x(name.text) for name in hit.work.names)
    if ends_in_x(other) and not ends_in_x(text) and not says_ten:
        return "an X at the end of a title may be a letter or the number ten"
    return None


def unsaid_country_barrier(hit: Hit, entry: EntryFacts) -> str | None:
    """Return a barrier for a name without the country of the title: another show has the same title."""
    own = hit.work.names[0]
    if own.country is None or entry.title.country is not None or hit.name.base != own.base:
        return None
    return f"{own.text!r} differs from others only by its country, which the name does not have"


_HOW = {
    Agreement.NONE: "is not",
    Agreement.SAME: "is",
    Agreement.ARTICLE: "is, but for the article,",
    Agreement.SLIP: "differs by a letter from",
}


def weigh_title(hit: Hit) -> Evidence:
    weight = (
        weights.TITLE[hit.agreement] - hit.hypothesis.penalty + weights.NAME.get(hit.name.origin, weights.OTHER_NAME)
    )
    slips = hit.slips.letters if hit.slips is not None else 0
    if slips:
        weight += weights.MORE_SLIPS * (slips - 1)
    how = _HOW[hit.agreement] if not slips else f"differs by {slips} letter{'s' if slips > 1 else ''} from"
    kind = "" if hit.name.origin == "title" else f" ({hit.name.origin} title)"
    return Evidence("title", round(weight, 4), f"the name {hit.hypothesis.text!r} {how} {hit.name.text!r}{kind}")


# --- rules of year, country, ids and runtime ---------------------------------------------------------------------


def weigh_year(hit: Hit, entry: EntryFacts) -> Opinion:
    """Compare the year of the name or the account with that of the work."""
    said = hit.hypothesis.year or entry.year
    if said is None:
        return SILENT
    years = (hit.name.year, *hit.work.years) if hit.name.year else hit.work.years
    if said in years:
        return Opinion(Evidence("year", weights.SAME_YEAR, f"the year {said} agrees"))
    if not years:
        return Opinion(barrier=f"the name says {said}, and no year of it is known")
    shown = "/".join(str(year) for year in dict.fromkeys(years))
    if min(abs(said - year) for year in years) == 1:
        return Opinion(Evidence("year", weights.YEAR_ONE_OFF, f"the year {said} is one off {shown}"))
    difference = f"the year {said} is not {shown}"
    if hit.work.kind == "series" and said > min(years) and hit.name.year is None:
        # providers also write the year of a season
        return Opinion(Evidence("year", weights.YEAR_OF_SEASON, difference), difference)
    return Opinion(impossible=difference)


# 4K-NF - Title (US) - S01E01: such lists mark the origin of every show, not which of several shows it is
_MARKS_ORIGIN = re.compile(r"[A-Z0-9+]{2,8}(?:-[A-Z0-9+]{2,8})* - .+ \([A-Z]{2}\)(?: [\[(][^\])]*[\])])* - S\d")


def weigh_country(hit: Hit, entry: EntryFacts) -> Opinion:
    """Compare the countries. Shows of the same title differ by country, films by year."""
    said, work = entry.title.country, hit.work
    if said is None:
        return SILENT
    named = {name.country for name in work.names if name.country is not None}
    if said in named:
        return Opinion(Evidence("country", weights.SAME_COUNTRY, f"the country {said} agrees"))
    if COUNTRIES.get(hit.hypothesis.text.rpartition(" ")[2].lower()) == said:
        return Opinion(Evidence("country", weights.SAME_COUNTRY, f"its title says the country {said} itself"))
    if named:
        return Opinion(impossible=f"the country {said} is not {'/'.join(sorted(named))}")
    if said in work.countries:
        return Opinion(Evidence("country", weights.COUNTRY_OF_ORIGIN, f"it comes from {said}"))
    if work.countries:
        return Opinion(barrier=f"the country {said} is not {'/'.join(work.countries)}, where it comes from")
    is_dated_movie = work.kind == "movie" and (hit.hypothesis.year or entry.year) is not None
    if is_dated_movie or (work.namesakes_known and _MARKS_ORIGIN.match(entry.name)):
        return SILENT
    return Opinion(barrier=f"none of its titles says the country {said}")


def weigh_ids(hit: Hit, entry: EntryFacts) -> _Ids:
    """Compare the ids from the account or the name, and the picture."""
    found: list[Evidence] = []
    work = hit.work
    if entry.tmdb_id and work.tmdb_id:
        if entry.tmdb_id != work.tmdb_id:
            return _Ids(impossible=f"the account says TMDB {entry.tmdb_id}, this is {work.tmdb_id}")
        found.append(Evidence("tmdb", weights.SAME_TMDB_ID, f"the account says TMDB {entry.tmdb_id}"))
    if entry.imdb_id and work.imdb_id and work.kind == "movie":
        if entry.imdb_id != work.imdb_id:
            return _Ids(impossible=f"the name says IMDb {entry.imdb_id}, this is {work.imdb_id}")
        found.append(Evidence("imdb", weights.SAME_IMDB_ID, f"the name says IMDb {entry.imdb_id}"))
    if entry.poster and work.poster and entry.poster == work.poster:
        found.append(Evidence("poster", weights.SAME_POSTER, "its picture is the work's poster"))
    return _Ids(tuple(found))


def weigh_runtime(hit: Hit, entry: EntryFacts) -> Opinion:
    """Compare the runtime of a film."""
    if not entry.duration_s or not hit.work.runtime_min or hit.work.kind != "movie":
        return SILENT
    minutes, known = entry.duration_s / 60, hit.work.runtime_min
    gap = abs(minutes - known) / known
    if gap <= _RUNTIME_TOLERANCE:
        return Opinion(Evidence("runtime", weights.SAME_RUNTIME, f"it runs {minutes:.0f} minutes, as the movie does"))
    if gap >= _RUNTIME_CONTRADICTION:
        said = f"it runs {minutes:.0f} minutes, the movie {known}"
        return Opinion(Evidence("runtime", weights.OTHER_RUNTIME, said), said)
    return SILENT
