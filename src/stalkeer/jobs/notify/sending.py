"""Send a message to a target, in the text of the target and the format of its service."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from stalkeer.adapters.net.addresses import shown_origin
from stalkeer.adapters.notify.apprise_library import AppriseTarget
from stalkeer.adapters.notify.http_targets import check_url, send_to_apprise_server, send_webhook
from stalkeer.core.notify.template import Markup, fill
from stalkeer.core.notify.wording import Message, Tone
from stalkeer.secrets import SecretBox, mask_text, register_secret
from stalkeer.store.db.database import Database
from stalkeer.store.notify.targets import TargetAddress, TargetKind, TargetOptions

DOCUMENT_VERSION = 1
TEST = Message(
    "Stalkeer: a test",
    "This target works. It gets messages about the events that you chose.",
    Tone.INFO,
    (),
)
_TOKEN = re.compile(r"(?=.*\d)[^/?&=@:]{8,}|[^/?&=@:]{20,}")


@dataclass(frozen=True)
class NotifyTools:
    """Hold what telling needs. `local` turns a time into the machine's local time."""

    database: Database
    secrets: SecretBox
    clock: Callable[[], datetime]
    local: Callable[[datetime], datetime]


@dataclass(frozen=True)
class Envelope:
    """Hold a message with its number, the local time when it was written, and the time when it is sent."""

    message: Message
    number: str
    at: datetime
    sent_at: datetime


def send(kind: TargetKind, address: TargetAddress, options: TargetOptions, envelope: Envelope) -> None:
    """Send a message. Raises NotifyError, without a secret in its text."""
    hide(address)
    if kind is TargetKind.WEBHOOK:
        send_webhook(address.url, address.secret, envelope.number, _document(envelope, options), envelope.sent_at)
    elif kind is TargetKind.APPRISE_API:
        title, text = _texts(envelope, options, Markup.TEXT, Markup.TEXT)
        send_to_apprise_server(address.url, title, text, envelope.message.tone.value)
    else:
        target = AppriseTarget(address.url)
        title, text = _texts(envelope, options, target.title_markup, target.markup)
        target.send(title, text, envelope.message.tone.value)


def check_address(kind: TargetKind, address: TargetAddress) -> None:
    """Raise NotifyError for an address that cannot be of this kind."""
    hide(address)
    if kind is TargetKind.APPRISE:
        AppriseTarget(address.url)
    else:
        check_url(address.url)


def shown_address(kind: TargetKind, address: TargetAddress) -> str:
    """Return the part of an address that contains no token: the server, or the name of the service."""
    if kind is TargetKind.APPRISE:
        return f"{address.url.partition('://')[0]}://…"
    return f"{shown_origin(address.url)}/…"


def hide(address: TargetAddress) -> None:
    """Mask the address and its tokens in logs and messages from now on."""
    for value in (address.url, address.secret):
        register_secret(value)
    parts = urlsplit(address.url)
    login, _, host = parts.netloc.rpartition("@")
    pieces = [*login.split(":"), *parts.path.split("/"), *re.split("[&=]", parts.query)]
    if parts.scheme.lower() not in ("http", "https"):
        pieces.append(host)  # many services of Apprise have a token in the place of the host
    for piece in pieces:
        if _TOKEN.fullmatch(unquote(piece)):
            register_secret(unquote(piece))


def _texts(envelope: Envelope, options: TargetOptions, title_markup: Markup, markup: Markup) -> tuple[str, str]:
    """Return the heading and the text. A message of few words has them all in its text: services require one."""
    values = _values(envelope)
    text = fill(options.text_template, values, markup)
    if not text.strip():
        return "", fill(options.title_template, values, markup)
    return fill(options.title_template, values, title_markup), text


def _values(envelope: Envelope) -> Mapping[str, str]:
    message = envelope.message
    return {
        "title": mask_text(message.title),
        "text": mask_text(message.text),
        "events": ", ".join(topic.value for topic in message.topics),
        "instances": ", ".join(message.instances),
        "count": str(len(message.happenings)),
        "time": f"{envelope.at:%Y-%m-%d %H:%M}",
    }


def _document(envelope: Envelope, options: TargetOptions) -> Mapping[str, object]:
    """Return the JSON of a webhook. Foreign text in it is for programs: it is harmless, but not escaped."""
    message, values = envelope.message, _values(envelope)
    return {
        "version": DOCUMENT_VERSION,
        "id": envelope.number,
        "time": envelope.at.isoformat(),
        "title": fill(options.title_template, values, Markup.DATA),
        "text": fill(options.text_template, values, Markup.DATA),
        "tone": message.tone.value,
        "events": [topic.value for topic in message.topics],
        "instances": list(message.instances),
        "items": [
            {
                "event": happening.topic.value,
                "name": mask_text(happening.heading),
                "label": mask_text(happening.label),
                "reason": mask_text(happening.words),
                "instance": happening.instance,
                "isOver": happening.is_over,
                "time": happening.at.isoformat(),
            }
            for happening in message.happenings
        ],
    }
