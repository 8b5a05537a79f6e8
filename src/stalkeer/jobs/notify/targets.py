"""Add, change, test and remove the targets of notifications."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from stalkeer.core.notify.quiet_hours import QuietHours
from stalkeer.core.notify.template import DEFAULT_TEXT, DEFAULT_TITLE, check_template
from stalkeer.core.notify.topics import Topic
from stalkeer.errors import InvalidInput, NotifyError, NotifyRefused, SecretError
from stalkeer.jobs.notify.sending import TEST, Envelope, NotifyTools, check_address, send, shown_address
from stalkeer.jobs.sources.describe import KEEP, Keep
from stalkeer.secrets import mask_text
from stalkeer.store.db.database import Transaction
from stalkeer.store.library.instances import get_instance
from stalkeer.store.notify import outbox
from stalkeer.store.notify import targets as stored
from stalkeer.store.notify.outbox import Delivery
from stalkeer.store.notify.targets import NewTarget, NotifyTargetRow, TargetAddress, TargetKind, TargetOptions

NAME = re.compile(r"[\w][\w .-]{0,63}")
RESERVED = frozenset({"new", "test", "messages"})  # parts of addresses
UNREADABLE = "cannot be read with the present secret key"


@dataclass(frozen=True)
class TargetDraft:
    """Describe a target as a user writes it. No topics or no instances mean all of them."""

    name: str
    kind: TargetKind
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    enabled: bool = True
    topics: Sequence[Topic] = ()
    instances: Sequence[str] = ()
    title_template: str = DEFAULT_TITLE
    text_template: str = DEFAULT_TEXT
    quiet_hours: str = ""


@dataclass(frozen=True)
class TargetPatch:
    """Hold new values for some fields. A field that is not named stays as it is."""

    url: str | Keep = field(default=KEEP, repr=False)
    secret: str | Keep = field(default=KEEP, repr=False)
    enabled: bool | Keep = KEEP
    topics: Sequence[Topic] | Keep = KEEP
    instances: Sequence[str] | Keep = KEEP
    title_template: str | Keep = KEEP
    text_template: str | Keep = KEEP
    quiet_hours: str | Keep = KEEP


@dataclass(frozen=True)
class TargetView:
    """Show a target without its secrets. `unsent` counts the messages that it has not taken yet."""

    row: NotifyTargetRow
    shown: str
    unsent: int

    @property
    def name(self) -> str:
        return self.row.name


def list_targets(tools: NotifyTools) -> list[TargetView]:
    with tools.database.connect() as connection:
        unsent = outbox.count_unsent(connection)
        rows = stored.list_targets(connection)
    return [_view(tools, row, unsent.get(row.id, 0)) for row in rows]


def get_target(tools: NotifyTools, name: str) -> TargetView:
    """Return a target. Raises NotFound."""
    with tools.database.connect() as connection:
        row = stored.get_target(connection, name)
        return _view(tools, row, outbox.count_unsent(connection).get(row.id, 0))


def list_messages(tools: NotifyTools, limit: int = 50) -> list[Delivery]:
    """List the messages to all targets, the newest first."""
    with tools.database.connect() as connection:
        return outbox.list_deliveries(connection, limit)


def add_target(tools: NotifyTools, draft: TargetDraft) -> TargetView:
    """Add a target, which gets messages about events from now on.

    Raises InvalidInput for a value that cannot be used, Conflict for a name that is taken, NotFound for an instance.
    """
    if not NAME.fullmatch(draft.name) or draft.name in RESERVED:
        words = f"{draft.name!r} is no name of a target; accepted: up to 64 letters, digits, spaces and . _ -"
        words += f", but none of {', '.join(sorted(RESERVED))}"
        raise InvalidInput(words, fields={"name": words})
    address = _address(draft.kind, draft.url, draft.secret)
    with tools.database.begin() as connection:
        new = NewTarget(draft.name, draft.kind, address, _options(connection, draft))
        row = stored.add_target(connection, tools.secrets, new, tools.clock())
    return _view(tools, row, 0)


def change_target(tools: NotifyTools, name: str, patch: TargetPatch) -> TargetView:
    """Change a target. Raises InvalidInput, NotFound."""
    with tools.database.connect() as connection:
        row = stored.get_target(connection, name)
    draft = _patched(tools, row, patch)
    is_new_address = patch.url is not KEEP or patch.secret is not KEEP
    address = _address(row.kind, draft.url, draft.secret) if is_new_address else None
    with tools.database.begin() as connection:
        changed = stored.change_target(connection, tools.secrets, row, address, _options(connection, draft))
    return _view(tools, changed, 0)


def remove_target(tools: NotifyTools, name: str) -> None:
    """Remove a target with its messages. Raises NotFound."""
    with tools.database.begin() as connection:
        stored.remove_target(connection, stored.get_target(connection, name))


def try_draft(tools: NotifyTools, draft: TargetDraft) -> None:
    """Send a test message to a target that need not be saved. Raises InvalidInput, NotifyError."""
    address = _address(draft.kind, draft.url, draft.secret)
    with tools.database.connect() as connection:
        options = _options(connection, draft)
    _try(tools, draft.kind, address, options)


def try_target(tools: NotifyTools, name: str, patch: TargetPatch = TargetPatch()) -> None:
    """Send a test message to a saved target, with the changes of `patch`, also while it is off. Raises NotifyError."""
    with tools.database.connect() as connection:
        row = stored.get_target(connection, name)
    try_draft(tools, _patched(tools, row, patch))


def _try(tools: NotifyTools, kind: TargetKind, address: TargetAddress, options: TargetOptions) -> None:
    now = tools.clock()
    try:
        send(kind, address, options, Envelope(TEST, "test", tools.local(now), now))
    except NotifyError as error:
        raise type(error)(mask_text(str(error))) from None


def _patched(tools: NotifyTools, row: NotifyTargetRow, patch: TargetPatch) -> TargetDraft:
    """Return the target with the patch. Its address is read only where a part of it stays."""
    options = row.options
    known = TargetAddress("")
    if patch.url is KEEP or patch.secret is KEEP:
        try:
            known = stored.read_address(row, tools.secrets)
        except SecretError:
            if patch.url is KEEP:
                raise
    return TargetDraft(
        name=row.name,
        kind=row.kind,
        url=known.url if patch.url is KEEP else patch.url,
        secret=known.secret if patch.secret is KEEP else patch.secret,
        enabled=options.enabled if patch.enabled is KEEP else patch.enabled,
        topics=options.topics if patch.topics is KEEP else patch.topics,
        instances=options.instances if patch.instances is KEEP else patch.instances,
        title_template=options.title_template if patch.title_template is KEEP else patch.title_template,
        text_template=options.text_template if patch.text_template is KEEP else patch.text_template,
        quiet_hours=str(options.quiet_hours or "") if patch.quiet_hours is KEEP else patch.quiet_hours,
    )


def _address(kind: TargetKind, url: str, secret: str) -> TargetAddress:
    url = url.strip()
    if not url:
        words = "Enter the address of the target"
        raise InvalidInput(words, fields={"url": words})
    if secret and kind is not TargetKind.WEBHOOK:
        words = "Only a webhook is signed; leave the secret empty"
        raise InvalidInput(words, fields={"secret": words})
    address = TargetAddress(url, secret)
    try:
        check_address(kind, address)
    except NotifyRefused as error:
        words = mask_text(str(error))
        raise InvalidInput(words, fields={"url": words}) from None
    return address


def _options(connection: Transaction, draft: TargetDraft) -> TargetOptions:
    return TargetOptions(
        enabled=draft.enabled,
        topics=tuple(topic for topic in Topic if topic in draft.topics),
        instances=tuple(sorted({get_instance(connection, name).slug for name in draft.instances})),
        title_template=check_template(draft.title_template.strip() or DEFAULT_TITLE, "title_template"),
        text_template=check_template(draft.text_template.strip() or DEFAULT_TEXT, "text_template"),
        quiet_hours=QuietHours.of_text(draft.quiet_hours),
    )


def _view(tools: NotifyTools, row: NotifyTargetRow, unsent: int) -> TargetView:
    try:
        shown = shown_address(row.kind, stored.read_address(row, tools.secrets))
    except SecretError:
        shown = UNREADABLE
    return TargetView(row, shown, unsent)
