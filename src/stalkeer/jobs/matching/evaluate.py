"""Match a playlist file with a wanted list, without a database or Radarr, to try a playlist or to measure matching."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from stalkeer.adapters.playlists.m3u import Chunks
from stalkeer.adapters.playlists.m3u_entry import EntryReader
from stalkeer.core.catalogue.access import PLACEHOLDER, Templates
from stalkeer.core.matching.decide import Thresholds
from stalkeer.core.matching.pairs import Matcher, Pair
from stalkeer.core.matching.works import EntryFacts, WantedItem, Work, read_names
from stalkeer.core.titles import TitleReader
from stalkeer.core.titles.habits import Habits, learn_habits
from stalkeer.errors import InvalidInput
from stalkeer.model import Decision

_ABSENT = 0


@dataclass(frozen=True)
class Evaluation:
    """Hold the counts of an evaluation. `confirmed` and `offered` count wanted items."""

    entries: int
    wanted: int
    pairs: int
    confirmed: int
    offered: int
    reasons: tuple[tuple[Decision, str, int], ...] = ()  # counts of all compared pairs, the most common first

    def to_document(self) -> dict[str, object]:
        return {
            "entries": self.entries,
            "wanted": self.wanted,
            "pairs": self.pairs,
            "confirmed": self.confirmed,
            "offered": self.offered,
            "reasons": [
                {"decision": decision.value, "reason": reason, "pairs": count}
                for decision, reason, count in self.reasons
            ],
        }


@dataclass
class _WantedList:
    """Hold a wanted list as read: items, their names in the output, and namesakes."""

    items: list[WantedItem] = field(default_factory=list)
    labels: dict[int, str] = field(default_factory=dict)
    rivals: list[Work] = field(default_factory=list)


@dataclass(frozen=True)
class EvaluationFiles:
    """Name the files to read and to write, each plain or gzipped by its name.

    Without `lookup`, no namesakes are known.
    """

    playlist: Path
    wanted: Path
    output: Path
    lookup: Path | None = None


def evaluate(files: EvaluationFiles, thresholds: Thresholds) -> Evaluation:
    """Write a line for every proposed pair, the best pair of an item first."""
    wanted = _read_wanted(files.wanted, files.lookup)
    habits = {"": _habits_of(files.playlist)}
    matcher = Matcher(wanted.items, wanted.rivals, thresholds, habits=habits)
    reader = TitleReader()
    pairs: dict[int, list[tuple[Pair, str]]] = defaultdict(list)
    reasons: Counter[tuple[Decision, str]] = Counter()
    count = 0
    with _open_bytes(files.playlist) as stream:
        for facts, url in _entries(stream, reader):
            count += 1
            for pair in matcher.consider(facts):
                reasons[pair.decision, _kind_of_reason(pair.reason)] += 1
                if pair.decision is not Decision.NOTHING:
                    pairs[pair.wanted.id].append((pair, url))
    with _open_text(files.output) as output:
        for own in pairs.values():
            for pair, url in sorted(own, key=lambda found: -found[0].score):
                output.write(json.dumps(_line(pair, url, wanted.labels), ensure_ascii=False) + "\n")
    confirmed = sum(any(p.decision is Decision.CONFIRM for p, _ in own) for own in pairs.values())
    summary = tuple((decision, reason, number) for (decision, reason), number in reasons.most_common())
    return Evaluation(count, len(wanted.items), sum(map(len, pairs.values())), confirmed, len(pairs), summary)


_PARTICULARS = re.compile(r"'[^']*'|\"[^\"]*\"|S\d+E\d+|\d[\d/]*(?:\.\d+)?")
_RIVAL = re.compile(r"^.* (?=fits (?:better|as well)$)")


def _kind_of_reason(reason: str) -> str:
    """Return a reason without the titles and numbers of its pair, so that equal reasons are counted together."""
    return _PARTICULARS.sub("*", _RIVAL.sub("another work ", reason))


def _line(pair: Pair, url: str, labels: Mapping[int, str]) -> dict[str, object]:
    return {
        "wanted": labels[pair.wanted.id],
        "url": url,
        "name": pair.entry.name,
        "score": pair.score,
        "decision": pair.decision.value,
        "reasons": [*(finding.text for finding in pair.evidence), pair.reason],
    }


def _habits_of(playlist: Path) -> Habits:
    """Learn the habits of a list, as its refresh does."""
    with _open_bytes(playlist) as stream:
        chunks = Chunks(stream)
        templates = Templates()
        templates.learn(chunks.sample)
        entries = EntryReader(templates)
        read = (entry for chunk in chunks for entry in entries.read(chunk)[0])
        return learn_habits(entry.name for entry in read if entry.kind != "live")


def _entries(stream: BinaryIO, reader: TitleReader) -> Iterator[tuple[EntryFacts, str]]:
    chunks = Chunks(stream)
    templates = Templates()
    templates.learn(chunks.sample)
    values = templates.learned.named()
    entries = EntryReader(templates)
    number = 0
    for chunk in chunks:
        for entry in entries.read(chunk)[0]:
            number += 1
            if entry.kind == "live":
                continue
            title = reader.read(entry.name, entry.kind if entry.kind != "other" else None, entry.group)
            logo = entry.logo.partition("?")[0].rpartition("/")[2] or None
            facts = EntryFacts(number, entry.name, entry.kind, title, entry.year, entry.tmdb_id, logo, entry.duration_s)
            yield facts, PLACEHOLDER.sub(lambda found: values.get(found[1] + found[2], found[0]), entry.url)


# --- the wanted list, in the shapes of Radarr and Sonarr ---------------------------------------------------------


def _read_wanted(path: Path, lookup: Path | None) -> _WantedList:
    document = _read_json(path)
    if not isinstance(document, Mapping):
        raise InvalidInput(f"{path} is no wanted list: expected an object with `movies` and `episodes`")
    wanted = _WantedList()
    for movie in document.get("movies") or ():
        work = _work("movie", f"movie:{movie['id']}", movie, is_asked=lookup is not None)
        _add(wanted, f"movie:{movie['id']}", WantedItem(len(wanted.items), work))
    works: dict[int, Work] = {}
    for episode in document.get("episodes") or ():
        series = episode["series"]
        if series["id"] not in works:
            works[series["id"]] = _work("series", f"series:{series['id']}", series, is_asked=lookup is not None)
        _add(wanted, f"episode:{episode['id']}", _episode(len(wanted.items), works[series["id"]], episode))
    if lookup is not None:
        wanted.rivals = _read_namesakes(_read_json(lookup), wanted)
    return wanted


def _add(wanted: _WantedList, label: str, item: WantedItem) -> None:
    wanted.items.append(item)
    wanted.labels[item.id] = label


def _work(kind: str, identity: str, shown: Mapping[str, Any], *, is_asked: bool) -> Work:
    titles = [(str(shown["title"]), "title"), (str(shown.get("originalTitle") or ""), "original")]
    titles += [(str(other["title"]), "alternate") for other in shown.get("alternateTitles") or () if other.get("title")]
    years = (shown.get("year") or _ABSENT, shown.get("secondaryYear") or _ABSENT)
    return Work(
        identity=identity,
        kind=kind,
        names=read_names(titles),
        years=tuple(year for year in years if year),
        tmdb_id=shown.get("tmdbId") or None,
        imdb_id=shown.get("imdbId") or None,
        poster=_poster(shown.get("images") or ()),
        runtime_min=shown.get("runtime") or None,
        series_type=shown.get("seriesType"),
        namesakes_known=is_asked,
    )


def _poster(images: Sequence[Mapping[str, Any]]) -> str | None:
    urls = (str(image.get("remoteUrl") or "") for image in images if image.get("coverType") == "poster")
    return next((url.rpartition("/")[2] for url in urls if url), None)


def _episode(number: int, work: Work, shown: Mapping[str, Any]) -> WantedItem:
    return WantedItem(
        id=number,
        work=work,
        season=shown.get("seasonNumber"),
        episode=shown.get("episodeNumber"),
        absolute=shown.get("absoluteEpisodeNumber"),
        scene_season=shown.get("sceneSeasonNumber"),
        scene_episode=shown.get("sceneEpisodeNumber"),
        scene_absolute=shown.get("sceneAbsoluteEpisodeNumber"),
        air_date=shown.get("airDate"),
        runtime_min=shown.get("runtime") or None,
    )


def _read_namesakes(document: Mapping[str, Any], wanted: _WantedList) -> list[Work]:
    """Read the namesakes.

    They have no ids, so a namesake with the title and year of another wanted work counts as that work.
    """
    items = {label: wanted.items[number] for number, label in wanted.labels.items()}
    bearers: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for item in wanted.items:
        for year in item.work.years or (_ABSENT,):
            bearers[item.work.kind, item.work.names[0].base, year].add(item.work.identity)
    rivals: dict[str, Work] = {}
    for label, shown in ((label, other) for label, others in document.items() for other in others):
        if label not in items or not shown.get("title"):
            continue
        item = items[label]
        work = _work(item.work.kind, "", shown, is_asked=True)
        place = (work.kind, work.names[0].base, shown.get("year") or _ABSENT)
        if not bearers.get(place, set()) - {item.work.identity}:
            identity = "namesake:{}:{}:{}".format(*place)
            rivals.setdefault(identity, Work(identity, work.kind, work.names, work.years, is_namesake_only=True))
    return list(rivals.values())


def _read_json(path: Path) -> Any:  # noqa: ANN401 - the border: picked apart right here
    try:
        with _open_bytes(path) as stream:
            return json.load(stream)
    except ValueError as error:
        raise InvalidInput(f"{path} is no JSON: {error}") from error


def _open_bytes(path: Path) -> BinaryIO:
    try:
        return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error


def _open_text(path: Path) -> io.TextIOBase:
    try:
        return gzip.open(path, "wt", encoding="utf-8") if path.suffix == ".gz" else path.open("w", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from error
