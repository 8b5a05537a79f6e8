"""Walk through a playlist beside its old snapshot and hand over what is new in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from xxhash import xxh3_64_intdigest

from stalkeer.catalogue.snapshot import Alignment
from stalkeer.model import Entry
from stalkeer.playlists.access import LearnedAccess, Templates
from stalkeer.playlists.m3u import Chunks, blocks_of, chunk_of
from stalkeer.playlists.m3u_entry import EntryReader

ITEMS = 500
ENOUGH = 200  # new blocks that are worth a call of the reader


class Unknown(NamedTuple):
    """What a stretch of the playlist has that the snapshot does not know: entries, and beside each one the place of
    its block in the playlist. Places only grow."""

    entries: Sequence[Entry]
    places: Sequence[int]


NOTHING = Unknown((), ())


class Walk(Protocol):
    """A playlist that is being read. `oddities` and `learned` are whole at its end."""

    @property
    def oddities(self) -> Counter[str]: ...

    @property
    def learned(self) -> LearnedAccess: ...

    def unknown(self, alignment: Alignment) -> Iterator[Unknown]:
        """Lay the playlist beside the snapshot, chunk by chunk; one answer for each, most of them `NOTHING`."""
        ...


class PlaylistWalk:
    """An M3U playlist. Blocks that the snapshot knows are split off and fingerprinted, and that is all."""

    def __init__(
        self, chunks: Chunks, known: LearnedAccess, reference: LearnedAccess, own: tuple[str, str] | None = None
    ) -> None:
        self._chunks = chunks
        self._templates = Templates(known, own)
        self._templates.learn(chunks.sample)
        self._reader = EntryReader(self._templates)
        self._translation = self._templates.translation(reference)

    @property
    def oddities(self) -> Counter[str]:
        return +(self._chunks.oddities + self._reader.oddities)

    @property
    def learned(self) -> LearnedAccess:
        return self._templates.learned

    def unknown(self, alignment: Alignment) -> Iterator[Unknown]:
        scattered: list[bytes] = []  # new blocks of several chunks: a call of the reader costs as much as ten of them
        of_scattered: list[int] = []
        for chunk in self._chunks:
            start = alignment.size
            blocks = blocks_of(chunk)
            places = alignment.match(list(map(xxh3_64_intdigest, self._translated(chunk, blocks))))
            if len(places) * 4 < len(blocks):
                scattered += [blocks[place] for place in places]
                of_scattered += [start + place for place in places]
                if len(scattered) < ENOUGH:
                    yield NOTHING
                    continue
                places = []
            if scattered:
                yield self._read(chunk_of(scattered), of_scattered)
                scattered, of_scattered = [], []
            if places:
                if len(places) < len(blocks):
                    chunk = chunk_of([blocks[place] for place in places])
                yield self._read(chunk, [start + place for place in places])
        if scattered:
            yield self._read(chunk_of(scattered), of_scattered)

    def _read(self, chunk: bytes, places: Sequence[int]) -> Unknown:
        entries, origins = self._reader.read(chunk)
        return Unknown(entries, [places[origin] for origin in origins])

    def _translated(self, chunk: bytes, blocks: Sequence[bytes]) -> Sequence[bytes]:
        """The blocks as they were when the snapshot's fingerprints were made: under the login of that time."""
        if not self._translation:
            return blocks
        for new, old in self._translation:
            chunk = chunk.replace(new, old)
        translated = blocks_of(chunk)
        return translated if len(translated) == len(blocks) else blocks


class ListingWalk:
    """Entries that come one by one, from an account's own listing."""

    def __init__(self, entries: Iterable[Entry], oddities: Callable[[], Counter[str]]) -> None:
        self._entries = entries
        self._oddities = oddities

    @property
    def oddities(self) -> Counter[str]:
        return +self._oddities()

    @property
    def learned(self) -> LearnedAccess:
        return LearnedAccess()

    def unknown(self, alignment: Alignment) -> Iterator[Unknown]:
        batch: list[Entry] = []
        for entry in self._entries:
            batch.append(entry)
            if len(batch) == ITEMS:
                yield _listed(batch, alignment)
                batch = []
        if batch:
            yield _listed(batch, alignment)


def _listed(batch: Sequence[Entry], alignment: Alignment) -> Unknown:
    start = alignment.size
    places = alignment.match([xxh3_64_intdigest(repr(entry).encode()) for entry in batch])
    return Unknown([batch[place] for place in places], [start + place for place in places])
