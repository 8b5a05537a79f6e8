"""Read the credentials of a source, and make of them what requests need."""

from __future__ import annotations

from stalkeer.adapters.playlists.xtream import PanelLogin
from stalkeer.core.catalogue.access import Access, login_in_url, url_part
from stalkeer.errors import SecretError
from stalkeer.secrets import SecretBox, register_secret
from stalkeer.store.sources.description import XTREAM, Credentials, NewSource
from stalkeer.store.sources.rows import SourceRow


def kept_credentials(row: SourceRow, secrets: SecretBox) -> Credentials:
    """Return the stored credentials, or empty credentials when the current key cannot read them."""
    try:
        return read_credentials(row, secrets)
    except SecretError:
        return Credentials()


def read_credentials(row: SourceRow, secrets: SecretBox) -> Credentials:
    """Decrypt the credentials, and hide their values in messages and logs from now on."""
    credentials = Credentials.of_json(secrets.decrypt(row.credentials))
    known = [credentials.username, credentials.password]
    known += [part for login in credentials.learned.logins for part in login]
    known += [token for _, token in credentials.learned.tokens]
    known += [part for userinfo in credentials.learned.userinfos for part in userinfo.split(":", 1)]
    for value in known:
        if len(value) >= 6:  # hiding a short word such as "user" would make messages unreadable
            register_secret(value)
    return credentials


def access_of(row: SourceRow, credentials: Credentials) -> Access:
    named = credentials.learned.named()
    if row.kind == XTREAM:
        base = credentials.url.rstrip("/")
        named |= {"base": base, "username": url_part(credentials.username), "password": url_part(credentials.password)}
    return Access(
        base=named.pop("base", ""),
        username=named.pop("username", ""),
        password=named.pop("password", ""),
        user_agent=row.options.user_agent,
        headers=dict(credentials.headers),
        proxy=credentials.proxy,
        extras=named,
        typed=credentials.url,
    )


def panel_login(
    source: SourceRow | NewSource, credentials: Credentials, timeout_s: float, *, https_only: bool
) -> PanelLogin | None:
    """Return the login to the source's panel, also from a `get.php` URL; None when it has none."""
    found = (credentials.url, credentials.username, credentials.password) if source.kind == XTREAM else None
    if found is None and credentials.url:
        found = login_in_url(credentials.url)
    if found is None:
        return None
    return PanelLogin(
        *found,
        user_agent=source.options.user_agent,
        headers=credentials.headers,
        proxy=credentials.proxy,
        timeout_s=timeout_s,
        https_only=https_only,
    )
