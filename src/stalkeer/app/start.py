"""Describe how the program was started: configuration file, environment, flags, role."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stalkeer.settings import LoadedSettings, find_config, load_settings
from stalkeer.settings.load import load_shared


@dataclass(frozen=True)
class Start:
    """Hold the --config file, the environment, the flags by dotted key, and the role."""

    config: Path | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    overrides: Mapping[str, object] = field(default_factory=dict)
    role: str = "command"  # serve | worker | doctor | command
    ignores_config: bool = False  # the configuration file is damaged, and its values are missing

    @property
    def shows_damage(self) -> bool:
        """Return whether this process starts with damaged files and reports them. Other processes end with an error."""
        return self.role in ("serve", "doctor")

    def load(self, stored: Mapping[str, object]) -> LoadedSettings:
        return load_settings(self.config_file, self.environ, self.overrides, stored)

    def load_shared(self, document: Mapping[str, object]) -> LoadedSettings:
        return load_shared(self.config_file, self.environ, self.overrides, document)

    @property
    def config_file(self) -> Path | None:
        return None if self.ignores_config else self.config or find_config(self.environ)
