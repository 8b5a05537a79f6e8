"""Serve /notifications: test, add, change and remove the targets of notifications, and list the messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field, SecretStr, StrictBool

from stalkeer.core.notify.template import DEFAULT_TEXT, DEFAULT_TITLE
from stalkeer.core.notify.topics import Topic
from stalkeer.errors import NotifyError
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, page_of_all
from stalkeer.faces.http.problems import problem_answers
from stalkeer.jobs.notify import targets
from stalkeer.jobs.notify.targets import TargetDraft, TargetPatch, TargetView
from stalkeer.jobs.sources.describe import KEEP
from stalkeer.store.notify.outbox import Delivery, DeliveryState
from stalkeer.store.notify.targets import TargetKind

router = APIRouter(prefix="/notifications", tags=["notifications"])
MOST_MESSAGES = 1000
TargetName = Annotated[str, Path(min_length=1, max_length=64, description="The target's name.")]
Topics = Annotated[list[Topic], Field(max_length=len(Topic), description="Events to send; none: all.")]
Instances = Annotated[list[str], Field(max_length=100, description="Names of instances; none: all.")]
Template = Annotated[str, Field(max_length=1000, description="Plain text with fields: `{title}`, `{text}`, `{time}`.")]
Hours = Annotated[
    str, Field(max_length=20, description="Hours of local time without messages.", examples=["22:00-07:00"])
]
Url = Annotated[
    SecretStr,
    Field(min_length=1, max_length=2000, description="Never shown again.", examples=["https://example.com/hook"]),
]
Secret = Annotated[SecretStr, Field(max_length=200, description="Signs a webhook; empty: no signature.", examples=[""])]


class NotificationTarget(ApiModel):
    name: str
    kind: TargetKind
    address: str = Field(description="Service or server, without any token.", examples=["https://example.com/…"])
    enabled: StrictBool
    topics: list[Topic] = Field(description="Empty: all.")
    instances: list[str] = Field(description="Empty: all.")
    title_template: str
    text_template: str
    quiet_hours: str
    unsent: int = Field(description="Messages that it has not taken yet.")
    failures: int = Field(description="Attempts in a row that it did not take.")
    last_error: str | None
    last_success_at: datetime | None

    @classmethod
    def of(cls, view: TargetView) -> NotificationTarget:
        row, options = view.row, view.row.options
        return cls(
            name=row.name,
            kind=row.kind,
            address=view.shown,
            enabled=options.enabled,
            topics=list(options.topics),
            instances=list(options.instances),
            title_template=options.title_template,
            text_template=options.text_template,
            quiet_hours=str(options.quiet_hours or ""),
            unsent=view.unsent,
            failures=row.failures,
            last_error=row.last_error,
            last_success_at=row.last_success_at,
        )


class TargetToAdd(ApiModel):
    name: str = Field(min_length=1, max_length=64, examples=["phone"])
    kind: TargetKind = Field(examples=["webhook"])
    url: Url
    secret: Secret = SecretStr("")
    enabled: StrictBool = True
    topics: Topics = []
    instances: Instances = Field([], examples=[[]])
    title_template: Template = DEFAULT_TITLE
    text_template: Template = DEFAULT_TEXT
    quiet_hours: Hours = ""

    def to_draft(self) -> TargetDraft:
        return TargetDraft(
            name=self.name,
            kind=self.kind,
            url=self.url.get_secret_value(),
            secret=self.secret.get_secret_value(),
            enabled=self.enabled,
            topics=self.topics,
            instances=self.instances,
            title_template=self.title_template,
            text_template=self.text_template,
            quiet_hours=self.quiet_hours,
        )


class TargetToChange(ApiModel):
    """Describe the changes of a target. A field that is left out, or null, stays as it is."""

    url: Url | None = None
    secret: Secret | None = None
    enabled: StrictBool | None = None
    topics: Topics | None = None
    instances: Instances | None = Field(None, examples=[[]])
    title_template: Template | None = None
    text_template: Template | None = None
    quiet_hours: Hours | None = None

    def to_patch(self) -> TargetPatch:
        return TargetPatch(
            url=KEEP if self.url is None else self.url.get_secret_value(),
            secret=KEEP if self.secret is None else self.secret.get_secret_value(),
            enabled=KEEP if self.enabled is None else self.enabled,
            topics=KEEP if self.topics is None else self.topics,
            instances=KEEP if self.instances is None else self.instances,
            title_template=KEEP if self.title_template is None else self.title_template,
            text_template=KEEP if self.text_template is None else self.text_template,
            quiet_hours=KEEP if self.quiet_hours is None else self.quiet_hours,
        )


class TargetTest(ApiModel):
    ok: StrictBool
    error: str | None


class NotificationMessage(ApiModel):
    target: str
    state: DeliveryState
    title: str
    text: str
    topics: list[Topic]
    created_at: datetime
    attempts: int
    not_before: datetime = Field(description="The next attempt of a waiting message.")
    ended_at: datetime | None
    error: str | None

    @classmethod
    def of(cls, delivery: Delivery) -> NotificationMessage:
        return cls(
            target=delivery.target,
            state=delivery.state,
            title=delivery.message.title,
            text=delivery.message.text,
            topics=list(delivery.message.topics),
            created_at=delivery.created_at,
            attempts=delivery.attempts,
            not_before=delivery.not_before,
            ended_at=delivery.ended_at,
            error=delivery.error,
        )


@router.get("")
def list_notification_targets(app: CurrentApp, page: PageParams) -> PageOf[NotificationTarget]:
    """List the targets. Their addresses and secrets are never shown."""
    return page_of_all([NotificationTarget.of(view) for view in targets.list_targets(app.notifier)], page)


@router.post("", status_code=201)
def add_notification_target(app: CurrentApp, new: TargetToAdd) -> NotificationTarget:
    """Add a target. It gets messages about events from now on."""
    return NotificationTarget.of(targets.add_target(app.notifier, new.to_draft()))


@router.post("/test")
def try_new_notification_target(app: CurrentApp, new: TargetToAdd) -> TargetTest:
    """Send a test message without adding the target. `error` says what is wrong."""
    try:
        targets.try_draft(app.notifier, new.to_draft())
    except NotifyError as error:
        return TargetTest(ok=False, error=str(error))
    return TargetTest(ok=True, error=None)


@router.get("/messages")
def list_notification_messages(app: CurrentApp, page: PageParams) -> PageOf[NotificationMessage]:
    """List the last messages to all targets, 1,000 at most, the newest first."""
    messages = targets.list_messages(app.notifier, MOST_MESSAGES)
    return page_of_all([NotificationMessage.of(message) for message in messages], page)


@router.get("/{name}", responses=problem_answers(404))
def show_notification_target(app: CurrentApp, name: TargetName) -> NotificationTarget:
    """Show a target."""
    return NotificationTarget.of(targets.get_target(app.notifier, name))


@router.patch("/{name}", responses=problem_answers(404))
def change_notification_target(app: CurrentApp, name: TargetName, change: TargetToChange) -> NotificationTarget:
    """Change a target. Switching it off drops its waiting messages."""
    return NotificationTarget.of(targets.change_target(app.notifier, name, change.to_patch()))


@router.delete("/{name}", status_code=204, responses=problem_answers(404))
def delete_notification_target(app: CurrentApp, name: TargetName) -> None:
    """Remove a target, with its messages."""
    targets.remove_target(app.notifier, name)


@router.post("/{name}/test", responses=problem_answers(404))
def try_notification_target(app: CurrentApp, name: TargetName) -> TargetTest:
    """Send a test message to a target, also while it is off. `error` says what is wrong."""
    try:
        targets.try_target(app.notifier, name)
    except NotifyError as error:
        return TargetTest(ok=False, error=str(error))
    return TargetTest(ok=True, error=None)
