"""The security headers themselves; that every answer has them is tested where answers are (`api/test_guards`)."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders

from stalkeer.faces.http.headers import CONTENT_SECURITY_POLICY, add_security_headers


def test_the_policy_lets_no_foreign_or_inline_script_run():
    assert "script-src 'self'" in CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY


def test_a_header_that_a_route_set_stays():
    headers = MutableHeaders({"referrer-policy": "no-referrer"})

    add_security_headers(headers, "http")

    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_only_over_https_a_browser_is_told_to_come_back_over_https():
    plain, encrypted = MutableHeaders(), MutableHeaders()

    add_security_headers(plain, "http")
    add_security_headers(encrypted, "https")

    assert "strict-transport-security" not in plain
    assert "strict-transport-security" in encrypted
