"""Send messages with the Apprise library, which comes with the extra `notify`. It is imported only when it is used.

Apprise connects by itself: it uses the proxies of the environment, and follows the redirects of a service.
"""

from __future__ import annotations

import importlib
import logging
from types import ModuleType
from typing import Any

from stalkeer.core.notify.template import Markup
from stalkeer.errors import NotifyError, NotifyRefused

TIMEOUT_S = 30.0
MISSING = (
    "Apprise is not installed. Install Stalkeer with its extra: pip install 'stalkeer[notify]'; "
    "or use an Apprise server, or a webhook"
)


class AppriseTarget:
    """Hold the service of an Apprise address. Raises NotifyRefused for an address that Apprise does not know."""

    def __init__(self, url: str) -> None:
        self._apprise = _library()
        plugin = _quietly(lambda: self._apprise.Apprise.instantiate(url, suppress_exceptions=True))
        if plugin is None:
            raise NotifyRefused(
                f"Apprise does not know the address {url.partition('://')[0][:20]}://…, or a part of it is missing. "
                "See https://appriseit.com/services/ for the form of each service"
            )
        self._plugin: Any = plugin
        self.service = str(plugin.service_name)

    @property
    def markup(self) -> Markup:
        """Return the format that the service shows."""
        return Markup(str(self._plugin.resolve_format().value))

    @property
    def title_markup(self) -> Markup:
        """Return the format of the heading. A service without a field for it gets it in the text."""
        return self.markup if self._plugin.title_maxlen <= 0 else Markup.TEXT

    def send(self, title: str, text: str, tone: str) -> None:
        """Send a message in the format of the service. Raises NotifyError."""
        library = self._apprise
        sender = library.Apprise(asset=library.AppriseAsset(storage_mode="memory", async_mode=False))
        sender.add(self._plugin)
        with library.LogCapture(level=logging.WARNING, fmt="%(message)s") as said:
            outcome = _quietly(
                lambda: sender.notify(
                    title=title,
                    body=text,
                    notify_type=tone,
                    body_format=self.markup.value,
                    interpret_escapes=False,
                    timeout=TIMEOUT_S,
                )
            )
            words = " ".join(said.getvalue().split())
        if not outcome:
            reason = f": {words[:300]}" if words else ""
            raise NotifyError(f"{self.service} did not take the message from Apprise{reason}. Check its address")


def is_installed() -> bool:
    try:
        _library()
    except NotifyError:
        return False
    return True


def _library() -> ModuleType:
    try:
        library = importlib.import_module("apprise")
    except ImportError as error:
        raise NotifyError(MISSING) from error
    logging.getLogger("apprise").propagate = False  # its lines may quote an address with its token
    return library


def _quietly(call: Any) -> Any:
    """Return the result of a call into Apprise, whose plugins may raise anything on a strange address or answer."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - 170 plugins of others
        raise NotifyError(f"Apprise failed on this address ({type(error).__name__}). Check it") from None
