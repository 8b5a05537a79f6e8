"""Describe a source as a user or the configuration does, and check the description."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import time
from typing import Any

from stalkeer.core.catalogue.learned import LearnedAccess
from stalkeer.core.downloads.viewing import NIGHT, UseTimes, UseWhen
from stalkeer.errors import InvalidInput
from stalkeer.model import Origin, SourceKind
from stalkeer.settings import Settings
from stalkeer.settings.sections.connections import PlaylistSettings
from stalkeer.settings.units import is_cron

CONFIG, UI = Origin.CONFIG, Origin.UI
M3U, XTREAM = SourceKind.M3U, SourceKind.XTREAM
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
PROXY_SCHEMES = ("http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://")


@dataclass(frozen=True)
class Credentials:
    """Hold the address, login, headers and proxy of a source. Never shown, never logged."""

    path: str = ""
    url: str = field(default="", repr=False)
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str = field(default="", repr=False)
    learned: LearnedAccess = field(default_factory=LearnedAccess, repr=False)
    # the values with which the stored fingerprints were made
    reference: LearnedAccess = field(default_factory=LearnedAccess, repr=False)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, stored: str) -> Credentials:
        values = json.loads(stored)
        learned, reference = (_learned_of_json(values.pop(name, None) or {}) for name in ("learned", "reference"))
        return cls(**values, learned=learned, reference=reference)


def _learned_of_json(stored: Mapping[str, Any]) -> LearnedAccess:
    return LearnedAccess(
        bases=tuple(stored.get("bases", ())),
        logins=tuple((user, password) for user, password in stored.get("logins", ())),
        tokens=tuple((key, value) for key, value in stored.get("tokens", ())),
        userinfos=tuple(stored.get("userinfos", ())),
        parts=tuple(stored.get("parts", ())),
    )


@dataclass(frozen=True)
class SourceOptions:
    """Hold the settings of a source beyond its address and limits."""

    user_agent: str = ""
    refresh: str = ""  # cron line; empty uses the schedule for all sources
    # share of its entries that a refresh may remove; None uses the setting for all sources
    max_shrink: float | None = None
    adult: bool = False  # whether groups labelled as adult are included
    use: str = UseWhen.ANY.value  # when downloads may use it
    use_from: str = ""  # HH:MM, for `use: hours`; empty uses the night
    use_until: str = ""
    taken_over: bool = False  # config.yml has it too; the values saved here take precedence

    @property
    def use_times(self) -> UseTimes:
        when = UseWhen(self.use) if self.use in tuple(UseWhen) else UseWhen.ANY
        return UseTimes(when, _clock(self.use_from, NIGHT[0]), _clock(self.use_until, NIGHT[1]))

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> SourceOptions:
        known = cls.__dataclass_fields__
        return cls(**{key: value for key, value in stored.items() if key in known})


def _clock(text: str, usual: time) -> time:
    try:
        return time.fromisoformat(text) if text else usual
    except ValueError:
        return usual


@dataclass(frozen=True)
class NewSource:
    """Describe a source as described by a user or the configuration."""

    slug: str
    kind: SourceKind
    credentials: Credentials
    options: SourceOptions = SourceOptions()
    priority: int = 0
    enabled: bool = True
    max_connections: int | None = None
    bandwidth_limit: int | None = None


def check_sendable(new: NewSource) -> None:
    """Raise InvalidInput for a value that breaks a request's header, or an invalid proxy address."""
    credentials = new.credentials
    for name, value in credentials.headers.items():
        if not HEADER_NAME.fullmatch(name) or not value.isprintable():
            raise InvalidInput(
                f"The header {name!r} cannot be sent; accepted: a name of letters and -, and a value of one line"
            )
    if new.options.refresh and not is_cron(new.options.refresh):
        raise InvalidInput(
            f"The refresh times {new.options.refresh!r} are not a cron line; accepted: five fields such as "
            '"0 */6 * * *", or nothing for the common schedule'
        )
    if not new.options.user_agent.isprintable():
        raise InvalidInput("The User-Agent cannot be sent; accepted: one line of text")
    if not credentials.url.isprintable():
        raise InvalidInput("`url` is not a web address; accepted: http://... or https://...")
    if credentials.proxy and (not credentials.proxy.startswith(PROXY_SCHEMES) or not credentials.proxy.isprintable()):
        raise InvalidInput("`proxy` is not a proxy's address; accepted: http://host:port or socks5://host:port")


def configured_sources(settings: Settings) -> list[NewSource]:
    """Return the configured sources. A panel's `get.php` URL stays a playlist."""
    return [_configured(playlist) for playlist in settings.playlists]


def _configured(playlist: PlaylistSettings) -> NewSource:
    url = playlist.url.get_secret_value() if playlist.url else ""
    return NewSource(
        slug=playlist.name,
        kind=SourceKind(playlist.type.value),
        credentials=Credentials(
            path=str(playlist.path) if playlist.path else "",
            url=url,
            username=playlist.username,
            password=playlist.password.get_secret_value(),
            headers={name: value.get_secret_value() for name, value in playlist.headers.items()},
            proxy=playlist.proxy.get_secret_value(),
        ),
        options=SourceOptions(
            user_agent=playlist.user_agent,
            refresh=playlist.refresh,
            max_shrink=playlist.max_shrink,
            adult=playlist.adult,
            use=playlist.use.value,
            use_from=f"{playlist.use_from:%H:%M}" if playlist.use_from else "",
            use_until=f"{playlist.use_until:%H:%M}" if playlist.use_until else "",
        ),
        priority=playlist.priority,
        enabled=playlist.enabled,
        max_connections=playlist.max_connections,
        bandwidth_limit=playlist.bandwidth_limit or None,
    )


def check_new_source(new: NewSource) -> None:
    """Raise InvalidInput when a source's description is not usable."""
    credentials = new.credentials
    if new.kind == XTREAM and not (credentials.url and credentials.username and credentials.password):
        raise InvalidInput("An Xtream account needs a server address, a username and a password")
    if bool(credentials.path) == bool(credentials.url):
        raise InvalidInput("A source needs either the path of a playlist file or a URL")
    if credentials.url and not credentials.url.lower().startswith(("http://", "https://")):
        raise InvalidInput("A source's URL must begin with http:// or https://")
