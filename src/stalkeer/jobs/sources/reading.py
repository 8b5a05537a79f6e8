"""Walk through a playlist beside its old snapshot and hand over what is new in it."""

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
ENOUGH = 200  # new blocks that are worth a call of the reader


class Unknown(NamedTuple):
    """Entries of a stretch of the playlist that the snapshot does not know, and the place of each one's block.

    Places only grow.
    """

    entries: Sequence[Entry]
    places: Sequence[int]


NOTHING = Unknown((), ())


class NewBlocks(NamedTuple):
    """Blocks that the snapshot does not know, each without its `#EXTINF:`, beside their places in the playlist."""

    places: list[int]
    blocks: list[bytes]


class Walk(Protocol):
    """A playlist that is being read. `oddities` and `learned` are whole at its end."""

    @property
    def oddities(self) -> Counter[str]: ...

    @property
    def learned(self) -> LearnedAccess: ...

    def unknown(self, alignment: Alignment) -> Iterator[Unknown]:
        """Lay the playlist beside the snapshot, chunk by chunk; one answer for each, most of them `NOTHING`."""
        ...


LOST_LOGIN = "lost-login"  # the oddity of an address whose login found no place among those that are kept


class PlaylistWalk:
    """An M3U playlist. Known blocks are only compared."""

    def __init__(
        self,
        chunks: Chunks,
        known: LearnedAccess,
        reference: LearnedAccess,
        own: tuple[str, str] | None = None,
        base: str = "",
    ) -> None:
        """`own` is the login of the list's own address `base`, which is empty for a file."""
        self._chunks = chunks
        self._templates = Templates(known, own)
        learn_from(chunks.sample, self._templates, base)
        self._reader = EntryReader(self._templates, base)
        self._translation = self._templates.translation(reference)
        self._new = NewBlocks([], [])  # that wait to be read
        self._is_lost = False  # what was last compared block by block was mostly new

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
        """Hand over what is new in a chunk, now or later. Answers its end if that is to be seen with the next one."""
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
        """Lay a chunk beside the snapshot: stretch by stretch while nothing differs, block by block up to the next
        stretch where something does. Answers what is new, and the text that is to be seen with what follows it: a
        stretch that goes on there."""
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
        """A piece without any `#EXTINF:` is a block of its own."""
        start = alignment.size
        unknown = alignment.match([xxh3_64_intdigest(self._translated(chunk))])
        alignment.new.stretches.add(NO_TEXT)
        return self._read(chunk, [start]) if unknown else NOTHING

    def _end(self, alignment: Alignment, rest: bytes) -> Iterator[Unknown]:
        """Hand over everything that waits for more."""
        if rest:
            yield from self._look(alignment, rest, is_last=True)
        yield self._gathered()

    def _gathered(self) -> Unknown:
        """Read the new blocks that were gathered: a call of the reader costs as much as ten blocks."""
        if not self._new.places:
            return NOTHING
        new, self._new = self._new, NewBlocks([], [])
        return self._read(chunk_of(new.blocks), new.places)

    def _read(self, chunk: bytes, places: Sequence[int]) -> Unknown:
        entries, origins = self._reader.read(chunk)
        return Unknown(entries, [places[origin] for origin in origins])

    def _translated(self, chunk: bytes) -> bytes:
        """The chunk as it was when the snapshot's fingerprints were made: under the login of that time."""
        if not self._translation:
            return chunk
        translated = chunk
        for new, old in self._translation:
            translated = translated.replace(new, old)
        return translated if translated.count(SEPARATOR) == chunk.count(SEPARATOR) else chunk


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
