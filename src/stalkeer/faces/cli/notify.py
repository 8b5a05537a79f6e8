"""Manage the targets of notifications: `stalkeer notify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import typer
from rich.console import Console
from rich.table import Column, Table

from stalkeer.core.notify.template import DEFAULT_TEXT, DEFAULT_TITLE
from stalkeer.core.notify.topics import Topic
from stalkeer.errors import InvalidInput
from stalkeer.faces.cli.output import context_app, emit
from stalkeer.store.notify.targets import TargetKind

if TYPE_CHECKING:
    from stalkeer.jobs.notify.targets import TargetDraft, TargetView

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True, help="Add, test and list the targets of notifications.")

NAME = typer.Argument(help="Name of the target.")
URL = typer.Argument(help="Address: discord://..., http://apprise:8000/notify/key, https://example.com/hook.")
EVENT = typer.Option([], "--event", "-e", help="Only this event; repeatable. Default: all.")
INSTANCE = typer.Option([], "--instance", "-i", metavar="NAME", help="Only this Radarr or Sonarr; repeatable.")
QUIET = typer.Option(
    "", "--quiet-hours", metavar="22:00-07:00", help="Send nothing in these hours, and a summary afterwards."
)
SECRET = typer.Option("", "--secret", envvar="STALKEER_NOTIFY_SECRET", help="Secret to sign the messages of a webhook.")
TITLE = typer.Option(DEFAULT_TITLE, "--title", help="Heading of a message, with fields such as {title}.")
TEXT = typer.Option(DEFAULT_TEXT, "--text", help="Text of a message, with fields such as {text} and {time}.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the targets. Their addresses are secret, so only the service or server is shown.

    Example: stalkeer notify list
    """
    from stalkeer.jobs.notify.targets import list_targets

    found = list_targets(context_app(context).notifier)

    def render(console: Console) -> None:
        if not found:
            console.print("No targets. Add one: stalkeer notify add phone apprise ntfy://my-topic", markup=False)
            return
        table = Table("Name", "Kind", Column("Address", overflow="fold"), "Events", "Last message")
        for target in found:
            events = ", ".join(topic.value for topic in target.row.options.topics) or "all"
            last = f"{target.row.last_success_at:%Y-%m-%d %H:%M}" if target.row.last_success_at else "never"
            table.add_row(target.name, target.row.kind.value, target.shown, events, last)
        console.print(table)
        for target in found:
            state = "off" if not target.row.options.enabled else target.row.last_error
            if state:
                unsent = f" ({target.unsent} messages wait)" if target.unsent else ""
                console.print(f"{target.name}: {state}{unsent}", style="yellow", markup=False, soft_wrap=True)

    emit(context, {"targets": [document_of(target) for target in found]}, render)


@app.command()
def add(
    context: typer.Context,
    name: str = NAME,
    kind: TargetKind = typer.Argument(help="apprise: over 100 services. apprise_api: an Apprise server. webhook."),
    url: str = URL,
    event: list[Topic] = EVENT,
    instance: list[str] = INSTANCE,
    quiet_hours: str = QUIET,
    secret: str = SECRET,
    title: str = TITLE,
    text: str = TEXT,
) -> None:
    """Add a target. It gets messages about events from now on.

    Example: stalkeer notify add phone apprise ntfy://my-topic --event imported --event failed
    """
    from stalkeer.jobs.notify.targets import add_target

    draft = _draft(name, kind, url, event, instance, quiet_hours, secret, title, text)
    added = add_target(context_app(context).notifier, draft)
    emit(
        context, document_of(added), lambda console: _say(console, f"Added {name}. Try it: stalkeer notify test {name}")
    )


@app.command("try")
def try_(
    context: typer.Context,
    kind: TargetKind = typer.Argument(help="apprise, apprise_api or webhook."),
    url: str = URL,
    secret: str = SECRET,
    title: str = TITLE,
    text: str = TEXT,
) -> None:
    """Send a test message to an address without adding it.

    Example: stalkeer notify try webhook https://example.com/hook
    """
    from stalkeer.jobs.notify.targets import try_draft

    try_draft(context_app(context).notifier, _draft("test", kind, url, [], [], "", secret, title, text))
    emit(context, {"sent": True}, lambda console: _say(console, "The test message was sent."))


@app.command("test")
def try_known(context: typer.Context, name: str = NAME) -> None:
    """Send a test message to a target, also while it is off.

    Example: stalkeer notify test phone
    """
    from stalkeer.jobs.notify.targets import try_target

    try_target(context_app(context).notifier, name)
    emit(context, {"sent": True}, lambda console: _say(console, f"The test message to {name} was sent."))


