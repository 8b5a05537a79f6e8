"""Have every instance of a download import its placed file, and confirm the import."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stalkeer.adapters.arr.outcomes import (
    ArrImportMode,
    HandOverFailed,
    HandOverOutcome,
    Imported,
    ImportRefused,
    Pending,
)
from stalkeer.adapters.files.extras import remove_extras
from stalkeer.adapters.files.placement import duplicate
from stalkeer.adapters.files.removal import remove_if_empty, remove_staged
from stalkeer.core.downloads.failures import HOOK, FailureKind
from stalkeer.core.downloads.retry import GiveUp, decide_retry
from stalkeer.errors import ArrError, NotFound, PlacementError, PlacementRefused
from stalkeer.jobs.downloads.finish_run import LONGEST_WAIT_HERE_S, CopyHalted, FinishRun, extras_of, words_of
from stalkeer.jobs.downloads.place_file import CHECKED
from stalkeer.jobs.imports.handover import HandOver, HandOverStep, StagedFile, Taking, open_hand_over, shelves_of
from stalkeer.jobs.imports.placement import MASTERS, check_own_folder, native_link
from stalkeer.model import DownloadState, Drive, EventKind, InstanceId
from stalkeer.settings.sections.transfers import ImportMode
from stalkeer.store.downloads import run_writes as owned
from stalkeer.store.downloads.native_items import offer_file
from stalkeer.store.downloads.rows import REFUSALS, ItemRow, ItemState, is_resting
from stalkeer.store.downloads.run_writes import ItemStanding, RunProblem
from stalkeer.store.journal.events import record_event
from stalkeer.store.library.instances import get_instance_by_id

WAITS_HERE = 20


def import_all(run: FinishRun) -> None:
    assert run.row.outcome.placed_path is not None, "a placed download knows where"
    file = Path(run.row.outcome.placed_path)
    if not _is_let_through(run, file):
        return
    is_kept = _is_kept(run)
    natives = [item for item in run.row.items if item.hand_over is Drive.NATIVE]
    if is_kept and not natives:
        run.settling.complete(str(file), "is finished; nothing imports it", new_file=file)
        return
    with run.tools.database.begin() as connection:
        if not owned.advance(connection, run.guard.owner, DownloadState.IMPORTING, run.tools.clock()):
            return
    if not _link(run, file):
        return
    final_path = run.row.outcome.final_path
    groups = [] if is_kept else _groups(run)
    shelves = shelves_of(run.row.outcome.facts)
    for index, (instance_id, items) in enumerate(groups):
        # instances that import by themselves may need another link of our file
        mode = None if index == len(groups) - 1 and not natives else ArrImportMode.COPY
        shelf = shelves.get(instance_id)
        if shelf is not None and not _put_on_shelf(run, file, shelf):
            return
        taking = Taking.FROM_STAGING if shelf is None else Taking.IN_PLACE
        outcome = _import(run, _step(run, instance_id, items, shelf or file, mode, taking), items)
        if outcome is None:
            return
        if isinstance(outcome, Imported):
            final_path = outcome.path
    _conclude(run, final_path)


def _is_let_through(run: FinishRun, file: Path) -> bool:
    """Let the user's script check the file once, before any instance sees it. Return False where the run has ended.

    An import that has begun is not checked: its instance may have the file already.
    """
    facts = run.row.outcome.facts or {}
    if facts.get(CHECKED) or any(item.command_id is not None for item in run.row.items):
        return True
    check = run.tools.hooks.check_import(run.row, file, lambda: run.guard.stopping() is not None)
    if check.is_stopped:
        run.come_back()
        return False
    if check.refusal:
        run.settling.block(RunProblem(HOOK, check.refusal), EventKind.HOOK_BLOCKED)
        return False
    if not check.is_checked:
        return True
    checked = {**facts, CHECKED: True}
    run.row = replace(run.row, outcome=replace(run.row.outcome, facts=checked))
    with run.tools.database.begin() as connection:
        return owned.note_facts(connection, run.guard.owner, checked)


def _link(run: FinishRun, file: Path) -> bool:
    """Link the file into the folder of each instance that grabbed it. Return False where the run has ended."""
    for grab in run.grabs():
        if run.guard.stopping() is not None:
            run.come_back()
            return False
        with run.tools.database.connect() as connection:
            instance = get_instance_by_id(connection, grab.instance_id)
        try:
            link = _put_link(run, file, native_link(run.tools.settings().directories, instance.slug, grab, file.suffix))
        except CopyHalted:
            run.come_back()
            return False
        except PlacementError as error:
            run.not_placed(error)
            return False
        with run.tools.database.begin() as connection:
            size, now = link.stat().st_size, run.tools.clock()
            if not offer_file(connection, run.guard.owner, grab, link, size, now):
                return False
    _look_again(run)
    return True


def _put_link(run: FinishRun, file: Path, link: Path) -> Path:
    if not file.is_file():
        raise PlacementRefused(f"{file} is gone: somebody removed it. Cancel the download, then search again")
    modes = run.modes()
    check_own_folder(run.tools.settings(), link, modes.folder)
    placed = duplicate(file, link, modes, run.keep_going)
    for suffix in extras_of(run.row.outcome.facts):
        if file.with_suffix(suffix).is_file():
            duplicate(file.with_suffix(suffix), link.with_suffix(suffix), modes)
    return placed


def _look_again(run: FinishRun) -> None:
    """Read the items as they are now."""
    with run.tools.database.connect() as connection:
        run.row = replace(run.row, items=owned.items_of(connection, run.guard.owner))


def _groups(run: FinishRun) -> list[tuple[InstanceId, list[ItemRow]]]:
    """Return the items that are not imported yet, by instance. An instance that moves the file comes last."""
    found: dict[InstanceId, list[ItemRow]] = {}
    for item in run.row.items:
        if item.is_open and item.hand_over is Drive.OURS:
            found.setdefault(item.instance_id, []).append(item)
    shelves = shelves_of(run.row.outcome.facts)
    return sorted(found.items(), key=lambda group: group[0] not in shelves)


def _put_on_shelf(run: FinishRun, file: Path, shelf: Path) -> bool:
    """Put the file into several libraries, by hard link if possible. Return False if the run has ended for now."""
    if shelf == file or not file.exists():
        return True
    try:
        duplicate(file, shelf, run.modes(), run.keep_going)
    except CopyHalted:
        run.come_back()
    except PlacementError as error:
        run.not_placed(error)
    else:
        return True
    return False


def _step(
    run: FinishRun,
    instance_id: InstanceId,
    items: list[ItemRow],
    file: Path,
    mode: ArrImportMode | None,
    taking: Taking,
) -> HandOverStep:
    accepted = frozenset(str(word) for word in words_of(run.row.outcome.facts, "accepted"))
    size = file.stat().st_size if file.exists() else run.row.transfer.total or 0
    wanted_ids = tuple(item.wanted_id for item in items)
    staged = StagedFile(file, size)
    replaces = run.row.identity.replaces
    return HandOverStep(instance_id, wanted_ids, staged, items[0].command_id, mode, accepted, replaces, taking)


def _import(run: FinishRun, step: HandOverStep, items: list[ItemRow]) -> Imported | ImportRefused | None:
    """Import until the instance has or rejects the file. Return None where the run has ended for now."""
    try:
        with open_hand_over(run.handovers, step) as hand_over:
            outcome = _poll(run, hand_over, step, items)
    except ArrError as error:
        _try_again(run, RunProblem("instance", str(error)), is_patient=True)
        return None
    except NotFound as error:
        return _unwanted(run, items, str(error))
    if isinstance(outcome, Pending):
        run.come_back()
        return None
    return None if outcome is None else _ended(run, outcome, items)


def _unwanted(run: FinishRun, items: list[ItemRow], reason: str) -> ImportRefused | None:
    """Fail the download, unless an instance with the native drive still wants the file: then only these items are
    released.
    """
    if not any(item.hand_over is Drive.NATIVE and item.is_open for item in run.row.items):
        run.settling.fail(RunProblem("unwanted", reason))
        return None
    run.settling.release_items([item.wanted_id for item in items], reason)
    return ImportRefused((reason,))


def _poll(run: FinishRun, hand_over: HandOver, step: HandOverStep, items: list[ItemRow]) -> HandOverOutcome | None:
    """Check until the import has ended.

    Return `Pending` where it takes longer than a run waits, and None where this worker no longer owns the download.
    """
    for _ in range(WAITS_HERE):
        outcome = hand_over.take(step)
        if not isinstance(outcome, Pending):
            return outcome
        run.guard.commit()
        if not _note(run, items, ItemStanding(ItemState.IMPORTING, command_id=outcome.command_id)):
            return None
        step = replace(step, command_id=outcome.command_id)
        if outcome.ask_again_s > LONGEST_WAIT_HERE_S or run.guard.wait(outcome.ask_again_s) is not None:
            break
    return outcome


def _ended(run: FinishRun, outcome: HandOverOutcome, items: list[ItemRow]) -> Imported | ImportRefused | None:
    if isinstance(outcome, Imported):
        _note(run, items, ItemStanding(ItemState.IMPORTED, imported_file_id=outcome.file_id))
        return outcome
    if isinstance(outcome, ImportRefused):
        _note(run, items, ItemStanding(ItemState.REFUSED, refusal=REFUSALS.join(outcome.reasons)))
        return outcome
    assert isinstance(outcome, HandOverFailed)
    # the command has ended, so the next step must not read it again
    _note(run, items, ItemStanding(ItemState.WAITING))
    if outcome.is_transient:
        _try_again(run, RunProblem("import", outcome.message), is_patient=False)
    else:
        run.settling.block(RunProblem("import", outcome.message), EventKind.IMPORT_FAILED)
    return None


def _note(run: FinishRun, items: list[ItemRow], standing: ItemStanding) -> bool:
    with run.tools.database.begin() as connection:
        return all(owned.write_item(connection, run.guard.owner, item.id, standing) for item in items)


def _try_again(run: FinishRun, problem: RunProblem, *, is_patient: bool) -> None:
    """Try again later.

    `is_patient`: the instance does not answer, so the attempt does not count as a failure of the file.
    """
    failures = run.row.queue.failures + 1
    tries = None if is_patient else run.tools.settings().downloads.retry_attempts or None
    decision = decide_retry(FailureKind.TRANSIENT, 1 if is_patient else failures, run.tools.dice(), tries=tries)
    if isinstance(decision, GiveUp):
        run.settling.block(problem, EventKind.IMPORT_FAILED)
    else:
        run.settling.wait(problem, failures, 60.0 if is_patient else decision.seconds)


def _conclude(run: FinishRun, final_path: str | None) -> None:
    with run.tools.database.connect() as connection:
        items = owned.items_of(connection, run.guard.owner)
    refused = [item for item in items if item.state is ItemState.REFUSED]
    if refused:
        reasons = "; ".join(dict.fromkeys(item.refusal or "" for item in refused))
        run.settling.block(RunProblem("refused", reasons), EventKind.IMPORT_REFUSED)
        return
    if is_resting(items):
        _rest(run)
        return
    if any(item.hand_over is Drive.NATIVE and item.state is ItemState.WAITING for item in items):
        run.come_back()  # another instance has grabbed the file meanwhile
        return
    new_file = None
    if run.row.outcome.placed_path:
        placed = Path(run.row.outcome.placed_path)
        _tidy(run, placed)
        new_file = placed if _is_kept(run) and placed.exists() else None
    run.settling.complete(final_path, f"was imported as {final_path}", new_file)


def _is_kept(run: FinishRun) -> bool:
    """Tell whether the file stays where it is placed: Stalkeer hands it over to no instance."""
    return run.tools.settings().import_.mode is ImportMode.NONE or run.row.identity.destination is not None


def _rest(run: FinishRun) -> None:
    """Leave the file to the instances, which import it by themselves. The run ends."""
    with run.tools.database.begin() as connection:
        now = run.tools.clock()
        state = owned.rest(connection, run.guard.owner, now)
        if state is DownloadState.CANCELLED:
            owned.drop_items(connection, run.row.id)
            record_event(connection, now, run.settling.event(EventKind.DOWNLOAD_CANCELLED, "was cancelled"))
    run.tools.wake()


def _tidy(run: FinishRun, placed: Path) -> None:
    """Remove the remains at the staging place, and our own file where the instances imported links of it."""
    settings = run.tools.settings()
    folders, wishes = settings.directories, settings.import_
    is_ours = placed.is_relative_to(folders.movies) or placed.is_relative_to(folders.tvshows)
    is_shelf = placed in shelves_of(run.row.outcome.facts).values()
    is_linked = any(item.hand_over is Drive.NATIVE for item in run.row.items) and not is_shelf
    is_wished = wishes.copy_files or wishes.mode is ImportMode.NONE
    is_master = placed.parent.parent.name == MASTERS
    if is_master or (is_ours and is_linked and not is_wished):
        remove_staged(placed)
    if is_ours and not placed.exists():
        remove_extras(placed)
    remove_if_empty(placed.parent)
