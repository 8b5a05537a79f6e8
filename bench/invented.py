"""Make playlists with known truth out of invented titles: what matching is measured on that nobody could tune to.

The titles are random words; the traps are not: sequels, remakes of the same year, article-only differences, plurals,
numbers and tag words as titles, US/UK shows, extras, and styles of writing that no real list at hand has.
"""

# ruff: noqa: E501, SIM905 - word lists and styles read best as lines

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

_ADJECTIVES = """silent crimson broken golden hidden last frozen bitter savage gentle hollow electric distant sacred lonely
burning velvet quiet ancient restless crooked painted borrowed empty tender""".split()
_NOUNS = """river harbour witness orchard lantern empire stranger garden mirror engine winter anthem falcon promise
carnival shadow letter kingdom station island hunter daughter machine bridge festival""".split()
_PLACES = """Marseille Osaka Bergamo Tromso Valparaiso Antioch Lisbon Kerala Dakota Riga""".split()
_PLAIN = """Us It Her Max Coda Top 1917 2012 300 24 1984 Ma IT Up Home Alone Raw Cam Web""".split()
_ACCENTS = str.maketrans("aeiou", "äéíöü")

MOVIE_STYLES = (
    "{t} ({y})", "{t} - {y}", "FR - {t} - {y}", "|EN| {t} ({y})", "EN: {t} ({y}) [4K]", "4K-XYZ - {t} ({y}) (US)",
    "[{y}] {t}", "{y} - {t}", "{t} {y} MULTI 1080p", "{d}.{y}.1080p.WEB-DL.x264-GRP", "NF | {t} ({y})", "⭐ {t} ({y}) ⭐",
    "{u} ({y}) VOSTFR", "DE ✪ {t} ({y})", "{t} ({y}) [IMDB 7.1]", "{t} ({y}) (Director's Cut)", "HD : {t} ({y})",
    "▎UK▎ {t} ({y}) FHD", "{t} | {y}", "{t} [{y}] [DUAL]", "EN-{t} ({y})", "VOD - EN - {t} ({y})", "{a} ({y})", "{o}_({y})",
    "AR-SUBS {t} ({y})", "{t} ({y}) 2160p HDR10+ DV", "IT-TOP - {t} ({y})", "(EN) {t} ({y})", "{t}  ( {y} )", "{t} ({y}) Lektor PL",
)  # fmt: skip
YEARLESS_STYLES = ("{t}", "FR - {t}", "|DE| {t} 4K", "EN: {t}", "{d}.1080p", "{t} [MULTI SUB]")
SHOW_STYLES = (
    "{t} S{s:02}E{e:02}", "FR - {t} S{s:02} E{e:02}", "|EN| {t} {s}x{e:02}", "{t} - S{s}E{e} - The Beginning", "{t} Season {s} Episode {e}",
    "{d}.S{s:02}E{e:02}.720p.HDTV", "4K-QRS - {t} (US) - S{s:02}E{e:02}", "DE: {t} Staffel {s} Folge {e}", "{t} T{s} E{e:02}",
    "{t} (S{s:02}E{e:02})", "{t} - {s}. Sezon {e}. Bölüm 1080p", "{t} | S{s} - Episode {e:02}", "{u} s{s:02}e{e:02} MULTI", "{t} Saison {s} Ép. {e}",
    "PL | {t} S{s:02} Odc {e}", "{a} S{s:02} E{e:02}", "{t} Temporada {s} Capítulo {e}", "{t} Stagione {s} Episodio {e}", "{t} الموسم {s} الحلقة {e}",
)  # fmt: skip
EXTRAS = (
    "{t} ({y}) - Making of",
    "{t} ({y}) Trailer",
    "{t} ({y}) [Behind the Scenes]",
    "{t} 2 ({y})",
    "The {t} Story ({y})",
)


@dataclass
class Corpus:
    """A playlist in memory. `truth`: name of an entry -> the item it is, None for a stranger."""

    wanted: dict[str, object] = field(default_factory=lambda: {"movies": [], "episodes": []})
    lookup: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    entries: list[tuple[str, str, str | None, bool]] = field(default_factory=list)  # url, name, item, undecidable


def make_corpus(seed: int, films: int = 300, shows: int = 120) -> Corpus:
    """Films and shows with every kind of namesake and neighbour, each listed in several styles."""
    rng = random.Random(seed)
    corpus = Corpus()
    for number, (title, year, rivals) in enumerate(_works(rng, films)):
        _add_movie(corpus, rng, number, title, year, rivals)
    for number, (title, year, rivals) in enumerate(_works(rng, shows)):
        _add_show(corpus, rng, number, title, year, rivals)
    rng.shuffle(corpus.entries)
    return corpus


