"""Update a source's catalogue to its present playlist.

Only changed blocks are read, parsed and written. Nothing visible changes before `finish`, so an interrupted refresh
leaves the present generation as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import compress

from stalkeer.core.catalogue.content import GROUP_TITLE, KIND, NAME, Content, NewTitle, keep_details
from stalkeer.core.catalogue.rows import Draft, RowMaker
from stalkeer.core.catalogue.snapshot import Alignment
from stalkeer.core.titles import PARSER_VERSION
from stalkeer.jobs.refresh.generation import apply_staged, drop_other_snapshots, write_snapshot
from stalkeer.model import Entry
from stalkeer.store.catalogue.generations import (
    MOST_LISTED,
    ChangedEntry,
    EntryChange,
    Generation,
    Known,
    add_entries,
    has_entries,
    known_entries,
    list_changes_of,
    mark_gone,
    stage_changes,
    switch_generation,
    unstage,
)
from stalkeer.store.catalogue.panel_cache import gone_series_episodes
from stalkeer.store.catalogue.titles import GROUP, TitleBook
from stalkeer.store.db.bulk import parts_of, writing
from stalkeer.store.db.database import Database, Transaction

CHUNK = 1_000  # rows in a transaction, which then holds the write lock for some hundredths of a second
MOST_GROUPS = 300  # left-out groups that are reported with their reason
EMPTY_LOG_EVERY = 20  # number of transactions

# the reason for which each entry is left out, or None for an entry that stays; empty where all of them stay
Keep = Callable[[Sequence[Entry]], Sequence[str | None]]


@dataclass
class Changes:
    """Count the differences between the new and the last generation."""

    added: int = 0
    changed: int = 0
    returned: int = 0
    removed: int = 0
    duplicates: int = 0
    left_out: Counter[str] = field(default_factory=Counter)  # number of left-out entries by filter
    left_out_groups: dict[str, str] = field(default_factory=dict)  # the reasons of the first left-out groups

    @property
    def touched(self) -> int:
        return self.added + self.changed + self.returned + self.removed


class Ingest:
    """Write the entries of unknown blocks; `alignment` has the known blocks."""

    def __init__(self, database: Database, generation: Generation, alignment: Alignment, left_out: Keep) -> None:
        self.changes = Changes()
        self.kinds: Counter[str] = Counter()  # change of the number of entries by kind
        self._database = database
        self._generation = generation
        self._alignment = alignment
        self._left_out = left_out
        self._rows = RowMaker()
        self._drafts: list[Draft] = []  # entries that are not written yet
        self._places: list[int] = []  # places of their blocks
        # ids of the last blocks, whose other entries may come with the next part
        self._blocks: dict[int, list[int]] = {}
        self._met: set[int] = set()  # earlier entries that a new block describes
        self._staged: dict[int, ChangedEntry] = {}
        self._listed: Counter[EntryChange] = Counter()
        self._transactions = 0
        self._groups: set[str] = set()
        with database.connect() as connection:
            self._is_empty = not has_entries(connection, generation.source_id)
        self._titles = TitleBook(PARSER_VERSION, is_first=self._is_empty)

    def take(self, entries: Sequence[Entry], places: Sequence[int]) -> None:
        """Add entries of unknown blocks, with the blocks' places in the playlist."""
        reasons = self._left_out(entries)
        if reasons:
            self.changes.left_out.update(filter(None, reasons))
            self._note_groups(entries, reasons)
            kept = [reason is None for reason in reasons]
            entries, places = list(compress(entries, kept)), list(compress(places, kept))
        self._drafts += self._rows.drafts(entries)
        self._places += places
        while len(self._drafts) >= CHUNK:
            self._write_chunk()

    def _note_groups(self, entries: Sequence[Entry], reasons: Sequence[str | None]) -> None:
        noted = self.changes.left_out_groups
        for entry, reason in zip(entries, reasons, strict=True):
            if reason is not None and entry.group not in noted and len(noted) < MOST_GROUPS:
                noted[entry.group] = reason

    def flush(self) -> None:
        """Write the entries that were added so far, in short transactions."""
        while self._drafts:
            self._write_chunk()

    def _write_chunk(self) -> None:
        drafts, places = self._drafts[:CHUNK], self._places[:CHUNK]
        del self._drafts[:CHUNK], self._places[:CHUNK]
        keys = [draft[0] for draft in drafts]
        first = dict(zip(keys, drafts, strict=True))
        if len(first) < len(drafts):  # only the first entry with a key stays
            first.update(zip(reversed(keys), reversed(drafts), strict=True))
        self.changes.duplicates += len(drafts) - len(first)
        with self._writing() as connection:
            ids = self._write(connection, first)
        self._remember(places, [ids[key] for key in keys])
        if self._titles.is_full:
            self._write_some_titles()

    def _write_some_titles(self) -> None:
        with self._writing() as connection:
            self._titles.write_some(connection)

    @contextmanager
    def _writing(self) -> Iterator[Transaction]:
        """Open one of many transactions.

        The write-ahead log is emptied only after several, so that shared pages are written to the file once.
        """
        with writing(self._database) as connection:
            yield connection
        self._transactions += 1
        if self._transactions % EMPTY_LOG_EVERY == 0:
            self._database.empty_log()

    @property
    def size(self) -> int:
        """Return the number of blocks of the playlist."""
        return self._alignment.size

    def finish(self, values: Callable[[], Mapping[str, object]], also: Callable[[Transaction], None]) -> bool:
        """Make the new generation visible.

        `values` returns further columns of the source once the changes are counted, and `also` writes rows that must
        change in the same transaction. Return False, with nothing changed, where another refresh of the source was
        first.
        """
        self.flush()
        while self._titles.has_unwritten:
            self._write_some_titles()
        self._database.empty_log()  # otherwise the next commit must do it
        self._drop_duplicates()
        removed = self._removed()
        for begin in range(0, len(removed), CHUNK):
            with self._database.begin() as connection:
                gone = mark_gone(connection, self._generation, removed[begin : begin + CHUNK])
                self.kinds.subtract(kind for _, kind in gone)
                self.changes.removed += len(gone)
                self._list(connection, [change for change, _ in gone])
        write_snapshot(self._database, self._generation, self._alignment.new)
        self._list_staged()
        with self._database.begin() as connection:
            if not switch_generation(connection, self._generation, values()):
                return False
            also(connection)
        apply_staged(self._database, self._generation.source_id, self._generation.number)
        drop_other_snapshots(self._database, self._generation.source_id, self._generation.number)
        return True

    def _list_staged(self) -> None:
        for part in parts_of(self._staged.values(), CHUNK):
            with self._database.begin() as connection:
                self._list(connection, part)

    def _removed(self) -> list[int]:
        """List the entries that left the playlist. The episodes of a removed series are removed, too."""
        removed = self._alignment.missing() - self._met
        with self._database.connect() as connection:
            removed.update(gone_series_episodes(connection, self._generation.source_id, sorted(removed)))
        return sorted(removed)

    def _write(self, connection: Transaction, drafts: Mapping[str, Draft]) -> dict[str, int]:
        generation = self._generation
        titles = self._titles.ids_of(connection, [draft[1] for draft in drafts.values()], generation.number)
        self._write_groups(connection, drafts)
        rows = [
            (key, ("" if title is None else title, *content))
            for (key, _, content), title in zip(drafts.values(), titles, strict=True)
        ]
        ids: dict[str, int] = {}
        if not self._is_empty or not self._database.is_sqlite:
            known = known_entries(connection, generation.source_id, list(drafts))
            if known:
                rows = self._compare(connection, known, rows)
                ids = {key: old.id for key, old in known.items()}
        added = add_entries(connection, generation, rows)
        ids.update(zip([key for key, _ in rows], added.ids, strict=True))
        if added.met:
            self.changes.duplicates += len(added.met)
            rows = [row for row in rows if row[0] not in added.met]
        self.changes.added += len(rows)
        self.kinds.update([content[KIND] for _, content in rows])
        if not self._is_empty:
            self._list(connection, [ChangedEntry(EntryChange.ADDED, ids[key], content[NAME]) for key, content in rows])
        return ids

    def _write_groups(self, connection: Transaction, drafts: Mapping[str, Draft]) -> None:
        """Add new groups to the search, as titles without keys."""
        groups = {draft[2][GROUP_TITLE - 1] for draft in drafts.values()} - self._groups
        self._groups |= groups
        names = [NewTitle(GROUP, group, ()) for group in sorted(groups) if group]
        self._titles.ids_of(connection, names, self._generation.number)

    def _compare(
        self, connection: Transaction, known: Mapping[str, Known], rows: Sequence[tuple[str, Content]]
    ) -> list[tuple[str, Content]]:
        """Stage the changes of known entries. Return the rows of the others."""
        fresh: list[tuple[str, Content]] = []
        changed: dict[int, Content] = {}
        for key, content in rows:
            old = known.get(key)
            if old is None:
                fresh.append((key, content))
                continue
            content = keep_details(old.content, content)
            if self._is_changed(old, content):
                changed[old.id] = content
        stage_changes(connection, self._generation, changed, {old.id: old.content for old in known.values()})
        return fresh

    def _is_changed(self, old: Known, content: Content) -> bool:
        """Return whether a known entry must be written. Only its first block counts."""
        if old.added_gen == self._generation.number or old.id in self._met:
            self.changes.duplicates += 1
            return False
        self._met.add(old.id)
        is_back = old.gone_gen is not None and old.gone_gen < self._generation.number
        if not is_back and old.content == content:
            return False
        self.kinds[content[KIND]] += 1
        if not is_back:
            self.kinds[old.content[KIND]] -= 1
        self._staged[old.id] = ChangedEntry(
            EntryChange.RETURNED if is_back else EntryChange.CHANGED, old.id, content[NAME]
        )
        return True

    def _drop_duplicates(self) -> None:
        """Drop the staged changes of an entry whose own block is still there, because they come from a duplicate."""
        unseen = self._alignment.unseen()
        doubled = [
            entry_id
            for entry_id, c in self._staged.items()
            if c.change is EntryChange.CHANGED and entry_id not in unseen
        ]
        if doubled:
            with self._database.begin() as connection:
                unstage(connection, doubled)
            for entry_id in doubled:
                del self._staged[entry_id]
            self.changes.duplicates += len(doubled)
        kinds = Counter(change.change for change in self._staged.values())
        self.changes.changed, self.changes.returned = kinds[EntryChange.CHANGED], kinds[EntryChange.RETURNED]

    def _remember(self, places: Sequence[int], ids: Sequence[int]) -> None:
        """Pass the entries of the blocks to the alignment, in the order of the blocks."""
        last = places[-1]
        if places[0] not in self._blocks and len(set(places)) == len(places):
            self._alignment.became_each(places, ids)
            self._blocks = {last: [ids[-1]]}
            return
        together: dict[int, list[int]] = {}
        for place, entry_id in zip(places, ids, strict=True):
            together.setdefault(place, []).append(entry_id)
        for place, of_block in together.items():
            every = self._blocks.pop(place, []) + of_block
            self._alignment.became(place, list(dict.fromkeys(every)))
            if place == last:
                self._blocks = {place: every}

    def _list(self, connection: Transaction, changes: Sequence[ChangedEntry]) -> None:
        """Store the list of changes, except for a first import, where it would have every entry."""
        if self._is_empty or not changes:
            return
        room = MOST_LISTED - self._listed[changes[0].change]
        list_changes_of(connection, self._generation, changes[:room])
        self._listed[changes[0].change] += len(changes)
