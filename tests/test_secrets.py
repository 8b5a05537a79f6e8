"""What must never be read in a log, and how credentials are kept."""

from __future__ import annotations

import stat

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from stalkeer.errors import SecretError
from stalkeer.secrets import (
    MASK,
    SecretBox,
    forgetting_secrets,
    login_in,
    mask_text,
    mask_url,
    open_secret_box,
    register_secret,
    with_login,
    without_userinfo,
)
from stalkeer.settings.keys import show_value
from stalkeer.settings.sections.connections import ArrSettings


@pytest.mark.parametrize(
    ("url", "hidden"),
    [
        ("http://h:8080/get.php?username=alice&password=s3cret&type=m3u_plus", ["alice", "s3cret"]),
        ("http://h:8080/movie/alice/s3cret/123.mkv", ["alice", "s3cret"]),
        ("http://h:8080/series/alice/s3cret/123.mkv?x=1", ["alice", "s3cret"]),
        ("http://h:8080/alice/s3cret/123.ts", ["alice", "s3cret"]),
        ("http://alice:s3cret@h/list.m3u", ["alice", "s3cret"]),
        ("socks5://alice:s3cret@proxy:1080", ["alice", "s3cret"]),
        ("postgresql://stalkeer:s3cret@db/stalkeer", ["s3cret"]),
        ("http://radarr:7878/api?apikey=abcdef0123", ["abcdef0123"]),
        ("X-Api-Key: abcdef0123", ["abcdef0123"]),
        ("authorization: Bearer abcdef0123", ["abcdef0123"]),
        ("{'x-api-key': 'abcdef0123'}", ["abcdef0123"]),
    ],
)
def test_credentials_in_a_text_are_hidden(url, hidden):
    masked = mask_text(f"could not open {url} now")

    assert MASK in masked
    assert [secret for secret in hidden if secret in masked] == []


def test_what_is_no_credential_stays():
    text = "http://h:8080/movies/Dune.mkv?page=2 and 12:30, key words"

    assert mask_text(text) == text


def test_a_registered_secret_is_hidden_wherever_it_stands():
    register_secret("very-own-token")

    assert "very-own-token" not in mask_text("path /x/very-own-token/y")


def test_every_secret_of_many_is_hidden_the_longest_first_whenever_it_was_registered():
    register_secret("token-of-anna")
    assert mask_text("token-of-anna") == MASK

    register_secret("token-of-anna-and-bert")
    register_secret("another-of-carla")

    assert mask_text("token-of-anna-and-bert, token-of-anna, another-of-carla") == f"{MASK}, {MASK}, {MASK}"


def test_what_was_registered_meanwhile_is_forgotten_and_what_was_known_before_is_not():
    register_secret("known-from-before")
    with forgetting_secrets():
        register_secret("only-for-a-while")
        assert mask_text("known-from-before only-for-a-while") == f"{MASK} {MASK}"

    assert mask_text("known-from-before only-for-a-while") == f"{MASK} only-for-a-while"


def test_a_masked_url_keeps_host_and_file():
    assert mask_url("http://h:80/movie/u/p/7.mkv") == f"http://h:80/movie/{MASK}/{MASK}/7.mkv"


def test_userinfo_can_be_taken_off():
    assert without_userinfo("http://u:p@h:80/x") == "http://h:80/x"


@given(st.text())
def test_what_is_encrypted_comes_back(text):
    box = SecretBox(Fernet.generate_key())

    assert box.decrypt(box.encrypt(text)) == text


def test_the_key_file_is_made_once_and_only_for_the_owner(tmp_path):
    token = open_secret_box(tmp_path / "data").encrypt("x")

    assert open_secret_box(tmp_path / "data").decrypt(token) == "x"
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600


def test_an_older_key_in_the_file_still_decrypts(tmp_path):
    old = open_secret_box(tmp_path).encrypt("x")
    path = tmp_path / "secret.key"
    path.write_text(Fernet.generate_key().decode() + "\n" + path.read_text())

    assert open_secret_box(tmp_path).decrypt(old) == "x"


def test_another_key_says_what_to_do():
    token = SecretBox(Fernet.generate_key()).encrypt("x")

    with pytest.raises(SecretError, match=r"Restore secret\.key"):
        SecretBox(Fernet.generate_key()).decrypt(token)


def test_a_broken_key_file_says_so(tmp_path):
    (tmp_path / "secret.key").write_text("nonsense")

    with pytest.raises(SecretError, match="not a Fernet key"):
        open_secret_box(tmp_path)


@pytest.mark.parametrize("url", ["http://me:opensesame@radarr:7878", "https://me:opensesame@host/base"])
def test_a_login_in_the_address_of_an_instance_is_not_shown_with_the_settings(url):
    shown = show_value(ArrSettings(url=url, api_key="0123456789abcdef"))

    assert "opensesame" not in str(shown) and shown["url"].endswith(url.partition("@")[2])


@pytest.mark.parametrize(
    ("url", "login", "bare"),
    [
        ("http://me:pw@host:1/x", "me:pw", "http://host:1/x"),
        ("http://me@host", "me", "http://host"),
        ("http://host/a@b", None, "http://host/a@b"),
        ("http://@host", "", "http://host"),
    ],
)
def test_a_login_is_taken_out_of_an_address_and_put_back(url, login, bare):
    assert (login_in(url), without_userinfo(url)) == (login, bare)
    assert with_login(bare, login) == (url if login else bare)


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("https://[::1:7878", "https://[::1:7878"),
        ("https://me:opensesame@[::1:7878", "https://[::1:7878"),
        ("http://radarr]/x", "http://radarr]/x"),
    ],
)
def test_an_address_that_cannot_be_read_is_left_to_whoever_uses_it_but_for_its_login(url, bare):
    assert (login_in(url), without_userinfo(url)) == (None, bare)
    assert "opensesame" not in with_login(url, None)
