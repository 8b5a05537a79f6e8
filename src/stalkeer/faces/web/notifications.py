"""Serve Settings > Notifications: test, add, edit and remove targets, and list the last messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.core.notify.template import DEFAULT_TEXT, DEFAULT_TITLE, FIELDS
from stalkeer.core.notify.topics import TOPIC_TEXTS, Topic
from stalkeer.errors import InvalidInput, NotifyError, StalkeerError
from stalkeer.faces.web.forms import FormFields
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, done, fragment, page
from stalkeer.faces.web.settings_form import SECTIONS
from stalkeer.jobs.notify import targets
from stalkeer.jobs.notify.targets import TargetDraft, TargetPatch, TargetView
from stalkeer.jobs.sources.describe import KEEP
from stalkeer.secrets import mask_text
from stalkeer.store.library.instances import list_instances
from stalkeer.store.notify.targets import TargetKind

router = APIRouter(include_in_schema=False)
PAGE = "/settings/notifications"
KINDS = (
    (TargetKind.APPRISE, "Apprise", "Discord, Telegram, ntfy, e-mail and over 100 more", "ntfy://my-topic"),
    (TargetKind.APPRISE_API, "Apprise server", "A server of your own with Apprise", "http://apprise:8000/notify/key"),
    (TargetKind.WEBHOOK, "Webhook", "JSON to a program of yours", "https://example.com/hook"),
)
KIND_LABELS = {kind: label for kind, label, _text, _example in KINDS}


@dataclass(frozen=True)
class TargetForm:
    """Hold the form fields as text. No topics or no instances mean all of them."""

    name: str = ""
    kind: str = TargetKind.APPRISE.value
    url: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    unsigned: bool = False
    enabled: bool = True
    topics: tuple[Topic, ...] = ()
    instances: tuple[str, ...] = ()
    title: str = DEFAULT_TITLE
    text: str = DEFAULT_TEXT
    quiet_hours: str = ""


@router.get(PAGE)
def get_targets(request: Request) -> HTMLResponse:
    tools = app_of(request).notifier
    context: dict[str, object] = {
        "targets": targets.list_targets(tools),
        "messages": targets.list_messages(tools, 20),
        "labels": KIND_LABELS,
        "texts": TOPIC_TEXTS,
        "sections": SECTIONS,
        "here": "notifications",
    }
    return page(request, "settings/notifications.html", context)


@router.get(f"{PAGE}/new")
def get_new(request: Request) -> HTMLResponse:
    return show_form(request, TargetForm(), None)


@router.post(PAGE)
def post_new(request: Request, given: FormFields) -> Response:
    form = read_form(given)
    targets.add_target(app_of(request).notifier, draft_of(form))
    return done(request, Toast(f"Added {form.name}. It gets messages about events from now on."), to=PAGE)


@router.post(f"{PAGE}/test")
def post_test(request: Request, given: FormFields) -> HTMLResponse:
    """Send a test message to the entered address. An empty address means the saved one."""
    tools, form = app_of(request).notifier, read_form(given)
    try:
        if "known" in given:
            targets.try_target(tools, form.name, patch_of(form))
        else:
            targets.try_draft(tools, draft_of(form))
    except (NotifyError, InvalidInput) as error:
        return fragment(request, "settings/notification_test.html", error=mask_text(str(error)))
    return fragment(request, "settings/notification_test.html", error="")


@router.get(f"{PAGE}/{{name}}")
def get_one(request: Request, name: str) -> HTMLResponse:
    view = targets.get_target(app_of(request).notifier, name)
    return show_form(request, form_of(view), view)


@router.post(f"{PAGE}/{{name}}")
def post_change(request: Request, name: str, given: FormFields) -> Response:
    targets.change_target(app_of(request).notifier, name, patch_of(read_form(given)))
    return done(request, Toast(f"Saved {name}."), to=PAGE)


@router.post(f"{PAGE}/{{name}}/test")
def post_test_known(request: Request, name: str) -> Response:
    """Send a test message, also to a target that is off."""
    try:
        targets.try_target(app_of(request).notifier, name)
    except StalkeerError as error:
        return done(request, Toast(str(error), "bad"))
    return done(request, Toast(f"The test message to {name} was sent."))


@router.post(f"{PAGE}/{{name}}/switch")
def post_switch(request: Request, name: str, given: FormFields) -> Response:
    is_on = given.get("enabled") == "1"
    targets.change_target(app_of(request).notifier, name, TargetPatch(enabled=is_on))
    return done(request, Toast(f"{name} is {'on' if is_on else 'off'} now."), to=PAGE)


@router.post(f"{PAGE}/{{name}}/remove")
def post_remove(request: Request, name: str) -> Response:
    targets.remove_target(app_of(request).notifier, name)
    return done(request, Toast(f"Removed {name}."), to=PAGE)


def show_form(request: Request, form: TargetForm, view: TargetView | None) -> HTMLResponse:
    with app_of(request).database.connect() as connection:
        slugs = [row.slug for row in list_instances(connection)]
    context: dict[str, object] = {
        "form": form,
        "view": view,
        "kinds": KINDS,
        "labels": KIND_LABELS,
        "topics": TOPIC_TEXTS.items(),
        "instances": slugs,
        "fields": FIELDS.items(),
    }
    return page(request, "settings/notification.html", context)


def read_form(given: Mapping[str, str]) -> TargetForm:
    return TargetForm(
        name=given.get("name", ""),
        kind=given.get("kind", ""),
        url=given.get("url", ""),
        secret=given.get("secret", ""),
        unsigned="unsigned" in given,
        enabled="enabled" in given,
        topics=tuple(topic for topic in Topic if f"topic.{topic.value}" in given),
        instances=tuple(name.removeprefix("instance.") for name in given if name.startswith("instance.")),
        title=given.get("title_template", ""),
        text=given.get("text_template", ""),
        quiet_hours=given.get("quiet_hours", ""),
    )


def form_of(view: TargetView) -> TargetForm:
    options = view.row.options
    return TargetForm(
        name=view.name,
        kind=view.row.kind.value,
        enabled=options.enabled,
        topics=options.topics,
        instances=options.instances,
        title=options.title_template,
        text=options.text_template,
        quiet_hours=str(options.quiet_hours or ""),
    )


def draft_of(form: TargetForm) -> TargetDraft:
    try:
        kind = TargetKind(form.kind)
    except ValueError:
        raise InvalidInput("Choose Apprise, an Apprise server or a webhook.") from None
    return TargetDraft(
        name=form.name,
        kind=kind,
        url=form.url,
        secret=form.secret if kind is TargetKind.WEBHOOK else "",
        enabled=form.enabled,
        topics=form.topics,
        instances=form.instances,
        title_template=form.title,
        text_template=form.text,
        quiet_hours=form.quiet_hours,
    )


def patch_of(form: TargetForm) -> TargetPatch:
    """Return the patch of the form. An empty address or secret keeps the stored one."""
    return TargetPatch(
        url=form.url or KEEP,
        secret="" if form.unsigned else form.secret or KEEP,
        enabled=form.enabled,
        topics=form.topics,
        instances=form.instances,
        title_template=form.title,
        text_template=form.text,
        quiet_hours=form.quiet_hours,
    )
