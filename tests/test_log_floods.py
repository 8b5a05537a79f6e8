"""A database that is away is said once a minute by each loop that meets it, in one line."""

from __future__ import annotations

import io
import logging

import pytest

from stalkeer.errors import StoreUnavailable
from stalkeer.log_floods import AwayFilter

AWAY = StoreUnavailable("The database does not answer")
POLLING = """Exception polling schedules: Traceback (most recent call last):
  File "base.py", line 154, in __init__
    self._dbapi_connection = engine.raw_connection()
psycopg.OperationalError: connection refused

The above exception was the direct cause of the following exception:

sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection failed
(Background on this error at: https://sqlalche.me/e/21/e3q8)
"""


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def log(now):
    """`log(name, text, ...)` logs a warning and answers all lines so far."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(AwayFilter(lambda: now[0]))

    def warn(name, text, *given):
        handler.handle(logging.LogRecord(name, logging.WARNING, "", 0, text, given, None))
        return stream.getvalue().splitlines()

    return warn


def test_each_loop_says_so_once_a_minute_with_a_count(log, now):
    for _beat in range(30):
        log("stalkeer.engine.heartbeat", "heartbeat: %s", AWAY)
        log("stalkeer.engine.transfer", "download %s: its end is written later: %s", 7, AWAY)
    now[0] = 61.0

    assert log("stalkeer.engine.heartbeat", "heartbeat: %s", AWAY) == [
        "heartbeat: The database does not answer",
        "download 7: its end is written later: The database does not answer",
        "heartbeat: The database does not answer (29 more in the last minute)",
    ]


def test_the_engines_traceback_becomes_its_last_line(log):
    assert log("dbos", POLLING) == [
        "Exception polling schedules: sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection failed"
    ]


def test_what_is_not_about_an_absent_database_stays_as_it_is(log):
    other = POLLING.replace("OperationalError", "ProgrammingError")

    for _time in range(2):
        lines = log("dbos", other)

    assert [line for line in lines if line.startswith("Exception polling")] == [other.splitlines()[0]] * 2
    assert [log("stalkeer.jobs", "%s", "OperationalError")[-1] for _time in range(2)] == ["OperationalError"] * 2


@pytest.mark.parametrize(
    ("name", "text", "given"),
    [
        ("stalkeer.engine.heartbeat", "heartbeat: %s", (AWAY,)),
        ("stalkeer.engine.transfer", "download %s: its end is written later: %s", (7, AWAY)),
        ("dbos", POLLING, ()),
    ],
    ids=["heartbeat", "transfer", "dbos"],
)
def test_the_terminal_and_the_file_get_the_same_lines(now, name, text, given):
    streams = [io.StringIO(), io.StringIO()]
    handlers = [logging.StreamHandler(stream) for stream in streams]
    for handler in handlers:
        handler.addFilter(AwayFilter(lambda: now[0]))

    for at in (0.0, 1.0, 2.0, 61.0):
        now[0] = at
        record = logging.LogRecord(name, logging.WARNING, "", 0, text, given, None)
        for handler in handlers:
            handler.handle(record)

    terminal, file = (stream.getvalue().splitlines() for stream in streams)
    assert terminal == file
    assert len(file) == 2 and file[1] == f"{file[0]} (2 more in the last minute)"
