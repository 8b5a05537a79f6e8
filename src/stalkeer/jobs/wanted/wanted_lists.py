"""Read an instance's wanted lists, or derive them from its library when it has no such lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.radarr import wanted_movies
from stalkeer.adapters.arr.resources import MovieResource
from stalkeer.adapters.arr.sonarr import wanted_episodes
from stalkeer.adapters.arr.values import LibraryItem, WantedReason, WantedRecord
from stalkeer.errors import ArrNotFound
from stalkeer.model import InstanceKind


@dataclass
class MovieRecords:
    """Collect wanted movies by their own records while a library is read.

    A record without the needed fields makes the list of that reason incomplete. An incomplete list removes no items.
    """

    items: list[WantedRecord] = field(default_factory=list)
    incomplete: set[WantedReason] = field(default_factory=set)

    def note(self, movies: Iterable[MovieResource]) -> Iterator[LibraryItem]:
        """Collect the wanted movies. Yield all movies as library items."""
        for movie in movies:
            if movie.owns_file is None:
                self.incomplete.update(WantedReason)
            elif movie.is_below_cutoff is None:
                self.incomplete.add(WantedReason.CUTOFF)
            reason = movie.lacks
            if reason is not None:
                self.items.append(movie.to_wanted_item(reason))
            yield movie.to_library_item()

    def of(self, reason: WantedReason, *, monitored: bool) -> list[WantedRecord]:
        return [item for item in self.items if item.reason is reason and item.monitored is monitored]


class WantedPages:
    """Read a wanted list page by page, for either program.

    Radarr before 5.6 answers 404 for its lists. The movies' own records then replace them.
    """

    def __init__(self, client: ArrClient, reason: WantedReason, movies: MovieRecords, *, monitored: bool) -> None:
        self._reason = reason
        self._movies = movies
        self._monitored = monitored
        self._is_radarr = client.address.kind is InstanceKind.RADARR
        read = wanted_movies if self._is_radarr else wanted_episodes
        self._pages = read(client, reason, monitored=monitored)
        self.total = 0
        self.is_complete = False

    def items(self) -> Iterator[list[WantedRecord]]:
        try:
            for records in self._pages.pages():
                self.total = self._pages.total
                yield [record.to_wanted_item(self._reason) for record in records]
        except ArrNotFound:
            if not self._is_radarr:
                raise
            found = self._movies.of(self._reason, monitored=self._monitored)
            self.total = len(found)
            self.is_complete = self._reason not in self._movies.incomplete
            yield found
        else:
            self.is_complete = self._pages.is_complete
