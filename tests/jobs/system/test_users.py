"""Users as an administrator manages them, on both databases."""

from __future__ import annotations

import pytest

from stalkeer.errors import Conflict, InvalidInput, NotFound
from stalkeer.jobs.system.users import add_user, list_users, remove_user, set_password

PASSWORD = "correct horse 7"


def names(database):
    return [row.name for row in list_users(database)]


def test_users_are_listed_by_name(any_database, clock):
    for name in ("carol", "alice"):
        add_user(any_database, name, PASSWORD, clock())

    assert names(any_database) == ["alice", "carol"]


def test_a_name_is_taken_once(any_database, clock):
    add_user(any_database, "alice", PASSWORD, clock())

    with pytest.raises(Conflict, match="alice"):
        add_user(any_database, "alice", PASSWORD, clock())


def test_a_short_password_makes_no_user(any_database, clock):
    with pytest.raises(InvalidInput):
        add_user(any_database, "alice", "short", clock())

    assert names(any_database) == []


def test_a_new_password_replaces_the_old_one(any_database, clock):
    add_user(any_database, "alice", PASSWORD, clock())
    [before] = list_users(any_database)

    set_password(any_database, "alice", "another horse 8")

    [after] = list_users(any_database)
    assert after.password_hash != before.password_hash


def test_a_removed_user_is_gone(any_database, clock):
    for name in ("alice", "bob"):
        add_user(any_database, name, PASSWORD, clock())

    remove_user(any_database, "alice")

    assert names(any_database) == ["bob"]


def test_the_only_user_stays(any_database, clock):
    add_user(any_database, "alice", PASSWORD, clock())

    with pytest.raises(Conflict, match="only user"):
        remove_user(any_database, "alice")


@pytest.mark.parametrize(
    "change", [remove_user, lambda database, name: set_password(database, name, PASSWORD)], ids=["remove", "password"]
)
def test_an_unknown_user_is_named_in_the_error(any_database, change):
    with pytest.raises(NotFound, match="'nobody'"):
        change(any_database, "nobody")
