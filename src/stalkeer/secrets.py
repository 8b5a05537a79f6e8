"""Encrypt stored credentials with a key per data folder, and mask secrets in all text that leaves the program.

This protects a leaked database or backup. It does not protect a stolen data folder, because the key is in it unless
`secret_key_file` puts it elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from stalkeer.errors import SecretError
from stalkeer.private_files import FILE_MODE, make_private_folder, read_small

MASK = "********"
KEY_FILE = "secret.key"
SHORTEST_SECRET = 4  # masking "a" or "123" everywhere would make messages unreadable

_SECRET_PARAMETER = re.compile(
    r"(?i)([?&;](?:username|user|password|pass|passwd|pwd|token|apikey|api_key|key|auth|secret|signature|sig)=)[^&;#\s\"'<>]*"
)
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s@\"'<>]+@")
# Xtream panels carry the account in the path: /movie/USER/PASSWORD/123.mkv
_XTREAM_PATH = re.compile(r"(?i)(://[^/\s]+/(?:movie|series|live|timeshift)/)[^/\s]+/[^/\s]+/")
# some URLs have no kind: http://host:port/USER/PASSWORD/123.ts
_XTREAM_BARE = re.compile(r"(?i)(://[^/\s]+/)[^/\s?]+/[^/\s?]+/(\d+(?:\.\w{2,4})?)(?=$|[\s?\"'])")
_HEADER = re.compile(
    r"(?i)\b(x-api-key|authorization|cookie|set-cookie)(\"?'?\s*[:=]\s*\"?'?)(?:Bearer |Basic )?[^\s,;\"']+"
)

_known: set[str] = set()
_known_pattern: re.Pattern[str] | None = None
_known_lock = threading.Lock()


class SecretBox:
    """Encrypt and decrypt stored credentials. The first key encrypts; all keys decrypt (rotation)."""

    def __init__(self, *keys: bytes) -> None:
        try:
            self._fernet: MultiFernet | None = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise SecretError("The secret key is not a Fernet key; restore secret.key from your backup") from error
        self._refusal = ""
        self._keys = keys

    @classmethod
    def without_key(cls, refusal: str) -> SecretBox:
        """Return the box of a program whose key cannot be read. It decrypts nothing and refuses to encrypt."""
        box = cls(Fernet.generate_key())
        box._fernet, box._refusal = None, refusal  # a random key: nobody can verify its signatures later
        return box

    def encrypt(self, plain: str) -> str:
        if self._fernet is None:
            raise SecretError(self._refusal)
        return self._fernet.encrypt(plain.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """Return the plain text. Callers that keep it for long register it for masking."""
        if self._fernet is None:
            raise SecretError(self._refusal)
        try:
            plain = self._fernet.decrypt(token.encode("ascii")).decode()
        except (InvalidToken, UnicodeError) as error:
            raise SecretError(
                "A stored credential cannot be read with the current secret key. Restore secret.key from the backup "
                "that belongs to this database, or enter the credential again"
            ) from error
        return plain

    def decrypt_or_none(self, token: str) -> str | None:
        """Return the plain text; None when the current key cannot read it, as after a restore without the key."""
        try:
            return self.decrypt(token)
        except SecretError:
            return None

    def sign(self, text: str, purpose: str) -> str:
        """Return a signature of 32 hexadecimal digits, valid for this purpose only."""
        return self._signature(self._keys[0], text, purpose)

    def is_signed(self, text: str, purpose: str, signature: str) -> bool:
        """Tell whether one of this program's keys made the signature."""
        offered = signature.encode("utf-8", "replace")
        made = (self._signature(key, text, purpose).encode() for key in self._keys)
        return any(hmac.compare_digest(signature, offered) for signature in made)

    @staticmethod
    def _signature(key: bytes, text: str, purpose: str) -> str:
        message = f"{purpose}\0{text}".encode("utf-8", "replace")
        return hmac.new(key, message, hashlib.sha256).hexdigest()[:32]

    def __repr__(self) -> str:
        return "SecretBox(...)"


