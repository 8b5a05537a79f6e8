"""Find out which program answers at an address, and correct small mistakes in the address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource, explain_refusal, parse
from stalkeer.adapters.arr.client import Address, ArrClient, without_query
from stalkeer.adapters.arr.gate import RequestGate
from stalkeer.adapters.arr.values import SystemStatus
from stalkeer.adapters.arr.versions import OLDEST, numbers
from stalkeer.adapters.net.addresses import parse_address, shown_path
from stalkeer.adapters.net.api import ApiAnswer
from stalkeer.adapters.net.failures import NetworkFailure
from stalkeer.errors import ArrError, ArrTooOld, ArrUnreachable, ArrWrongProgram, ConfigurationError
from stalkeer.model import InstanceKind
from stalkeer.secrets import login_in, mask_url, without_userinfo

SHOWN_CHARACTERS = 60
PROGRAMS = {"radarr": InstanceKind.RADARR, "sonarr": InstanceKind.SONARR}


class StatusResource(Resource):
    app_name: str = ""
    instance_name: str = ""
    version: str = ""
    url_base: str = ""
    is_docker: bool = False
    os_name: str = ""


_STATUS = TypeAdapter(StatusResource)


@dataclass(frozen=True)
class Connected:
    """Describe the program that answers, its address, and the corrections to the given address."""

    status: SystemStatus
    url: str
    notes: tuple[str, ...]


def check_program(client: ArrClient) -> SystemStatus:
    """Check with one request that the instance is the expected program and new enough."""
    return _judge(client.get(_STATUS, "system/status"), client.address)


def connect(address: Address, gate: RequestGate | None = None) -> Connected:
    """Try the given address, then likely corrections of it. Raises the ArrError that explains the failure.

    A login in the address is used, but is not part of the returned address.
    """
    given, notes = tidy_url(address.url)
    address = replace(address, login=login_in(given) or address.login)
    tidy = without_userinfo(given)
    first_error: ArrError | None = None
    for url, note in _candidates(tidy, address.kind):
        candidate = replace(address, url=url)
        try:
            status, final, moved = _ask(candidate, gate)
        except (ArrWrongProgram, ArrUnreachable) as error:
            first_error = first_error or error
            if isinstance(error, ArrUnreachable):
                break
            continue
        found = tuple(part for part in (*notes, note, moved) if part)
        return Connected(status, final, found)
    assert first_error is not None
    raise first_error


def tidy_url(url: str) -> tuple[str, tuple[str, ...]]:
    """Clean up a copied address: spaces, a missing scheme, `/api/v3`, query and fragment, a trailing slash."""
    text = url.strip()
    notes: list[str] = []
    if "://" not in text:
        text = f"http://{text}"
        notes.append("http:// was added")
    try:
        parts = urlsplit(text)
        (parts.hostname or "").encode("idna")  # fails when a label is too long for DNS
    except ValueError as error:
        raise ConfigurationError(
            f"The address {mask_url(without_query(text))!r} cannot be read ({error}). Give it as http://host:port/base."
        ) from error
    path = parts.path
    for tail in ("/api/v3", "/api"):
        if path.rstrip("/").endswith(tail):
            path = path.rstrip("/").removesuffix(tail)
            notes.append(f"{tail} was cut off")
            break
    if parts.query or parts.fragment:
        notes.append("everything after ? or # was cut off")
    return urlunsplit((parts.scheme.lower(), parts.netloc, path.rstrip("/"), "", "")), tuple(notes)


def _candidates(url: str, kind: InstanceKind) -> list[tuple[str, str]]:
    """List the addresses to try: as given, with shorter paths (a copied page), with the usual base path."""
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    found = [(url, "")]
    for length in range(len(segments) - 1, -1, -1):
        shorter = urlunsplit((parts.scheme, parts.netloc, "/".join(["", *segments[:length]]), "", ""))
        found.append((shorter.rstrip("/"), f"the path /{'/'.join(segments)} was wrong; {shorter or '/'} answers"))
    if kind.value not in segments:
        usual = urlunsplit((parts.scheme, parts.netloc, f"/{kind.value}", "", ""))
        found.append((usual, f"the base path /{kind.value} was missing"))
    return found


def _ask(address: Address, gate: RequestGate | None) -> tuple[SystemStatus, str, str]:
    with ArrClient(address, gate) as client:
        answer = client.look(f"{address.url}/api/v3/system/status")
        if answer.is_redirect:
            return _follow(address, gate, answer)
        if answer.status == 404:
            raise _without_v3(client, address)
        return _judge(_read(answer, address), address), address.url, ""


def _follow(address: Address, gate: RequestGate | None, answer: ApiAnswer) -> tuple[SystemStatus, str, str]:
    """Return the address of a redirect to the base path, or from http to https of the same host."""
    tail = "/api/v3/system/status"
    leads_to = f"{address.label}: {address.url} sends us on to {shown_path(answer.location)}"
    try:
        target, here = parse_address(answer.location), parse_address(address.url)
    except NetworkFailure as failure:
        raise ArrWrongProgram(f"{leads_to}, and {failure.words}.") from failure
    path = target.target.partition("?")[0]
    if target.host != here.host or not path.endswith(tail):
        raise ArrWrongProgram(f"{leads_to}, which is not its API. A login page of a proxy must let /api pass.")
    url = f"{target.scheme}://{target.host_field}{path.removesuffix(tail)}"
    with ArrClient(replace(address, url=url), gate) as client:
        again = client.look(f"{url}{tail}")
        status = _judge(_read(again, client.address), client.address)
    return status, url, f"the address is {url}: it redirected there"


def _read(answer: ApiAnswer, address: Address) -> StatusResource:
    asked = f"{address.label}: {address.url}"
    if not answer.is_success:
        raise explain_refusal(answer, asked)
    try:
        status = parse(_STATUS, answer.content, asked)
    except ArrError:
        status = StatusResource()
    if not status.app_name and not status.version:
        raise ArrWrongProgram(
            f"{asked} answers, but it is not the API of {address.kind.capitalize()}: another program, a login page, "
            "or a wrong base path. Check the address (Settings > General > URL Base)."
        )
    return status


def _without_v3(client: ArrClient, address: Address) -> ArrError:
    """Explain a 404 of the v3 API: an old Sonarr has only the first API, another program has neither."""
    old = client.look(f"{address.url}/api/system/status")
    if old.is_success and b'"version"' in old.content:
        return ArrTooOld(f"{address.label}: {address.url} is too old for us: it has no v3 API. Update it.")
    return ArrWrongProgram(
        f"{address.label}: {address.url} answers, but has no v3 API: another program or a wrong base path. Check the "
        "address (Settings > General > URL Base)."
    )


def _judge(status: StatusResource, address: Address) -> SystemStatus:
    """Check the program and the version that the instance states. A version that is not a number is accepted."""
    kind = PROGRAMS.get(status.app_name.strip().lower())
    version, oldest = numbers(status.version), numbers(OLDEST[address.kind])
    is_too_old = bool(version) and version[: len(oldest)] < oldest
    # the first versions do not state the program's name
    if is_too_old and (kind is address.kind or not status.app_name):
        raise _too_old(status, address)
    if kind is not address.kind:
        raise _other_program(status, address)
    return SystemStatus(
        kind=kind,
        version=status.version,
        instance_name=status.instance_name,
        url_base=status.url_base,
        is_docker=status.is_docker,
        os_name=status.os_name,
    )


def _other_program(status: StatusResource, address: Address) -> ArrError:
    name = status.app_name.strip()[:SHOWN_CHARACTERS]
    here = f"{address.label}: {mask_url(address.url)}"
    if name.lower() in PROGRAMS:
        words = f"{here} is {name}, not {address.kind.capitalize()}. Give it under `{name.lower()}`."
        return ArrWrongProgram(words, fields={"kind": f"This is {name}."})
    version = f" {status.version[:SHOWN_CHARACTERS]}" if status.version else ""
    if name:
        return ArrWrongProgram(f"{here} says that it is {name}{version}. Stalkeer works with Radarr and Sonarr only.")
    shown = f" (version{version})" if version else ""
    return ArrWrongProgram(
        f"{here} does not say that it is {address.kind.capitalize()}{shown}: another program. Stalkeer works with "
        "Radarr and Sonarr only; check the address."
    )


def _too_old(status: StatusResource, address: Address) -> ArrError:
    name = address.kind.capitalize()
    return ArrTooOld(
        f"{address.label}: {name} {status.version} is too old; {OLDEST[address.kind]} or newer is needed. Update it."
    )
