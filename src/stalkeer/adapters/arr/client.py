"""One thin HTTP client for Radarr and Sonarr. The key goes in the header only; what may be sent twice is retried.

A GET, and a PUT or DELETE that says the same thing twice, is tried again after any failure to answer. A POST is tried
again only where it surely never arrived: a command issued twice is two commands.
"""

from __future__ import annotations

import codecs
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx2
from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import TRY_LATER, explain_refusal, objects_of_array, parse
from stalkeer.adapters.arr.gate import Gate
from stalkeer.adapters.arr.values import instance_label
from stalkeer.adapters.net.retry import AskAgain, Patience, ask_until_answered, is_worth_repeating
from stalkeer.errors import ArrError, ArrUnreachable, ArrWrongProgram, ConfigurationError
from stalkeer.model import InstanceKind

T = TypeVar("T")
Query = Mapping[str, str | int | bool | Sequence[int]]
CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 130.0  # both programs give a request up to 100 s inside; a busy database uses them
PATIENCE = Patience(attempts=4, all_for_s=60.0, longest_pause_s=30.0, first_pause_s=0.5)
CHUNK_BYTES = 1 << 16
PROXY_SAYS_DOWN = frozenset({502, 503, 504})
NOT_TAKEN = frozenset({429, 503})
NEVER_ARRIVED = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


@dataclass(frozen=True)
class Address:
    """Where an instance is and how to be let in."""

    kind: InstanceKind
    slug: str
    url: str  # with the base path, without a trailing slash
    api_key: str = field(repr=False)
    ca_file: Path | None = None
    read_timeout_s: float = READ_TIMEOUT_S

    @property
    def label(self) -> str:
        return instance_label(self.kind, self.slug)


