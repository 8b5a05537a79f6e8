"""Create folders of the `directories` settings that the user asks for in a form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stalkeer.errors import InvalidInput
from stalkeer.settings.folders import FOLDERS

SETTINGS = tuple(f"directories.{name}" for name in FOLDERS)


def missing_folders(given: Mapping[str, object]) -> list[str]:
    """Return the settings of `given` whose folder does not exist and could be created. Its path must be absolute."""
    return [name for name in SETTINGS if _is_missing(str(given.get(name) or ""))]


def _is_missing(text: str) -> bool:
    folder = Path(text)
    try:
        return bool(text) and folder.is_absolute() and not folder.exists()
    except (OSError, ValueError):
        return False


def make_folders(folders: Mapping[str, str]) -> None:
    """Create these folders, by setting. Raises InvalidInput with the reason beside the field."""
    for name, text in folders.items():
        if name not in SETTINGS or not Path(text).is_absolute():
            raise InvalidInput(f"{name}: {text!r} is not an absolute path", fields={name: "Give an absolute path."})
        try:
            Path(text).mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            words = f"{text!r} cannot be created: {reason}"
            raise InvalidInput(f"{name}: {words}", fields={name: words}) from error
