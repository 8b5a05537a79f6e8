"""A reason that leaves says what went wrong, and nothing of the provider."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalkeer.core.downloads.outward import UNKNOWN_FAILURE, outward_reason, without_addresses


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("127.0.0.1:34505/…/5010.mkv: the server answered with status 404", "the file is not there any more (404)"),
        ("cdn.example.com/…/a.ts: segment 7 was answered with status 403", "the provider refuses the file (403)"),
        ("provider:8080: the server answered with status 502 (3 attempts failed)", "(502) (3 attempts failed)"),
        ("example.com:80/…/5010.mkv: the connection was refused", "the connection was refused"),
        ("provider: its host name is unknown", "its host name is unknown"),
        ("[2001:db8::1]:8080/…/1.mkv: no connection within 5 s", "no connection within 5 s"),
        ("a.example.com: the address leads to 10.1.2.3, inside your own network", "leads to …, inside your own"),
        ("x.example: redirected to https://other.example.net/u/p/1.mkv twice", "redirected to … twice"),
        ("x.example: the certificate is for 'y.example.org', not for x.example", "is for …, not for …"),
        ("XX - A Film [multi] is no longer on its playlist", "it is no longer on its playlist"),
        ("XX - A Film is encrypted; it is never circumvented", "it is encrypted"),
        ("slower than 1,000 bytes/s for 60 s; another one waits", "slower than 1,000 bytes/s for 60 s"),
        ("it runs 1:02:03 instead of 1:30:00", "it runs 1:02:03 instead of 1:30:00"),
        ("/data/incomplete/7-9.part is gone: somebody removed it", "is gone: somebody removed it"),
    ],
)
def test_a_reason_keeps_the_kind_of_trouble_only(error, words):
    said = outward_reason("transient", error)

    assert words in said
    for secret in ("example", "provider:", "127.0", "10.1", "2001", ".mkv", ".ts", "XX -", "34505", "8080", "/data"):
        assert secret not in said


@pytest.mark.parametrize("code", ["internal", "entry_changed"])
def test_a_reason_that_may_hold_anything_is_told_in_fixed_words(code):
    assert "Film" not in outward_reason(code, "the entry was 'XX - Film' when it was queued")


@given(host=st.from_regex(r"[a-z]{3,9}(\.[a-z]{2,8}){1,3}", fullmatch=True), port=st.integers(10, 65535))
def test_no_host_and_no_port_ever_leaves(host, port):
    for text in (f"{host}:{port}/…/1.mkv: broke", f"it broke at {host}", f"at http://{host}:{port}/a/b?c", f"({host})"):
        assert host not in outward_reason(None, text)
        assert host not in without_addresses(text) or host.startswith(("config.yml", "downloads.", "import."))


def test_a_reason_without_words_is_told_all_the_same():
    assert outward_reason(None, None) == outward_reason("gone", " \n") == UNKNOWN_FAILURE


def test_our_own_settings_and_folders_stay_readable_on_a_phone():
    text = "/vod/movies is full. Free some space, or lower downloads.min_free in config.yml"

    assert without_addresses(text) == text
    assert without_addresses("Source demo: provider.example:8080 did not answer") == "Source demo: … did not answer"
