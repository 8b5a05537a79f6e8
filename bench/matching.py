"""Speed and memory of reading names and of matching, beside guessit and PTT in the same run.

Arguments: entries and wanted items of the large run (1000000 10000); CPU seconds of this process throughout.
"""

from __future__ import annotations

import gc
import multiprocessing
import random
import resource
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rapidfuzz import fuzz

from bench.rows import Row, at_least, at_most
from stalkeer.core.matching.lookup import Namesake
from stalkeer.core.matching.pairs import Matcher
from stalkeer.core.matching.works import EntryFacts, WantedItem, Work, read_names
from stalkeer.core.titles import PARSER_VERSION, TitleReader, parse_title, title_key
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.match import Matching, match_wanted
from stalkeer.settings.sections.jobs import MatchingSettings
from stalkeer.store.db.database import Database, open_database, sqlite_url
from stalkeer.store.db.tables import metadata

_STYLES = ("{t} ({y})", "FR - {t} - {y}", "|EN| {t} ({y})", "{t} - {y}", "{t}", "EN: {t} ({y}) [4K]")
_SHOW_STYLES = ("{t} S{s:02} E{e:02}", "FR - {t} S{s:02}E{e:02}", "|EN| {t} S{s:02} E{e:02}")
_SYLLABLES = [first + second for first in "bcdfglmnrstv" for second in "aeo"]


def run(*arguments: str) -> list[Row]:
    entries, wanted = (int(text) for text in (*arguments, "200000", "10000")[:2])
    rows = _reading()
    rows += _small_pure()
    with tempfile.TemporaryDirectory() as folder:
        rows += _large(Path(folder), entries, wanted)
    return rows


def _cpu(work: Callable[[], object]) -> float:
    gc.collect()  # what others left behind is not to be collected in the midst of a short measurement
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _titles(rng: random.Random, count: int) -> list[tuple[str, int]]:
    words = ["".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))) for _ in range(4000)]
    return [(" ".join(rng.choices(words, k=rng.randint(2, 4))).title(), rng.randint(1940, 2024)) for _ in range(count)]


