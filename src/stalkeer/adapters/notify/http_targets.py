"""Send messages by HTTP: to a webhook as signed JSON, and to an Apprise server.

No redirect is followed. A message of an error names the server, never the path, which often contains a token.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime

from stalkeer.adapters.net.addresses import parse_address, shown_origin
from stalkeer.adapters.net.api import Api, proxy_of_environment
from stalkeer.adapters.net.deadlines import Deadlines
from stalkeer.adapters.net.failures import NetworkFailure
from stalkeer.adapters.net.tls import Tls, context_of
from stalkeer.errors import NotifyError, NotifyRefused

DEADLINES = Deadlines(connect_s=10.0, head_s=20.0, silence_s=20.0)
REFUSED = frozenset({400, 405, 406, 413, 414, 415, 422})  # this message, and not the sender or the moment
SIGNATURE, TIMESTAMP, DELIVERY = "X-Stalkeer-Signature", "X-Stalkeer-Timestamp", "X-Stalkeer-Delivery"


def check_url(url: str) -> str:
    """Return the http address of a target. Raises NotifyRefused for text that is none."""
    try:
        parse_address(url)
    except NetworkFailure as failure:
        raise NotifyRefused(
            f"This address cannot be used: {failure.words}. Enter one with http:// or https://"
        ) from None
    return url


def send_webhook(url: str, secret: str, delivery: str, document: Mapping[str, object], now: datetime) -> None:
    """Send a JSON document, signed where there is a secret. Raises NotifyError.

    The signature is the HMAC-SHA256 of the timestamp, a dot and the body. A receiver that refuses old timestamps
    cannot be sent an old message again by somebody else.
    """
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    timestamp = str(int(now.timestamp()))
    fields = {TIMESTAMP: timestamp, DELIVERY: delivery}
    if secret:
        fields[SIGNATURE] = f"sha256={sign(secret, timestamp, body)}"
    _post(url, fields, body, "The webhook")


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a body in hexadecimal digits."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def send_to_apprise_server(url: str, title: str, text: str, tone: str) -> None:
    """Send a message to the configuration that the address of an Apprise server names. Raises NotifyError."""
    document = {"title": title, "body": text, "type": tone, "format": "text"}
    _post(url, {}, json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"), "The Apprise server")


def _post(url: str, fields: Mapping[str, str], body: bytes, name: str) -> None:
    where = f"{name} at {shown_origin(url) or 'an unreadable address'}"
    headers = {"Content-Type": "application/json", "User-Agent": "Stalkeer", **fields}
    tls = context_of(Tls()) if url.lower().startswith("https:") else None
    api = Api(headers, DEADLINES, tls=tls, proxy=proxy_of_environment(check_url(url)))
    try:
        answer = api.open("POST", url, body=body)
        answer.close()  # its head says everything
    except NetworkFailure as failure:
        raise NotifyError(f"{where} did not take the message: {failure.words}. Check its address") from None
    finally:
        api.close()
    _check(answer.status, where)


def _check(status: int, where: str) -> None:
    if 200 <= status < 300:
        return
    said = f"{where} answered {status}"
    if 300 <= status < 400:
        raise NotifyError(f"{said}, a redirect, which is not followed. Enter the address where it leads")
    if status in (401, 403):
        raise NotifyError(f"{said}: it refuses the sender. Check the token in its address")
    if status in (404, 410):
        raise NotifyError(f"{said}: there is nothing at its path. Check its address")
    if status in REFUSED:
        raise NotifyRefused(f"{said}: it refuses the message. Check that it takes JSON of this form")
    raise NotifyError(f"{said}. It is tried again")
