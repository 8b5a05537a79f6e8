"""Turn confirmed matches into downloads: the best variant of each wanted item, once, within the limits of the day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stalkeer.errors import Conflict, NotFound
from stalkeer.jobs.downloads.choosing import rank
from stalkeer.model import DownloadId, EntryId, InstanceId, MatchId, WantedId
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.downloads.downloads import (
    NewDownload,
    NewItem,
    active_wanted_ids,
    add_item,
    create_download,
    failed_wanted_ids,
    find_open_download,
)
from stalkeer.store.downloads.variants import ConfirmedMatch, confirmed_matches, find_match, find_pair
from stalkeer.store.library.instances import InstanceRow, list_instances
from stalkeer.store.library.ownership import kept_wanted_ids
from stalkeer.store.library.targets import lock_settled

FAILED_REST = timedelta(days=7)  # so long a failed item is not queued again by itself
MOST_REFUSALS = 100  # of them a report names


@dataclass(frozen=True)
class Planned:
    """One download to be: an entry and the items it serves."""

    matches: tuple[ConfirmedMatch, ...]
    reasons: tuple[str, ...]

    @property
    def first(self) -> ConfirmedMatch:
        return self.matches[0]

    def to_document(self) -> dict[str, object]:
        return {
            "title": self.first.title,
            "entry": self.first.entry_name,
            "entryId": self.first.entry_id,
            "items": len(self.matches),
            "size": self.first.size,
            "score": round(self.first.score, 3),
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True)
class Refusal:
    """An item of which no variant may be taken, and what is said against the best of them."""

    title: str
    reasons: tuple[str, ...]

    def to_document(self) -> dict[str, object]:
        return {"title": self.title, "reasons": list(self.reasons)}


@dataclass(frozen=True)
class QueueReport:
    """What was queued, or with a dry run would have been."""

    planned: tuple[Planned, ...]
    queued: tuple[DownloadId, ...]
    already: int  # items that are being downloaded, were kept in their folder, or wait for the user
    refused: tuple[Refusal, ...]  # items whose variants the profile, the instance's sizes or blocklist refuse
    resting: int  # items that failed lately or were cancelled
    is_dry_run: bool = False

    def to_document(self) -> Mapping[str, object]:
        return {
            "queued": len(self.queued),
            "downloads": list(self.queued),
            "planned": [one.to_document() for one in self.planned],
            "already": self.already,
            "refused": len(self.refused),
            "refusals": [one.to_document() for one in self.refused[:MOST_REFUSALS]],
            "resting": self.resting,
            "dryRun": self.is_dry_run,
        }


@dataclass
class _Choice:
    planned: list[Planned] = field(default_factory=list)
    already: int = 0
    refused: list[Refusal] = field(default_factory=list)
    resting: int = 0


def plan_queue(
    connection: Transaction, now: datetime, limit: int | None = None, languages: Sequence[str] = ()
) -> QueueReport:
    """What `queue_confirmed` would queue: a dry run."""
    choice = _choose(connection, now, limit, languages)
    return QueueReport(
        tuple(choice.planned), (), choice.already, tuple(choice.refused), choice.resting, is_dry_run=True
    )


def queue_confirmed(
    database: Database, clock: Callable[[], datetime], limit: int | None = None, languages: Sequence[str] = ()
) -> QueueReport:
    """Queue what is confirmed and not under way, at most `limit` downloads."""
    now = clock()
    with database.connect() as connection:
        choice = _choose(connection, now, limit, languages)
    queued: list[DownloadId] = []
    for start in range(0, len(choice.planned), 100):  # short transactions: the heartbeat writes in between
        with database.begin() as connection:
            made = [_create(connection, one.matches, now) for one in choice.planned[start : start + 100]]
        queued += [one for one in made if one is not None]
    return QueueReport(tuple(choice.planned), tuple(queued), choice.already, tuple(choice.refused), choice.resting)


def queue_match(database: Database, clock: Callable[[], datetime], match_id: MatchId, priority: int = 0) -> DownloadId:
    """Queue one match, whatever was decided of it: the user asked for it."""
    with database.begin() as connection:
        match = find_match(connection, match_id)
        if match is None:
            raise NotFound(f"There is no match {match_id}, or its entry is gone from its playlist.")
        return _create_one(connection, match, clock(), priority)


def queue_pair(
    database: Database, clock: Callable[[], datetime], entry_id: EntryId, wanted_id: WantedId, priority: int = 0
) -> DownloadId:
    """Queue this entry for that item; they must have been matched, with whatever score."""
    with database.begin() as connection:
        match = find_pair(connection, entry_id, wanted_id)
        if match is None:
            raise NotFound(
                f"Entry {entry_id} is not among the candidates of item {wanted_id}; pin it to the item first."
            )
        return _create_one(connection, match, clock(), priority)


def _choose(connection: Transaction, now: datetime, limit: int | None, languages: Sequence[str]) -> _Choice:
    choice = _Choice()
    by_item: dict[WantedId, list[ConfirmedMatch]] = {}
    for match in confirmed_matches(connection):
        by_item.setdefault(match.wanted_id, []).append(match)
    active = active_wanted_ids(connection) | kept_wanted_ids(connection)
    resting = failed_wanted_ids(connection, now - FAILED_REST)
    instances = {instance.id: instance for instance in list_instances(connection)}
    chosen: dict[EntryId, list[tuple[ConfirmedMatch, tuple[str, ...]]]] = {}
    for wanted_id, matches in sorted(by_item.items()):
        if wanted_id in active:
            choice.already += 1
        elif wanted_id in resting:
            choice.resting += 1
        else:
            best = _best(matches, instances, languages)
            if isinstance(best, Refusal):
                choice.refused.append(best)
            else:
                chosen.setdefault(best[0].entry_id, []).append(best)
    for found in chosen.values():
        if limit is None or len(choice.planned) < limit:
            choice.planned.append(Planned(tuple(match for match, _ in found), found[0][1]))
    return choice


def _best(
    matches: list[ConfirmedMatch], instances: Mapping[InstanceId, InstanceRow], languages: Sequence[str]
) -> tuple[ConfirmedMatch, tuple[str, ...]] | Refusal:
    ranked = rank(matches, instances.get(matches[0].instance_id), languages)
    if not ranked:
        return Refusal(matches[0].title, ("none of its variants is better than the file that is there",))
    if not ranked[0].allowed:
        return Refusal(matches[0].title, ranked[0].reasons)
    match = next(match for match in matches if match.entry_id == ranked[0].variant.entry_id)
    return match, ranked[0].reasons


def _create_one(connection: Transaction, match: ConfirmedMatch, now: datetime, priority: int) -> DownloadId:
    settled = lock_settled(connection, [match.wanted_id])
    if match.wanted_id in settled:
        raise Conflict(settled[match.wanted_id].refusal(match.title))
    made = _create(connection, [match], now, priority)
    if made is None:
        raise Conflict(f"{match.title} is being downloaded already; `stalkeer download list` shows it.")
    return made


def _create(
    connection: Transaction, matches: Iterable[ConfirmedMatch], now: datetime, priority: int = 0
) -> DownloadId | None:
    """The download for those of the items that are still wanted and not under way; None where there is none."""
    wished = tuple(matches)
    settled = lock_settled(connection, [match.wanted_id for match in wished])
    served = tuple(match for match in wished if match.wanted_id not in settled)
    if not served:
        return None
    first = served[0]
    title = first.title if len({match.title for match in served}) == 1 else f"{first.title} and {len(served) - 1} more"
    items = tuple(NewItem(match.wanted_id, match.instance_id, match.arr_id) for match in served)
    under_way = find_open_download(connection, first.entry_id)
    if under_way is not None:  # the same file for another instance: fetched once
        joined = [add_item(connection, under_way, item) for item in items]
        return under_way if any(joined) else None
    new = NewDownload(
        entry_id=first.entry_id,
        source_id=first.source_id,
        entry_key=first.entry_key,
        name=first.entry_name,
        title=title,
        kind=first.kind,
        items=items,
        priority=priority,
    )
    return create_download(connection, new, now)
