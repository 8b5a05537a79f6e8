"""Scripts around the import, as the engine runs them: gates, ends, kills, and workers without them."""

import json
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from stalkeer.core.downloads.states import Action
from stalkeer.core.security.scopes import Scope
from stalkeer.jobs.downloads.actions import Verb, act_on
from stalkeer.jobs.hooks.standing import forget, read_hooks
from stalkeer.model import DownloadState, EventGroup, EventKind, HookName
from stalkeer.store.downloads.actions import act
from stalkeer.store.journal.events import EventFilter, list_events
from stalkeer.store.journal.hooks import HookOwner, note_hooks
from tests.doubles.hook_scripts import lines_of, write_script
from tests.doubles.house import content, eventually, now, open_house
from tests.doubles.native import clip, open_native
from tests.engine.processes import Spec, worker

S = DownloadState
BODY = content(60_000)
LATER = timedelta(minutes=1)


@pytest.fixture
def hooks(tmp_path):
    """The folder of the scripts and of what they note."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    return folder


def settings(hooks, **lines):
    """Settings of these hooks, each with the lines of its script."""
    return {f"hooks.{name}": write_script(hooks / name, *script) for name, script in lines.items()}


def events_of(house, download, kind=EventGroup.HOOK):
    with house.database.connect() as connection:
        return [row.event for row in list_events(connection, EventFilter(kinds=(kind,), download_id=download))]


def test_the_scripts_run_in_order_with_the_file_of_their_moment(tmp_path, any_database, hooks, running):
    note = 'echo "$STALKEER_EVENT $STALKEER_TITLE $STALKEER_PATH" >> {}; cat >> {}'.format(
        hooks / "log", hooks / "json"
    )
    given = settings(
        hooks, before_import=[f'test -f "$STALKEER_PATH" || exit 9; {note}'], after_import=[note], on_failure=[note]
    )
    with open_house(tmp_path, any_database, given) as house:
        download = house.download("Dune", BODY)
        running(house.engine())

        row = house.await_state(download, S.COMPLETED)
        eventually(lambda: len(events_of(house, download)) == 2, "both were noted")

    assert lines_of(hooks / "log") == [
        f"before_import Dune {row.outcome.placed_path}",
        f"after_import Dune {row.outcome.final_path}",
    ]
    first = json.JSONDecoder().raw_decode((hooks / "json").read_text())[0]
    assert first["download"]["id"] == download
    assert first["items"][0]["tmdb_id"] == 100_001


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (["echo infected >&2; exit 4"], "exit code 4 after"),
        (["kill -9 $$"], "ended by signal 9"),
        (["sleep 60"], "took longer than 0.3s and was killed"),
        (['rm "$STALKEER_PATH"'], "is gone"),
    ],
    ids=["refused", "signal", "hangs", "removes the file"],
)
def test_a_script_that_does_not_pass_blocks_the_import_until_a_retry_passes(
    tmp_path, database, hooks, running, script, reason
):
    given = {**settings(hooks, before_import=script), "hooks.timeout": "0.3s"}
    with open_house(tmp_path, database, given) as house:
        download = house.download("Dune", BODY)
        running(house.engine())

        row = house.await_state(download, S.BLOCKED)
        assert row.outcome.error_code == "hook"
        assert reason in row.outcome.error
        if "infected" in script[0]:
            assert row.outcome.error.endswith(": infected")
            assert events_of(house, download, EventKind.HOOK_FAILED)[0].output == "infected\n"
        if "rm" in script[0]:
            return
        write_script(hooks / "before_import", "exit 0")
        act_on(house.app.download_queue, [download], Verb.RETRY)
        house.await_state(download, S.COMPLETED)


def test_the_script_after_a_failure_gets_the_reason(tmp_path, database, hooks, running):
    given = settings(hooks, on_failure=[f'echo "$STALKEER_ERROR_CODE: $STALKEER_ERROR" > {hooks / "log"}'])
    with open_house(
        tmp_path, database, {**given, "downloads.retry_attempts": 1, "downloads.retry_delay": "0.05s"}
    ) as house:
        download = house.download("Dune", None)
        running(house.engine())

        house.await_state(download, S.FAILED)
        eventually(lambda: events_of(house, download))

        assert lines_of(hooks / "log") == [
            f"{house.row(download).outcome.error_code}: {house.row(download).outcome.error}"
        ]


def test_secrets_and_terminal_signs_of_the_output_are_not_kept(tmp_path, database, hooks, running):
    given = settings(hooks, after_import=["printf 'http://me:geheimnis@host/x?token=geheimnis \\033[2J\\n'; exit 2"])
    with open_house(tmp_path, database, given) as house:
        download = house.download("Dune", BODY)
        running(house.engine())

        eventually(lambda: events_of(house, download))
        (event,) = events_of(house, download)

    assert event.kind == "hook.failed"
    assert "geheimnis" not in event.output + event.message
    assert "\x1b" not in event.output + event.message
    assert event.data["exit_code"] == 2


def test_one_script_runs_at_a_time(tmp_path, database, hooks, running):
    busy = hooks / "busy"
    script = [f"mkdir {busy} || echo two >> {hooks / 'log'}", "sleep 0.1", f"rmdir {busy}"]
    given = settings(hooks, before_import=script, after_import=script)
    with open_house(tmp_path, database, given) as house:
        downloads = [house.download(f"Film {number}", content(60_000, number)) for number in range(3)]
        running(house.engine())

        for download in downloads:
            house.await_state(download, S.COMPLETED)
        eventually(lambda: all(len(events_of(house, download)) == 2 for download in downloads))

    assert lines_of(hooks / "log") == []


@pytest.mark.parametrize("moment", ["before_import", "after_import"])
def test_a_script_whose_program_was_killed_runs_again(tmp_path, database, hooks, moment):
    script = [f"echo started >> {hooks / 'log'}", f"test -f {hooks / 'go'} || sleep 60"]
    given = settings(hooks, **{moment: script})
    with open_house(tmp_path, database, given) as house:
        download = house.download("Dune", BODY)
        with worker(Spec.of(house, given=given, role="serve")) as process:
            eventually(lambda: lines_of(hooks / "log"), "the script runs")
            os.kill(process.pid, signal.SIGKILL)
            process.join(10)
        (hooks / "go").touch()

        with worker(Spec.of(house, given=given, role="serve")):
            house.await_state(download, S.COMPLETED)
            eventually(lambda: events_of(house, download), "its end is noted")

    assert lines_of(hooks / "log") == ["started", "started"]
    assert len(events_of(house, download, EventKind.DOWNLOAD_COMPLETED)) == 1


def test_a_cancelled_download_ends_its_script(tmp_path, database, hooks, running):
    given = settings(hooks, before_import=[f"touch {hooks / 'log'}; sleep 60"])
    with open_house(tmp_path, database, given) as house:
        download = house.download("Dune", BODY)
        running(house.engine())
        eventually((hooks / "log").exists)

        with house.database.begin() as connection:
            act(connection, download, Action.CANCEL, now())

        house.await_state(download, S.CANCELLED, timeout_s=20)


def test_nothing_is_imported_while_a_script_that_is_set_cannot_run(tmp_path, database, hooks, running):
    given = settings(hooks, before_import=["exit 0"])
    (hooks / "before_import").chmod(0o644)
    with open_house(tmp_path, database, given) as house:
        download = house.download("Dune", BODY)
        running(house.engine())
        house.await_state(download, S.FETCHED)

        findings = house.app.check_health().findings
        (finding,) = [finding for finding in findings if finding.check == "hook"]
        assert "no file is imported" in finding.message
        assert "stalkeer hook forget before_import" in finding.fix

        (hooks / "before_import").chmod(0o755)
        house.await_state(download, S.COMPLETED)
        assert not [finding for finding in house.app.check_health().findings if finding.check == "hook"]


@pytest.mark.postgres
def test_a_worker_without_the_script_leaves_the_file_to_one_that_has_it(tmp_path, postgres_database, hooks):
    given = settings(hooks, before_import=["exit 0"], after_import=["exit 0"])
    with open_house(tmp_path, postgres_database) as house, worker(Spec.of(house, given=given)) as first:
        eventually(lambda: any(hook.ready_on for hook in read_hooks(house.database, now())), "the script is known")
        with worker(Spec.of(house)) as without:
            os.kill(first.pid, signal.SIGKILL)
            first.join(10)
            download = house.download("Dune", BODY)
            house.await_state(download, S.FETCHED)
            eventually(
                lambda: any(one.is_set and not one.ready_on for one in read_hooks(house.database, now() + LATER))
            )
            assert house.state(download) is S.FETCHED
            assert without.is_alive()

            with worker(Spec.of(house, given=given)):
                house.await_state(download, S.COMPLETED)
                eventually(lambda: len(events_of(house, download)) == 2, "both scripts ran")


@pytest.mark.postgres
def test_a_script_whose_machine_is_gone_for_good_is_forgotten_on_request(tmp_path, postgres_database, running):
    with open_house(tmp_path, postgres_database) as house:
        with house.database.begin() as connection:
            note_hooks(connection, HookOwner("dead", "gone", "worker"), [HookName.BEFORE_IMPORT], now())
        download = house.download("Dune", BODY)
        running(house.engine())
        house.await_state(download, S.FETCHED)

        forget(house.database, "hooks.before_import", now())

        house.await_state(download, S.COMPLETED)


def test_an_instance_is_not_shown_a_file_before_the_script_has_passed(tmp_path, database, hooks, running):
    given = settings(hooks, before_import=[f"test -f {hooks / 'go'}"])
    mode = {"import.mode": "manual", "downloads.verify_downloads": True}
    with open_house(tmp_path, database, {**mode, **given}) as house, open_native(house) as native:
        running(house.engine())
        offered = native.offer(bodies=[clip(1)])
        nzo_id = native.grab(offered)
        download = native.download(nzo_id).id

        house.await_state(download, S.BLOCKED)
        assert not native.row_of(nzo_id).storage
        history = native.ask("history", native.key(Scope.ADMIN))
        assert "Completed" not in json.dumps(history)

        (hooks / "go").touch()
        act_on(house.app.download_queue, [download], Verb.RETRY)
        eventually(lambda: native.row_of(nzo_id).storage, "the file is shown")
        assert Path(native.row_of(nzo_id).storage).is_file()
