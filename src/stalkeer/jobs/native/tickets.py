"""Opaque, signed names of releases, for links and NZB files that leave the program."""

from __future__ import annotations

from stalkeer.secrets import SecretBox

PURPOSE = "release"
VERSION = "v1"


def ticket_of(secrets: SecretBox, guid: str) -> str:
    """Return the name of a release for outside: `v1.GUID.SIGNATURE`. It reveals nothing of the playlist."""
    return f"{VERSION}.{guid}.{secrets.sign(guid, PURPOSE)}"


def guid_of(secrets: SecretBox, ticket: str) -> str | None:
    """Return the guid of a release; None for a name that this installation did not make."""
    version, _, rest = ticket.partition(".")
    guid, _, signature = rest.partition(".")
    is_ours = version == VERSION and secrets.is_signed(guid, PURPOSE, signature)
    return guid if is_ours else None
