"""The settings in use. A change makes a new snapshot; whoever holds the old one finishes with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stalkeer.settings.load import LoadedSettings
from stalkeer.settings.schema import Settings


class LiveSettings:
    """`reload` is called with what the database holds when that changed; the sources beneath stay the same.

    Those are the UI's rows, or what `stalkeer serve` published under a version.
    """

    def __init__(
        self,
        load: Callable[[Mapping[str, object]], LoadedSettings],
        stored: Mapping[str, object],
        version: int | None = None,
    ) -> None:
        self._load = load
        self._loaded = load(stored)
        self._stored = dict(stored)
        self._version = version

    @property
    def current(self) -> Settings:
        return self._loaded.settings

    @property
    def loaded(self) -> LoadedSettings:
        return self._loaded

    @property
    def stored(self) -> Mapping[str, object]:
        """What of the database this snapshot was made with."""
        return self._stored

    @property
    def version(self) -> int | None:
        """The version of the published settings; None where they are merged in this process."""
        return self._version

    def reload(self, stored: Mapping[str, object], version: int | None = None) -> None:
        """Raises ConfigurationError and keeps the present snapshot when the rows do not fit."""
        self._loaded = self._load(stored)
        self._stored = dict(stored)
        self._version = version

    def check(self, stored: Mapping[str, object]) -> LoadedSettings:
        """What the settings would be with these rows; raises ConfigurationError."""
        return self._load(stored)
