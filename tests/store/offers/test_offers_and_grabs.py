"""What an instance was offered and what it grabbed, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from sqlalchemy.exc import IntegrityError

from stalkeer.errors import StoreError
from stalkeer.model import DownloadId, GrabState, InstanceKind, SourceId, WantedId, WantedKind
from stalkeer.secrets import SecretBox
from stalkeer.store.db.tables import sources
from stalkeer.store.library.instances import NewInstance, add_instance
from stalkeer.store.offers.grabs import (
    GrabbedItem,
    NewGrab,
    add_grab,
    fail_grabs,
    failed_offers,
    find_grab,
    last_grab_of_offer,
    list_grabs_of_download,
    list_live_grabs,
    remove_grab,
)
from stalkeer.store.offers.offers import (
    NewOffer,
    OfferedEntry,
    add_offer,
    add_offer_entries,
    find_offer,
    list_offers,
    offered_dates,
)

BOX = SecretBox(Fernet.generate_key())
NOW = datetime(2026, 6, 20, 10, 11, 12, tzinfo=UTC)


def know(connection):
    """An instance and a source."""
    new = NewInstance("radarr", InstanceKind.RADARR, "http://radarr:7878", "0f9c1d2e3b4a5968")
    instance = add_instance(connection, new, BOX, NOW)
    values = {"slug": "one", "kind": "m3u", "origin": "ui", "credentials": "x", "created_at": NOW}
    connection.execute(sources.insert().values(**values))
    return instance


def dune(instance, guid="stalkeer-a", pub_date=NOW):
    return NewOffer(instance, WantedKind.MOVIE, "Dune.2021.1080p.WEB-DL-STALKEER", "movie:438631", guid, pub_date)


def grab(instance, number, guid="stalkeer-a", category="movies"):
    items = (GrabbedItem(WantedId(7), 12),)
    return NewGrab(f"SABnzbd_nzo_{number}", instance, guid, f"Film {number}", WantedKind.MOVIE, items, category)


def test_an_offer_keeps_its_entries_and_takes_more(any_database):
    with any_database.begin() as connection:
        instance = know(connection)
        offer_id = add_offer(connection, dune(instance), [OfferedEntry(WantedId(7), SourceId(1), "a")], NOW)
        add_offer_entries(connection, offer_id, [OfferedEntry(WantedId(7), SourceId(1), "b")])

        offer = find_offer(connection, "stalkeer-a")

        assert offer.files == ((1, "a"), (1, "b"))
        assert offer.wanted_ids == (7,)
        assert offer.pub_date == NOW
        assert offered_dates(connection, instance) == (NOW, NOW)
        assert list_offers(connection, instance) == [offer]
        assert find_offer(connection, "stalkeer-z") is None


def test_two_offers_of_an_instance_never_have_one_date(any_database):
    with any_database.begin() as connection:
        instance = know(connection)
        add_offer(connection, dune(instance), [], NOW)

    with pytest.raises((IntegrityError, StoreError)), any_database.begin() as connection:
        add_offer(connection, dune(instance, "stalkeer-b"), [], NOW)


def test_grabs_are_found_and_those_that_were_removed_are_live_no_more(any_database):
    with any_database.begin() as connection:
        instance = know(connection)
        for number in range(4):
            add_grab(connection, replace(grab(instance, number), download_id=DownloadId(3 + number // 3)), NOW)

        assert remove_grab(connection, "SABnzbd_nzo_2")
        assert not remove_grab(connection, "SABnzbd_nzo_9")
        fail_grabs(connection, DownloadId(4), "gone", NOW)

        known, live = (found(connection, DownloadId(3)) for found in (list_grabs_of_download, list_live_grabs))
        assert [row.nzo_id[-1] for row in known] == ["0", "1", "2"]
        assert [row.nzo_id[-1] for row in live] == ["0", "1"]
        failed = find_grab(connection, "SABnzbd_nzo_3")
        assert (failed.state, failed.fail_message, failed.items[0].arr_id) == (GrabState.FAILED, "gone", 12)
        assert failed_offers(connection, instance) == {"stalkeer-a"}
        assert last_grab_of_offer(connection, instance, "stalkeer-a").nzo_id == "SABnzbd_nzo_3"
