"""Send HTTP requests to TMDB: spaced, retried, and without the key in any message.

A version 3 key is part of the query, so messages name the path only.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

from pydantic import TypeAdapter

from stalkeer.adapters.net.api import Api, ApiAnswer, proxy_of_environment
from stalkeer.adapters.net.deadlines import Deadlines
from stalkeer.adapters.net.failures import NetworkFailure
from stalkeer.adapters.net.retry import AskAgain, Patience, ask_until_answered, is_worth_repeating
from stalkeer.adapters.net.tls import Tls, context_of
from stalkeer.core.security.plain_text import clean_json, may_be_harmful_json
from stalkeer.errors import TmdbError, TmdbUnreachable

T = TypeVar("T")
URL = "https://api.themoviedb.org"
SPACING_S = 0.1  # TMDB allows some forty a second to one address; a household may share it
DEADLINES = Deadlines(connect_s=20.0, head_s=20.0, silence_s=20.0)
PATIENCE = Patience(attempts=3, all_for_s=30.0, longest_pause_s=10.0)
_NOT_NOW = frozenset({429, 500, 502, 503, 504})
_HOW = "Check `tmdb.api_key`: themoviedb.org shows it under Settings > API."


@dataclass(frozen=True)
class TmdbAccess:
    """Hold the URL of TMDB and the credentials: an API key (v3) or a read access token (v4)."""

    api_key: str = field(repr=False)
    url: str = URL

    @property
    def is_token(self) -> bool:
        return self.api_key.startswith("ey") and self.api_key.count(".") == 2


@dataclass
class TmdbPace:
    """Start requests `spacing_s` apart. All clients that share a pace share the spacing."""

    spacing_s: float = SPACING_S
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next_start: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def enter(self) -> None:
        with self._lock:
            now = self.monotonic()
            start = max(now, self._next_start)
            self._next_start = start + self.spacing_s
        if start > now:
            self.sleep(start - now)


class TmdbClient:
    """Send GET requests to TMDB. Open a client per job and close it. Jobs share the pace, not the client."""

    def __init__(self, access: TmdbAccess, pace: TmdbPace | None = None) -> None:
        self._access = access
        self._pace = pace or TmdbPace()
        login = {"Authorization": f"Bearer {access.api_key}"} if access.is_token else {}
        self._api = Api(
            {"Accept": "application/json", "User-Agent": "Stalkeer", **login},
            DEADLINES,
            tls=context_of(Tls()),
            proxy=proxy_of_environment(access.url),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._api.close()

    def get(self, adapter: TypeAdapter[T], path: str, query: Mapping[str, str] | None = None) -> T | None:
        """Send a GET of `/3/{path}` and read the answer; return None for 404. Raises TmdbError."""
        answer = self._send(path, query or {})
        if answer.status == 404:
            return None
        if answer.status == 401:
            raise TmdbError(f"TMDB refused the key for {path}. {_HOW}")
        if not answer.is_success:
            error = TmdbUnreachable if answer.status in _NOT_NOW else TmdbError
            raise error(f"TMDB answered {answer.status} for {path}. Stalkeer asks again at the next match.")
        try:
            if may_be_harmful_json(answer.content):
                return adapter.validate_python(clean_json(json.loads(answer.content)))
            return adapter.validate_json(answer.content)
        except (ValueError, RecursionError) as error:  # a ValidationError is a ValueError
            raise TmdbError(
                f"TMDB answered {path} in an unknown form. Check `tmdb.url` and any proxy in between."
            ) from error

    def _send(self, path: str, query: Mapping[str, str]) -> ApiAnswer:
        own = {} if self._access.is_token else {"api_key": self._access.api_key}

        def send() -> ApiAnswer:
            self._pace.enter()
            answer = self._api.ask("GET", f"{self._access.url}/3/{path}", {**query, **own})
            if answer.status in _NOT_NOW:
                raise AskAgain(answer)
            return answer

        try:
            return ask_until_answered(send, is_worth_repeating, PATIENCE)
        except NetworkFailure as failure:
            # without the cause, whose text may contain the address with the key
            raise TmdbUnreachable(
                f"TMDB did not answer {path}: {failure.words}. Stalkeer asks again at the next match; all else works "
                "without it."
            ) from None
