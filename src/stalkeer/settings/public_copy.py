"""Make a copy of config.yml that is safe to share: without secrets and comments."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from stalkeer.errors import ConfigurationError
from stalkeer.secrets import MASK, mask_text
from stalkeer.settings.keys import all_keys, is_known
from stalkeer.settings.yaml_file import read_yaml

HEAD = f"# A copy of config.yml to be read. Secrets and comments are left out: {MASK} stands for a secret.\n"
LOGIN_NAMES = frozenset({("playlists", "username")})


def public_copy(path: Path) -> str | None:
    """Return the text of the copy; None for a file that is missing or cannot be read."""
    try:
        document = read_yaml(path)
    except ConfigurationError:
        return None
    shown = _shown(document, ())
    return HEAD + yaml.safe_dump(shown, allow_unicode=True, sort_keys=False)


def _shown(value: object, path: tuple[str, ...]) -> object:
    """Mask secrets, and values that are no settings, because they may be secret."""
    if path and (path in _secret() or not is_known(path)):
        return MASK if value is not None else None
    if isinstance(value, dict):
        return {str(key): _shown(child, (*path, str(key))) for key, child in value.items()}
    if isinstance(value, list):
        return [_shown(child, path) for child in value]
    return mask_text(value) if isinstance(value, str) else value


@cache
def _secret() -> frozenset[tuple[str, ...]]:
    return LOGIN_NAMES | {tuple(key.name.replace("[]", "").split(".")) for key in all_keys() if key.is_private}
