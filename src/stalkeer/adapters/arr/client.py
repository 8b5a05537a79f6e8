"""Send HTTP requests to a Radarr or a Sonarr. The API key is sent only in a header.

A GET, PUT or DELETE is retried after any failure to answer, because repeating it changes nothing. A POST is retried
only when it did not arrive: sending it twice would issue two commands.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import TRY_LATER, explain_refusal, objects_of_array, parse
from stalkeer.adapters.arr.gate import RequestGate
from stalkeer.adapters.arr.values import instance_label
from stalkeer.adapters.net.addresses import shown_path
from stalkeer.adapters.net.api import Api, ApiAnswer, OpenAnswer
from stalkeer.adapters.net.deadlines import LISTS, Deadlines
from stalkeer.adapters.net.failures import SPEAKS_HTTP, Cause, NetworkFailure
from stalkeer.adapters.net.retry import AskAgain, Patience, ask_until_answered, is_worth_repeating
from stalkeer.adapters.net.tls import TlsContext, context_with
from stalkeer.errors import ArrError, ArrUnreachable, ArrWrongProgram, ConfigurationError
from stalkeer.model import InstanceKind
from stalkeer.secrets import mask_url, with_login

T = TypeVar("T")
A = TypeVar("A", ApiAnswer, OpenAnswer | ApiAnswer)
Written = Mapping[str, str | int | Sequence[int]]
Query = Mapping[str, str | int | bool | Sequence[int]]
CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 130.0  # both programs allow a request up to 100 s, which a busy database may need
PATIENCE = Patience(attempts=4, all_for_s=60.0, longest_pause_s=30.0, first_pause_s=0.5)
# no retries while a user waits for a page
AT_ONCE = Patience(attempts=1, all_for_s=15.0, longest_pause_s=0.0, first_pause_s=0.0)
PROXY_SAYS_DOWN = frozenset({502, 503, 504})
NOT_TAKEN = frozenset({429, 503})
_IN_OUR_WORDS = {
    Cause.CERTIFICATE: "its certificate is not trusted; name your authority's file in `ca_file`",
    Cause.TIMED_OUT: "connected, but no answer in time",
    Cause.REFUSED: "the connection was refused",
}


@dataclass(frozen=True)
class Address:
    """Hold the URL of an instance and the credentials for it."""

    kind: InstanceKind
    slug: str
    url: str  # with the base path, without a trailing slash and without a login
    api_key: str = field(repr=False)
    ca_file: Path | None = None
    read_timeout_s: float = READ_TIMEOUT_S
    # user:password for a proxy in front of the instance, as in a URL
    login: str | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        return instance_label(self.kind, self.slug)


class ArrClient:
    """Send requests to an instance. Open a client per job and close it. Jobs share the gate, not the client."""

    def __init__(self, address: Address, gate: RequestGate | None = None) -> None:
        self.address = address
        self.gate = gate or RequestGate(address.label)
        self.answered_at: datetime | None = None  # the time of the last answer by the instance's own clock
        self._api = Api(
            {"X-Api-Key": address.api_key, "Accept": "application/json", "User-Agent": "Stalkeer"},
            Deadlines(CONNECT_TIMEOUT_S, address.read_timeout_s, address.read_timeout_s, least=LISTS),
            tls=_context(address)
            if _is_https(address)
            else None,  # without the proxy of the environment, because the instance is in the user's own network
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._api.close()

    def get(self, adapter: TypeAdapter[T], path: str, query: Query | None = None) -> T:
        """Send a GET of `/api/v3/{path}` and read the answer."""
        answer = self._send("GET", path, query=query)
        return parse(adapter, answer.content, self._asked("GET", path))

    def get_or_none(self, adapter: TypeAdapter[T], path: str) -> T | None:
        """Do the same as `get`, but return None for 404."""
        answer = self._send("GET", path, allowed=(404,))
        if answer.status == 404:
            return None
        return parse(adapter, answer.content, self._asked("GET", path))

    def stream(self, path: str, query: Query | None = None) -> Iterator[object]:
        """Send a GET for a JSON array of any length and yield its elements.

        No retry after the first element was yielded.
        """
        asked = self._asked("GET", path)
        answer = self._exchange("GET", asked, lambda: self._open(path, query))
        if isinstance(answer, ApiAnswer):
            raise self._refusal(answer, asked)
        try:
            yield from objects_of_array(_text(answer.pieces()), asked)
        except NetworkFailure as failure:
            self.gate.failed(reason_in_words(failure))
            raise self._unreachable(asked, failure) from failure
        finally:
            answer.close()

    def download(self, path: str, most: int) -> bytes | None:
        """Download a file, without retries.

        Return None where there is none, or where it is larger than `most` bytes.
        """
        asked = self._asked("GET", path)
        answer = self._exchange("GET", asked, lambda: self._open(path, None), AT_ONCE)
        if isinstance(answer, ApiAnswer):
            return None
        content = bytearray()
        try:
            for piece in answer.pieces():
                content += piece
                if len(content) > most:
                    return None
        except NetworkFailure as failure:
            self.gate.failed(reason_in_words(failure))
            raise self._unreachable(asked, failure) from failure
        finally:
            answer.close()
        return bytes(content)

    def post(self, adapter: TypeAdapter[T], path: str, body: object) -> T:
        answer = self._send("POST", path, body=body)
        return parse(adapter, answer.content, self._asked("POST", path))

    def put(self, path: str, body: object) -> None:
        self._send("PUT", path, body=body)

    def delete(self, path: str, query: Query | None = None) -> None:
        self._send("DELETE", path, query=query, allowed=(404,))

    def look(self, url: str) -> ApiAnswer:
        """Send a GET to a full URL and return any answer, so that `connect` can find out which program is there."""
        asked = f"{self.address.label}: GET {mask_url(without_query(url))}"
        return self._exchange("GET", asked, lambda: self._once("GET", with_login(url, self.address.login)))

    def _send(
        self, method: str, path: str, *, query: Query | None = None, body: object = None, allowed: tuple[int, ...] = ()
    ) -> ApiAnswer:
        asked, url = self._asked(method, path), self._url(path)
        answer = self._exchange(method, asked, lambda: self._once(method, url, _query(query), body))
        if answer.is_success or answer.status in allowed:
            return answer
        raise self._refusal(answer, asked)

    def _refusal(self, answer: ApiAnswer, asked: str) -> ArrError:
        if answer.is_redirect:
            return ArrWrongProgram(
                f"{asked}: the answer is a redirect to {shown_path(answer.location)}. Its base path is missing "
                "or wrong; `stalkeer arr test` proposes the right one."
            )
        return explain_refusal(answer, asked)

    def _exchange(self, method: str, asked: str, send: Callable[[], A], patience: Patience = PATIENCE) -> A | ApiAnswer:
        """Send the request until an answer does not ask to try later, or until a retry makes no sense."""
        may_repeat = _post_never_counted if method == "POST" else is_worth_repeating
        try:
            answer = ask_until_answered(send, may_repeat, patience)
        except NetworkFailure as failure:
            if failure.cause is Cause.ADDRESS:
                raise _bad_address(self.address) from failure
            self.gate.failed(reason_in_words(failure))
            raise self._unreachable(asked, failure) from failure
        self.answered_at = _date_of(answer.fields) or self.answered_at
        if answer.status in PROXY_SAYS_DOWN:
            self.gate.failed(f"its proxy answered {answer.status}")
        else:
            self.gate.succeeded()
        return answer

    def _once(self, method: str, url: str, query: Written | None = None, body: object = None) -> ApiAnswer:
        self.gate.enter()
        answer = self._api.ask(method, url, query, body)
        if answer.status in TRY_LATER:
            raise AskAgain(answer)
        return answer

    def _open(self, path: str, query: Query | None) -> OpenAnswer | ApiAnswer:
        """Open the answer. Return it unread for a success, and read completely for a refusal."""
        self.gate.enter()
        answer = self._api.open("GET", self._url(path), _query(query))
        if answer.is_success:
            return answer
        refusal = answer.read()
        if refusal.status in TRY_LATER:
            raise AskAgain(refusal)
        return refusal

    def _asked(self, method: str, path: str) -> str:
        return f"{self.address.label}: {method} {path}"

    def _url(self, path: str) -> str:
        return f"{with_login(self.address.url, self.address.login)}/api/v3/{path}"

    def _unreachable(self, asked: str, failure: NetworkFailure) -> ArrError:
        return ArrUnreachable(
            f"{asked}: {reason_in_words(failure)}. Check that it runs and that {mask_url(self.address.url)} is "
            "reachable from here."
        )


def _is_https(address: Address) -> bool:
    return address.url.lower().startswith("https:")


def _context(address: Address) -> TlsContext:
    try:
        return context_with(address.ca_file)
    except OSError as error:
        raise ConfigurationError(
            f"{address.label}: the certificate authority file {address.ca_file} cannot be read: {error}. "
            "It must be a PEM file that Stalkeer may read."
        ) from error


def reason_in_words(failure: NetworkFailure) -> str:
    """Return why there was no answer, with what an instance's owner can do about it."""
    words = _IN_OUR_WORDS.get(failure.cause, failure.words)
    return f"{words}; change the address to http://" if words == SPEAKS_HTTP else words


