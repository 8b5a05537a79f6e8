"""Manage the users of the web pages. Passwords are hashed before a transaction begins."""

from __future__ import annotations

from datetime import datetime

from stalkeer.core.security.passwords import check_user_name, hash_password
from stalkeer.errors import Conflict
from stalkeer.store.db.database import Database
from stalkeer.store.system import users
from stalkeer.store.system.users import UserRow


def list_users(database: Database) -> list[UserRow]:
    """List the users by name."""
    with database.connect() as connection:
        return users.list_users(connection)


def add_user(database: Database, name: str, password: str, now: datetime) -> None:
    """Add a user.

    Raise Conflict for a name that is taken, InvalidInput for a name or a password that cannot be used.
    """
    password_hash = hash_password(password, check_user_name(name))
    with database.begin() as connection:
        users.add_user(connection, name, password_hash, now)


def set_password(database: Database, name: str, password: str) -> None:
    """Set the password and end every session of the user. Raise NotFound for an unknown name."""
    password_hash = hash_password(password, name)
    with database.begin() as connection:
        users.set_password_hash(connection, name, password_hash)


def remove_user(database: Database, name: str) -> None:
    """Remove the user and their sessions. Raise NotFound for an unknown name, Conflict for the only user.

    Without any user, the pages would offer everybody in the local network to create the first one.
    """
    with database.begin() as connection:
        if [row.name for row in users.list_users(connection)] == [name]:
            raise Conflict(f"{name} is the only user; add another one first: stalkeer user add NAME")
        users.remove_user(connection, name)
