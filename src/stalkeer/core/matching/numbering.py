"""Collect how each list numbers an anime series, and propose offsets where Sonarr numbers it differently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from stalkeer.core.matching.offsets import Number, OffsetProposal, WantedNumber, propose_offsets
from stalkeer.core.matching.works import EntryFacts, WantedItem

ListOfWork = tuple[str, str]  # the identity of the work, the slug of the source
Offsets = Mapping[ListOfWork, tuple[OffsetProposal, ...]]


class ListNumbering:
    """Collect the numbers that lists give to the episodes of series. Series without absolute numbers are left out."""

    def __init__(self, items: Iterable[WantedItem], *, only_anime: bool = True) -> None:
        self._wanted: dict[str, list[WantedNumber]] = defaultdict(list)
        self._by_key: dict[str, set[str]] = defaultdict(set)
        self.entries: dict[int, EntryFacts] = {}
        self._listed: dict[ListOfWork, set[Number]] = defaultdict(set)
        for item in items:
            if only_anime and item.work.series_type != "anime":
                continue
            if not item.season or item.episode is None:
                continue
            identity = item.work.identity
            if identity not in self._wanted:
                for name in item.work.names:
                    self._by_key[name.key].add(identity)
            self._wanted[identity].append(WantedNumber(item.season, item.episode, item.absolute))

    @property
    def works(self) -> set[str]:
        """Return the identities of the series."""
        return set(self._wanted)

    @property
    def named(self) -> set[str]:
        """Return the identities of the series that entries have named so far."""
        return {identity for identity, _ in self._listed}

    def works_of(self, entry: EntryFacts) -> set[str]:
        """Return the identities of the series in the readings of the entry's title."""
        named = [
            self._by_key[hypothesis.key] for hypothesis in entry.title.hypotheses if hypothesis.key in self._by_key
        ]
        return set().union(*named)

    def note(self, entry: EntryFacts) -> set[str]:
        """Add the numbers of an entry, and return the series in its title."""
        works = self.works_of(entry)
        if not works:
            return works
        self.entries[entry.id] = entry
        numbers = {(entry.title.season or 1, episode) for episode in entry.title.episodes}
        for identity in works:
            self._listed[identity, entry.source_slug] |= numbers
        return works

    def propose(self) -> dict[ListOfWork, tuple[OffsetProposal, ...]]:
        """Return the offsets of the lists that need one, by series and source."""
        found = {key: propose_offsets(self._wanted[key[0]], numbers) for key, numbers in self._listed.items()}
        return {key: proposals for key, proposals in found.items() if proposals}


def best_of(offsets: Offsets, sources: Collection[str]) -> OffsetProposal | None:
    """Return the proposal with the most hits. It names its source where other sources also list the series."""
    found = [(proposal, slug) for (_, slug), proposals in offsets.items() for proposal in proposals]
    if not found:
        return None
    best, slug = max(found, key=lambda each: (each[0].hits, each[0].season, each[0].episode, each[1]))
    same = {
        other
        for proposal, other in found
        if (proposal.season, proposal.episode, proposal.only_season) == _numbers(best)
    }
    return best if same >= set(sources) else best.of_source(slug)


def _numbers(proposal: OffsetProposal) -> tuple[int, int, int]:
    return proposal.season, proposal.episode, proposal.only_season
