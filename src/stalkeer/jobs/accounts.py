"""Ask an account how many of its connections are in use, seldom enough not to annoy it, and remember the answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from stalkeer.errors import SourceError, SourceRefused
from stalkeer.model import SourceId
from stalkeer.store.accounts import AccountFacts, connected, save_account
from stalkeer.store.database import Database

ASK_EVERY_S = 30.0  # at most one question in so long
SETTLING = timedelta(seconds=5)  # a connection opened or closed so lately may or may not be counted


class AccountState(StrEnum):
    FREE = "free"  # nobody else uses it, as far as it says
    IN_USE = "in_use"  # someone watches, and leaves us no connection
    REFUSED = "refused"  # expired, banned, disabled, or the login is wrong
    UNKNOWN = "unknown"  # it has no such question, or did not answer


@dataclass(frozen=True)
class Reply:
    """What the account's own API said."""

    status: str  # active | expired | banned | disabled | unknown
    active: int | None
    maximum: int | None
    expires_at: datetime | None = None
    message: str = ""


Ask = Callable[[SourceId], Reply | None]  # None: the source has no account API; raises SourceError


class AccountDesk:
    """Asks accounts on behalf of all transfers of this process."""

    def __init__(
        self,
        database: Database,
        ask: Ask,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._ask = ask
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._asked: dict[SourceId, float] = {}
        self._known: dict[SourceId, AccountState] = {}

    def may_ask(self, source_id: SourceId) -> bool:
        with self._lock:
            asked = self._asked.get(source_id)
            return asked is None or self._monotonic() - asked >= ASK_EVERY_S

    def check(self, source_id: SourceId, closed: int = 0) -> AccountState:
        """Ask now, or give the last answer where it was asked within the last 30 s.

        `closed` of our connections are known to be cut though their downloads still hold their slot.
        """
        with self._lock:
            asked = self._asked.get(source_id)
            if asked is not None and self._monotonic() - asked < ASK_EVERY_S:
                return self._known.get(source_id, AccountState.UNKNOWN)
            self._asked[source_id] = self._monotonic()
        state = self._question(source_id, closed)
        with self._lock:
            self._known[source_id] = state
        return state

    def _question(self, source_id: SourceId, closed: int) -> AccountState:
        try:
            reply = self._ask(source_id)
        except SourceRefused as error:
            reply = Reply("disabled", None, None, message=str(error))
        except SourceError:
            return AccountState.UNKNOWN
        if reply is None:
            return AccountState.UNKNOWN
        now = self._clock()
        with self._database.begin() as connection:
            ours = max(0, connected(connection, source_id, now - SETTLING) - closed)
            viewers = max(0, (reply.active or 0) - ours)
            save_account(
                connection,
                source_id,
                AccountFacts(
                    status=reply.status,
                    active=reply.active,
                    maximum=reply.maximum,
                    viewers=viewers,
                    expires_at=reply.expires_at,
                    message=reply.message or None,
                ),
                now,
            )
        if reply.status not in ("active", "unknown"):
            return AccountState.REFUSED
        is_taken = reply.maximum is not None and viewers + ours >= reply.maximum and viewers > 0
        return AccountState.IN_USE if is_taken else AccountState.FREE
