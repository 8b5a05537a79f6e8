"""What a row of the catalogue says of an entry: the account's own words, and what its name says."""

from __future__ import annotations

import json
from typing import NamedTuple

from stalkeer.model import Entry, EntryKind
from stalkeer.store.catalogue import Content, NewTitle
from stalkeer.titles import ParsedTitle, TitleReader

FILM, EPISODE, OTHER = EntryKind.FILM.value, EntryKind.EPISODE.value, EntryKind.OTHER.value
_TITLED = (FILM, EPISODE, OTHER, EntryKind.SERIES.value)


class Draft(NamedTuple):
    """A row that lacks its title's id, which stands first in `content`."""

    key: str
    title: NewTitle | None
    content: Content  # without title_id


class RowMaker:
    """Makes rows; remembers what repeats: qualities, languages, the keys of a series."""

    def __init__(self) -> None:
        self._reader = TitleReader()
        self._qualities: dict[tuple[object, ...], str | None] = {}
        self._languages: dict[tuple[object, ...], str | None] = {}
        self._titles: dict[tuple[str, str], NewTitle] = {}
        self._last: tuple[object, NewTitle] | None = None

    def draft(self, entry: Entry) -> Draft:
        """The row of an entry, read from its name where its kind has a title."""
        if entry.kind not in _TITLED:
            return Draft(entry.key, None, _untitled(entry))
        parsed = self._reader.read(entry.name, None if entry.kind == OTHER else entry.kind, entry.group)
        kind, reason = entry.kind, entry.reason
        if kind in (FILM, OTHER) and parsed.season is not None and parsed.episodes and not _is_certain(entry):
            kind, reason = EPISODE, "name"
        title = self._title(FILM if kind == OTHER else kind, parsed)
        return Draft(entry.key, title, self._content(entry, parsed, kind, reason))

    def _title(self, kind: str, parsed: ParsedTitle) -> NewTitle | None:
        if not parsed.hypotheses:
            return None
        if self._last is not None and self._last[0] is parsed.hypotheses and self._last[1].kind == kind:
            return self._last[1]
        keys = tuple((hypothesis.key, hypothesis.penalty) for hypothesis in parsed.hypotheses)
        title = NewTitle(kind, parsed.series_name or parsed.hypotheses[0].text, keys)
        self._last = (parsed.hypotheses, title)
        return title

    def _content(self, entry: Entry, parsed: ParsedTitle, kind: str, reason: str) -> Content:
        episodes = parsed.episodes
        season = entry.season if entry.season is not None else parsed.season
        episode = entry.episode if entry.episode is not None else episodes[0] if episodes else parsed.absolute
        return (
            kind,
            reason,
            entry.name,
            entry.url,
            entry.group or None,
            entry.logo or None,
            entry.year or parsed.year,
            season,
            episode,
            episodes[-1] if len(episodes) > 1 and entry.episode is None else None,
            parsed.air_date,
            self._quality(parsed),
            parsed.resolution,
            self._spoken(parsed),
            parsed.country,
            entry.duration_s,
            entry.tmdb_id,
            entry.headers or None,
            int(entry.protected),
            entry.added,
        )

    def _quality(self, parsed: ParsedTitle) -> str | None:
        known = (parsed.source, parsed.codec, parsed.hdr, parsed.edition, parsed.dubbed, parsed.is_junk)
        if known not in self._qualities:
            names = ("source", "codec", "hdr", "edition", "dubbed", "junk")
            said = {name: value for name, value in zip(names, known, strict=True) if value}
            self._qualities[known] = json.dumps(said) if said else None
        return self._qualities[known]

    def _spoken(self, parsed: ParsedTitle) -> str | None:
        known = (parsed.languages, parsed.subtitles)
        if known not in self._languages:
            codes = [*parsed.languages, *(f"sub:{code}" for code in parsed.subtitles)]
            self._languages[known] = ",".join(codes) or None
        return self._languages[known]


def _is_certain(entry: Entry) -> bool:
    """A panel's own word on what an entry is stands above its name."""
    return entry.reason == "account" or entry.key.partition(":")[0] == "movie"


def _untitled(entry: Entry) -> Content:
    return (
        entry.kind,
        entry.reason,
        entry.name,
        entry.url,
        entry.group or None,
        entry.logo or None,
        entry.year,
        entry.season,
        entry.episode,
        *(None,) * 6,
        entry.duration_s,
        entry.tmdb_id,
        entry.headers or None,
        int(entry.protected),
        entry.added,
    )