@app.command()
def change(
    context: typer.Context,
    name: str = NAME,
    url: str | None = typer.Option(None, "--url", help="New address."),
    secret: str | None = typer.Option(None, "--secret", help="Secret to sign the messages of a webhook; empty: none."),
    on: bool | None = typer.Option(
        None, "--on/--off", help="Switch the target on or off. Off drops its waiting messages."
    ),
    event: list[Topic] | None = typer.Option(None, "--event", "-e", help="Only these events; repeatable."),
    all_events: bool = typer.Option(False, "--all-events", help="All events."),
    instance: list[str] | None = typer.Option(
        None, "--instance", "-i", metavar="NAME", help="Only these instances; repeatable."
    ),
    all_instances: bool = typer.Option(False, "--all-instances", help="All instances."),
    quiet_hours: str | None = typer.Option(
        None, "--quiet-hours", help="Hours without messages, as 22:00-07:00; empty: none."
    ),
    title: str | None = typer.Option(None, "--title", help="Heading of a message; empty: the default."),
    text: str | None = typer.Option(None, "--text", help="Text of a message; empty: the default."),
) -> None:
    """Change a target. Options that are not given stay unchanged.

    Example: stalkeer notify change phone --quiet-hours 22:00-07:00
    """
    from stalkeer.jobs.notify.targets import TargetPatch, change_target
    from stalkeer.jobs.sources.describe import KEEP, Keep

    def given(value: T | None) -> T | Keep:
        return KEEP if value is None else value

    for chosen, is_all, option in ((event, all_events, "events"), (instance, all_instances, "instances")):
        if chosen and is_all:
            raise InvalidInput(f"Name some {option}, or take --all-{option}, not both")
    patch = TargetPatch(
        url=given(url),
        secret=given(secret),
        enabled=given(on),
        topics=() if all_events else given(event or None),
        instances=() if all_instances else given(instance or None),
        title_template=given(title),
        text_template=given(text),
        quiet_hours=given(quiet_hours),
    )
    changed = change_target(context_app(context).notifier, name, patch)
    emit(context, document_of(changed), lambda console: _say(console, f"Changed {name}."))


@app.command()
def remove(context: typer.Context, name: str = NAME) -> None:
    """Remove a target and its waiting messages.

    Example: stalkeer notify remove phone
    """
    from stalkeer.jobs.notify.targets import remove_target

    remove_target(context_app(context).notifier, name)
    emit(context, {"removed": name}, lambda console: _say(console, f"Removed {name}."))


@app.command()
def messages(
    context: typer.Context, limit: int = typer.Option(20, "--limit", "-n", min=1, max=500, help="Number of messages.")
) -> None:
    """List the last messages to all targets, and those that wait to be sent again.

    Example: stalkeer notify messages
    """
    from stalkeer.jobs.notify.targets import list_messages

    found = list_messages(context_app(context).notifier, limit)

    def render(console: Console) -> None:
        table = Table("Written", "Target", "State", Column("Message", overflow="fold"))
        for delivery in found:
            words = f"{delivery.message.title} ({delivery.error})" if delivery.error else delivery.message.title
            table.add_row(f"{delivery.created_at:%Y-%m-%d %H:%M}", delivery.target, delivery.state.value, words)
        console.print(table) if found else console.print("No messages yet.")

    documents = [
        {
            "target": delivery.target,
            "state": delivery.state.value,
            "title": delivery.message.title,
            "text": delivery.message.text,
            "events": [topic.value for topic in delivery.message.topics],
            "createdAt": delivery.created_at,
            "attempts": delivery.attempts,
            "notBefore": delivery.not_before,
            "endedAt": delivery.ended_at,
            "error": delivery.error,
        }
        for delivery in found
    ]
    emit(context, {"messages": documents}, render)


def document_of(view: TargetView) -> dict[str, object]:
    row, options = view.row, view.row.options
    return {
        "name": row.name,
        "kind": row.kind.value,
        "address": view.shown,
        "enabled": options.enabled,
        "events": [topic.value for topic in options.topics],
        "instances": list(options.instances),
        "quietHours": str(options.quiet_hours or ""),
        "title": options.title_template,
        "text": options.text_template,
        "unsent": view.unsent,
        "failures": row.failures,
        "lastError": row.last_error,
        "lastSuccessAt": row.last_success_at,
    }


def _draft(  # noqa: PLR0913 - the options of a command
    name: str,
    kind: TargetKind,
    url: str,
    event: list[Topic],
    instance: list[str],
    quiet_hours: str,
    secret: str,
    title: str,
    text: str,
) -> TargetDraft:
    from stalkeer.jobs.notify.targets import TargetDraft

    return TargetDraft(name, kind, url, secret, True, event, instance, title, text, quiet_hours)


def _say(console: Console, words: str) -> None:
    console.print(words, style="green", markup=False)
