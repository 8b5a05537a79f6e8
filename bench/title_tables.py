"""Names with known answers, read beside guessit and PTT: `python -m bench title-tables TABLE`.

A line of the table: `film`, name, title, year; or `episode`, name, title, season, episode; tab-separated, `-` where the
name does not say. The first reading counts, and apart from it whether any reading is right.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.rows import Row, at_least
from stalkeer.core.titles import parse_title, title_key

NEEDS_ARGUMENTS = True


class Answer(NamedTuple):
    """What a parser says. `numbers`: the year of a film, season and episode of an episode."""

    titles: list[str]
    numbers: tuple[object, ...]


def run(*arguments: str) -> list[Row]:
    lines = Path(arguments[0]).read_text(encoding="utf-8").splitlines()
    table = [line.split("\t") for line in lines if line and not line.startswith("#")]
    rows: list[Row] = []
    firsts: dict[str, float] = {}
    for name, read in (("guessit", _guessit), ("PTT", _ptt), ("parse_title", _own)):
        first, found = _score(read, table)
        firsts[name] = first
        rows += [Row(f"{name}: first reading right", first), Row(f"{name}: any reading right", found)]
    return [*rows, at_least("parse_title: first reading right", firsts["parse_title"], round(firsts["guessit"], 3))]


def _score(read: Callable[[str, str], Answer], table: list[list[str]]) -> tuple[float, float]:
    first = found = 0
    for kind, name, title, *numbers in table:
        answer = read(kind, name)
        keys = [title_key(text) for text in answer.titles if text]
        agrees = all(told in ("-", str(said)) for told, said in zip(numbers, answer.numbers, strict=True))
        first += agrees and keys[:1] == [title_key(title)]
        found += agrees and title_key(title) in keys
    return first / len(table), found / len(table)


def _own(kind: str, name: str) -> Answer:
    parsed = parse_title(name, kind)
    episode = parsed.episodes[0] if parsed.episodes else parsed.absolute
    titles = [hypothesis.text for hypothesis in parsed.hypotheses]
    return Answer(titles, (parsed.year,) if kind == "film" else (parsed.season, episode))


def _guessit(kind: str, name: str) -> Answer:
    import guessit

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        said = guessit.guessit(name, {"type": "movie" if kind == "film" else "episode"})
    others = said.get("alternative_title") or []
    titles = [str(said.get("title") or ""), *([others] if isinstance(others, str) else others)]
    return Answer(titles, _numbers(kind, said.get("year"), said.get("season"), said.get("episode")))


def _ptt(kind: str, name: str) -> Answer:
    from PTT import parse_title as ptt

    said = ptt(name)
    return Answer([said["title"]], _numbers(kind, said.get("year"), said["seasons"], said["episodes"]))


def _numbers(kind: str, year: object, season: object, episode: object) -> tuple[object, ...]:
    if kind == "film":
        return (year,)
    return tuple((one[0] if one else None) if isinstance(one, list) else one for one in (season, episode))
