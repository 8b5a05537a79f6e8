"""Compare a playlist with its last snapshot, and return its new entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from xxhash import xxh3_64_intdigest

from stalkeer.adapters.playlists.m3u import Chunks, blocks_of, chunk_of
from stalkeer.adapters.playlists.m3u_entry import EntryReader, learn_from
from stalkeer.core.catalogue.access import Templates
from stalkeer.core.catalogue.learned import LearnedAccess
from stalkeer.core.catalogue.snapshot import Alignment
from stalkeer.core.catalogue.stretches import EXTINF, NO_TEXT, SEPARATOR, blocks_from, cut, length_of
from stalkeer.model import Entry

ITEMS = 500
ENOUGH = 200  # new blocks for a call of the reader


class Unknown(NamedTuple):
    """Hold entries that are not in the snapshot, and the place of each entry's block.

    Places only grow.
    """

    entries: Sequence[Entry]
    places: Sequence[int]


NOTHING = Unknown((), ())


class NewBlocks(NamedTuple):
    """Hold blocks that are not in the snapshot, without their `#EXTINF:`, and their places in the playlist."""

    places: list[int]
    blocks: list[bytes]


class Walk(Protocol):
    """Describe a playlist that is being read. `oddities` and `learned` are complete at its end."""

    @property
    def oddities(self) -> Counter[str]: ...

    @property
    def learned(self) -> LearnedAccess: ...

    def unknown(self, alignment: Alignment) -> Iterator[Unknown]:
        """Compare the playlist with the snapshot. Yield the unknown entries of each chunk, mostly `NOTHING`."""
        ...


LOST_LOGIN = "lost-login"  # the oddity of an address with a login that does not fit the known forms


class PlaylistWalk:
    """Read an M3U playlist. Known blocks are only compared."""

    def __init__(
        self,
        chunks: Chunks,
        known: LearnedAccess,
        reference: LearnedAccess,
        own: tuple[str, str] | None = None,
        base: str = "",
    ) -> None:
        """Begin to read. `own` is the login of the list's own address `base`, which is empty for a file."""
        self._chunks = chunks
        self._templates = Templates(known, own)
        learn_from(chunks.sample, self._templates, base)
        self._reader = EntryReader(self._templates, base)
        self._translation = self._templates.translation(reference)
        self._new = NewBlocks([], [])  # blocks that wait to be read
        self._is_lost = False  # most of the blocks compared last were new

    @property
    def oddities(self) -> Counter[str]:
        lost = Counter({LOST_LOGIN: self._templates.lost_logins})
        return +(self._chunks.oddities + self._reader.oddities + lost)

    @property
    def learned(self) -> LearnedAccess:
        return self._templates.learned

    def unknown(self, alignment: Alignment) -> Iterator[Unknown]:
        rest = b""
        for chunk in self._chunks:
            if chunk.startswith(EXTINF):
                rest = yield from self._look(alignment, rest + b"\n" + chunk if rest else chunk)
            else:
                yield from self._end(alignment, rest)
                rest = b""
                yield self._look_at_headless(alignment, chunk)
        yield from self._end(alignment, rest)

    def _look(self, alignment: Alignment, chunk: bytes, *, is_last: bool = False) -> Generator[Unknown, None, bytes]:
        """Collect the new blocks of a chunk. Return the end of the chunk if it must be compared with the next one."""
        start = alignment.size
        text = self._translated(chunk)
        new, rest = self._compare(alignment, text, is_last=is_last or text is not chunk)
        if len(new.places) == alignment.size - start and not rest:
            yield self._gathered()
            yield self._read(chunk, new.places)
            return b""
        if new.places and text is not chunk:
            blocks = blocks_of(chunk)
            new = NewBlocks(new.places, [blocks[place - start] for place in new.places])
        self._new.places.extend(new.places)
        self._new.blocks.extend(new.blocks)
        yield self._gathered() if len(self._new.places) >= ENOUGH else NOTHING
        return rest

    def _compare(self, alignment: Alignment, text: bytes, *, is_last: bool) -> tuple[NewBlocks, bytes]:
        """Compare a chunk with the snapshot: stretch by stretch while nothing differs, otherwise block by block up to
        the next stretch. Return the new blocks, and the text of an unfinished stretch, which must be compared with the
        next chunk.
        """
        new = NewBlocks([], [])
        position = 0
        while (position := alignment.follow(text, position)) < len(text):
            ahead = None if self._is_lost else alignment.blocks_ahead()
            blocks = blocks_from(text, position, ahead or len(text))
            if not is_last and ahead is not None and len(blocks) < ahead:
                return new, text[position:]
            start = alignment.size
            unknown = alignment.match(list(map(xxh3_64_intdigest, blocks)))
            for stretch in cut(text, position, blocks):
                alignment.new.stretches.add(stretch)
            self._is_lost = len(unknown) * 2 > len(blocks)
            new.places.extend([start + place for place in unknown])
            new.blocks.extend([blocks[place] for place in unknown])
            position += length_of(blocks)
        return new, b""

    def _look_at_headless(self, alignment: Alignment, chunk: bytes) -> Unknown:
        """Compare a piece without any `#EXTINF:`, which counts as a block."""
        start = alignment.size
        unknown = alignment.match([xxh3_64_intdigest(self._translated(chunk))])
        alignment.new.stretches.add(NO_TEXT)
        return self._read(chunk, [start]) if unknown else NOTHING

    def _end(self, alignment: Alignment, rest: bytes) -> Iterator[Unknown]:
        """Return everything that was waiting for the next chunk."""
        if rest:
            yield from self._look(alignment, rest, is_last=True)
        yield self._gathered()

    def _gathered(self) -> Unknown:
        """Read the new blocks that were collected, because a call of the reader costs as much as ten blocks."""
        if not self._new.places:
            return NOTHING
        new, self._new = self._new, NewBlocks([], [])
        return self._read(chunk_of(new.blocks), new.places)

    def _read(self, chunk: bytes, places: Sequence[int]) -> Unknown:
        entries, origins = self._reader.read(chunk)
        return Unknown(entries, [places[origin] for origin in origins])

    def _translated(self, chunk: bytes) -> bytes:
        """Return the chunk with the login of the time when the snapshot was made."""
        if not self._translation:
            return chunk
        translated = chunk
        for new, old in self._translation:
            translated = translated.replace(new, old)
        return translated if translated.count(SEPARATOR) == chunk.count(SEPARATOR) else chunk


class ListingWalk:
    """Read the entries of an account's own listing one by one."""

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
