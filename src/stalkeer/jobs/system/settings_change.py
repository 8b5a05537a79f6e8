"""Turn the values of a request into the changes that `App.change_settings` stores.

Handle masked secrets and fixed values.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from stalkeer.settings.change import LOCKED, to_row
from stalkeer.settings.load import LoadedSettings


def is_masked(secret: SecretStr) -> bool:
    """Tell whether this is the mask that an answer showed instead of the secret."""
    return set(secret.get_secret_value()) == {"*"}


def section_changes(section: str, given: Mapping[str, object]) -> dict[str, object]:
    """Return the changes by dotted name. A masked secret stays as it is; None forgets a stored value."""
    return {
        f"{section}.{name}": to_row(value)
        for name, value in given.items()
        if not (isinstance(value, SecretStr) and is_masked(value))
    }


def without_fixed(changes: Mapping[str, object], loaded: LoadedSettings) -> dict[str, object]:
    """Leave out the settings that a flag or the environment fixes, so that the setup wizard can save the others."""
    return {name: value for name, value in changes.items() if loaded.origins.get(name) not in LOCKED}
