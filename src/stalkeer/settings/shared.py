"""The settings that all processes of one database share: `serve` merges and publishes them, the others follow.

A machine's own are those of `LOCAL`: what a process needs before it can read the database, what the web server alone
uses, and what has tables of its own. A script to be run belongs there too: a row must never name one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time

from pydantic import BaseModel, SecretStr

from stalkeer.settings.load import LOCAL, LoadedSettings


def shared_document(loaded: LoadedSettings) -> dict[str, object]:
    """The shared settings as JSON, secrets in the clear: to be stored encrypted only. `load_shared` reads it."""
    settings = loaded.settings
    values = {
        field.alias or name: _plain(getattr(settings, name))
        for name, field in type(settings).model_fields.items()
        if (field.alias or name) not in LOCAL
    }
    origins = {key: layer for key, layer in loaded.origins.items() if key.partition(".")[0] not in LOCAL}
    return {"values": values, "origins": origins}


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
