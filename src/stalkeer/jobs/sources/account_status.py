"""Ask accounts for the number of their connections in use, and store the answers. Accounts are asked rarely."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from stalkeer.adapters.media.server import MediaServer
from stalkeer.adapters.media.sessions import read_sessions
from stalkeer.core.downloads.admission import is_taken_by_viewers
from stalkeer.core.downloads.viewing import REST, share_viewers
from stalkeer.errors import SourceError, SourceRefused, StalkeerError
from stalkeer.jobs.sources.watched_streams import find_streams
from stalkeer.model import AccountStatus, SourceId
from stalkeer.secrets import SecretBox
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.downloads.admission import sources_in_use
from stalkeer.store.downloads.workers import database_now
from stalkeer.store.sources.accounts import (
    AccountFacts,
    LastAnswer,
    claim_question,
    claim_question_after_cut,
    connected,
    end_question,
    last_answer,
    note_busy,
    note_watched,
    own_limit,
    save_account,
)
from stalkeer.store.sources.credentials import kept_credentials
from stalkeer.store.sources.description import Credentials
from stalkeer.store.sources.sources import list_sources

log = logging.getLogger(__name__)

PATIENCE_S = 1.0  # time that a transfer waits for an answer; then it continues as if the account had no API
ASK_EVERY = timedelta(seconds=30)  # at most one query in this time
USABLE = (AccountStatus.ACTIVE, AccountStatus.UNKNOWN)
# a connection opened or closed within this time may or may not be in the account's count
SETTLING = timedelta(seconds=5)


class AccountState(StrEnum):
    """Define the state of an account for the next connection to it."""

    FREE = "free"  # the account allows a further connection
    IN_USE = "in_use"  # viewers use all connections
    REFUSED = "refused"  # expired, banned, disabled, or a wrong login
    UNKNOWN = "unknown"  # the source has no account API, or did not answer


@dataclass(frozen=True)
class AccountReply:
    """Hold the answer of an account's API."""

    status: AccountStatus
    active: int | None
    maximum: int | None
    expires_at: datetime | None = None
    message: str = ""


Ask = Callable[[SourceId], AccountReply | None]  # None: the source has no account API; raises SourceError
Claim = Callable[[Transaction, SourceId, datetime, timedelta], bool]


@dataclass
class _Question:
    """Hold a running query. `state` is set once `is_done` is."""

    begun_at: float
    is_done: threading.Event = field(default_factory=threading.Event)
    state: AccountState = AccountState.UNKNOWN


