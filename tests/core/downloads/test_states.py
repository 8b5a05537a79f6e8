import pytest

from stalkeer.core.downloads.states import (
    FINISHING_STATES,
    TRANSITIONS,
    Action,
    AlreadySo,
    Ask,
    Become,
    FileStage,
    Intent,
    Refuse,
    check_transition,
    decide,
)
from stalkeer.errors import Conflict
from stalkeer.model import FINAL_STATES, DownloadState

S = DownloadState


def test_every_state_has_its_row_in_the_table():
    assert set(TRANSITIONS) == set(S)


def test_only_completed_is_the_end_for_good():
    assert {state for state, followers in TRANSITIONS.items() if not followers} == {S.COMPLETED}


def test_every_state_can_be_reached_from_queued():
    reached, edge = set(), {S.QUEUED}
    while edge:
        reached |= edge
        edge = {follower for state in edge for follower in TRANSITIONS[state]} - reached

    assert reached == set(S)


def test_only_what_was_downloading_or_has_its_bytes_can_be_fetched():
    before = {state for state, followers in TRANSITIONS.items() if S.FETCHED in followers}

    assert before == {S.DOWNLOADING, S.FAILED, S.BLOCKED}


@pytest.mark.parametrize(
    ("old", "new"), [(S.QUEUED, S.FETCHED), (S.COMPLETED, S.QUEUED), (S.PAUSED, S.DOWNLOADING), (S.QUEUED, S.COMPLETED)]
)
def test_a_step_that_is_not_in_the_table_is_refused(old, new):
    with pytest.raises(Conflict, match=f"{old.value} cannot become {new.value}"):
        check_transition(old, new)


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("stage", list(FileStage))
def test_what_an_action_makes_of_a_state_is_in_the_table(action, state, stage):
    effect = decide(action, state, is_owned=False, stage=stage)

    if isinstance(effect, Become):
        check_transition(state, effect.state)


@pytest.mark.parametrize(
    ("action", "state", "owned", "effect"),
    [
        (Action.PAUSE, S.QUEUED, False, Become(S.PAUSED)),
        (Action.PAUSE, S.DOWNLOADING, True, Ask(Intent.PAUSE)),
        (Action.PAUSE, S.PAUSED, False, AlreadySo()),
        (Action.RESUME, S.PAUSED, False, Become(S.QUEUED)),
        (Action.RESUME, S.DOWNLOADING, True, AlreadySo()),
        (Action.CANCEL, S.DOWNLOADING, True, Ask(Intent.CANCEL)),
        (Action.CANCEL, S.IMPORTING, True, Ask(Intent.CANCEL)),
        (Action.CANCEL, S.IMPORTING, False, Ask(Intent.CANCEL)),
        (Action.CANCEL, S.PLACED, False, Become(S.CANCELLED)),
        (Action.CANCEL, S.FAILED, False, Become(S.CANCELLED)),
        (Action.RETRY, S.FAILED, False, Become(S.QUEUED)),
        (Action.RETRY, S.CANCELLED, False, Become(S.QUEUED)),
        (Action.RETRY, S.QUEUED, False, AlreadySo()),
    ],
)
def test_actions(action, state, owned, effect):
    assert decide(action, state, is_owned=owned) == effect


@pytest.mark.parametrize("state", FINISHING_STATES)
def test_a_complete_file_cannot_be_paused(state):
    assert isinstance(decide(Action.PAUSE, state, is_owned=True), Refuse)


def test_a_refused_import_is_retried_without_fetching_again():
    assert decide(Action.RETRY, S.BLOCKED, is_owned=False, stage=FileStage.PLACED) == Become(S.PLACED)


def test_a_refused_placement_is_retried_without_fetching_again():
    assert decide(Action.RETRY, S.BLOCKED, is_owned=False, stage=FileStage.WHOLE) == Become(S.FETCHED)


def test_what_has_only_a_part_of_its_file_is_fetched_on_a_retry():
    assert decide(Action.RETRY, S.BLOCKED, is_owned=False, stage=FileStage.PARTIAL) == Become(S.QUEUED)


def test_final_states_hold_no_item():
    assert {S.COMPLETED, S.FAILED, S.CANCELLED} == FINAL_STATES