def _reading() -> list[Row]:
    """Microseconds a name, against the two parsers that people use."""
    import guessit
    from PTT import parse_title as ptt

    rng = random.Random(1)
    names = [rng.choice(_STYLES).format(t=t, y=y) for t, y in _titles(rng, 1500)]
    names += [rng.choice(_SHOW_STYLES).format(t=t, s=1, e=n % 20 + 1) for n, (t, _) in enumerate(_titles(rng, 1500))]
    rng.shuffle(names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        guessed = _cpu(lambda: [guessit.guessit(name) for name in names[:100]]) / 100 * 1e6
        parsed = _cpu(lambda: [ptt(name) for name in names[:400]]) / 400 * 1e6
    kinds = [(name, "episode" if "E" in name[-4:] else "film") for name in names]  # as a playlist's addresses say
    own = _cpu(lambda: [parse_title(name, kind) for name, kind in kinds]) / len(names) * 1e6
    reader = TitleReader()
    listed = _cpu(lambda: [reader.read(name, kind) for name, kind in kinds]) / len(names) * 1e6
    return [
        Row("guessit", guessed, "us/name"),
        Row("PTT", parsed, "us/name"),
        Row("parse_title, every name for itself", own, "us/name"),
        Row("TitleReader, as a refresh reads a list", listed, "us/name"),
        at_least("parse_title, times guessit's speed", guessed / own, 300, "x"),
        at_least("TitleReader, times guessit's speed", guessed / listed, 300, "x"),
    ]


def _small_pure() -> list[Row]:
    """1,000 wanted films against 50,000 entries that are parsed already; and the usual way, on a hundredth of it."""
    rng = random.Random(2)
    titles = _titles(rng, 25_000)
    reader = TitleReader()
    facts = []
    for number in range(50_000):
        title, year = titles[number % len(titles)]
        name = rng.choice(_STYLES).format(t=title, y=year)
        facts.append(EntryFacts(number, name, "film", reader.read(name, "film")))
    works = [Work(f"movie:{n}", "movie", read_names([(t, "title")]), (y,)) for n, (t, y) in enumerate(titles[:1000])]
    items = [WantedItem(number, work) for number, work in enumerate(works)]

    def match() -> None:
        matcher = Matcher(items)
        for entry in facts:
            matcher.match(entry)

    names = [fact.title.hypotheses[0].text for fact in facts[:5_000]]
    usual = _cpu(lambda: [fuzz.token_sort_ratio(t, name) for t, _ in titles[:100] for name in names])
    return [
        at_most("1,000 wanted x 50,000 parsed entries", _cpu(match), 1.0, "CPU s"),
        Row("rapidfuzz token_sort of a hundredth of these pairs", usual, "CPU s"),
    ]


def _large(folder: Path, entries: int, wanted: int) -> list[Row]:
    url = sqlite_url(folder / "bench.db")
    # in a process of its own, so that its memory is not taken for matching's
    filling = multiprocessing.get_context("spawn").Process(target=_fill, args=(url, entries, wanted))
    filling.start()
    filling.join()
    database = open_database(url)
    rng = random.Random(5)
    titles = _titles(random.Random(4), entries // 5 + wanted)
    settings, clock = MatchingSettings(), lambda: datetime(2026, 1, 1, tzinfo=UTC)
    matching = Matching(database, settings, clock)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    full = _cpu(lambda: match_wanted(matching, QuietRun()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    scale = entries * wanted / 1e10
    _settle(matching)
    again = _cpu(lambda: match_wanted(matching, QuietRun()))
    _add_entries(database, rng, titles, entries, entries // 100)
    refresh = _cpu(lambda: match_wanted(matching, QuietRun()))
    _settle(matching)
    _add_wanted(database, entries + 1, *titles[0])
    one = _cpu(lambda: match_wanted(matching, QuietRun()))
    database.close()
    return [
        at_most(f"{wanted:,} wanted x {entries:,} entries, all", full, 15 * max(scale, 0.2), "CPU s"),
        at_most("  its memory at most", peak / 1024, 350, "MB"),
        Row("  of which before it began", before / 1024, "MB"),
        Row("nothing new", again, "CPU s"),
        at_most(f"{entries // 100:,} new entries", refresh, 0.2, "CPU s"),
        at_most("one new wanted item", one, 0.03, "CPU s"),
    ]


def _settle(matching: Matching) -> None:
    """Answer as Radarr does within some runs: an item whose namesakes are not known is matched again in each run."""
    while match_wanted(replace(matching, lookup=_Nobody()), QuietRun()).unasked:
        pass
    match_wanted(matching, QuietRun())  # the first run after new answers reads the library anew


class _Nobody:
    """A catalogue in which nobody else bears any title."""

    def search(self, kind: str, term: str) -> tuple[Namesake, ...]:
        return ()


def _fill(url: str, entries: int, wanted: int) -> None:
    database = open_database(url)
    metadata.create_all(database.engine)
    rng = random.Random(3)
    titles = _titles(random.Random(4), entries // 5 + wanted)
    now = "2026-01-01 00:00:00"
    with database.begin() as connection:
        run = connection.exec_driver_sql
        run(
            "INSERT INTO sources (id, slug, kind, origin, enabled, priority, credentials, options, generation,"
            f" failures, created_at) VALUES (1, 'tv', 'm3u', 'config', 1, 0, '{{}}', '{{}}', 1, 0, '{now}')"
        )
        run(
            "INSERT INTO instances (id, slug, kind, origin, enabled, is_default, url, api_key, options, failures,"
            f" api_calls, created_at) VALUES (1, 'radarr', 'radarr', 'config', 1, 1, 'x', 'x', '{{}}', 0, 0, '{now}')"
        )
        chosen = rng.sample(titles, wanted)
        run(
            "INSERT INTO library (id, instance_id, kind, arr_id, title, year, tmdb_id, monitored, has_file, synced_at)"
            " VALUES (?, 1, 'movie', ?, ?, ?, ?, 1, 0, ?)",
            [(n, n, title, year, n, now) for n, (title, year) in enumerate(chosen, 1)],
        )
        run(
            "INSERT INTO library_titles (library_id, title, key, origin) VALUES (?, ?, ?, 'title')",
            [(n, title, title_key(title)) for n, (title, _) in enumerate(chosen, 1)],
        )
        run(
            "INSERT INTO wanted (instance_id, library_id, kind, arr_id, reason, title, monitored, available,"
            " fingerprint, first_seen) VALUES (1, ?, 'movie', ?, 'missing', ?, 1, 1, ?, ?)",
            [(n, n, title, str(n), now) for n, (title, _) in enumerate(chosen, 1)],
        )
    _add_entries(database, rng, titles, 0, entries)
    database.close()


def _add_wanted(database: Database, number: int, title: str, year: int) -> None:
    now = "2026-01-02 00:00:00"
    with database.begin() as connection:
        run = connection.exec_driver_sql
        run(
            "INSERT INTO library (id, instance_id, kind, arr_id, title, year, tmdb_id, monitored, has_file, synced_at)"
            " VALUES (?, 1, 'movie', ?, ?, ?, ?, 1, 0, ?)",
            (number, number, title, year, number, now),
        )
        run(
            "INSERT INTO wanted (instance_id, library_id, kind, arr_id, reason, title, monitored, available,"
            " fingerprint, first_seen) VALUES (1, ?, 'movie', ?, 'missing', ?, 1, 1, 'new', ?)",
            (number, number, title, now),
        )


def _add_entries(database: Database, rng: random.Random, titles: list[tuple[str, int]], start: int, count: int) -> None:
    """As a refresh leaves them: a new generation, titles with their keys, entries."""
    reader = TitleReader()
    with database.begin() as connection:
        generation = connection.exec_driver_sql("SELECT generation FROM sources").scalar_one() + 1
        known = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT text, id FROM titles")}
        new_titles: list[tuple[object, ...]] = []
        new_keys: dict[tuple[str, int], tuple[object, ...]] = {}
        rows: list[tuple[object, ...]] = []
        for number in range(start, start + count):
            title, year = titles[rng.randrange(len(titles))]
            name = rng.choice(_STYLES).format(t=title, y=year)
            parsed = reader.read(name, "film")
            title_id = known.get(parsed.series_name)
            if title_id is None:
                title_id = known[parsed.series_name] = len(known) + 1
                new_titles.append((title_id, "film", parsed.series_name, PARSER_VERSION, generation))
                for hypothesis in parsed.hypotheses:
                    key = hypothesis.key
                    new_keys[key, title_id] = (key, title_id, hypothesis.penalty, key[::-1])
            rows.append(
                (1, f"movie:{number}", title_id, "film", name, "{base}/x", parsed.year, 0, generation, "2026-01-01")
            )
        run = connection.exec_driver_sql
        if new_titles:
            run("INSERT INTO titles (id, kind, text, parser_version, added_gen) VALUES (?, ?, ?, ?, ?)", new_titles)
            run("INSERT INTO title_keys (key, title_id, penalty, mirror) VALUES (?, ?, ?, ?)", list(new_keys.values()))
        run(
            "INSERT INTO entries (source_id, key, title_id, kind, name, url, year, protected, added_gen, first_seen)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        run("UPDATE sources SET generation = ?", (generation,))
