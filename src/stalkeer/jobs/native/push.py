"""Push a release to an instance with the native drive. Its own rules decide, and it grabs an approved release."""

from __future__ import annotations

from stalkeer.adapters.arr.native import Release, find_indexer, push_release
from stalkeer.errors import Conflict
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.native.offers import HELD_BACK
from stalkeer.jobs.native.tickets import ticket_of
from stalkeer.model import DownloadId
from stalkeer.store.db.database import Transaction
from stalkeer.store.downloads.variants import ConfirmedMatch
from stalkeer.store.library.instances import InstanceRow, get_instance_by_id
from stalkeer.store.offers.grabs import last_grab_of_offer
from stalkeer.store.offers.offerable import LiveOffer, find_live_offer
from stalkeer.store.offers.offers import OfferedEntry, find_offer_of

OURSELVES = "To download it all the same, let Stalkeer download it itself this once"


def push_match(arrs: Arrs, match: ConfirmedMatch) -> DownloadId:
    """Let the instance grab a match, and return the download of the grab.

    Raises Conflict with the instance's rejections or with the missing condition, and ArrError where it does not answer.
    """
    with arrs.database.connect() as connection:
        row = get_instance_by_id(connection, match.instance_id)
        offer = _offer_of(connection, row, match)
    with arrs.client(row) as client:
        indexer = find_indexer(client)
        if indexer is None:
            raise Conflict(
                f"{row.label} has no indexer of Stalkeer, so that nothing can be pushed. Set it up: "
                f"stalkeer arr connect {row.slug} --native. {OURSELVES}."
            )
        release = Release(
            title=offer.release,
            download_url=f"{indexer.base_url.rstrip('/')}/api?t=get&id={ticket_of(arrs.secrets, offer.guid)}",
            published=offer.pub_date,
            size=offer.size or 0,
            tmdb_id=offer.tmdb_id,
            tvdb_id=offer.tvdb_id,
        )
        outcome = push_release(client, release, indexer.id)
    if not outcome.is_approved:
        reasons = "; ".join(outcome.rejections) or "without a reason"
        raise Conflict(f"{row.label} rejects {offer.release}: {reasons}. {OURSELVES}.")
    with arrs.database.connect() as connection:
        grab = last_grab_of_offer(connection, row.id, offer.guid)
    if grab is None or grab.download_id is None:
        raise Conflict(f"{row.label} approves {offer.release} and grabs it later, as its delay profile says.")
    return grab.download_id


def _offer_of(connection: Transaction, row: InstanceRow, match: ConfirmedMatch) -> LiveOffer:
    entry = OfferedEntry(match.wanted_id, match.source_id, match.entry_key)
    known = find_offer_of(connection, row.id, entry)
    offer = find_live_offer(connection, known.guid, HELD_BACK) if known is not None else None
    if offer is None:
        raise Conflict(
            f"{match.title} is not offered to {row.label}: the match is not confirmed, its title was not checked yet, "
            f"or {row.label} reads the title as another item. {OURSELVES}."
        )
    return offer
