"""The catalogue behind Radarr and Sonarr as the matcher's lookup: whoever has the kind of thing is asked, politely."""

from __future__ import annotations

from dataclasses import dataclass

from stalkeer.arr.lookup import search_catalogue
from stalkeer.errors import NotFound
from stalkeer.jobs.instances import Arrs
from stalkeer.matching.lookup import Namesake
from stalkeer.model import InstanceKind
from stalkeer.store.instances import list_instances

SPACING_S = 0.5  # behind the instance stands a catalogue that all its users share


@dataclass(frozen=True)
class ArrLookup:
    """Answers are kept by the caller; nothing is asked twice."""

    arrs: Arrs

    def search(self, kind: str, term: str) -> tuple[Namesake, ...]:
        """Raises ArrError where the default instance cannot be asked, NotFound where there is none."""
        program = InstanceKind.RADARR if kind == "movie" else InstanceKind.SONARR
        with self.arrs.database.connect() as connection:
            row = next((row for row in list_instances(connection, kind=program) if row.enabled), None)
        if row is None:
            raise NotFound(f"There is no {program.capitalize()} to ask who else is called {term!r}.")
        with self.arrs.client(row) as client:
            found = search_catalogue(client, term)
            client.gate.rest(SPACING_S)
        return found
