"""Sign users in and out. Password checks are slow and limited, and sessions are kept on the server."""

from __future__ import annotations

import hashlib
import secrets as random_source
from collections.abc import Callable
from datetime import datetime, timedelta
from hmac import compare_digest

from stalkeer.core.security.passwords import check_user_name, hash_password, is_outdated, is_right
from stalkeer.errors import InvalidInput, StalkeerError
from stalkeer.jobs.system.rate_limits import RateLimits, TooManyRequests, Turnstile
from stalkeer.jobs.system.users import set_password
from stalkeer.settings import Settings
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.system import users
from stalkeer.store.system.users import SessionRow, UserRow

TOKEN_BYTES = 32
SEEN_EVERY = timedelta(minutes=1)  # a session is extended at most this often
HASHED_AT_ONCE = 1  # hashing a password takes 64 MiB of memory and a core for 50 ms
WAITING = 6  # a waiting sign-in holds a thread of the server


class LoginRefused(StalkeerError):
    """Report a wrong name or password, without saying which of the two is wrong."""


class Sessions:
    """Sign users in and out. `settings` is read for each call, so a change applies at once."""

    def __init__(
        self, database: Database, settings: Callable[[], Settings], limits: RateLimits, clock: Callable[[], datetime]
    ) -> None:
        self._database, self._settings, self._limits, self._clock = database, settings, limits, clock
        self._setup_token = random_source.token_hex(4)
        self._passwords = Turnstile("sign-ins", inside=HASHED_AT_ONCE, waiting=WAITING)

    @property
    def setup_token(self) -> str:
        """Return the token that a client outside the local network needs to create the first user.

        It is new at every start.
        """
        return self._setup_token

    def needs_setup(self) -> bool:
        with self._database.connect() as connection:
            return not users.has_users(connection)

    def set_up(self, name: str, password: str, token: str | None, address: str) -> str:
        """Create the first user and sign in. Pass None as `token` for a local address, which needs no token."""
        self._spend(address)
        if token is not None and not compare_digest(token.strip().lower().encode(), self._setup_token.encode()):
            raise LoginRefused("The setup token is wrong; the program's log shows it at every start")
        with self._passwords.enter():
            password_hash = hash_password(password, check_user_name(name))
        with self._database.begin() as connection:
            users.add_first_user(connection, name, password_hash, self._clock())
            user = users.find_user(connection, name)
            assert user is not None, "the user was added above"
            return self._open(connection, user, address)

    def sign_in(self, name: str, password: str, address: str) -> str:
        """Return the session token for the cookie.

        Raise LoginRefused, or TooManyRequests before the password is checked.
        """
        self._spend(address)
        user = self._find(name)
        with self._passwords.enter():
            if not is_right(user.password_hash if user else None, password) or user is None:
                raise LoginRefused("The user name or the password is wrong")
            renewed = hash_password(password, name) if is_outdated(user.password_hash) else None
        with self._database.begin() as connection:
            if renewed is not None:
                users.renew_password_hash(connection, user.id, renewed)
            return self._open(connection, user, address)

    def user_of(self, token: str) -> str | None:
        """Return the user of the session with this token, or None. Each use extends the session."""
        with self._database.connect() as connection:
            session = users.find_session(connection, _hash(token))
        now = self._clock()
        if session is None or session.expires_at <= now:
            return None
        if now - session.last_seen_at >= SEEN_EVERY:
            with self._database.begin() as connection:
                users.extend_session(connection, session.token_hash, now, now + self._lifetime())
        return session.user

    def sign_out(self, token: str) -> None:
        with self._database.begin() as connection:
            users.remove_session(connection, _hash(token))

    def change_password(self, name: str, old: str, new: str, address: str) -> None:
        """Change the password and end every session of the user."""
        self._spend(address)
        user = self._find(name)
        with self._passwords.enter():
            if user is None or not is_right(user.password_hash, old):
                raise InvalidInput("The present password is wrong")
            set_password(self._database, name, new)

    def _find(self, name: str) -> UserRow | None:
        with self._database.connect() as connection:
            return users.find_user(connection, name)

    def _open(self, connection: Transaction, user: UserRow, address: str) -> str:
        token, now = random_source.token_urlsafe(TOKEN_BYTES), self._clock()
        session = SessionRow(_hash(token), user.id, user.name, last_seen_at=now, expires_at=now + self._lifetime())
        users.add_session(connection, session, address)
        return token

    def _lifetime(self) -> timedelta:
        return timedelta(seconds=self._settings().security.session_lifetime)

    def _spend(self, address: str) -> None:
        limit = self._settings().security.login_limit
        left = self._limits.spend("login", address, limit, self._clock().timestamp())
        if not left.is_allowed:
            raise TooManyRequests(
                f"Too many login attempts from {address}; wait {max(1, left.reset_s)} s", max(1, left.reset_s)
            )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
