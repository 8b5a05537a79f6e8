"""The settings in use. A change makes a new snapshot; whoever holds the old one finishes with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stalkeer.settings.load import LoadedSettings
from stalkeer.settings.schema import Settings


class LiveSettings:
    """`reload` is called with the UI's rows when their version changed; the sources beneath stay the same."""

    def __init__(self, load: Callable[[Mapping[str, object]], LoadedSettings], stored: Mapping[str, object]) -> None:
        self._load = load
        self._loaded = load(stored)
        self._stored = dict(stored)

    @property
    def current(self) -> Settings:
        return self._loaded.settings

    @property
    def loaded(self) -> LoadedSettings:
        return self._loaded

    @property
    def stored(self) -> Mapping[str, object]:
        """The UI's rows that this snapshot was made with."""
        return self._stored

    def reload(self, stored: Mapping[str, object]) -> None:
        """Raises ConfigurationError and keeps the present snapshot when the rows do not fit."""
        self._loaded = self._load(stored)
        self._stored = dict(stored)

    def check(self, stored: Mapping[str, object]) -> LoadedSettings:
        """What the settings would be with these rows; raises ConfigurationError."""
        return self._load(stored)
