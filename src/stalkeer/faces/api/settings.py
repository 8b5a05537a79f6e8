"""Serve /settings: a route for each section, typed from the schema. Secrets can be set and are never shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, get_origin

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, Field, SecretStr, StrictBool, StrictInt, WithJsonSchema, create_model
from pydantic.alias_generators import to_camel

from stalkeer.errors import ConfigurationError, Conflict
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.jobs.library import instances
from stalkeer.jobs.library.instances import InstancePatch, Trial, find_default
from stalkeer.jobs.sources.describe import KEEP
from stalkeer.jobs.system.settings_change import is_masked, section_changes
from stalkeer.model import InstanceKind
from stalkeer.runtime import App
from stalkeer.secrets import MASK
from stalkeer.settings.change import CHANGEABLE, FILES, LOCKED
from stalkeer.settings.keys import model_of
from stalkeer.settings.schema import Settings
from stalkeer.settings.types import ApiKey, HttpUrl
from stalkeer.settings.units import LARGEST_SIZE, LONGEST_DURATION
from stalkeer.store.library.instances import InstanceOptions, NewInstance

router = APIRouter(prefix="/settings", tags=["settings"])


# --- the default Radarr and Sonarr -------------------------------------------------------------------------------


class DefaultInstance(ApiModel):
    name: str
    url: str
    api_key: str = Field(description="Always masked.")
    api_key_set: StrictBool
    quality_profile_id: int | None
    origin: str = Field(description="`config`: from config.yml, and changed there. `ui`: added here.")


class DefaultInstanceChange(ApiModel):
    url: HttpUrl | None = Field(
        None, max_length=1000, description="Left out: the stored address.", examples=["http://radarr:7878"]
    )
    api_key: ApiKey | None = Field(None, max_length=200, description="Left out or masked: the stored key.")
    quality_profile_id: StrictInt | None = Field(None, ge=1, le=2**31 - 1)


Force = Annotated[bool, Query(description="Save it without a test of the connection.")]


@router.get("/radarr")
def get_radarr_settings(app: CurrentApp) -> DefaultInstance | None:
    """Show the default Radarr, or null where there is none."""
    return _shown_default(app, InstanceKind.RADARR)


@router.put("/radarr")
def put_radarr_settings(app: CurrentApp, change: DefaultInstanceChange, force: Force = False) -> DefaultInstance:
    """Change or add the default Radarr, after a test of the connection."""
    return _put_default(app, InstanceKind.RADARR, change, force=force)


@router.get("/sonarr")
def get_sonarr_settings(app: CurrentApp) -> DefaultInstance | None:
    """Show the default Sonarr, or null where there is none."""
    return _shown_default(app, InstanceKind.SONARR)


@router.put("/sonarr")
def put_sonarr_settings(app: CurrentApp, change: DefaultInstanceChange, force: Force = False) -> DefaultInstance:
    """Change or add the default Sonarr, after a test of the connection."""
    return _put_default(app, InstanceKind.SONARR, change, force=force)


def _shown_default(app: App, kind: InstanceKind) -> DefaultInstance | None:
    with app.database.connect() as connection:
        row = find_default(connection, kind)
    if row is None:
        return None
    return DefaultInstance(
        name=row.slug,
        url=row.url,
        api_key=MASK,
        api_key_set=True,
        quality_profile_id=row.options.quality_profile_id,
        origin=row.origin,
    )


def _put_default(app: App, kind: InstanceKind, change: DefaultInstanceChange, *, force: bool) -> DefaultInstance:
    """Change the default instance, or add it where the program has none. A field that is left out stays as it is."""
    with app.database.connect() as connection:
        row = find_default(connection, kind)
    given = "" if change.api_key is None or is_masked(change.api_key) else change.api_key.get_secret_value()
    trial = Trial.SKIPPED if force else Trial.REQUIRED
    if row is None:
        if not given or change.url is None:
            raise Conflict(f"There is no {kind.capitalize()} yet, so its url and apiKey are needed")
        options = InstanceOptions(quality_profile_id=change.quality_profile_id)
        instances.add_instance(app.arrs, NewInstance(kind.value, kind, change.url, given, options, True), trial)
    else:
        is_named = "quality_profile_id" in change.model_fields_set
        profile = change.quality_profile_id if is_named else KEEP
        url = KEEP if change.url is None else change.url
        patch = InstancePatch(url, given or KEEP, quality_profile_id=profile)
        instances.change_instance(app.arrs, row.slug, patch, trial, take_over=app.live.loaded)
    shown = _shown_default(app, kind)
    assert shown is not None, "it was kept a moment ago"
    return shown


# --- the other sections ------------------------------------------------------------------------------------------


FORMS = {
    "size": r"^[0-9]+(\.[0-9]+)? ?[kKmMgGtT]?i?[bB]?$",
    "duration": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w))+$",
}
JSON_KINDS: tuple[tuple[object, tuple[type, ...]], ...] = (
    (bool, (bool,)),
    (int, (int,)),
    (float, (int, float)),
    (str, (str,)),
    (tuple, (list, tuple)),
)
KIND_NAMES = {bool: "true, false", int: "a number", float: "a number", str: "text", list: "a list", tuple: "a list"}


class SectionOf(ApiModel):
    """Define the base of the answers of all sections."""

    origins: dict[str, str] = Field(description="Where each value comes from: flag, environment, ui, file, default.")
    secrets_set: dict[str, bool] = Field(description="Whether each secret of the section is stored.")
    fixed: list[str] = Field(description="Values that are set by the environment or a flag and cannot be changed here.")


def _section_model(section: str) -> type[BaseModel]:
    model = model_of(Settings.model_fields["import_" if section == "import" else section].annotation)
    assert model is not None, section
    return model


def _values_model(section: str) -> type[ApiModel]:
    """Make the model of a section's values, all optional. Answers and changes use it."""
    fields: dict[str, Any] = {}
    for name, field in _section_model(section).model_fields.items():
        if f"{section}.{name}" in FILES:
            continue
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else None
        described = Field(None, description=field.description, examples=field.examples, json_schema_extra=extra)
        checked: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        kind = _json_kind(field.annotation, extra)
        fields[name] = (Annotated[(checked | None, *kind)] if kind else checked | None, described)
    return create_model(f"{_class_name(section)}Values", __base__=ApiModel, **fields)