def open_secret_box(data_dir: Path, key_file: Path | None = None, *, create: bool = True) -> SecretBox:
    """Read the key of this data folder. The first call creates it, readable by the owner only.

    Without `create`, a missing key raises SecretError: a new key could not read credentials of another machine.
    """
    path = key_file or data_dir / KEY_FILE
    if not create and not path.exists():
        raise SecretError(
            f"There is no key file {path}. Copy {KEY_FILE} from the data folder of `stalkeer serve` there, or name a "
            "copy with secret_key_file: credentials in the database are encrypted with it"
        )
    try:
        key = _read_or_create(path)
    except OSError as error:
        raise SecretError(
            f"Cannot read or create the key file {path}: {error.strerror}. Check its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise SecretError(f"The key file {path} is damaged; restore it from your backup") from error
    return SecretBox(*[line.encode("ascii") for line in key.split()])


def _read_or_create(path: Path) -> str:
    if not path.exists():
        make_private_folder(path.parent)
        fresh = Fernet.generate_key().decode("ascii")
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        except FileExistsError:  # another process has just created it
            return read_small(path).decode("ascii")
        with os.fdopen(handle, "w") as file:
            file.write(fresh + "\n")
    return read_small(path).decode("ascii")


def register_secret(value: str) -> None:
    """Make `mask_text` hide this value everywhere from now on."""
    if len(value) < SHORTEST_SECRET or value in _known:
        return
    global _known_pattern
    with _known_lock:
        _known.add(value)
        _known_pattern = None  # compiled with the next text, because many secrets are registered in a row


def _pattern_of_known() -> re.Pattern[str]:
    global _known_pattern
    with _known_lock:
        longest_first = sorted(_known, key=len, reverse=True)
        _known_pattern = re.compile("|".join(re.escape(secret) for secret in longest_first))
        return _known_pattern


@contextmanager
def forgetting_secrets() -> Iterator[None]:
    """Forget at the end what was registered meanwhile, where one process runs many programs one after another."""
    global _known_pattern
    before = set(_known)
    try:
        yield
    finally:
        with _known_lock:
            _known.intersection_update(before)
            _known_pattern = None


def mask_url(url: str) -> str:
    """Return the URL without user, password, tokens or an Xtream account in its path, for messages and logs."""
    return mask_text(url)


def mask_text(text: str) -> str:
    """Return `text` with every registered secret and everything that looks like a credential hidden."""
    if _known:
        text = (_known_pattern or _pattern_of_known()).sub(MASK, text)
    if "://" in text:
        text = _USERINFO.sub(rf"\1{MASK}@", text)
        text = _XTREAM_PATH.sub(rf"\1{MASK}/{MASK}/", text)
        text = _XTREAM_BARE.sub(rf"\1{MASK}/{MASK}/\2", text)
    if "=" in text:
        text = _SECRET_PARAMETER.sub(rf"\1{MASK}", text)
    return _HEADER.sub(rf"\1\2{MASK}", text) if ":" in text or "=" in text else text


def login_in(url: str) -> str | None:
    """Return `user:password` as it stands in a URL; None without one, or where the URL cannot be read."""
    try:
        login, at, _ = urlsplit(url).netloc.rpartition("@")
    except ValueError:  # an invalid URL such as `https://[::1`: the caller that uses it reports the error
        return None
    return login if at else None


def with_login(url: str, login: str | None) -> str:
    """Return the URL with this login in place of its own. An empty login and None leave it without one."""
    bare = without_userinfo(url)
    scheme, slashes, rest = bare.partition("//")
    return f"{scheme}{slashes}{login}@{rest}" if login and slashes else bare


def without_userinfo(url: str) -> str:
    """Return the URL without `user:password@`, for places that need a working address."""
    try:
        parts = urlsplit(url)
    except ValueError:  # an invalid URL: hide the text before its @ as a login
        head, at, rest = url.rpartition("@")
        return f"{head.partition('//')[0]}//{rest}" if at else url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
