"""Signing in and out, the first user, and how often one may try."""

from __future__ import annotations

import threading

import pytest

from stalkeer.errors import Conflict, InvalidInput
from stalkeer.jobs.system.rate_limits import RateLimits, TooManyRequests, Turnstile
from stalkeer.jobs.system.sessions import LoginRefused, Sessions
from stalkeer.jobs.system.users import add_user, remove_user

HERE = "192.168.1.20"
PASSWORD = "correct horse 7"


@pytest.fixture
def sessions(app, clock) -> Sessions:
    return Sessions(app.database, lambda: app.settings, RateLimits(), clock)


@pytest.fixture
def signed_in(sessions) -> str:
    return sessions.set_up("alice", PASSWORD, None, HERE)


def test_the_first_user_is_signed_in_at_once(sessions, signed_in):
    assert sessions.user_of(signed_in) == "alice"
    assert not sessions.needs_setup()


def test_there_is_one_first_user_only(sessions, signed_in):
    with pytest.raises(Conflict):
        sessions.set_up("mallory", PASSWORD, None, HERE)


def test_from_outside_the_setup_token_is_needed(sessions):
    with pytest.raises(LoginRefused):
        sessions.set_up("mallory", PASSWORD, "wrong", "203.0.113.9")

    token = sessions.set_up("alice", PASSWORD, sessions.setup_token.upper(), "203.0.113.9")
    assert sessions.user_of(token) == "alice"


@pytest.mark.parametrize("password", ["short", "x" * 300, "aaaaaaaaaaaa", "alice.alice"])
def test_a_bad_password_is_not_taken(sessions, password):
    with pytest.raises(InvalidInput):
        sessions.set_up("alice.alice", password, None, HERE)


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "<script>"])
def test_a_bad_user_name_is_not_taken(sessions, name):
    with pytest.raises(InvalidInput):
        sessions.set_up(name, PASSWORD, None, HERE)


def test_signing_in_again_and_out(sessions, signed_in):
    token = sessions.sign_in("alice", PASSWORD, HERE)

    sessions.sign_out(token)

    assert sessions.user_of(token) is None
    assert sessions.user_of(signed_in) == "alice"


@pytest.mark.parametrize(
    ("name", "password"), [("alice", "wrong"), ("bob", PASSWORD), ("alice", "x" * 10_000), ("", "")]
)
def test_wrong_logins_are_not_told_apart(sessions, signed_in, name, password):
    with pytest.raises(LoginRefused, match="user name or the password is wrong"):
        sessions.sign_in(name, password, HERE)


def test_the_sixth_attempt_in_a_minute_is_not_looked_at(sessions, signed_in):
    for _ in range(4):
        with pytest.raises(LoginRefused):
            sessions.sign_in("alice", "wrong", HERE)

    with pytest.raises(TooManyRequests) as refused:
        sessions.sign_in("alice", PASSWORD, HERE)

    assert refused.value.retry_after_s >= 1
    assert sessions.sign_in("alice", PASSWORD, "192.168.1.99")


def test_a_session_ends_when_it_is_not_used(sessions, signed_in, clock):
    clock.advance(31 * 86400)

    assert sessions.user_of(signed_in) is None


def test_a_used_session_lasts(sessions, signed_in, clock):
    for _ in range(4):
        clock.advance(20 * 86400)
        assert sessions.user_of(signed_in) == "alice"


def test_the_token_itself_is_not_stored(app, sessions, signed_in):
    with app.database.connect() as connection:
        stored = [str(row) for row in connection.exec_driver_sql("SELECT * FROM sessions")]

    assert stored
    assert not any(signed_in in row for row in stored)


def test_a_new_password_ends_every_session(sessions, signed_in):
    sessions.change_password("alice", PASSWORD, "another horse 8", HERE)

    assert sessions.user_of(signed_in) is None
    assert sessions.sign_in("alice", "another horse 8", HERE)


def test_the_old_password_is_needed_for_a_new_one(sessions, signed_in):
    with pytest.raises(InvalidInput):
        sessions.change_password("alice", "wrong", "another horse 8", HERE)


def test_a_removed_user_is_out(app, sessions, signed_in):
    add_user(app.database, "bob", PASSWORD, app.clock())

    remove_user(app.database, "alice")

    assert sessions.user_of(signed_in) is None


def test_more_sign_ins_than_may_be_hashed_at_once_are_refused():
    desk = Turnstile("sign-ins", inside=2, waiting=0)

    with (
        desk.enter(),
        desk.enter(),
        pytest.raises(TooManyRequests, match="Too many sign-ins at once"),
        desk.enter(),
    ):
        pass
    with desk.enter():  # and the next one is let in
        pass


def test_whoever_waits_for_a_sign_in_gets_their_turn():
    desk, begun, done = Turnstile("sign-ins", inside=1, waiting=1), threading.Event(), threading.Event()

    def sign_in():
        begun.set()
        with desk.enter():
            done.set()

    with desk.enter():
        thread = threading.Thread(target=sign_in)
        thread.start()
        assert begun.wait(20)
        assert not done.is_set()
    thread.join(20)

    assert done.is_set()