def _works(rng: random.Random, count: int) -> Iterator[tuple[str, int, list[tuple[str, int]]]]:
    seen: set[str] = set()
    while len(seen) < count:
        title = rng.choice(_PLAIN) if rng.random() < 0.05 else _title(rng)
        if title.lower() in seen:
            continue
        seen.add(title.lower())
        year = rng.randint(1935, 2024)
        yield title, year, list(_rivals(rng, title, year))


def _title(rng: random.Random) -> str:
    adjective, noun = rng.choice(_ADJECTIVES).title(), rng.choice(_NOUNS).title()
    place, number = rng.choice(_PLACES), rng.randint(2, 9)
    return rng.choice(
        (f"The {adjective} {noun}", f"{adjective} {noun}", f"{noun} of {place}", f"{noun} & {rng.choice(_NOUNS).title()}",
         f"{noun}: {adjective} {place}", f"{adjective} {noun} {number}", f"{place}'s {noun}", f"A {noun} in {place}",
         f"{noun.translate(_ACCENTS)} {place}", f"{adjective}-{noun}", f"{number * 11} {noun}s", f"{noun} III")
    )  # fmt: skip


def _rivals(rng: random.Random, title: str, year: int) -> Iterator[tuple[str, int]]:
    """Other works that a careless matcher takes for this one."""
    roll = rng.random()
    if roll < 0.15:
        yield title, year + rng.choice((-30, -12, 15))
    elif roll < 0.25:
        yield (title[4:] if title.startswith("The ") else f"The {title}"), year + rng.choice((0, 5))
    elif roll < 0.35:
        yield f"{title} 2", year + 2
    elif roll < 0.40:
        yield f"{title}s", year
    elif roll < 0.45:
        yield f"{title}: {rng.choice(_NOUNS).title()}", year + 1


def _written(style: str, title: str, **numbers: int) -> str:
    last = f"{title[4:]}, The" if title.startswith("The ") else title
    scene = title.replace(" ", ".").replace(":", "").replace("&", "and")
    forms = {"t": title, "u": title.upper(), "a": last, "d": scene, "o": title.replace(" ", "_")}
    return style.format(**forms, **numbers)


def _add_movie(
    corpus: Corpus, rng: random.Random, number: int, title: str, year: int, rivals: list[tuple[str, int]]
) -> None:
    label = f"movie:{number}"
    corpus.wanted["movies"].append({"id": number, "title": title, "year": year, "alternateTitles": []})  # type: ignore[attr-defined]
    if rivals:
        corpus.lookup[label] = [{"title": other, "year": when, "alternateTitles": []} for other, when in rivals]
    is_shared = any(other == title for other, _ in rivals)
    for style in rng.sample(MOVIE_STYLES, 4):
        _list(corpus, "movie", _written(style, title, y=year), label, undecidable=False)
    _list(corpus, "movie", _written(rng.choice(YEARLESS_STYLES), title), label, undecidable=is_shared)
    for other, when in rivals:
        _list(corpus, "movie", _written(rng.choice(MOVIE_STYLES), other, y=when), None, undecidable=False)
    if rng.random() < 0.3:
        _list(corpus, "movie", _written(rng.choice(EXTRAS), title, y=year), None, undecidable=False)


def _add_show(
    corpus: Corpus, rng: random.Random, number: int, title: str, year: int, rivals: list[tuple[str, int]]
) -> None:
    series = {"id": number, "title": title, "year": year, "alternateTitles": []}
    is_shared = any(other == title for other, _ in rivals)
    for index, (season, episode) in enumerate(((1, 1), (1, 2), (2, 14))):
        item = number * 10 + index
        label = f"episode:{item}"
        record = {"id": item, "seasonNumber": season, "episodeNumber": episode, "series": series}
        corpus.wanted["episodes"].append(record)  # type: ignore[attr-defined]
        if rivals:
            corpus.lookup[label] = [{"title": other, "year": when, "alternateTitles": []} for other, when in rivals]
        for style in rng.sample(SHOW_STYLES, 3):
            name = _written(style, title, s=season, e=episode)
            _list(corpus, "series", name, label, undecidable=is_shared)
        for other, _ in rivals:
            if other != title:
                name = _written(rng.choice(SHOW_STYLES), other, s=season, e=episode)
                _list(corpus, "series", name, None, undecidable=False)


def _list(corpus: Corpus, section: str, name: str, label: str | None, *, undecidable: bool) -> None:
    url = f"http://provider.example/{section}/user/pass/{len(corpus.entries)}.mkv"
    corpus.entries.append((url, name, label, undecidable))
