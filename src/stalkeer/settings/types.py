"""Define the types of settings: sizes in bytes, durations in seconds, times, names, addresses; and their checks."""

from __future__ import annotations

import re
from datetime import time
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    WithJsonSchema,
)
from pydantic.config import JsonDict

from stalkeer.core.matching.wanted_languages import read_wanted_languages
from stalkeer.core.naming.languages import language_code
from stalkeer.settings.units import TIME_OF_DAY, parse_cron, parse_duration, parse_size, parse_time_of_day

MANY = 1_000_000
# Marks a field that settings pages show only on request.
ADVANCED: JsonDict = {"advanced": True}
Size = Annotated[int, BeforeValidator(parse_size), Field(ge=0, json_schema_extra={"form": "size"})]
TimeOfDay = Annotated[
    time, BeforeValidator(parse_time_of_day), WithJsonSchema({"type": "string", "pattern": f"^{TIME_OF_DAY}$"})
]
Duration = Annotated[float, BeforeValidator(parse_duration), Field(ge=0, json_schema_extra={"form": "duration"})]
Cron = Annotated[str, BeforeValidator(parse_cron), Field(json_schema_extra={"form": "cron"})]
LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def check_slug(value: str) -> str:
    if not SLUG.fullmatch(value):
        raise ValueError("is not a name; accepted: lower-case letters, digits, - and _, at most 64")
    return value


def check_http_url(value: str) -> str:
    if not is_http_url(value):
        raise ValueError("is not a web address; accepted: http://host:port/base or https://...")
    return value.rstrip("/")


def is_http_url(text: str) -> bool:
    try:
        parts = urlsplit(text)  # urlsplit ignores line breaks, which must not reach a request
        return text.isprintable() and parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without an address, a port without a number
        return False


def check_secret_url(value: SecretStr) -> SecretStr:
    check_http_url(value.get_secret_value())
    return value


def split_list(value: object) -> object:
    """Split `a, b` from the environment into the list [a, b]."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def check_network(value: str) -> str:
    try:
        return str(ip_network(value, strict=False))
    except ValueError:
        raise ValueError("is not a network; accepted: 192.168.0.0/16, fd00::/8 or one address") from None


def check_switch(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError("is neither yes nor no; accepted: true, false")
    return value


def name_switch(value: object) -> object:
    """Turn a truth value back into yes or no. YAML reads the plain words as truth values."""
    return ("yes" if value else "no") if isinstance(value, bool) else value


def check_key(value: SecretStr) -> SecretStr:
    """Raise ValueError for a key that cannot be sent in a header."""
    if not value.get_secret_value().isascii() or not value.get_secret_value().isprintable():
        raise ValueError("is not a key; accepted: letters, digits and signs without accents")
    return value


def check_wishes(values: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [value for value in values if not re.fullmatch("[a-z]{2}|original", value)]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: no language code; accepted: two letters as in fr, or original")
    return values


def check_wanted_languages(values: tuple[str, ...]) -> tuple[str, ...]:
    read_wanted_languages(values)
    return values


def check_languages(values: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [value for value in values if not LANGUAGE.fullmatch(value)]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: no language code; accepted: two letters as in fr, or pt-BR")
    return values


def check_spoken(values: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [value for value in values if not language_code(value)]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: no language that is known; accepted: a code or name, as fr, fre, French")
    return values


ARCHIVES = frozenset({".zip", ".rar", ".7z", ".gz", ".bz2", ".xz", ".zst", ".tar", ".tgz", ".iso", ".exe"})


def check_extensions(values: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple("." + value.strip().lower().lstrip(".") for value in values)
    wrong = [value for value in found if value in ARCHIVES or not value[1:].isalnum()]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: not accepted; accepted: extensions of video formats, as .wtv")
    return found


def check_folders(values: tuple[Path, ...]) -> tuple[Path, ...]:
    wrong = [str(value) for value in values if not value.is_absolute() or ".." in value.parts]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: no absolute path; accepted: absolute paths of folders, as /data/watch")
    return values


Switch = Annotated[bool, BeforeValidator(check_switch)]
ApiKey = Annotated[SecretStr, AfterValidator(check_key)]
Slug = Annotated[str, AfterValidator(check_slug)]
HttpUrl = Annotated[str, AfterValidator(check_http_url)]
SecretUrl = Annotated[SecretStr, AfterValidator(check_secret_url)]
Words = Annotated[tuple[str, ...], BeforeValidator(split_list)]
Folders = Annotated[tuple[Path, ...], BeforeValidator(split_list), AfterValidator(check_folders)]
Networks = Annotated[tuple[Annotated[str, AfterValidator(check_network)], ...], BeforeValidator(split_list)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Layer = Literal["flag", "environment", "ui", "file", "default"]
