"""Checksums in headers and sidecars."""

import base64
import hashlib

import pytest
from urllib3 import HTTPHeaderDict

from stalkeer.adapters.transfers.checksums import checksums_of, parse_sidecar

FILM = b"film"
SHA256 = hashlib.sha256(FILM).hexdigest()
MD5 = hashlib.md5(FILM).hexdigest()


def b64(hexadecimal):
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"Repr-Digest": f"sha-256=:{b64(SHA256)}:"}, {"sha256": SHA256}),
        ({"digest": f"SHA-256={b64(SHA256)}, md5={b64(MD5)}"}, {"sha256": SHA256, "md5": MD5}),
        ({"X-Checksum-Sha256": SHA256.upper()}, {"sha256": SHA256}),
        ({"Content-MD5": b64(MD5)}, {"md5": MD5}),
        ({"Repr-Digest": "sha-256=:broken"}, {}),
        ({"Repr-Digest": f"sha-256=:{b64(MD5)}:"}, {}),
        ({}, {}),
    ],
)
def test_headers_that_tell_a_checksum_are_read(headers, found):
    assert checksums_of(HTTPHeaderDict(headers), is_whole=True) == found


def test_the_checksum_of_a_part_is_not_the_file_s():
    assert checksums_of(HTTPHeaderDict({"Content-MD5": b64(MD5)}), is_whole=False) == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SHA256, {"sha256": SHA256}),
        (f"{SHA256}  film.mkv\n", {"sha256": SHA256}),
        (f"{MD5} *other.mkv\n{SHA256} *dir/film.mkv\n", {"sha256": SHA256}),
        (f"{SHA256}  other.mkv\n", {}),
        ("<html>not found</html>", {}),
        ("abcdef", {}),
    ],
)
def test_a_sidecar_names_the_checksum_of_the_file(text, found):
    assert parse_sidecar(text, "film.mkv") == found


def test_a_sidecar_beside_the_file_is_found_where_it_is_asked_for(desk):
    desk.provider.add("/film.mkv", FILM * 100)
    desk.provider.add("/film.mkv.md5", f"{MD5}  film.mkv\n".encode(), "text/plain")
    url = desk.provider.url + "/film.mkv?token=1"

    asked = desk.fetch(url=url, has_sidecar=True)
    desk.part.unlink()
    not_asked = desk.fetch(url=url)

    assert asked.checksums == {"md5": MD5} and not_asked.checksums == {}


def test_a_missing_sidecar_changes_nothing(desk):
    assert desk.fetch(has_sidecar=True).checksums == {}
