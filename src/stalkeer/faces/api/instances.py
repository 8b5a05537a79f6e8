"""Serve /instances: test, add, change and remove Radarr and Sonarr instances.

An instance is tested before it is saved.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field, StrictBool, StrictInt

from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, page_of_all
from stalkeer.faces.http.problems import problem_answers
from stalkeer.jobs.library import instances, webhooks
from stalkeer.jobs.library.instances import InstancePatch
from stalkeer.jobs.native import setup
from stalkeer.jobs.sources.describe import KEEP
from stalkeer.model import Drive, InstanceKind, SkipOwned
from stalkeer.settings.types import ApiKey, HttpUrl, Slug
from stalkeer.store.library.instances import (
    FolderPair,
    InstanceOptions,
    InstanceRow,
    NewInstance,
    get_instance,
    instance_slug,
    list_instances,
)

router = APIRouter(prefix="/instances", tags=["instances"])
Name = Annotated[str, Path(max_length=80, description="The instance's name.")]


class FoldersView(ApiModel):
    local: str = Field(min_length=1, max_length=1000)
    remote: str = Field(min_length=1, max_length=1000)


class ProfileView(ApiModel):
    id: int
    name: str


class Instance(ApiModel):
    name: str
    kind: InstanceKind
    url: str
    origin: str = Field(description="`config`: from config.yml. `ui`: added here.")
    enabled: StrictBool
    is_default: StrictBool
    version: str | None
    last_sync_at: datetime | None
    last_success_at: datetime | None
    last_error: str | None
    failures: int
    api_calls: int
    path_mappings: list[FoldersView]
    exclude_tags: list[str]
    skip_owned_elsewhere: SkipOwned
    drive: Drive
    languages: list[str] = Field(description="Wanted languages, best first: `fr`, `en:require`, `original`.")
    quality_profile_id: int | None
    quality_profiles: list[ProfileView]
    root_folders: list[str]
    has_webhook: StrictBool


class InstanceToAdd(ApiModel):
    kind: InstanceKind
    url: str = Field(
        min_length=1, max_length=1000, description="Address as in a browser. Small mistakes are corrected."
    )
    api_key: ApiKey = Field(min_length=1, max_length=200)
    name: Slug = Field("default", description="Name that tells several instances of one program apart.")
    quality_profile_id: StrictInt | None = Field(None, ge=1, le=2**31 - 1)
    path_mappings: list[FoldersView] = Field([], max_length=100)
    exclude_tags: list[str] = Field([], max_length=100)
    skip_owned_elsewhere: SkipOwned = Field(
        SkipOwned.AUTO, description="Whether to skip items of which another instance has a file."
    )
    languages: list[str] = Field([], max_length=30, description="`fr`, `en:require`, `original`; best first.")
    drive: Drive = Field(Drive.OURS, description="Who looks for missing items: Stalkeer, or the instance itself.")


class InstanceToChange(ApiModel):
    """Describe the changes of an instance. A field that is left out stays as it is."""

    url: str | None = Field(None, min_length=1, max_length=1000)
    api_key: ApiKey | None = None
    enabled: StrictBool | None = None
    quality_profile_id: StrictInt | None = Field(None, ge=1, le=2**31 - 1)
    path_mappings: list[FoldersView] | None = Field(None, max_length=100)
    exclude_tags: list[str] | None = Field(None, max_length=100)
    skip_owned_elsewhere: SkipOwned | None = None
    drive: Drive | None = None
    languages: list[str] | None = Field(None, max_length=30, description="`fr`, `en:require`, `original`; best first.")

    def to_patch(self) -> InstancePatch:
        """Return the patch.

        Null leaves a field as it is, except for the quality profile, where it means each item's own.
        """
        mappings = self.path_mappings
        return InstancePatch(
            url=KEEP if self.url is None else self.url,
            api_key=KEEP if self.api_key is None else self.api_key.get_secret_value(),
            enabled=KEEP if self.enabled is None else self.enabled,
            quality_profile_id=self.quality_profile_id if "quality_profile_id" in self.model_fields_set else KEEP,
            path_mappings=KEEP if mappings is None else tuple(FolderPair(pair.local, pair.remote) for pair in mappings),
            exclude_tags=KEEP if self.exclude_tags is None else tuple(self.exclude_tags),
            skip_owned_elsewhere=KEEP if self.skip_owned_elsewhere is None else self.skip_owned_elsewhere,
            drive=KEEP if self.drive is None else self.drive,
            languages=KEEP if self.languages is None else tuple(self.languages),
        )


class InstanceAdded(ApiModel):
    instance: Instance
    version: str
    notes: list[str] = Field(description="Corrections made to the address.")


class TestResult(ApiModel):
    __test__ = False

    ok: StrictBool
    version: str | None
    notes: list[str]
    error: str | None


class WebhookToConnect(ApiModel):
    url: HttpUrl = Field(max_length=1000, description="Stalkeer's address as the instance reaches it.")


class WebhookConnected(ApiModel):
    url: str


class NativeConnected(ApiModel):
    url: str
    category: str = Field(description="Category of the instance's downloads.")
    drive: Drive
    note: str = Field(description="What the user still has to do, for example in config.yml; else empty.")


@router.get("")
def list_all_instances(app: CurrentApp, page: PageParams) -> PageOf[Instance]:
    """List the instances from the configuration and those added here."""
    with app.database.connect() as connection:
        return page_of_all([_shown(row) for row in list_instances(connection)], page)


@router.post("", status_code=201)
def add_instance(app: CurrentApp, new: InstanceToAdd) -> InstanceAdded:
    """Test an instance and add it. If the test fails, nothing is saved, and the error says what is wrong."""
    options = InstanceOptions(
        quality_profile_id=new.quality_profile_id,
        path_mappings=tuple(FolderPair(pair.local, pair.remote) for pair in new.path_mappings),
        exclude_tags=tuple(new.exclude_tags),
        skip_owned_elsewhere=new.skip_owned_elsewhere,
        drive=new.drive,
        languages=tuple(new.languages),
    )
    slug = instance_slug(new.kind, new.name)
    described = NewInstance(slug, new.kind, new.url, new.api_key.get_secret_value(), options)
    added = instances.add_instance(app.arrs, described)
    return InstanceAdded(instance=_shown(added.row), version=added.version, notes=list(added.notes))


@router.get("/{name}", responses=problem_answers(404))
def show_instance(app: CurrentApp, name: Name) -> Instance:
    """Show one instance: address, health, profiles, root folders."""
    with app.database.connect() as connection:
        return _shown(get_instance(connection, name))


@router.patch("/{name}", responses=problem_answers(404, 409, 502))
def change_instance(app: CurrentApp, name: Name, change: InstanceToChange) -> InstanceAdded:
    """Change an instance that was added here. A new address or key is tested before it is saved."""
    changed = instances.change_instance(app.arrs, name, change.to_patch())
    return InstanceAdded(instance=_shown(changed.row), version=changed.version, notes=list(changed.notes))


@router.post("/{name}/take-over", responses=problem_answers(404, 409))
def take_over_instance(app: CurrentApp, name: Name) -> Instance:
    """Let an instance of config.yml be edited here. The file counts again once the instance is removed here."""
    return _shown(instances.take_over_instance(app.arrs, name, app.live.loaded))


@router.delete("/{name}", status_code=204, responses=problem_answers(404, 409))
def delete_instance(app: CurrentApp, name: Name) -> None:
    """Remove an instance that was added here. Its history stays."""
    instances.remove_instance(app.arrs, name, app.settings)


@router.post("/{name}/test", responses=problem_answers(404))
def try_instance(app: CurrentApp, name: Name) -> TestResult:
    """Test the connection to an instance. `error` says what is wrong."""
    result = instances.try_instance(app.arrs, name)
    return TestResult(ok=result.is_good, version=result.version, notes=list(result.notes), error=result.error)


@router.post("/{name}/webhook", responses=problem_answers(404, 502))
def add_webhook(app: CurrentApp, name: Name, target: WebhookToConnect) -> WebhookConnected:
    """Add Stalkeer's webhook to the instance, which tests it at once. A new secret replaces the old one."""
    return WebhookConnected(url=webhooks.connect_webhook(app.arrs, name, target.url))


