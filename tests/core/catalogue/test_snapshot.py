"""A new playlist laid beside the old one: what is known costs a comparison, what is unknown is found exactly."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalkeer.core.catalogue.snapshot import Alignment, Snapshot
from stalkeer.core.catalogue.stretches import new_array


def snapshot(values: list[int]) -> Snapshot:
    """Block `v` became the entry `v + 1000`."""
    return Snapshot(new_array(values), new_array(value + 1000 for value in values))


def align(old: list[int], new: list[int], chunk: int = 5) -> tuple[set[int], Alignment]:
    alignment = Alignment(snapshot(old))
    unknown: set[int] = set()
    for start in range(0, len(new), chunk):
        part = new[start : start + chunk]
        for place in alignment.match(part):
            unknown.add(part[place])
            alignment.became(start + place, [part[place] + 1000])
    return unknown, alignment


def test_an_unchanged_list_has_nothing_unknown():
    values = list(range(100))

    unknown, alignment = align(values, values)

    assert unknown == set()
    assert alignment.missing() == set()
    assert alignment.new == snapshot(values)


def test_what_is_new_and_what_is_gone_is_found():
    unknown, alignment = align(list(range(100)), [*range(30), 500, *range(35, 100), 501])

    assert unknown == {500, 501}
    assert alignment.missing() == {1030, 1031, 1032, 1033, 1034}


def test_a_block_that_moved_and_was_read_again_is_not_missing():
    values = list(range(5000))
    moved = values[3000:] + values[:3000]

    _, alignment = align(values, moved, chunk=100)

    assert alignment.missing() == set()


def test_the_place_is_found_again_after_many_entries_were_taken_out():
    values = list(range(20_000))
    kept = values[:5000] + values[9000:]

    unknown, alignment = align(values, kept, chunk=100)

    assert len(unknown) <= 100
    assert alignment.missing() == {value + 1000 for value in range(5000, 9000)}


def test_the_place_is_found_again_after_many_entries_came_in():
    values = list(range(20_000))
    grown = [*values[:5000], *range(50_000, 54_000), *values[5000:]]

    unknown, alignment = align(values, grown, chunk=100)

    assert unknown == set(range(50_000, 54_000))
    assert alignment.missing() == set()


def test_another_order_is_not_read_whole():
    values = list(range(100_000))
    shuffled = random.Random(1).sample(values, len(values))

    unknown, alignment = align(values, shuffled, chunk=200)

    assert len(unknown) < 20_000
    assert alignment.missing() == set()


def test_without_trust_every_block_is_read_and_the_old_entries_are_known():
    alignment = Alignment(snapshot([1, 2, 3]), is_trusted=False)

    assert alignment.match([1, 2]) == [0, 1]
    alignment.became(0, [1001])
    assert alignment.missing() == {1002, 1003}


def test_all_entries_of_a_block_are_remembered():
    alignment = Alignment(Snapshot())
    alignment.match([7, 8])
    alignment.became(0, [1, 2, 3])
    alignment.became(1, [4])

    again = Alignment(alignment.new)

    assert again.match([8]) == []
    assert again.missing() == {1, 2, 3}
    kept = Alignment(alignment.new)
    kept.match([7, 8])
    assert kept.missing() == set()
    assert kept.new == alignment.new


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 60), max_size=60, unique=True),
    st.lists(st.integers(0, 60), max_size=60, unique=True),
    st.integers(1, 20),
)
def test_whatever_the_lists_nothing_is_lost_and_nothing_invented(old, new, chunk):
    unknown, alignment = align(old, new, chunk)

    assert set(new) - set(old) <= unknown
    assert alignment.missing() == {value + 1000 for value in set(old) - set(new)}
    assert alignment.new == snapshot(new)


@pytest.mark.parametrize("changed", [1, 10])
def test_scattered_changes_are_found_one_by_one(changed):
    chance = random.Random(changed)
    values = list(range(50_000))
    new = [value + 1_000_000 if chance.random() < changed / 100 else value for value in values]

    unknown, alignment = align(values, new, chunk=230)

    assert unknown == set(new) - set(values)
    assert alignment.missing() == {value + 1000 for value in set(values) - set(new)}
