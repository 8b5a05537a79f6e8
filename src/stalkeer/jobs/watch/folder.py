"""Take the videos that other programs put into the watch folders: wait, verify, match, and let a download import each.

A file stays where it is until its import is confirmed: the download works on a hard link or a copy. So a kill at any
moment, a cancelled download and a refused import lose nothing. A part without a download is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from stalkeer.adapters.files.placement import duplicate
from stalkeer.adapters.files.removal import remove_if_empty, remove_part
from stalkeer.adapters.files.watched import list_videos, look_again
from stalkeer.core.downloads.watch import FoundFile, WatchState, is_settled, names_of, without_samples
from stalkeer.core.matching.pairs import Pair
from stalkeer.core.matching.works import EntryFacts
from stalkeer.core.titles import ParsedTitle, TitleReader
from stalkeer.core.titles.labels import label_of
from stalkeer.errors import PlacementError, StalkeerError
from stalkeer.jobs.downloads.context import DownloadQueue
from stalkeer.jobs.imports.verify import Unproven, judge, look_into
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.library_cache import Matching, use_context
from stalkeer.jobs.matching.namesakes import ask_namesakes, known_namesakes, works_to_ask
from stalkeer.logs import get_logger
from stalkeer.model import Decision, DownloadId, DownloadState, EntryKind, EventKind, WantedId
from stalkeer.secrets import SecretBox
from stalkeer.settings.folders import watch_problems
from stalkeer.store.db.database import Transaction
from stalkeer.store.downloads.downloads import NewItem
from stalkeer.store.journal.events import Event, Level, record_event
from stalkeer.store.library.instances import list_instances
from stalkeer.store.library.targets import expected_runtime_s, lock_settled, read_targets
from stalkeer.store.sources.description import Credentials
from stalkeer.store.watch.watch_files import (
    WatchCandidate,
    WatchedDownload,
    WatchFile,
    download_states,
    forget_files,
    list_watch_files,
    note_duration,
    note_found,
    note_removed,
    set_state,
    take_file,
    watch_source,
)

KEPT = timedelta(days=30)  # imported files stay on the list for this long
MOST_CANDIDATES = 10
TOLD = {WatchState.FAILED: EventKind.WATCH_FAILED, WatchState.REVIEW: EventKind.WATCH_REVIEW}
UNKNOWN = "no wanted item has its name"
log = get_logger(__name__)


@dataclass(frozen=True)
class WatchContext:
    """Hold the parts for taking files. `matching` returns the matching with the present settings."""

    queue: DownloadQueue
    secrets: SecretBox
    matching: Callable[[], Matching]
    is_stopping: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Choice:
    """Hold the items for a file. `is_accepted`: the user chose them."""

    wanted_ids: tuple[WantedId, ...]
    title: str
    parsed: ParsedTitle | None = None
    is_accepted: bool = False

    @property
    def candidates(self) -> tuple[WatchCandidate, ...]:
        return tuple(WatchCandidate(wanted_id, self.title, "it has its name") for wanted_id in self.wanted_ids)


class _Stopped(Exception):  # noqa: N818 - not an error
    pass


def look_at_watch_folders(context: WatchContext) -> bool:
    """Look once at every watch folder. Return whether a file was taken."""
    settings = context.queue.settings()
    with context.queue.database.connect() as connection:
        known = {file.found.path: file for file in list_watch_files(connection)}
        if not settings.watch.folders and not known:
            return False
        roots = [(row.label, root.path) for row in list_instances(connection) for root in row.root_folders]
    unusable = {problem.key for problem in watch_problems(settings, roots)}
    found: list[FoundFile] = []
    seen: list[str] = []
    for index, folder in enumerate(settings.watch.folders):
        if f"watch.folders[{index}]" in unusable:
            continue  # health reports it; its files are not forgotten
        try:
            listing = list_videos(folder, settings.downloads.accept_unknown)
        except OSError as error:
            log.warning("a watch folder cannot be read", folder=str(folder), error=error.strerror)
            continue
        if listing.unreadable:
            log.warning("a watch folder has unreadable names or folders", folder=str(folder), count=listing.unreadable)
        found += without_samples(listing.files)
        seen.append(str(folder))
    _settle_taken(context, [file for file in known.values() if file.state is WatchState.TAKEN])
    _forget_gone(context, known.values(), {file.path for file in found}, seen)
    is_taken = False
    for file in found:
        if context.is_stopping():
            return is_taken
        try:
            is_taken = _consider(context, file, known.get(file.path), names_of(file, found)) or is_taken
        except (StalkeerError, OSError) as error:  # one file never stops the others
            log.warning("a file of a watch folder is tried again", file=file.path, error=str(error))
    if is_taken:
        context.queue.wake()
    return is_taken


# --- the results of earlier files ----------------------------------------------------------------------------------


def _settle_taken(context: WatchContext, files: Sequence[WatchFile]) -> None:
    """Follow the downloads of taken files: remove what is imported, and keep the reason of what is not."""
    ids = [file.download_id for file in files if file.download_id is not None]
    with context.queue.database.connect() as connection:
        states = download_states(connection, ids)
    for file in files:
        gone = (DownloadState.CANCELLED.value, "its download is gone")
        state, error = states.get(file.download_id, gone) if file.download_id is not None else gone
        if state == DownloadState.COMPLETED:
            is_removed = _remove_imported(context, file)
            _write_state(context, file, WatchState.IMPORTED)
            if is_removed:
                with context.queue.database.begin() as connection:
                    note_removed(connection, file)
        elif state in (DownloadState.FAILED, DownloadState.CANCELLED):
            reason = error or "its download was cancelled"
            remove_part(part_of(context, file))
            _write_state(context, file, WatchState.FAILED, reason)


def _remove_imported(context: WatchContext, file: WatchFile) -> bool:
    """Delete the file in the watch folder unless it is to be kept or is another file by now.

    Return whether it is gone.
    """
    now = look_again(file.found)
    if now is None:
        return True
    if context.queue.settings().watch.keep or not now.is_same_file(file.found):
        return False
    path = Path(file.found.path)
    try:
        path.unlink()
    except OSError as error:
        log.warning("an imported file cannot be removed", file=str(path), error=error.strerror)
        return False
    if str(path.parent) != file.found.folder:
        remove_if_empty(path.parent)
    return True


def _forget_gone(context: WatchContext, known: Iterable[WatchFile], found: set[str], folders: Sequence[str]) -> None:
    """Forget files that are no longer there. Imported files stay on the list for a while."""
    now = context.queue.clock()
    gone = [
        file.id
        for file in known
        if file.found.path not in found
        and file.found.folder in folders
        and file.state is not WatchState.TAKEN
        and (file.state is not WatchState.IMPORTED or now - file.updated_at > KEPT)
    ]
    if gone:
        with context.queue.database.begin() as connection:
            forget_files(connection, gone)


# --- a file of the folder ------------------------------------------------------------------------------------------


def _consider(context: WatchContext, file: FoundFile, known: WatchFile | None, names: Sequence[str]) -> bool:
    """Bring a file as far as possible now. Return whether it was taken."""
    now = context.queue.clock()
    if known is None or not _is_unchanged(file, known):
        if known is not None and known.state is WatchState.TAKEN:
            return False  # its download ends first
        with context.queue.database.begin() as connection:
            note_found(connection, file, now)
        return False
    if known.state not in (WatchState.NEW, WatchState.REVIEW):
        return False
    if file.waits_for:
        _write_state(context, known, known.state, f"{file.waits_for} beside it is not finished")
        return False
    if known.state is WatchState.NEW:
        if not is_settled(known.seen_at, now, context.queue.settings().watch.settle):
            return False
        proven = _verify(context, known, None)
        if isinstance(proven, str):
            _write_state(context, known, WatchState.FAILED, proven)
            return False
        known = replace(known, duration_s=proven)
        with context.queue.database.begin() as connection:
            note_duration(connection, known, known.duration_s)
    if known.chosen:
        return take(context, known, _chosen(context, known, names)) is not None
    found = _match(context.matching(), known, names)
    if not isinstance(found, Choice):
        reason = found[0].reason if found else UNKNOWN
        _write_state(context, known, WatchState.REVIEW, reason, found)
        return False
    return take(context, known, found) is not None


def _is_unchanged(file: FoundFile, known: WatchFile) -> bool:
    if known.state in (WatchState.TAKEN, WatchState.IMPORTED) and file.is_same_file(known.found):
        return True
    return file.is_same(known.found)


def _verify(context: WatchContext, file: WatchFile, runtime_s: float | None) -> float | None | str:
    """Return the playing time of a file that is a complete video; in words, why it is none."""
    settings = context.queue.settings().downloads
    container = look_into(Path(file.found.path), settings)
    if container.kind is None:
        return f"not a video: it is {container.reason}"
    if container.is_encrypted:
        return "the file is encrypted; encryption is never circumvented"
    if settings.verify_downloads:
        problem = judge(container, runtime_s, settings, is_length_known=False)
        is_open = runtime_s is None and container.is_whole is None and container.has_video
        if isinstance(problem, Unproven) and not is_open:
            what = container.flaw or container.reason
            return f"it cannot be checked whether the file is complete: {what}. Choose its item to import it as it is"
        if problem is not None and not is_open:  # a form without an end is judged by the item's runtime
            return problem.reason
    return container.duration_s


def _match(matching: Matching, file: WatchFile, names: Sequence[str]) -> Choice | tuple[WatchCandidate, ...]:
    """Return the items that the file is for sure, else those that it may be, the likeliest first."""
    reader = TitleReader()
    doubtful: dict[int, Pair] = {}
    for name in names:
        parsed = reader.read(name, None, "")
        kind = EntryKind.EPISODE if parsed.episodes else EntryKind.MOVIE
        duration_s = None if file.duration_s is None else round(file.duration_s)
        pairs = _pairs(matching, EntryFacts(0, name, kind.value, parsed, duration_s=duration_s, key=file.found.path))
        sure = [pair for pair in pairs if pair.decision is Decision.CONFIRM]
        if sure:
            labels = list(dict.fromkeys(pair.wanted.label for pair in sure))
            title = labels[0] if len(labels) == 1 else f"{labels[0]} and {len(labels) - 1} more"
            return Choice(tuple(WantedId(pair.wanted.id) for pair in sure), title, parsed)
        for pair in pairs:
            known = doubtful.get(pair.wanted.id)
            if known is None or pair.score > known.score:
                doubtful[pair.wanted.id] = pair
    ranked = sorted(doubtful.values(), key=lambda pair: (-pair.score, pair.wanted.id))
    return tuple(
        WatchCandidate(WantedId(pair.wanted.id), pair.wanted.label, pair.reason) for pair in ranked[:MOST_CANDIDATES]
    )


def _pairs(matching: Matching, facts: EntryFacts) -> list[Pair]:
    """Match a name as an entry's name is matched, with a look-up of namesakes where only that is missing."""
    with use_context(matching) as context:
        pairs = context.matcher().match(facts)
        open_works = works_to_ask(pairs, context.namesakes)
        if not open_works or matching.lookup is None:
            return pairs
        with matching.database.connect() as connection:
            known = known_namesakes(connection, open_works, matching.clock())
        left = [work for work in open_works if work.identity not in known.asked]
        if left:
            asked, _unasked = ask_namesakes(matching.database, matching.lookup, left, matching.clock(), QuietRun())
            known = known.with_more(asked)
        return context.with_namesakes(context.namesakes.with_more(known)).matcher().match(facts)


