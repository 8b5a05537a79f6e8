"""An instance's lists of what it wants, and the library's own word where the instance has no such lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.radarr import wanted_movies
from stalkeer.adapters.arr.resources import MovieResource
from stalkeer.adapters.arr.sonarr import wanted_episodes
from stalkeer.adapters.arr.values import LibraryItem, WantedItem, WantedReason
from stalkeer.errors import ArrNotFound
from stalkeer.model import InstanceKind


@dataclass
class FilmsOwnWord:
    """The films that lack something, as their own records say it, noted while a library is read.

    A film that does not say what it has makes the list of that reason incomplete: nothing is gone from such a list.
    """

    items: list[WantedItem] = field(default_factory=list)
    incomplete: set[WantedReason] = field(default_factory=set)

    def note(self, films: Iterable[MovieResource]) -> Iterator[LibraryItem]:
        """The films as library items, one by one."""
        for film in films:
            if film.owns_file is None:
                self.incomplete.update(WantedReason)
            elif film.is_below_cutoff is None:
                self.incomplete.add(WantedReason.CUTOFF)
            reason = film.lacks
            if reason is not None:
                self.items.append(film.to_wanted_item(reason))
            yield film.to_library_item()

    def of(self, reason: WantedReason, *, monitored: bool) -> list[WantedItem]:
        return [item for item in self.items if item.reason is reason and item.monitored is monitored]


class WantedPages:
    """One wanted list as our values, page by page, for either program.

    Radarr before 5.6 answers 404 for its lists: then the list is what its films said of themselves.
    """

    def __init__(self, client: ArrClient, reason: WantedReason, films: FilmsOwnWord, *, monitored: bool) -> None:
        self._reason = reason
        self._films = films
        self._monitored = monitored
        self._is_radarr = client.address.kind is InstanceKind.RADARR
        read = wanted_movies if self._is_radarr else wanted_episodes
        self._pages = read(client, reason, monitored=monitored)
        self.total = 0
        self.is_complete = False

    def items(self) -> Iterator[list[WantedItem]]:
        try:
            for records in self._pages.pages():
                self.total = self._pages.total
                yield [record.to_wanted_item(self._reason) for record in records]
        except ArrNotFound:
            if not self._is_radarr:
                raise
            found = self._films.of(self._reason, monitored=self._monitored)
            self.total = len(found)
            self.is_complete = self._reason not in self._films.incomplete
            yield found
        else:
            self.is_complete = self._pages.is_complete
