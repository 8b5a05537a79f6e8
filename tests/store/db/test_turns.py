"""Writers of one process take turns in the order of their coming."""

import threading

import pytest

from stalkeer.store.db.turns import Turns
from tests.doubles.house import eventually


@pytest.mark.parametrize("count", [2, 40, 300])
def test_whoever_came_first_writes_first(count):
    turns, order, threads = Turns(), [], []

    def write(number):
        with turns.take(60):
            order.append(number)

    with turns.take(60):
        for number in range(count):
            threads.append(threading.Thread(target=write, args=(number,)))
            threads[-1].start()
            eventually(lambda number=number: turns.waiting == number + 1)
    for thread in threads:
        thread.join(60)

    assert order == list(range(count)) and turns.waiting == 0


def test_a_turn_ends_with_an_error_too():
    turns = Turns()

    with pytest.raises(ValueError, match="no"), turns.take(60):
        raise ValueError("no")
    with turns.take(0):
        assert turns.waiting == 0


def test_whoever_has_waited_long_enough_goes_on_without_a_turn_and_leaves_the_others_theirs():
    turns, order = Turns(), []

    def write():
        with turns.take(60):
            order.append("next")

    with turns.take(60):
        with turns.take(0):
            order.append("impatient")
        thread = threading.Thread(target=write)
        thread.start()
        eventually(lambda: turns.waiting == 1)
        order.append("first")
    thread.join(60)

    assert order == ["impatient", "first", "next"]


def test_many_writers_need_one_connection(database):
    ended = []

    def write():
        with database.begin() as connection:
            connection.exec_driver_sql("SELECT 1")
        ended.append(1)

    with database.begin():
        threads = [threading.Thread(target=write) for _ in range(60)]
        for thread in threads:
            thread.start()
        eventually(lambda: database.turns.waiting == 60)
        assert database.engine.pool.checkedout() == 1
    for thread in threads:
        thread.join(60)

    assert len(ended) == 60