@router.post("/{name}/webhook/test", status_code=204, responses=problem_answers(404, 502))
def try_webhook(app: CurrentApp, name: Name) -> None:
    """Let the instance send a test event to Stalkeer."""
    webhooks.test_webhook(app.arrs, name)


@router.delete("/{name}/webhook", status_code=204, responses=problem_answers(404, 502))
def delete_webhook(app: CurrentApp, name: Name) -> None:
    """Remove Stalkeer's webhook from the instance."""
    webhooks.disconnect_webhook(app.arrs, name)


@router.post("/{name}/native", responses=problem_answers(404, 409, 502))
def connect_native(app: CurrentApp, name: Name, target: WebhookToConnect) -> NativeConnected:
    """Add Stalkeer as indexer and download client to the instance, with an API key of its own.

    Settings that were changed there are repaired. The instance tests both at once, and its drive becomes native.
    """
    made = setup.connect_native(app.arrs, name, target.url, app.settings)
    app.offer_soon()
    return NativeConnected(url=made.url, category=made.category, drive=made.drive, note=made.note)


@router.delete("/{name}/native", status_code=204, responses=problem_answers(404, 502))
def disconnect_native(app: CurrentApp, name: Name) -> None:
    """Remove indexer, download client, webhook and key from the instance.

    From then on, Stalkeer looks for missing items itself, unless config.yml sets `drive: native`. A grab that is still
    open is finished as a grab.
    """
    setup.disconnect_native(app.arrs, name)


def _shown(row: InstanceRow) -> Instance:
    return Instance(
        name=row.slug,
        kind=row.kind,
        url=row.url,
        origin=row.origin,
        enabled=row.enabled,
        is_default=row.is_default,
        version=row.version,
        last_sync_at=row.last_sync_at,
        last_success_at=row.last_success_at,
        last_error=row.last_error,
        failures=row.failures,
        api_calls=row.api_calls,
        path_mappings=[FoldersView(local=pair.local, remote=pair.remote) for pair in row.options.path_mappings],
        exclude_tags=list(row.options.exclude_tags),
        skip_owned_elsewhere=row.options.skip_owned_elsewhere,
        drive=row.options.drive,
        languages=list(row.options.languages),
        quality_profile_id=row.options.quality_profile_id,
        quality_profiles=[ProfileView(id=profile.id, name=profile.name) for profile in row.profiles],
        root_folders=[folder.path for folder in row.root_folders],
        has_webhook=row.webhook_secret is not None,
    )
