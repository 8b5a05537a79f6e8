"""Hold the blocks of the visible generation and compare a new playlist with them.

A playlist mostly keeps its order, so a chunk is compared with the old blocks at the expected place: one comparison of
memory when nothing changed, a look at some hundred neighbours when something did. A set of all fingerprints would cost
a cache miss for each of a million entries.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from stalkeer.core.catalogue.stretches import SIZE, Stretches, new_array

MOST_RUNS = 24  # differences per chunk up to which equal runs are searched
STRETCH = 16  # blocks compared at once in a chunk with more differences
MOST_REPLACED = 8  # at most one in this many blocks may differ for a comparison in place
SLACK = 64  # missing old blocks in a row up to which no search is needed
LEFT_OUT = 0  # instead of an entry's id: a block that was filtered or gave no entry


@dataclass
class Snapshot:
    """Hold the blocks of a generation in order: their fingerprints and the entries made from them.

    `further` holds the additional entries of a block that gave several.
    """

    fingerprints: array[int] = field(default_factory=new_array)
    entry_ids: array[int] = field(default_factory=new_array)
    further: dict[int, list[int]] = field(default_factory=dict)
    stretches: Stretches = field(default_factory=Stretches)


class Alignment:
    """Compare a new playlist with an old snapshot, chunk by chunk, and make the new snapshot.

    Without `is_trusted` every block counts as unknown, because it may now be read differently. The old snapshot then
    only names the entries that existed.
    """

    def __init__(self, old: Snapshot, *, is_trusted: bool = True) -> None:
        self.old = old
        self.new = Snapshot()
        self.is_trusted = is_trusted
        self._place = 0
        self._seen = bytearray(len(old.fingerprints))
        self._missed_in_a_row = 0
        self._search_at = 1
        self._anywhere: dict[int, int] | None = None
        self._misses = 0
        starts = old.stretches.starts()
        # of the old stretches; empty when not trusted, or when they belong to other blocks
        self._starts = starts if is_trusted and starts[-1] == len(old.fingerprints) else new_array()

    def follow(self, text: bytes, position: int) -> int:
        """Return the position up to which the text is unchanged, by stretches, and take over that part.

        A block begins at `position` and at the returned position. After the last block that lies beyond the text.
        """
        begin = bisect_left(self._starts, self._place)
        if begin >= len(self._starts) - 1 or self._starts[begin] != self._place:
            return position
        end, position = self.old.stretches.same_until(begin, text, position)
        if end > begin:
            run = self.old.fingerprints[self._place : self._starts[end]]
            self.new.fingerprints.extend(run)
            self._carry_further(run)
            self._take_over(self._place, self._starts[end])
            self.new.stretches.add_from(self.old.stretches, begin, end)
        return position

    def blocks_ahead(self) -> int | None:
        """Return the number of blocks up to the next old stretch to compare with.

        None when all following blocks must be compared individually.
        """
        number = bisect_left(self._starts, self._place + SIZE // 2)
        return self._starts[number] - self._place if number < len(self._starts) else None

    def match(self, fingerprints: Sequence[int]) -> list[int]:
        """Append a chunk. Return the places of its unknown blocks; their ids are 0 until `became`."""
        chunk = new_array(fingerprints)
        self.new.fingerprints.extend(chunk)
        size = len(chunk)
        if not self.is_trusted or not self.old.fingerprints:
            self.new.entry_ids.extend(new_array(bytes(8)) * size)
            return list(range(size))
        self._carry_further(fingerprints)
        if self._match_whole(chunk):
            return []
        replaced = self._match_in_place(chunk) if size <= 2 * SIZE else None
        if replaced is not None:
            return replaced
        unknown, done = self._match_runs(chunk)
        for start in range(done, size, STRETCH):
            stretch = chunk[start : start + STRETCH]
            if not self._match_whole(stretch):
                unknown += [start + place for place in self._match_each(stretch)]
        return unknown

    def _match_in_place(self, chunk: array[int]) -> list[int] | None:
        """Return the unknown places if few blocks were replaced and none moved; otherwise None."""
        start, end = self._place, self._place + len(chunk)
        there = self.old.fingerprints[start:end]
        replaced = [place for place, (new, old) in enumerate(zip(chunk, there, strict=False)) if new != old]
        if len(there) < len(chunk) or len(replaced) > len(chunk) // MOST_REPLACED:
            return None
        first = len(self.new.entry_ids)
        self._take_over(start, end)
        for place in replaced:
            self._seen[start + place] = 0
            self.new.entry_ids[first + place] = LEFT_OUT
        self._misses += len(replaced)
        return replaced

    def _match_runs(self, chunk: array[int]) -> tuple[list[int], int]:
        """Match the equal runs between blocks that were changed, added or removed.

        Return the unknown places, and how many blocks of the chunk were explained before giving up.
        """
        unknown: list[int] = []
        done = 0
        for _ in range(MOST_RUNS):
            done += self._match_run(chunk, done)
            if done == len(chunk):
                break
            new = self._step_over(chunk, done)
            if new is None:
                break
            unknown += range(done, done + new)
            self.new.entry_ids.extend(new_array(bytes(8)) * new)
            done += new
        self._misses += len(unknown)
        return unknown, done

    def _match_run(self, chunk: array[int], start: int) -> int:
        """Return the number of blocks from `start` that lie at their expected place."""
        rest = chunk[start:]
        there = self.old.fingerprints[self._place : self._place + len(rest)]
        run, beyond = 0, len(there) + 1
        while run + 1 < beyond:  # binary search for the longest equal run; each step compares memory
            middle = (run + beyond) // 2
            if rest[run:middle] == there[run:middle]:
                run = middle
            else:
                beyond = middle
        self._take_over(self._place, self._place + run)
        return run

    def _step_over(self, chunk: array[int], start: int) -> int | None:
        """Return the number of new blocks from `start` up to a known one, and move the place there.

        None when no known block is nearby.
        """
        old, place = self.old.fingerprints, self._place
        if old[place + 1 : place + 2] == chunk[start + 1 : start + 2]:  # the block was replaced
            self._place = min(place + 1, len(old))
            return 1
        removed = _index(old, chunk[start], place, SLACK)
        if removed is not None:
            self._place = removed
            return 0
        added = _index(chunk, old[place], start, SLACK) if place < len(old) else None
        return None if added is None else added - start

    def _match_whole(self, chunk: array[int]) -> bool:
        """Match blocks that all lie at their expected place. Return whether they do."""
        start, end = self._place, self._place + len(chunk)
        if self.old.fingerprints[start:end] != chunk:
            return False
        self._take_over(start, end)
        return True

    def _take_over(self, start: int, end: int) -> None:
        """Take over the old blocks from `start` to `end` as the next blocks."""
        self._seen[start:end] = b"\1" * (end - start)
        self.new.entry_ids.extend(self.old.entry_ids[start:end])
        self._place = end

    def _match_each(self, fingerprints: Sequence[int]) -> list[int]:
        places = self._places(fingerprints)
        unknown: list[int] = []
        ids, seen, old_ids = self.new.entry_ids, self._seen, self.old.entry_ids
        for index, place in enumerate(places):
            if place is None:
                unknown.append(index)
                ids.append(LEFT_OUT)
            else:
                seen[place] = 1
                ids.append(old_ids[place])
        self._misses += len(unknown)
        return unknown

    def _places(self, fingerprints: Sequence[int]) -> list[int | None]:
        start = self._place
        window = self.old.fingerprints[start : start + len(fingerprints) + SLACK]
        nearby = dict(zip(window, range(start, start + len(window)), strict=True))
        places = list(map(nearby.get, fingerprints))
        found = [place for place in places if place is not None]
        if len(found) * 8 < len(places):
            places = self._search(fingerprints, places)
            found = [place for place in places if place is not None]
        if found:
            self._place = max(found) + 1 if self._anywhere is None else found[-1] + 1
        return places

    def _search(self, fingerprints: Sequence[int], places: list[int | None]) -> list[int | None]:
        """Search a chunk that is not at its expected place: bulk changes, or another order.

        Searches become rarer while nothing is found. Once a twentieth of the list was missed, an index of all
        fingerprints is worth its cost.
        """
        self._missed_in_a_row += 1
        if self._anywhere is None and self._misses > max(10_000, len(self.old.fingerprints) // 20):
            self._anywhere = {value: place for place, value in enumerate(self.old.fingerprints)}
        if self._anywhere is not None:
            anywhere = self._anywhere
            return [
                anywhere.get(value) if place is None else place
                for value, place in zip(fingerprints, places, strict=True)
            ]
        if self._missed_in_a_row < self._search_at:
            return places
        self._search_at = self._missed_in_a_row * 2
        for index in {0, len(fingerprints) // 2, len(fingerprints) - 1}:
            place = _find(self.old.fingerprints, fingerprints[index], self._place)
            if place is not None:
                self._place = max(0, place - index)
                self._missed_in_a_row, self._search_at = 0, 1
                window = self.old.fingerprints[self._place : self._place + len(fingerprints) + SLACK]
                nearby = dict(zip(window, range(self._place, self._place + len(window)), strict=True))
                return [nearby.get(value) for value in fingerprints]
        return places

    def _carry_further(self, fingerprints: Sequence[int]) -> None:
        if self.old.further:
            for value in self.old.further.keys() & set(fingerprints):
                self.new.further[value] = self.old.further[value]

    @property
    def size(self) -> int:
        """Return the number of blocks of the new playlist so far."""
        return len(self.new.fingerprints)

    def became(self, place: int, entry_ids: Sequence[int]) -> None:
        """Record the entries made from the block at `place` of the new playlist."""
        if entry_ids:
            self.new.entry_ids[place] = entry_ids[0]
        if len(entry_ids) > 1:
            self.new.further[self.new.fingerprints[place]] = list(entry_ids[1:])

    def became_each(self, places: Sequence[int], entry_ids: Sequence[int]) -> None:
        """Record one entry for each of these blocks."""
        ids = self.new.entry_ids
        for place, entry_id in zip(places, entry_ids, strict=True):
            ids[place] = entry_id

    def unseen(self) -> set[int]:
        """Return entries of the old snapshot with at least one unseen block. Call it at the end."""
        unseen = set(self._unseen_ids())
        for value, ids in self.old.further.items():
            if value not in self.new.further:
                unseen.update(ids)
        unseen.discard(LEFT_OUT)
        return unseen

    def _unseen_ids(self) -> Iterator[int]:
        ids, seen = self.old.entry_ids, self._seen
        place = seen.find(0)
        while place >= 0:
            yield ids[place]
            place = seen.find(0, place + 1)

    def missing(self) -> set[int]:
        """Return entries of the old snapshot that the new playlist does not contain. Call it at the end."""
        missing = self.unseen()
        if missing:
            missing.difference_update(self.new.entry_ids)
            for ids in self.new.further.values():
                missing.difference_update(ids)
        return missing


def _index(values: array[int], value: int, start: int, length: int) -> int | None:
    """Return the place of `value` among `length` values from `start`."""
    try:
        return values.index(value, start, start + length)
    except ValueError:
        return None


def _find(values: array[int], value: int, start: int) -> int | None:
    """Return the place of `value` from `start` on, by a fast search for bytes."""
    needle = new_array((value,)).tobytes()
    view = values[start:].tobytes()
    place = view.find(needle)
    while place % 8 and place >= 0:
        place = view.find(needle, place + 1)
    return start + place // 8 if place >= 0 else None
