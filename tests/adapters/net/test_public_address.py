"""What counts as the user's own network, and who may send us there."""

from __future__ import annotations

import pytest

from stalkeer.adapters.net.public_address import leads_inside, look_up

NAMES = {
    "provider.example": ("8.8.8.8",),
    "cdn.example": ("2606:4700::1111", "1.1.1.1"),
    "router.lan": ("192.168.1.1",),
    "rebound.example": ("1.1.1.1", "127.0.0.1"),
    "8.8.8.8": ("8.8.8.8",),
    "10.0.0.5": ("10.0.0.5",),
    "169.254.169.254": ("169.254.169.254",),
    "::1": ("::1",),
    "::ffff:10.0.0.5": ("::ffff:10.0.0.5",),
    "fe80::1": ("fe80::1%eth0",),
}


@pytest.mark.parametrize(
    ("before", "after", "is_refused"),
    [
        ("http://provider.example/a", "http://cdn.example/b", False),
        ("http://provider.example/a", "http://router.lan/b", True),
        ("http://provider.example/a", "http://10.0.0.5:8989/b", True),
        ("http://provider.example/a", "http://169.254.169.254/latest", True),
        ("http://provider.example/a", "http://[::1]:7825/b", True),
        ("http://provider.example/a", "http://[::ffff:10.0.0.5]/b", True),
        ("http://provider.example/a", "http://[fe80::1]/b", True),
        ("http://provider.example/a", "http://rebound.example/b", True),
        ("http://provider.example/a", "http://nowhere.example/b", False),
        ("http://router.lan/a", "http://10.0.0.5/b", False),
        ("http://router.lan/a", "http://provider.example/b", False),
    ],
)
def test_only_a_server_inside_may_send_us_inside(before, after, is_refused):
    assert leads_inside(before, after, lambda host: NAMES.get(host, ())) is is_refused


def test_addresses_are_looked_up_and_a_name_that_is_none_has_none():
    assert look_up("127.0.0.1") == ["127.0.0.1"]
    assert look_up("x" * 300) == ()
