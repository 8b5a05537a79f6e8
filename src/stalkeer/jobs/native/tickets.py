"""Make opaque, signed names of releases for links and NZB files that are sent to other programs."""

from __future__ import annotations

from stalkeer.secrets import SecretBox

PURPOSE = "release"
VERSION = "v1"


def ticket_of(secrets: SecretBox, guid: str) -> str:
    """Return the signed name of a release: `v1.GUID.SIGNATURE`. It reveals nothing of the playlist."""
    return f"{VERSION}.{guid}.{secrets.sign(guid, PURPOSE)}"


def guid_of(secrets: SecretBox, ticket: str) -> str | None:
    """Return the guid of a release; None for a name that this installation did not make."""
    version, _, rest = ticket.partition(".")
    guid, _, signature = rest.partition(".")
    is_ours = version == VERSION and secrets.is_signed(guid, PURPOSE, signature)
    return guid if is_ours else None
