"""What a row of the catalogue says of an entry: the account's own words, and what its name says."""

from __future__ import annotations

import json
from typing import NamedTuple

from stalkeer.model import Entry, EntryKind
from stalkeer.store.catalogue import Content
from stalkeer.store.titles import NewTitle
from stalkeer.titles import ParsedTitle, TitleReader

FILM, EPISODE, OTHER = EntryKind.FILM.value, EntryKind.EPISODE.value, EntryKind.OTHER.value
_TITLED = (FILM, EPISODE, OTHER, EntryKind.SERIES.value)


_MAYBE_EPISODES = (FILM, OTHER)
_new = tuple.__new__
_TAGS = ParsedTitle._fields.index("source")  # from here on a name says what many other names say too


class Draft(NamedTuple):
    """A row that lacks its title's id, which stands first in `content`."""

    key: str
    title: NewTitle | None
    content: Content  # without title_id


class RowMaker:
    """Makes rows; remembers what repeats: qualities, languages, the keys of a series."""

    def __init__(self) -> None:
        self._read = TitleReader().read
        self._tags: dict[tuple[object, ...], tuple[str | None, str | None]] = {}
        self._hypotheses: object = None
        self._title: NewTitle | None = None

    def draft(self, entry: Entry) -> Draft:
        """The row of an entry, read from its name where its kind has a title."""
        # by position and in one piece: a million of these are made, and names and calls cost as much as all the rest
        (
            key, kind, name, url, group, logo, duration_s, tmdb_id, headers,
            season, episode, year, added, reason, protected,
        ) = entry  # fmt: skip
        if kind not in _TITLED:
            return _new(Draft, (key, None, (
                kind, reason, name, url, group or None, logo or None, year, season, episode, None, None,
                None, None, None, None, duration_s, tmdb_id, headers or None, protected, added,
            )))  # fmt: skip
        parsed = self._read(name, None if kind == OTHER else kind, group)
        if kind in _MAYBE_EPISODES and parsed.season is not None and parsed.episodes and not _is_certain(entry):
            kind, reason = EPISODE, "name"
        hypotheses = parsed.hypotheses
        title = self._title
        if hypotheses is not self._hypotheses or title is None or title.kind != kind:
            title = self._remember_title(FILM if kind == OTHER else kind, parsed)
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
        return _new(Draft, (key, title, (
            kind, reason, name, url, group or None, logo or None, year or parsed.year,
            parsed.season if season is None else season, episode, parsed.resolution, languages,
            last, parsed.air_date, quality, parsed.country, duration_s, tmdb_id, headers or None, protected, added,
        )))  # fmt: skip

    def _remember_title(self, kind: str, parsed: ParsedTitle) -> NewTitle | None:
        hypotheses = parsed.hypotheses
        self._hypotheses, self._title = hypotheses, None
        if hypotheses:
            keys = tuple([(hypothesis.key, hypothesis.penalty) for hypothesis in hypotheses])
            self._title = NewTitle(kind, parsed.series_name or hypotheses[0].text, keys)
        return self._title

    def _remember_tags(self, tags: tuple[object, ...], parsed: ParsedTitle) -> tuple[str | None, str | None]:
        """What a name says of quality, as JSON, and of languages."""
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


def _is_certain(entry: Entry) -> bool:
    """A panel's own word on what an entry is stands above its name."""
    return entry.reason == "account" or entry.key.partition(":")[0] == "movie"
