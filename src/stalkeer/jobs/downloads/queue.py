"""Queue downloads for confirmed matches: the best variant of each wanted item, once, within the daily limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from stalkeer.core.downloads.states import Priority
from stalkeer.errors import Conflict, NotFound, StalkeerError
from stalkeer.jobs.downloads.choosing import RankedMatch, known_scores, rank
from stalkeer.jobs.downloads.context import DownloadQueue
from stalkeer.model import DownloadId, Drive, EntryId, MatchId, WantedId
from stalkeer.settings import Settings
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
from stalkeer.store.journal.runs import RunOptions
from stalkeer.store.library.instances import InstanceRow, find_instance, get_instance_by_id, list_instances
from stalkeer.store.library.ownership import kept_wanted_ids
from stalkeer.store.library.targets import lock_settled
from stalkeer.store.library.wanted_list import get_wanted
from stalkeer.store.matching.scores import KnownScores

MOST_REFUSALS = 100  # refused items that a report names


@dataclass(frozen=True)
class QueueRules:
    """Hold the settings for queueing. `cooldown` is the delay for an item whose download failed."""

    languages: tuple[str, ...] = ()
    cooldown: timedelta = timedelta(hours=6)

    @classmethod
    def of(cls, settings: Settings) -> QueueRules:
        return cls(tuple(settings.matching.languages), timedelta(seconds=settings.wanted.cooldown))


@dataclass(frozen=True)
class QueueOptions:
    """Hold the options of a run of the job `download`. `limit` is the most downloads to queue."""

    limit: int | None = None

    @classmethod
    def of_run(cls, options: RunOptions) -> QueueOptions:
        return cls(options.limit)

    def to_run(self) -> RunOptions:
        return RunOptions(limit=self.limit)


USUAL_RULES = QueueRules()
UNLIMITED = QueueOptions()


@dataclass(frozen=True)
class OfMatch:
    """Request a download of a match. `ourselves` downloads it here even if the instance's drive is native."""

    match_id: MatchId
    ourselves: bool = False


@dataclass(frozen=True)
class OfPair:
    """Request a download of an entry for an item that it was matched with."""

    entry_id: EntryId
    wanted_id: WantedId
    ourselves: bool = False


@dataclass(frozen=True)
class OfItem:
    """Request a download of the best confirmed match of an item."""

    wanted_id: WantedId
    ourselves: bool = False


Request = OfMatch | OfPair | OfItem


@dataclass(frozen=True)
class Queued:
    """Hold the result of a request: a download, or the error."""

    request: Request
    download_id: DownloadId | None = None
    error: StalkeerError | None = None


@dataclass(frozen=True)
class Planned:
    """Hold a planned download: an entry and its items."""

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
    """Hold an item without an allowed variant, and the reasons against its best variant."""

    title: str
    reasons: tuple[str, ...]

    def to_document(self) -> dict[str, object]:
        return {"title": self.title, "reasons": list(self.reasons)}


@dataclass(frozen=True)
class QueueReport:
    """Report the downloads that were queued, or that a dry run would queue."""

    planned: tuple[Planned, ...]
    queued: tuple[DownloadId, ...]
    already: int  # items that are being downloaded, were downloaded without a hand-over, or wait for the user
    # items without a variant that the profile, the sizes and the blocklist of the instance allow
    refused: tuple[Refusal, ...]
    resting: int  # items whose download failed recently or was cancelled
    is_dry_run: bool = False
    native: int = 0  # items whose instance grabs by itself

    def to_document(self) -> Mapping[str, object]:
        return {
            "queued": len(self.queued),
            "downloads": list(self.queued),
            "planned": [planned.to_document() for planned in self.planned],
            "already": self.already,
            "refused": len(self.refused),
            "refusals": [refusal.to_document() for refusal in self.refused[:MOST_REFUSALS]],
            "resting": self.resting,
            "native": self.native,
            "dryRun": self.is_dry_run,
        }


@dataclass
class _Choice:
    planned: list[Planned] = field(default_factory=list)
    already: int = 0
    refused: list[Refusal] = field(default_factory=list)
    resting: int = 0
    native: int = 0

    def to_report(self, queued: tuple[DownloadId, ...] = (), *, is_dry_run: bool = False) -> QueueReport:
        return QueueReport(
            planned=tuple(self.planned),
            queued=queued,
            already=self.already,
            refused=tuple(self.refused),
            resting=self.resting,
            is_dry_run=is_dry_run,
            native=self.native,
        )


