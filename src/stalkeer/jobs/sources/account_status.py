"""Ask accounts how many of their connections are in use, and remember the answers. An account is asked seldom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from stalkeer.errors import SourceError, SourceRefused
from stalkeer.model import AccountStatus, SourceId
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.downloads.workers import database_now
from stalkeer.store.sources.accounts import (
    AccountFacts,
    LastAnswer,
    claim_question,
    claim_question_after_cut,
    connected,
    end_question,
    last_answer,
    save_account,
)

ASK_EVERY = timedelta(seconds=30)  # at most one question in so long
USABLE = (AccountStatus.ACTIVE, AccountStatus.UNKNOWN)
SETTLING = timedelta(seconds=5)  # a connection opened or closed so lately may or may not be counted


class AccountState(StrEnum):
    """The state of an account for the next connection to it."""

    FREE = "free"  # a connection may be opened, as far as the account says
    IN_USE = "in_use"  # viewers leave us no connection
    REFUSED = "refused"  # expired, banned, disabled, or the login is wrong
    UNKNOWN = "unknown"  # it has no such question, or did not answer


@dataclass(frozen=True)
class AccountReply:
    """The answer of an account's own API."""

    status: AccountStatus
    active: int | None
    maximum: int | None
    expires_at: datetime | None = None
    message: str = ""


Ask = Callable[[SourceId], AccountReply | None]  # None: the source has no account API; raises SourceError
Claim = Callable[[Transaction, SourceId, datetime, timedelta], bool]


class AccountMonitor:
    """Asks accounts for all transfers. The database keeps the times, so that all workers together ask seldom."""

    def __init__(self, database: Database, ask: Ask, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._ask = ask
        self._clock = clock

    def check(self, source_id: SourceId) -> AccountState:
        """Ask now, or judge by the last answer where any worker asked within the last 30 s."""
        return self._check(source_id, claim_question, closed=0)

    def check_after_cut(self, source_id: SourceId) -> AccountState:
        """Ask after one of our connections was cut, while its download still holds its slot.

        A viewer may have come since the account was last asked. It is asked at most once in 30 s too.
        """
        return self._check(source_id, claim_question_after_cut, closed=1)

    def _check(self, source_id: SourceId, claim: Claim, closed: int) -> AccountState:
        with self._database.begin() as connection:
            now = database_now(connection, self._clock())
            if not claim(connection, source_id, now, ASK_EVERY):
                return self._judge(connection, source_id, closed, now)
        reply = self._ask_now(source_id)
        with self._database.begin() as connection:
            now = database_now(connection, self._clock())
            end_question(connection, source_id, now)
            if reply is None:
                return AccountState.UNKNOWN
            return self._store(connection, source_id, reply, closed, now)

    def _ask_now(self, source_id: SourceId) -> AccountReply | None:
        """Ask, and return None where the account has no API or did not answer."""
        try:
            return self._ask(source_id)
        except SourceRefused as error:
            return AccountReply(AccountStatus.DISABLED, None, None, message=str(error))
        except SourceError:
            return None

    def _store(
        self, connection: Transaction, source_id: SourceId, reply: AccountReply, closed: int, now: datetime
    ) -> AccountState:
        ours = max(0, connected(connection, source_id, now - SETTLING) - closed)
        viewers = max(0, (reply.active or 0) - ours)
        facts = AccountFacts(
            status=reply.status,
            active=reply.active,
            maximum=reply.maximum,
            viewers=viewers,
            expires_at=reply.expires_at,
            message=reply.message or None,
        )
        save_account(connection, source_id, facts, now)
        return _state(LastAnswer(reply.status, reply.maximum, viewers), ours)

    def _judge(self, connection: Transaction, source_id: SourceId, closed: int, now: datetime) -> AccountState:
        answer = last_answer(connection, source_id)
        if answer is None:
            return AccountState.UNKNOWN
        return _state(answer, max(0, connected(connection, source_id, now - SETTLING) - closed))


def _state(answer: LastAnswer, ours: int) -> AccountState:
    if answer.status not in USABLE:
        return AccountState.REFUSED
    is_taken = answer.maximum is not None and answer.viewers > 0 and answer.viewers + ours >= answer.maximum
    return AccountState.IN_USE if is_taken else AccountState.FREE