class ArrClient:
    """Requests to one instance. Open one per job and close it; the gate is what jobs share."""

    def __init__(self, address: Address, gate: Gate | None = None) -> None:
        self.address = address
        self.gate = gate or Gate(address.label)
        self.answered_at: datetime | None = None  # by the instance's own clock, when it last told the time
        self._http = httpx2.Client(
            headers={"X-Api-Key": address.api_key, "Accept": "application/json", "User-Agent": "Stalkeer"},
            timeout=httpx2.Timeout(address.read_timeout_s, connect=CONNECT_TIMEOUT_S),
            verify=tls_context(address),
            trust_env=False,  # an instance lies in the user's own network: no proxy of the environment
            follow_redirects=False,  # a redirect must not carry the key to another host
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def get(self, adapter: TypeAdapter[T], path: str, query: Query | None = None) -> T:
        """GET `/api/v3/{path}` and read the answer."""
        response = self._send("GET", path, query=query)
        return parse(adapter, response.content, self._asked("GET", path))

    def get_or_none(self, adapter: TypeAdapter[T], path: str) -> T | None:
        """Like `get`; None where the instance knows no such thing (404)."""
        response = self._send("GET", path, allowed=(404,))
        if response.status_code == 404:
            return None
        return parse(adapter, response.content, self._asked("GET", path))

    def stream(self, path: str, query: Query | None = None) -> Iterator[object]:
        """GET a JSON array of any length, element by element. Not retried once elements have been handed out."""
        asked = self._asked("GET", path)
        request = self._http.build_request("GET", self._url(path), params=_query(query))
        response = self._exchange(request, asked, stream=True)
        try:
            if not response.is_success:
                response.read()
            yield from objects_of_array(_text(self._accepted(response, asked)), asked)
        except httpx2.TransportError as error:
            self.gate.failed(reason_in_words(error))
            raise self._unreachable(asked, error) from error
        finally:
            response.close()

    def post(self, adapter: TypeAdapter[T], path: str, body: object) -> T:
        response = self._send("POST", path, body=body)
        return parse(adapter, response.content, self._asked("POST", path))

    def put(self, path: str, body: object) -> None:
        self._send("PUT", path, body=body)

    def delete(self, path: str) -> None:
        self._send("DELETE", path, allowed=(404,))

    def look(self, url: str) -> httpx2.Response:
        """GET a whole URL and return whatever answers: for finding out what is there (`connect`)."""
        try:
            request = self._http.build_request("GET", url)
        except httpx2.InvalidURL as error:
            raise _bad_address(self.address) from error
        return self._exchange(request, f"{self.address.label}: GET {without_query(url)}")

    def _send(
        self, method: str, path: str, *, query: Query | None = None, body: object = None, allowed: tuple[int, ...] = ()
    ) -> httpx2.Response:
        asked = self._asked(method, path)
        try:
            request = self._http.build_request(method, self._url(path), params=_query(query), json=body)
        except httpx2.InvalidURL as error:
            raise _bad_address(self.address) from error
        return self._accepted(self._exchange(request, asked), asked, allowed)

    def _accepted(self, response: httpx2.Response, asked: str, allowed: tuple[int, ...] = ()) -> httpx2.Response:
        if response.is_success or response.status_code in allowed:
            return response
        if response.is_redirect:
            raise ArrWrongProgram(
                f"{asked}: it sends us on to {without_query(response.headers.get('location', ''))}. The base path of "
                "the address is missing or wrong; `stalkeer arr test` proposes the right one."
            )
        raise explain_refusal(response, asked)

    def _exchange(self, request: httpx2.Request, asked: str, *, stream: bool = False) -> httpx2.Response:
        """Send until there is an answer that is no `not now`, or until trying again makes no sense."""
        may_repeat = _post_never_counted if request.method == "POST" else is_worth_repeating
        try:
            response = ask_until_answered(lambda: self._once(request, stream=stream), may_repeat, PATIENCE)
        except httpx2.UnsupportedProtocol as error:
            raise _bad_address(self.address) from error
        except httpx2.TransportError as error:
            self.gate.failed(reason_in_words(error))
            raise self._unreachable(asked, error) from error
        self.answered_at = _date_of(response) or self.answered_at
        if response.status_code in PROXY_SAYS_DOWN:
            self.gate.failed(f"its proxy answered {response.status_code}")
        else:
            self.gate.succeeded()
        return response

    def _once(self, request: httpx2.Request, *, stream: bool) -> httpx2.Response:
        self.gate.enter()
        response = self._http.send(request, stream=stream)
        if response.status_code in TRY_LATER:
            response.read()
            response.close()
            raise AskAgain(response)
        return response

    def _asked(self, method: str, path: str) -> str:
        return f"{self.address.label}: {method} {path}"

    def _url(self, path: str) -> str:
        return f"{self.address.url}/api/v3/{path}"

    def _unreachable(self, asked: str, error: httpx2.TransportError) -> ArrError:
        return ArrUnreachable(
            f"{asked}: {reason_in_words(error)}. Check that it runs and that {self.address.url} is reachable from here."
        )


def tls_context(address: Address) -> ssl.SSLContext | bool:
    """Trust the system's authorities, and the private one the address names."""
    if not address.url.lower().startswith("https:"):
        return False
    context = ssl.create_default_context()
    if address.ca_file is None:
        return context
    try:
        context.load_verify_locations(cafile=address.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"{address.label}: the certificate authority file {address.ca_file} cannot be read: {error}. "
            "It must be a PEM file that Stalkeer may read."
        ) from error
    return context


def reason_in_words(error: httpx2.TransportError) -> str:
    """Why there was no answer, as a person would say it."""
    if isinstance(error, httpx2.ConnectTimeout):
        return f"no connection within {CONNECT_TIMEOUT_S:.0f} s"
    if isinstance(error, httpx2.TimeoutException):
        return "connected, but no answer in time"
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "its certificate is not trusted; name your authority's file in `ca_file`"
    if "WRONG_VERSION_NUMBER" in text or "record layer failure" in text:
        return "it speaks http, not https; change the address to http://"
    if "Name or service not known" in text or "getaddrinfo" in text or "name resolution" in text:
        return "its host name is unknown"
    if "refused" in text.lower():
        return "the connection was refused"
    return f"the connection broke ({text or type(error).__name__})"


def without_query(url: str) -> str:
    return url.partition("?")[0]


def _bad_address(address: Address) -> ConfigurationError:
    return ConfigurationError(
        f"{address.label}: the address {without_query(address.url)!r} cannot be read. Give it as http://host:port or "
        "https://host/base."
    )


def _date_of(response: httpx2.Response) -> datetime | None:
    """The Date header, to the second; None where there is none that can be read."""
    try:
        said = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return None
    return said.astimezone(UTC) if said.tzinfo else None


def _post_never_counted(error: Exception) -> bool:
    """Whether a POST surely did nothing: it was refused for now, or never arrived."""
    if isinstance(error, AskAgain):
        return error.response.status_code in NOT_TAKEN
    return isinstance(error, NEVER_ARRIVED)


def _query(query: Query | None) -> dict[str, str | int | list[int]]:
    """Booleans as both programs write them; a list is the name repeated."""
    written: dict[str, str | int | list[int]] = {}
    for name, value in (query or {}).items():
        if isinstance(value, bool):
            written[name] = "true" if value else "false"
        else:
            written[name] = value if isinstance(value, str | int) else list(value)
    return written


def _text(response: httpx2.Response) -> Iterator[str]:
    decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
    for chunk in response.iter_bytes(CHUNK_BYTES):
        yield decode(chunk)
