"""Store the releases that Stalkeer's indexer offered to an instance. Their names and dates never change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from stalkeer.model import InstanceId, OfferId, SourceId, WantedId, WantedKind
from stalkeer.store.db.tables import instances, offer_entries, offers


@dataclass(frozen=True, order=True)
class OfferedEntry:
    """Hold a playlist entry that is the file of an offer, and the item that it was matched with."""

    wanted_id: WantedId
    source_id: SourceId
    entry_key: str


@dataclass(frozen=True)
class NewOffer:
    """Describe a release to offer.

    `pub_date` is None where the instance reads the release as another item (`refusal`).
    """

    instance_id: InstanceId
    kind: WantedKind
    release: str
    item_key: str
    guid: str
    pub_date: datetime | None
    refusal: str | None = None


@dataclass(frozen=True)
class OfferRow:
    id: OfferId
    instance_id: InstanceId
    kind: WantedKind
    release: str
    item_key: str
    guid: str
    pub_date: datetime | None
    refusal: str | None
    entries: tuple[OfferedEntry, ...]

    @property
    def wanted_ids(self) -> tuple[WantedId, ...]:
        return tuple(sorted({entry.wanted_id for entry in self.entries}))

    @property
    def files(self) -> tuple[tuple[SourceId, str], ...]:
        """Return the distinct entries: source and key of each."""
        return tuple(dict.fromkeys((entry.source_id, entry.entry_key) for entry in self.entries))


def lock_offers(connection: Connection, instance_id: InstanceId) -> None:
    """Let no other job add offers of this instance before the transaction ends. On SQLite each writer is alone."""
    query = select(instances.c.id).where(instances.c.id == instance_id)
    connection.execute(query.with_for_update(key_share=True))


def add_offer(connection: Connection, new: NewOffer, entries: Iterable[OfferedEntry], now: datetime) -> OfferId:
    values = {
        "instance_id": new.instance_id,
        "kind": new.kind.value,
        "release": new.release,
        "item_key": new.item_key,
        "guid": new.guid,
        "pub_date": new.pub_date,
        "refusal": new.refusal,
        "checked_at": now,
    }
    offer_id = OfferId(connection.execute(insert(offers).values(**values).returning(offers.c.id)).scalar_one())
    add_offer_entries(connection, offer_id, entries)
    return offer_id


def add_offer_entries(connection: Connection, offer_id: OfferId, entries: Iterable[OfferedEntry]) -> None:
    """Add entries to an offer; those that it has already stay."""
    rows = [
        {"offer_id": offer_id, "wanted_id": entry.wanted_id, "source_id": entry.source_id, "entry_key": entry.entry_key}
        for entry in entries
    ]
    if rows:
        insert_new = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
        connection.execute(insert_new(offer_entries).on_conflict_do_nothing(), rows)


def drop_offer_entries(connection: Connection, offer_id: OfferId, entries: Iterable[OfferedEntry]) -> None:
    """Remove entries from an offer whose title no longer fits them. The offer itself stays, with its date."""
    for entry in entries:
        connection.execute(
            delete(offer_entries).where(
                offer_entries.c.offer_id == offer_id,
                offer_entries.c.wanted_id == entry.wanted_id,
                offer_entries.c.source_id == entry.source_id,
                offer_entries.c.entry_key == entry.entry_key,
            )
        )


def find_offer(connection: Connection, guid: str) -> OfferRow | None:
    """Return an offer, even if none of its entries is in the catalogue any more."""
    row = connection.execute(select(offers).where(offers.c.guid == guid)).one_or_none()
    return None if row is None else _with_entries(connection, [row])[0]


def find_offer_of(connection: Connection, instance_id: InstanceId, entry: OfferedEntry) -> OfferRow | None:
    """Return the last offer of an entry for an item that the instance may grab."""
    query = (
        select(offers)
        .join(offer_entries, offer_entries.c.offer_id == offers.c.id)
        .where(
            offers.c.instance_id == instance_id,
            offers.c.pub_date.is_not(None),
            offer_entries.c.wanted_id == entry.wanted_id,
            offer_entries.c.source_id == entry.source_id,
            offer_entries.c.entry_key == entry.entry_key,
        )
        .order_by(offers.c.id.desc())
        .limit(1)
    )
    rows = connection.execute(query).all()
    return _with_entries(connection, rows)[0] if rows else None


def list_offers(connection: Connection, instance_id: InstanceId, after: OfferId | None = None) -> list[OfferRow]:
    """List every offer of an instance, refused ones too; or those that were added after the offer `after`."""
    query = select(offers).where(offers.c.instance_id == instance_id)
    if after is not None:
        query = query.where(offers.c.id > after)
    return _with_entries(connection, connection.execute(query.order_by(offers.c.id)).all())


def offered_dates(connection: Connection, instance_id: InstanceId) -> tuple[datetime | None, datetime | None]:
    """Return the newest and the oldest date of an instance's offers."""
    query = select(func.max(offers.c.pub_date), func.min(offers.c.pub_date)).where(offers.c.instance_id == instance_id)
    newest, oldest = connection.execute(query).one()
    return newest, oldest


def _with_entries(connection: Connection, rows: Sequence[Row[tuple[object, ...]]]) -> list[OfferRow]:
    entries: dict[int, list[OfferedEntry]] = {}
    ids = [row.id for row in rows]
    for start in range(0, len(ids), 500):
        query = select(offer_entries).where(offer_entries.c.offer_id.in_(ids[start : start + 500]))
        for row in connection.execute(query.order_by(offer_entries.c.id)):
            entry = OfferedEntry(WantedId(row.wanted_id), SourceId(row.source_id), row.entry_key)
            entries.setdefault(row.offer_id, []).append(entry)
    return [_row(row, tuple(entries.get(row.id, ()))) for row in rows]


def _row(row: Row[tuple[object, ...]], entries: tuple[OfferedEntry, ...]) -> OfferRow:
    return OfferRow(
        id=OfferId(row.id),
        instance_id=InstanceId(row.instance_id),
        kind=WantedKind(row.kind),
        release=row.release,
        item_key=row.item_key,
        guid=row.guid,
        pub_date=row.pub_date,
        refusal=row.refusal,
        entries=entries,
    )
