"""Make catalogue rows from entries, by the account's own fields and the entries' names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from stalkeer.core.catalogue.content import Content, NewTitle, blanks
from stalkeer.core.titles import READINGS_SIGN, AlikeReader, ParsedTitle, Reading, TitleReader, title_key
from stalkeer.core.titles.ids import tmdb_id_in
from stalkeer.model import Entry, EntryKind

MOVIE, EPISODE, OTHER = EntryKind.MOVIE.value, EntryKind.EPISODE.value, EntryKind.OTHER.value
_TITLED = frozenset((MOVIE, EPISODE, OTHER, EntryKind.SERIES.value))
_OF_TOLD_KIND = _TITLED - {OTHER}
_MAYBE_EPISODES = (MOVIE, OTHER)
_new = tuple.__new__
_TAGS = ParsedTitle._fields.index("source")  # the fields from here on repeat in many names
_DETAILS = Entry._fields.index("logo") + 1
_REASON = Entry._fields.index("reason")
_NO_DETAILS = Entry("", "", "", "")[_DETAILS:_REASON]
_NOTHING = (None,) * 4  # episode_end, air_date, quality, country
_UNTITLED = ("", "", "", "", "")  # year, season, episode, resolution, languages


_ALONE = (Reading("", "", 0.0),)


class Draft(NamedTuple):
    """Hold a row without its title's id, which will be the first value of `content`."""

    key: str
    title: NewTitle | None
    content: Content  # without title_id


class _Shared(NamedTuple):
    """Hold the values that rows share when their names differ only in the title, or only in season and episode."""

    title: NewTitle | None
    kind: str  # kind of their titles
    readings: tuple[Reading, ...]  # of each title; empty when the title is certain
    year: int | str
    season: int | str
    tail: tuple[int | str, ...]  # the content from the resolution on