def plan_queue(
    connection: Transaction, now: datetime, rules: QueueRules = USUAL_RULES, options: QueueOptions = UNLIMITED
) -> QueueReport:
    """Return what `queue_confirmed` would queue, as a dry run."""
    return _choose(connection, now, rules, options).to_report(is_dry_run=True)


def queue_confirmed(
    database: Database,
    clock: Callable[[], datetime],
    rules: QueueRules = USUAL_RULES,
    options: QueueOptions = UNLIMITED,
) -> QueueReport:
    """Queue a download for each confirmed match without one."""
    now = clock()
    with database.connect() as connection:
        choice = _choose(connection, now, rules, options)
    queued: list[DownloadId] = []
    for start in range(0, len(choice.planned), 100):  # short transactions: the heartbeat writes in between
        with database.begin() as connection:
            made = [_create(connection, plan.matches, now) for plan in choice.planned[start : start + 100]]
        queued += [made_id for made_id in made if made_id is not None]
    return choice.to_report(tuple(queued))


def queue_all(queue: DownloadQueue, requests: Sequence[Request], priority: Priority = Priority.NORMAL) -> list[Queued]:
    """Queue a download for each request. An error for one of them does not stop the others."""
    results = [_try_request(queue, request, priority) for request in requests]
    if any(result.download_id is not None for result in results):
        queue.wake()
    return results


def queue_one(queue: DownloadQueue, request: Request, priority: Priority = Priority.NORMAL) -> DownloadId:
    """Queue a download. Raises NotFound or Conflict where that is not possible."""
    made = _queue_request(queue, request, priority)
    queue.wake()
    return made


def _try_request(queue: DownloadQueue, request: Request, priority: Priority) -> Queued:
    try:
        return Queued(request, _queue_request(queue, request, priority))
    except StalkeerError as error:
        return Queued(request, error=error)


def _queue_request(queue: DownloadQueue, request: Request, priority: Priority) -> DownloadId:
    if queue.push is not None and not request.ourselves:
        match = _native_match(queue, request)
        if match is not None:
            return queue.push(match)
    if isinstance(request, OfPair):
        return queue_pair(queue.database, queue.clock, request.entry_id, request.wanted_id, priority)
    if isinstance(request, OfItem):
        rules = QueueRules.of(queue.settings())
        with queue.database.connect() as connection:
            match_id = _best_match(connection, request.wanted_id, rules).match_id
        return queue_match(queue.database, queue.clock, match_id, priority)
    return queue_match(queue.database, queue.clock, request.match_id, priority)


def _native_match(queue: DownloadQueue, request: Request) -> ConfirmedMatch | None:
    """Return the match of a request to an instance with the native drive; None for every other request."""
    rules = QueueRules.of(queue.settings())
    with queue.database.connect() as connection:
        if isinstance(request, OfItem):
            instance = find_instance(connection, get_wanted(connection, request.wanted_id).instance)
            is_native = instance is not None and instance.options.drive is Drive.NATIVE
            return _best_match(connection, request.wanted_id, rules) if is_native else None
        if isinstance(request, OfMatch):
            match = find_match(connection, request.match_id)
        else:
            match = find_pair(connection, request.entry_id, request.wanted_id)
        if match is None:
            return None
        is_native = get_instance_by_id(connection, match.instance_id).options.drive is Drive.NATIVE
        return match if is_native else None


def _best_match(connection: Transaction, wanted_id: WantedId, rules: QueueRules) -> ConfirmedMatch:
    """Choose the variant that the profile ranks first. Raises NotFound where no variant is allowed."""
    item = get_wanted(connection, wanted_id)
    found = confirmed_matches(connection, [wanted_id])
    if found:
        known = known_scores(connection, found)
        best = _best(found, find_instance(connection, item.instance), rules.languages, known)
        if isinstance(best, RankedMatch):
            return best.match
        why = "; ".join(best.reasons)
    else:
        why = f"it is skipped: {item.skip}" if item.skip else "it has no confirmed match"
    raise NotFound(f"{item.label}: {why}. Open it to choose one yourself.")


def queue_match(
    database: Database, clock: Callable[[], datetime], match_id: MatchId, priority: Priority = Priority.NORMAL
) -> DownloadId:
    """Queue a match whatever its decision, because the user chose it."""
    with database.begin() as connection:
        match = find_match(connection, match_id)
        if match is None:
            raise NotFound(f"There is no match {match_id}, or its entry is gone from its playlist.")
        return _create_one(connection, match, clock(), priority)