def _class_name(section: str) -> str:
    """Return the name of a section as generated clients write it: `MediaServer` for `media_server`."""
    return "".join(part.capitalize() for part in section.split("_"))


def _json_kind(annotation: object, extra: Mapping[str, Any] | None) -> tuple[Any, ...]:
    """Describe what JSON must hold. The file and the environment accept more: `a, b` for a list, 0 for false."""
    form = (extra or {}).get("form")
    if form in ("size", "duration"):
        most = LARGEST_SIZE if form == "size" else LONGEST_DURATION
        number = {"type": "integer" if form == "size" else "number", "minimum": 0, "maximum": most}
        return (WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": FORMS[form]}, {"type": "null"}]}),)
    accepted = next((kinds for of, kinds in JSON_KINDS if annotation is of or get_origin(annotation) is of), None)
    return () if accepted is None else (BeforeValidator(partial(_check_kind, accepted)),)


def _check_kind(accepted: tuple[type, ...], value: object) -> object:
    if value is not None and type(value) not in accepted:
        names = " or ".join(KIND_NAMES[kind] for kind in accepted)
        raise ValueError(f"is of the wrong kind; accepted: {names}")
    return value


def _answer_model(section: str, values: type[ApiModel]) -> type[SectionOf]:
    """Make the model of a section's answer: its values without the secrets.

    `secretsSet` tells which secrets are stored.
    """
    model = _section_model(section)
    names = _open_names(model, values)
    fields: dict[str, Any] = {name: (values.model_fields[name].annotation, None) for name in names}
    shown = create_model(f"{_class_name(section)}Shown", __base__=ApiModel, **fields)
    return create_model(f"{_class_name(section)}Settings", __base__=SectionOf, values=(shown, ...))


def _open_names(model: type[BaseModel], values: type[BaseModel]) -> list[str]:
    fields = model.model_fields.items()
    return [name for name, field in fields if name in values.model_fields and field.annotation is not SecretStr]


def _shown_section(app: App, section: str, values: type[ApiModel]) -> dict[str, Any]:
    loaded = app.live.loaded
    present = getattr(loaded.settings, "import_" if section == "import" else section)
    secrets = {name: bool(value.get_secret_value()) for name, value in present if isinstance(value, SecretStr)}
    shown = {to_camel(name): getattr(present, name) for name in _open_names(type(present), values)}
    origins = {name: loaded.origins.get(f"{section}.{name}", "default") for name in values.model_fields}
    return {
        "values": shown,
        "secrets_set": {to_camel(name): is_set for name, is_set in secrets.items()},
        "origins": {to_camel(name): layer for name, layer in origins.items()},
        "fixed": [to_camel(name) for name, layer in origins.items() if layer in LOCKED],
    }


def _change_section(app: App, section: str, given: ApiModel) -> None:
    """Change the values of a section. Null removes a value saved here; a masked secret stays as it is."""
    try:
        app.change_settings(
            section_changes(section, {name: _plain(getattr(given, name)) for name in given.model_fields_set})
        )
    except ConfigurationError as error:
        raise Conflict(str(error)) from error


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in value.model_fields_set}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _routes_of(section: str) -> tuple[Callable[..., Any], Callable[..., Any], type[SectionOf]]:
    values = _values_model(section)

    def get_section(app: CurrentApp) -> Mapping[str, Any]:
        return _shown_section(app, section, values)

    def put_section(app: CurrentApp, change: values) -> Mapping[str, Any]:  # type: ignore[valid-type]
        _change_section(app, section, change)
        return _shown_section(app, section, values)

    # postponed annotations cannot see a local name
    put_section.__annotations__["change"] = values
    get_section.__name__, put_section.__name__ = f"get_{section}_settings", f"put_{section}_settings"
    return get_section, put_section, _answer_model(section, values)


def _add_sections() -> None:
    for section in CHANGEABLE:
        get_section, put_section, answer = _routes_of(section)
        what = f"Show the section `{section}` with the origin of each value."
        path = f"/{section.replace('_', '-')}"
        router.add_api_route(path, get_section, methods=["GET"], response_model=answer, description=what)
        what = f"Change values of `{section}`. Null removes a value saved here. Changes apply at once."
        router.add_api_route(path, put_section, methods=["PUT"], response_model=answer, description=what)


_add_sections()