def without_query(url: str) -> str:
    return url.partition("?")[0]


def _bad_address(address: Address) -> ConfigurationError:
    return ConfigurationError(
        f"{address.label}: the address {mask_url(without_query(address.url))!r} cannot be read. Give it as "
        "http://host:port or https://host/base."
    )


def _date_of(fields: Mapping[str, str]) -> datetime | None:
    """Return the Date header to the second; None where it is missing or invalid."""
    try:
        said = parsedate_to_datetime(fields.get("date", ""))
    except ValueError:
        return None
    return said.astimezone(UTC) if said.tzinfo else None


def _post_never_counted(error: Exception) -> bool:
    """Tell whether a POST had no effect: it was refused for now, or never arrived."""
    if isinstance(error, AskAgain):
        return error.answer.status in NOT_TAKEN
    return isinstance(error, NetworkFailure) and not error.was_sent and is_worth_repeating(error)


def _query(query: Query | None) -> Written:
    """Encode the query: booleans as both programs write them, and a list by repeating the name."""
    written: dict[str, str | int | Sequence[int]] = {}
    for name, value in (query or {}).items():
        written[name] = ("true" if value else "false") if isinstance(value, bool) else value
    return written


def _text(pieces: Iterator[bytes]) -> Iterator[str]:
    decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
    for piece in pieces:
        yield decode(piece)
