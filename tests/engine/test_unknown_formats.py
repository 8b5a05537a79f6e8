"""Formats that Stalkeer does not know are taken where the user named them; archives and encrypted files never are."""

from __future__ import annotations

import random

import pytest

from stalkeer.model import DownloadState as S
from stalkeer.settings.sections.transfers import DownloadSettings
from tests.doubles.house import digest, open_house

UNKNOWN = b"\xb7\xd8\x00\x20\x37\x49\xda\x11" + b"\7\1" * 20_000  # a recording of Windows Media Center begins so
GIVEN = {"downloads.verify_downloads": True, "downloads.retry_attempts": 1, "downloads.retry_delay": "0.05s"}


def fetch(house, running, body, name="film.wtv"):
    source = house.source()
    wanted_id = house.film("Dune", runtime_min=90)
    entry = house.entry(source, f"/files/{name}", body, "Dune")
    house.match(wanted_id, entry)
    download = house.queue(entry, wanted_id, "Dune")
    running(house.engine())
    return house.await_state(download, S.COMPLETED, S.FAILED, S.BLOCKED)


def test_a_format_that_the_user_accepts_is_taken_as_it_is(tmp_path, database, running):
    with open_house(tmp_path, database, {**GIVEN, "downloads.accept_unknown": ["WTV"]}) as house:
        row = fetch(house, running, UNKNOWN)

        assert row.state is S.COMPLETED, row.outcome.error
        assert house.result(row.id) == digest(UNKNOWN)
        assert row.outcome.final_path.endswith(".wtv")


@pytest.mark.parametrize(("accepted", "name"), [([], "film.wtv"), ([".wtv"], "film.mkv"), ([".mkv"], "film.wtv")])
def test_another_extension_than_the_accepted_one_is_refused(tmp_path, database, running, accepted, name):
    with open_house(tmp_path, database, {**GIVEN, "downloads.accept_unknown": accepted}) as house:
        assert fetch(house, running, UNKNOWN, name).state is S.BLOCKED


@pytest.mark.parametrize(
    "body",
    [
        b"PK\x03\x04\x14\0\0\0\x08\0" + UNKNOWN,
        b"Rar!\x1a\x07\1\0" + UNKNOWN,
        b"Salted__" + UNKNOWN,
        random.Random(1).randbytes(100_000),
        b"Your account has expired.",
        b"\xff\xd8\xff\xe0" + UNKNOWN,
    ],
    ids=["a ZIP", "a RAR", "an OpenSSL file", "encrypted data", "a sentence", "a picture"],
)
@pytest.mark.parametrize("verifies", [True, False])
def test_archives_encrypted_files_and_notices_are_never_accepted(tmp_path, database, running, body, verifies):
    given = {**GIVEN, "downloads.accept_unknown": [".wtv"], "downloads.verify_downloads": verifies}
    with open_house(tmp_path, database, given) as house:
        assert fetch(house, running, body).state is S.BLOCKED


@pytest.mark.parametrize("wrong", ["zip", ".7z", ".rar", "a b", ""])
def test_an_archive_cannot_be_named_as_a_video(wrong):
    with pytest.raises(ValueError, match="extensions of video formats"):
        DownloadSettings(accept_unknown=(wrong,))
