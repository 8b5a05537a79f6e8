"""Define the settings of the program itself: database, logs, web server, access."""

from __future__ import annotations

import re
from enum import StrEnum

from pydantic import (
    Field,
    SecretStr,
    model_validator,
)

from stalkeer.settings.types import ADVANCED, MANY, Duration, HttpUrl, Networks, Section, Size, Words


class DatabaseSettings(Section):
    """Configure the database. The loader fills an empty address."""

    url: SecretStr = Field(
        SecretStr(""),
        title="Database URL",
        description="Database address. Empty uses a SQLite file in `data_dir`.",
        examples=["postgresql://stalkeer:secret@db/stalkeer"],
    )


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    CONSOLE = "console"
    JSON = "json"


class LoggingSettings(Section):
    level: LogLevel = Field(
        LogLevel.INFO, title="Log level", description="Minimum level of log messages. Takes effect at once."
    )
    format: LogFormat = Field(
        LogFormat.CONSOLE,
        title="Console format",
        json_schema_extra=ADVANCED,
        description="Format of log lines on the console.",
    )
    file: bool = Field(True, title="Log to files", description="Also write log files to `data_dir/logs`.")
    file_size: Size = Field(
        10_000_000,
        ge=10_000,
        title="Log file size",
        json_schema_extra=ADVANCED,
        description="Size at which a log file is rotated.",
    )
    files: int = Field(
        10,
        ge=1,
        le=1000,
        title="Number of log files",
        json_schema_extra=ADVANCED,
        description="Number of rotated log files to keep.",
    )


class ServerSettings(Section):
    host: str = Field("0.0.0.0", title="Bind address", description="Address to listen on.")  # noqa: S104 - a server for the LAN; login is on
    port: int = Field(7825, ge=0, le=65535, title="Port", description="Port of the web UI and API. 0 uses a free port.")
    url_base: str = Field(
        "", title="URL base", description="Path before every URL, for a reverse proxy.", examples=["/stalkeer"]
    )
    public_url: HttpUrl | None = Field(
        None,
        title="Public address",
        description="Stalkeer's address as Radarr, Sonarr and Prowlarr reach it, with the URL base. The links of the "
        "indexer begin with it; without it, with the host that the request names.",
        examples=["https://example.com/stalkeer"],
    )

    @model_validator(mode="before")
    @classmethod
    def _tidy_base(cls, values: object) -> object:
        if not isinstance(values, dict) or not isinstance(values.get("url_base"), str):
            return values
        base = "/".join(part for part in values["url_base"].split("/") if part)
        if not re.fullmatch(r"[A-Za-z0-9/_.~-]*", base):
            raise ValueError("url_base is not a path; accepted: /stalkeer")
        return {**values, "url_base": f"/{base}" if base else ""}


class AuthMode(StrEnum):
    FORMS = "forms"
    EXTERNAL = "external"
    LOCAL = "local"


class SecuritySettings(Section):
    mode: AuthMode = Field(
        AuthMode.FORMS,
        title="Authentication",
        description="`forms`: everybody logs in. `external`: a trusted reverse proxy sends the username. `local`: no "
        "login from `local_networks`; from other addresses, everybody logs in.",
    )
    local_networks: Networks = Field(
        ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"),
        title="Local networks",
        description="Addresses of the local network.",
    )
    trusted_proxies: Networks = Field(
        (),
        title="Trusted proxies",
        description="Addresses of reverse proxies whose `X-Forwarded-*` and username headers are trusted.",
        examples=[["172.18.0.2"]],
    )
    allowed_hosts: Words = Field(
        (),
        title="Allowed host names",
        json_schema_extra=ADVANCED,
        description="Additional host names that need no login with mode `local`. IP addresses, `localhost` and names "
        "of local networks are always allowed. This protects against DNS rebinding.",
        examples=[["stalkeer.example.org"]],
    )
    user_header: str = Field(
        "Remote-User",
        max_length=64,
        pattern="^[A-Za-z0-9-]+$",
        title="Username header",
        json_schema_extra=ADVANCED,
        description="Header that contains the username, for mode `external`.",
    )
    require_https: bool = Field(
        False, title="Require HTTPS", description="Reject requests without HTTPS, except from this machine."
    )
    playlist_pictures: bool = Field(
        True,
        title="Pictures of playlists",
        description="Show the posters and logos that playlists name. Stalkeer fetches each once, when a page shows it, "
        "from the server that the playlist names, and never from your own network unless the playlist is there, too.",
    )
    session_lifetime: Duration = Field(
        30 * 86400.0,
        ge=60,
        title="Session lifetime",
        json_schema_extra=ADVANCED,
        description="Time after which an unused login expires.",
    )
    api_limit: int = Field(
        600,
        ge=0,
        le=MANY,
        title="API requests per minute",
        json_schema_extra=ADVANCED,
        description="Maximum requests per minute for each API key and address. 0 is unlimited.",
    )
    login_limit: int = Field(
        5,
        ge=1,
        le=MANY,
        title="Login attempts per minute",
        json_schema_extra=ADVANCED,
        description="Maximum login attempts per minute for each address.",
    )
    max_body: Size = Field(
        1_000_000,
        ge=100_000,
        title="Maximum request size",
        json_schema_extra=ADVANCED,
        description="Maximum size of a request body.",
    )
    max_upload: Size = Field(
        50_000_000,
        ge=100_000,
        title="Maximum upload size",
        json_schema_extra=ADVANCED,
        description="Maximum size of an uploaded file, such as a backup.",
    )