def _chosen(context: WatchContext, file: WatchFile, names: Sequence[str]) -> Choice:
    """Return the items that the user chose."""
    with context.queue.database.connect() as connection:
        targets = read_targets(connection, file.chosen)
    labels = [label_of(target.title, target.year, target.season, target.episode, target.air_date) for target in targets]
    title = labels[0] if len(labels) == 1 else f"{labels[0]} and {len(labels) - 1} more" if labels else names[0]
    return Choice(file.chosen, title, TitleReader().read(names[0], None, ""), is_accepted=True)


# --- taking --------------------------------------------------------------------------------------------------------


def take(context: WatchContext, file: WatchFile, choice: Choice) -> DownloadId | None:
    """Let a download import the file for these items. Return None, with the reason stored, where that cannot be."""
    with context.queue.database.connect() as connection:
        runtime_s = expected_runtime_s(connection, choice.wanted_ids)
    if not choice.is_accepted:
        problem = _verify(context, file, runtime_s or 0.0)
        if isinstance(problem, str):
            _write_state(context, file, WatchState.FAILED, problem, choice.candidates)
            return None
    part = part_of(context, file)
    try:
        _copy(context, file, part)
    except _Stopped:
        return None
    except PlacementError as error:
        _write_state(context, file, WatchState.REVIEW, str(error))
        return None
    now = look_again(file.found)
    if now is None or not now.is_same(file.found) or part.stat().st_size != file.found.size:
        part.unlink(missing_ok=True)
        return None  # the next look sees the change
    with context.queue.database.begin() as connection:
        made = _create(connection, context, file, choice, part)
    if made is None:
        part.unlink(missing_ok=True)
        reason = f"{choice.title} is being downloaded already, or is no longer wanted"
        _write_state(context, file, WatchState.REVIEW, reason)
    return made


