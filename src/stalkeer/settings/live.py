"""Hold the current settings. A change makes a new snapshot; users of the old snapshot finish with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stalkeer.settings.load import LoadedSettings
from stalkeer.settings.schema import Settings


class LiveSettings:
    """Hold the current settings. Call `reload` with the database's values after they changed.

    These values are the UI's rows, or the settings that `stalkeer serve` published under a version.
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
        """Return the database values of this snapshot."""
        return self._stored

    @property
    def version(self) -> int | None:
        """Return the version of the published settings; None when this process merges its own."""
        return self._version

    def reload(self, stored: Mapping[str, object], version: int | None = None) -> None:
        """Replace the snapshot. Raises ConfigurationError and keeps the present snapshot for invalid rows."""
        self._loaded = self._load(stored)
        self._stored = dict(stored)
        self._version = version

    def check(self, stored: Mapping[str, object]) -> LoadedSettings:
        """Return the settings with these rows. Raises ConfigurationError."""
        return self._load(stored)