class RowMaker:
    """Make rows. Cache repeated values: qualities, languages, the keys of a series."""

    def __init__(self) -> None:
        reader = TitleReader()
        self._read = reader.read
        self._read_alike = AlikeReader(reader, self._share, _series_of).read
        self._tags: dict[tuple[object, ...], tuple[str | None, str | None]] = {}
        self._hypotheses: object = None
        self._title: NewTitle | None = None

    def drafts(self, entries: Sequence[Entry]) -> list[Draft]:
        """Make the rows of entries as `draft` does, much faster when names are alike."""
        kinds = [entry[1] for entry in entries]
        names = [entry[2] if entry[1] in _OF_TOLD_KIND else "" for entry in entries]
        drafts: list[Draft] = []
        for entry, alike in zip(entries, self._read_alike(names, kinds), strict=True):
            key, kind, name, url, group, logo, _, _, _, _, _, _, _, reason, protected = entry
            if protected or entry[_DETAILS:_REASON] != _NO_DETAILS or "tmdb" in name or "TMDB" in name:
                drafts.append(self.draft(entry))
                continue
            if alike is not None:
                shared, text, key_of_title, year_of_own, season, episode = alike
                title, title_kind, readings, year, season_of_all, tail = shared
                if text:
                    if year_of_own is not None:
                        year = year_of_own
                    if readings:
                        title = _doubtful(title_kind, text, readings)
                    else:
                        title = _new(NewTitle, (title_kind, text, ((key_of_title, 0.0),)))
                    content = (kind, reason, name, url, group, logo, year, season_of_all, "") + tail
                elif kind == MOVIE:  # an episode by its name
                    drafts.append(self.draft(entry))
                    continue
                else:
                    content = (kind, reason, name, url, group, logo, year, season, episode) + tail
                drafts.append(_new(Draft, (key, title, content)))
            elif kind in _TITLED:
                drafts.append(self.draft(entry))
            else:
                title = _new(NewTitle, (kind, name, ()))  # without keys: for the search, not for matching
                drafts.append(_new(Draft, (key, title, (kind, reason, name, url, group, logo, *_UNTITLED))))
        return drafts

    def draft(self, entry: Entry) -> Draft:
        """Make the row of an entry, from its name when its kind has a title."""
        # by position and in a single function: for hundreds of thousands of rows, names and calls would take half the
        # time
        (
            key, kind, name, url, group, logo, duration_s, tmdb_id, headers,
            season, episode, year, added, reason, protected,
        ) = entry  # fmt: skip
        if kind not in _TITLED:
            further = (*_NOTHING, duration_s, tmdb_id, headers, protected, added)
            untitled = (kind, reason, name, url, group, logo, year, season, episode, None, None)
            return _new(Draft, (key, _new(NewTitle, (kind, name, ())), _content(untitled, further)))
        parsed = self._read(name, None if kind == OTHER else kind, group)
        if kind in _MAYBE_EPISODES and parsed.season is not None and parsed.episodes and not _is_certain(entry):
            kind, reason = EPISODE, "name"
        hypotheses = parsed.hypotheses
        title = self._title
        if hypotheses is not self._hypotheses or title is None or title.kind != kind:
            title = self._remember_title(MOVIE if kind == OTHER else kind, parsed)
        tags = parsed[_TAGS:]
        quality, languages = self._tags.get(tags) or self._remember_tags(tags, parsed)
        last = None
        if episode is None:
            episodes = parsed.episodes
            if not episodes:
                episode = parsed.absolute
            else:
                episode = episodes[0]
                last = episodes[-1] if len(episodes) > 1 else None
        said = (
            kind, reason, name, url, group, logo, year or parsed.year,
            parsed.season if season is None else season, episode, parsed.resolution, languages,
        )  # fmt: skip
        if tmdb_id is None and kind in _MAYBE_EPISODES:
            tmdb_id = tmdb_id_in(name)
        rest = (last, parsed.air_date, quality, parsed.country, duration_s, tmdb_id, headers, protected, added)
        return _new(Draft, (key, title, _content(said, rest)))

    def _share(self, parsed: ParsedTitle, kind: str, readings: tuple[Reading, ...]) -> _Shared:
        tags = parsed[_TAGS:]
        quality, languages = self._tags.get(tags) or self._remember_tags(tags, parsed)
        further = (None, None, quality, parsed.country, None, None, None, False, None)
        year, season = blanks((parsed.year, parsed.season))
        tail = _content((parsed.resolution, languages), further)
        readings = () if readings == _ALONE else readings
        return _Shared(_title_of(parsed, kind), kind, readings, year, season, tail)

    def _remember_title(self, kind: str, parsed: ParsedTitle) -> NewTitle | None:
        self._hypotheses, self._title = parsed.hypotheses, _title_of(parsed, kind)
        return self._title

    def _remember_tags(self, tags: tuple[object, ...], parsed: ParsedTitle) -> tuple[str | None, str | None]:
        """Return the quality of a name, as JSON, and its languages."""
        said = {
            "source": parsed.source,
            "codec": parsed.codec,
            "hdr": parsed.hdr,
            "edition": parsed.edition,
            "dubbed": parsed.dubbed,
            "junk": parsed.is_junk,
        }
        known = {name: value for name, value in said.items() if value}
        codes = [*parsed.languages, *(f"sub:{code}" for code in parsed.subtitles)]
        self._tags[tags] = (json.dumps(known) if known else None, ",".join(codes) or None)
        return self._tags[tags]


def _content(usual: tuple[object, ...], further: tuple[object, ...]) -> Content:
    return blanks(usual + further if any(further) else usual)


def _series_of(shared: _Shared, title: str, key: str, year: int | None) -> _Shared:
    """Return the shared values of a series whose title is part of a common frame of names."""
    kind, readings = shared.kind, shared.readings
    own = _doubtful(kind, title, readings) if readings else NewTitle(kind, title, ((key, 0.0),))
    return shared._replace(title=own, year=shared.year if year is None else year)


def _doubtful(kind: str, title: str, readings: tuple[Reading, ...]) -> NewTitle:
    texts = [f"{before}{title}{after}" for before, after, _ in readings]
    keys = [(title_key(text), reading[2]) for text, reading in zip(texts, readings, strict=True)]
    return _new(NewTitle, (kind, READINGS_SIGN.join(texts), tuple(keys)))


def _title_of(parsed: ParsedTitle, kind: str) -> NewTitle | None:
    hypotheses = parsed.hypotheses
    if not hypotheses:
        return None
    keys = tuple([(hypothesis.key, hypothesis.penalty) for hypothesis in hypotheses])
    return NewTitle(kind, parsed.series_name or hypotheses[0].text, keys)


def _is_certain(entry: Entry) -> bool:
    """Tell whether the kind is certain. A panel's own kind has precedence over the name."""
    return entry.reason.startswith("account") or entry.key.partition(":")[0] == "movie"
