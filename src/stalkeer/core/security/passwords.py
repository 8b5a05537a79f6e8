"""Hash and check passwords with argon2id, in the library's recommended configuration."""

from __future__ import annotations

import re
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from stalkeer.errors import InvalidInput

SHORTEST = 10
LONGEST = 256  # argon2 would accept megabytes; a request must not cost that much
USER_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")


def check_user_name(name: str) -> str:
    if not USER_NAME.fullmatch(name):
        raise InvalidInput("The user name may have letters, digits and . _ @ -, at most 64 of them")
    return name


def hash_password(password: str, user: str) -> str:
    """Hash a password. Raises InvalidInput when it is too short, too long, or the user's name."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(f"The password must have {SHORTEST} to {LONGEST} characters")
    if password.lower() == user.lower() or len(set(password)) < 4:
        raise InvalidInput("The password is too easy to guess; choose another password")
    return _hasher().hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Tell whether the password fits the hash. Without a hash it takes as long and returns False."""
    if len(password) > LONGEST:
        return False
    try:
        return _hasher().verify(password_hash or _no_users_hash(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    return _hasher().check_needs_rehash(password_hash)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _no_users_hash() -> str:
    return _hasher().hash("the password of nobody")