class AccountMonitor:
    """Ask accounts for all transfers.

    The database keeps the times, so that all workers together ask rarely. Each query has a separate thread, and a
    source has at most one query, so that a slow panel delays nobody else.
    """

    def __init__(
        self,
        database: Database,
        ask: Ask,
        clock: Callable[[], datetime],
        *,
        patience_s: float = PATIENCE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._ask = ask
        self._clock = clock
        self._patience_s = patience_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._open: dict[SourceId, _Question] = {}
        self._writing = threading.Lock()
        self._is_stopped = False

    def ask_beside(self, source_id: SourceId, answered: Callable[[], None]) -> None:
        """Ask if no worker asked within the last 30 s, and return at once. `answered` is called at the end."""
        self._begin(source_id, claim_question, 0, answered)

    def check(self, source_id: SourceId) -> AccountState:
        """Ask now, or use the last answer where any worker asked within the last 30 s."""
        return self._check(source_id, claim_question, closed=0)

    def check_after_cut(self, source_id: SourceId) -> AccountState:
        """Ask after one of our connections was cut, while its download still holds its slot, because a viewer may have
        come since the last query.

        This query has its own limit of one in 30 s, and waits at most a second.
        """
        return self._check(source_id, claim_question_after_cut, closed=1)

    def stop(self) -> None:
        """Store no more answers. Running queries end by their own time limit."""
        with self._writing:
            self._is_stopped = True

    def _check(self, source_id: SourceId, claim: Claim, closed: int) -> AccountState:
        end = self._monotonic() + self._patience_s
        with self._lock:
            earlier = self._open.get(source_id)
        if earlier is not None and not self._await(earlier, end):
            return AccountState.UNKNOWN
        question = self._begin(source_id, claim, closed, lambda: None)
        if question is not None:
            return question.state if self._await(question, end) else AccountState.UNKNOWN
        with self._database.begin() as connection:
            return self._judge(connection, source_id, closed, database_now(connection, self._clock()))

    def _await(self, question: _Question, end: float) -> bool:
        """Return whether the query ends before `end`. An overdue query is not waited for again."""
        left_s = min(end, question.begun_at + self._patience_s) - self._monotonic()
        return question.is_done.wait(max(0.0, left_s))

    def _begin(self, source_id: SourceId, claim: Claim, closed: int, answered: Callable[[], None]) -> _Question | None:
        """Begin a query, or return the running one. Return None where the account must not be asked now."""
        question = _Question(self._monotonic())
        with self._lock:
            present = self._open.setdefault(source_id, question)
        if present is not question:
            return present
        is_ours = False
        try:
            with self._database.begin() as connection:
                is_ours = claim(connection, source_id, database_now(connection, self._clock()), ASK_EVERY)
        finally:
            if not is_ours:
                self._end(source_id, question)
        if not is_ours:
            return None
        asking = threading.Thread(
            target=self._carry_out, args=(source_id, question, closed, answered), name="account", daemon=True
        )
        asking.start()
        return question

    def _carry_out(self, source_id: SourceId, question: _Question, closed: int, answered: Callable[[], None]) -> None:
        try:
            reply = self._ask_now(source_id)
            with self._writing:
                if not self._is_stopped:
                    question.state = self._write(source_id, reply, closed)
        except StalkeerError as error:
            log.warning("an account's answer could not be stored: %s", error)
        except Exception:
            log.exception("an account could not be asked")
        finally:
            self._end(source_id, question)
            answered()

    def _end(self, source_id: SourceId, question: _Question) -> None:
        with self._lock:
            self._open.pop(source_id, None)
        question.is_done.set()

    def _write(self, source_id: SourceId, reply: AccountReply | None, closed: int) -> AccountState:
        with self._database.begin() as connection:
            now = database_now(connection, self._clock())
            end_question(connection, source_id, now)
            if reply is None:
                return AccountState.UNKNOWN
            return self._store(connection, source_id, reply, closed, now)

    def _ask_now(self, source_id: SourceId) -> AccountReply | None:
        """Ask the account. Return None where it has no API or did not answer."""
        try:
            return self._ask(source_id)
        except SourceRefused as error:
            return AccountReply(AccountStatus.REFUSED, None, None, message=str(error))
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
        if is_taken_by_viewers(own_limit(connection, source_id), reply.maximum, viewers):
            note_busy(connection, source_id, now + REST)
        return _state(LastAnswer(reply.status, reply.maximum, viewers), ours)

    def _judge(self, connection: Transaction, source_id: SourceId, closed: int, now: datetime) -> AccountState:
        answer = last_answer(connection, source_id)
        if answer is None:
            return AccountState.UNKNOWN
        return _state(answer, max(0, connected(connection, source_id, now - SETTLING) - closed))


def note_viewers(
    database: Database, secrets: SecretBox, server: MediaServer, clock: Callable[[], datetime]
) -> frozenset[SourceId]:
    """Ask the media server who watches, and store the viewers with the accounts.

    Return the sources whose accounts are watched with. Ask only while downloads are queued or running. Raises
    MediaServerError.
    """
    with database.connect() as connection:
        if not sources_in_use(connection):
            return frozenset()
        rows = [row for row in list_sources(connection) if row.enabled]
    watched = [session for session in read_sessions(server) if session.is_stream]
    if not watched:
        return frozenset()
    with database.connect() as connection:
        streams = find_streams(connection, watched)
    hosts: dict[int, frozenset[str]] = {row.id: hosts_of(kept_credentials(row, secrets)) for row in rows}
    found = {SourceId(source_id): count for source_id, count in share_viewers(streams, hosts).items()}
    if found:
        with database.begin() as connection:
            note_watched(connection, found, database_now(connection, clock()))
    return frozenset(found)


def hosts_of(credentials: Credentials) -> frozenset[str]:
    """Return the host names of a source's entries."""
    known = (urlsplit(url).hostname for url in (credentials.url, *credentials.learned.bases))
    return frozenset(host for host in known if host)


def _state(answer: LastAnswer, ours: int) -> AccountState:
    if answer.status not in USABLE:
        return AccountState.REFUSED
    is_taken = answer.maximum is not None and answer.viewers > 0 and answer.viewers + ours >= answer.maximum
    return AccountState.IN_USE if is_taken else AccountState.FREE
