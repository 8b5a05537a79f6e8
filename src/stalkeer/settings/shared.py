"""Share settings between all processes of a database: `serve` merges and publishes them, the others follow.

Sections in `LOCAL` stay with each machine: settings needed before the database can be read, settings of the web server,
and settings with their own tables. The path of a script must also be local: a row must never name a script.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time

from pydantic import BaseModel, SecretStr

from stalkeer.settings.load import LOCAL, LoadedSettings


def shared_document(loaded: LoadedSettings) -> dict[str, object]:
    """Return the shared settings as JSON with secrets in the clear, to be stored encrypted. `load_shared` reads it."""
    settings = loaded.settings
    values = {
        field.alias or name: _plain(getattr(settings, name))
        for name, field in type(settings).model_fields.items()
        if (field.alias or name) not in LOCAL
    }
    origins = {key: layer for key, layer in loaded.origins.items() if key.partition(".")[0] not in LOCAL}
    return {"values": values, "origins": origins}


def origins_of(document: Mapping[str, object]) -> Mapping[str, str]:
    """Return the origin of each value of a published document that is not a default."""
    origins = document.get("origins")
    return {str(key): str(layer) for key, layer in origins.items()} if isinstance(origins, Mapping) else {}


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return {field.alias or name: _plain(getattr(value, name)) for name, field in type(value).model_fields.items()}
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, time):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)