def part_of(context: WatchContext, file: WatchFile) -> Path:
    """Return the place of the link or copy. Its form is that of part files, which the cleanup knows."""
    return context.queue.settings().directories.temp / f"0-{file.id}.part"


def _copy(context: WatchContext, file: WatchFile, part: Path) -> None:
    def keep_going(_size: int) -> None:
        if context.is_stopping():
            raise _Stopped

    part.unlink(missing_ok=True)  # of a take that was killed before it was recorded
    duplicate(Path(file.found.path), part, copied=keep_going)


def _create(
    connection: Transaction, context: WatchContext, file: WatchFile, choice: Choice, part: Path
) -> DownloadId | None:
    now = context.queue.clock()
    settled = lock_settled(connection, choice.wanted_ids)
    targets = [target for target in read_targets(connection, choice.wanted_ids) if target.wanted_id not in settled]
    if not targets:
        return None
    nothing = context.secrets.encrypt(Credentials().to_json())
    source_id = watch_source(connection, nothing, now)
    named = {"resolution": choice.parsed.resolution, "codec": choice.parsed.codec} if choice.parsed is not None else {}
    new = WatchedDownload(
        title=choice.title,
        kind=targets[0].kind.value,
        items=tuple(NewItem(target.wanted_id, target.instance_id, target.arr_id) for target in targets),
        part_path=str(part),
        size=file.found.size,
        named=named,
        is_accepted=choice.is_accepted,
    )
    made = take_file(connection, file, source_id, new, now)
    if made is not None:
        message = f"{choice.title} was taken from {file.found.path}"
        event = Event(
            EventKind.WATCH_TAKEN, message, download_id=made, wanted_id=targets[0].wanted_id, source_id=source_id
        )
        record_event(connection, now, event)
    return made


def _write_state(
    context: WatchContext,
    file: WatchFile,
    state: WatchState,
    reason: str = "",
    candidates: Sequence[WatchCandidate] = (),
) -> None:
    """Store the state, with an event where a file has failed or needs the user."""
    now: datetime = context.queue.clock()
    with context.queue.database.begin() as connection:
        is_new = set_state(connection, file, state, now, reason, candidates)
        if not is_new or state not in TOLD or state is file.state:
            return
        words = "cannot be imported" if state is WatchState.FAILED else "needs your decision"
        path = Path(file.found.path)
        message = f"{path.name} of the watch folder {path.parent} {words}: {reason}"
        record_event(connection, now, Event(TOLD[state], message, Level.WARNING))
