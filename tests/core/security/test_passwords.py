"""Hashes of passwords, as the program makes them for its users; the tests' own process hashes cheaply."""

from __future__ import annotations

import subprocess
import sys

from argon2 import extract_parameters

from stalkeer.core.security.passwords import hash_password, is_outdated, is_right
from tests.doubles.passwords import REAL, hash_really

PASSWORD = "correct horse 7"


def test_the_program_hashes_as_the_library_recommends():
    code = f"from stalkeer.core.security.passwords import hash_password; print(hash_password({PASSWORD!r}, 'alice'))"

    hashed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()

    assert extract_parameters(hashed) == REAL == extract_parameters(hash_really(PASSWORD))
    assert is_right(hashed, PASSWORD) and not is_right(hashed, "correct horse 8")


def test_a_hash_of_another_cost_is_outdated_and_is_still_believed():
    old = hash_really(PASSWORD)

    assert is_right(old, PASSWORD) and is_outdated(old)
    assert not is_outdated(hash_password(PASSWORD, "alice"))