def queue_pair(
    database: Database,
    clock: Callable[[], datetime],
    entry_id: EntryId,
    wanted_id: WantedId,
    priority: Priority = Priority.NORMAL,
) -> DownloadId:
    """Queue an entry for an item. They must have been matched, with any score."""
    with database.begin() as connection:
        match = find_pair(connection, entry_id, wanted_id)
        if match is None:
            raise NotFound(
                f"Entry {entry_id} is not among the candidates of item {wanted_id}; pin it to the item first."
            )
        return _create_one(connection, match, clock(), priority)


def _choose(connection: Transaction, now: datetime, rules: QueueRules, options: QueueOptions) -> _Choice:
    choice = _Choice()
    by_item: dict[WantedId, list[ConfirmedMatch]] = {}
    confirmed = confirmed_matches(connection)
    known = known_scores(connection, confirmed)
    for match in _with_all_they_serve(confirmed):
        by_item.setdefault(match.wanted_id, []).append(match)
    active = active_wanted_ids(connection) | kept_wanted_ids(connection)
    resting = failed_wanted_ids(connection, now - rules.cooldown)
    instances = {instance.id: instance for instance in list_instances(connection)}
    chosen: dict[EntryId, list[RankedMatch]] = {}
    for wanted_id, matches in sorted(by_item.items()):
        instance = instances.get(matches[0].instance_id)
        if wanted_id in active:
            choice.already += 1
        elif instance is not None and instance.options.drive is Drive.NATIVE:
            choice.native += 1
        elif wanted_id in resting:
            choice.resting += 1
        else:
            best = _best(matches, instance, rules.languages, known)
            if isinstance(best, Refusal):
                choice.refused.append(best)
            else:
                chosen.setdefault(best.match.entry_id, []).append(best)
    for found in chosen.values():
        if options.limit is None or len(choice.planned) < options.limit:
            choice.planned.append(Planned(tuple(ranked.match for ranked in found), found[0].reasons))
    return choice


def _with_all_they_serve(matches: Sequence[ConfirmedMatch]) -> list[ConfirmedMatch]:
    """Return the matches. Those of files with several episodes get the number of their wanted episodes."""
    served: dict[EntryId, set[str]] = {}
    for match in matches:
        if match.episodes > 1:
            served.setdefault(match.entry_id, set()).add(match.title)
    return [
        replace(match, serves=len(served[match.entry_id])) if match.entry_id in served else match for match in matches
    ]


def _best(
    matches: list[ConfirmedMatch], instance: InstanceRow | None, languages: Sequence[str], known: KnownScores
) -> RankedMatch | Refusal:
    ranked = rank(matches, instance, languages, known)
    if not ranked:
        return Refusal(matches[0].title, ("none of its variants is better than the present file",))
    if not ranked[0].allowed:
        return Refusal(matches[0].title, ranked[0].reasons)
    return ranked[0]


def _create_one(connection: Transaction, match: ConfirmedMatch, now: datetime, priority: Priority) -> DownloadId:
    settled = lock_settled(connection, [match.wanted_id])
    if match.wanted_id in settled:
        raise Conflict(settled[match.wanted_id].refusal(match.title))
    made = _create(connection, [match], now, priority)
    if made is None:
        raise Conflict(f"{match.title} is being downloaded already; `stalkeer download list` shows it.")
    return made


def _create(
    connection: Transaction, matches: Iterable[ConfirmedMatch], now: datetime, priority: Priority = Priority.NORMAL
) -> DownloadId | None:
    """Queue a download of the items that are still wanted and have none. Return None where no item is left."""
    wished = tuple(matches)
    settled = lock_settled(connection, [match.wanted_id for match in wished])
    served = tuple(match for match in wished if match.wanted_id not in settled)
    if not served:
        return None
    first = served[0]
    title = first.title if len({match.title for match in served}) == 1 else f"{first.title} and {len(served) - 1} more"
    items = tuple(NewItem(match.wanted_id, match.instance_id, match.arr_id) for match in served)
    under_way = find_open_download(connection, first.entry_id)
    if under_way is not None:  # another instance wants the same file, which is fetched only once
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
        priority=priority.level,
    )
    return create_download(connection, new, now)
