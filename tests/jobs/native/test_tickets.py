"""The names of releases for outside are ours or worth nothing; the NZB carries them there and back."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet

from stalkeer.core.downloads.nzb import ReleaseFile, find_ticket, write_nzb
from stalkeer.jobs.native.tickets import guid_of, ticket_of
from stalkeer.secrets import SecretBox

BOX = SecretBox(Fernet.generate_key())
GUID = "stalkeer-0f3a9b"


def test_a_ticket_leads_back_to_its_release():
    assert guid_of(BOX, ticket_of(BOX, GUID)) == GUID


def test_a_ticket_of_an_older_key_is_still_ours():
    old, new = Fernet.generate_key(), Fernet.generate_key()

    assert guid_of(SecretBox(new, old), ticket_of(SecretBox(old), GUID)) == GUID


FORGED = {
    "empty": "",
    "the name alone": GUID,
    "without a signature": f"v1.{GUID}",
    "an empty signature": f"v1.{GUID}.",
    "a signature of zeros": f"v1.{GUID}.{'0' * 32}",
    "signed by another": ticket_of(SecretBox(Fernet.generate_key()), GUID),
    "another name": ticket_of(BOX, GUID).replace("0f3a9b", "0f3a9c"),
    "no ASCII": "v1.é.é",
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_name_that_we_did_not_sign_is_no_ticket(kind):
    assert guid_of(BOX, FORGED[kind]) is None


def test_an_nzb_is_what_both_programs_accept_and_names_its_release():
    ticket = ticket_of(BOX, GUID)
    release = ReleaseFile(ticket, 'Tom & Jerry <"1">.2021', 0, datetime(2026, 6, 20, tzinfo=UTC))

    document = write_nzb(release)

    root = ET.fromstring(document)
    space = "{http://www.newzbin.com/DTD/2003/nzb}"
    assert root.tag == f"{space}nzb"
    assert len(root.findall(f"{space}file")) == 1
    assert find_ticket(document.encode()) == ticket


def test_an_nzb_of_another_indexer_has_no_ticket():
    foreign = b'<nzb xmlns="http://www.newzbin.com/DTD/2003/nzb"><file subject="x"/></nzb>'

    assert find_ticket(foreign) is None
