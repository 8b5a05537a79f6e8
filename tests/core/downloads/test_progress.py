"""Which connections count as attempts: those without new durable bytes."""

import pytest

from stalkeer.core.downloads.progress import FASTEST, PROGRESS_BYTES, HighWater, longest_movie

STEP = PROGRESS_BYTES


def test_new_bytes_renew_the_budget():
    progress = HighWater(mark=0, failures=4)

    progress.note(STEP)
    progress.lose(STEP)

    assert (progress.failures_now, progress.is_fruitless, progress.mark) == (1, False, STEP)


def test_the_same_bytes_again_are_an_attempt_however_many_they_are():
    progress = HighWater(mark=50 * STEP, failures=2)

    progress.note(50 * STEP)
    progress.lose(50 * STEP)

    assert progress.is_barren and progress.failures_now == 3 and not progress.has_advanced


def test_an_attempt_that_follows_progress_in_the_same_run_counts_as_the_second():
    progress = HighWater()
    progress.note(STEP)
    progress.lose(STEP)
    progress.reconnect()

    progress.note(STEP)
    progress.lose(STEP)

    assert progress.is_barren and progress.failures_now == 2


def test_every_connection_that_brings_nothing_is_an_attempt():
    progress = HighWater(failures=1)

    progress.lose(0)
    progress.reconnect()
    progress.lose(0)

    assert (progress.is_fruitless, progress.is_barren, progress.failures_now) == (True, False, 3)


def test_a_file_that_shrank_has_to_grow_past_where_it_was():
    progress = HighWater(mark=10 * STEP)

    progress.note(0)
    progress.note(10 * STEP)

    assert not progress.has_advanced


def test_small_steps_add_up_to_progress():
    progress = HighWater()

    for step in range(1, 5):
        progress.note(step * STEP // 4)

    assert progress.has_advanced and progress.mark == STEP


@pytest.mark.parametrize(
    ("listed", "runtime_s", "expected"),
    [
        (2_000_000_000, 5400, 2_500_000_000),
        (2_000_000_000, None, 2_500_000_000),
        (1_000, 5400, 5400 * FASTEST),  # no film has so few bytes: the list is wrong
        (None, 5400, 5400 * FASTEST),
        (None, None, 40_000_000_000),
        (0, 0, 40_000_000_000),
    ],
)
def test_a_film_has_no_more_bytes_than_its_listed_size_or_its_runtime_allow(listed, runtime_s, expected):
    assert longest_movie(listed, runtime_s, 4_000_000_000) == expected
