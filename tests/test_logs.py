"""Logs: one line a fact, secrets masked whoever wrote them, level at run time, rotating files."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from stalkeer.jobs.system.log_files import list_log_files, read_end
from stalkeer.logs import (
    LogTargets,
    about_download,
    configure_logging,
    current_level,
    get_logger,
    open_log,
    set_level,
)


@pytest.fixture
def stream():
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield io.StringIO()
    for handler in list(root.handlers):
        if handler not in before:
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)


SECRET_URL = "http://host:80/movie/user1/hush9/7.mkv"


def test_a_fact_has_fields(stream):
    configure_logging(LogTargets(format="json", stream=stream))

    get_logger("stalkeer.test").info("refresh done", source="main", added=3)

    line = json.loads(stream.getvalue())
    assert (line["event"], line["source"], line["added"], line["level"]) == ("refresh done", "main", 3, "info")


@pytest.mark.parametrize("form", ["json", "console"])
def test_secrets_are_masked_whoever_wrote_them(stream, form):
    configure_logging(LogTargets(format=form, stream=stream))

    get_logger("stalkeer.test").info("fetched", url=SECRET_URL)
    logging.getLogger("a.library").warning("GET %s", SECRET_URL)
    try:
        raise ValueError(f"cannot open {SECRET_URL}")
    except ValueError:
        get_logger("stalkeer.test").exception("failed")

    assert stream.getvalue().count("7.mkv") >= 3
    assert "hush9" not in stream.getvalue()
    assert "user1" not in stream.getvalue()


def test_the_level_changes_at_run_time(stream):
    configure_logging(LogTargets(level="warning", format="json", stream=stream))
    log = get_logger("stalkeer.test")

    log.info("unheard")
    set_level("debug")
    log.debug("heard")

    assert current_level() == "debug"
    assert "unheard" not in stream.getvalue()
    assert "heard" in stream.getvalue()


def test_the_request_id_is_on_every_line_of_a_request(stream):
    configure_logging(LogTargets(format="json", stream=stream))

    with structlog.contextvars.bound_contextvars(request_id="abc"):
        logging.getLogger("stalkeer.jobs").info("inside")

    assert json.loads(stream.getvalue())["request_id"] == "abc"


def test_files_rotate_and_old_ones_go(stream, tmp_path):
    path = tmp_path / "logs" / "stalkeer.log"
    configure_logging(LogTargets(stream=stream, file=path, file_size=2000, files=2))

    for number in range(100):
        get_logger("stalkeer.test").info("a line", number=number)

    names = sorted(one.name for one in path.parent.iterdir())
    assert names == ["stalkeer.log", "stalkeer.log.1.gz", "stalkeer.log.2.gz"]
    assert all(one.stat().st_size <= 2200 for one in path.parent.iterdir())
    assert all(one.stat().st_mode & 0o777 == 0o600 for one in path.parent.iterdir())
    assert json.loads(path.read_text().splitlines()[-1])["number"] == 99


def test_no_line_is_lost_by_rotation_and_a_compressed_file_is_read_like_any_other(stream, tmp_path):
    path = tmp_path / "stalkeer.log"
    configure_logging(LogTargets(stream=stream, file=path, file_size=2000, files=50))

    for number in range(100):
        get_logger("stalkeer.test").info("a line", number=number)

    numbers = []
    for name in list_log_files(tmp_path):
        with open_log(name) as file:
            numbers += [json.loads(line)["number"] for line in file]
    assert sorted(numbers) == list(range(100))
    assert any('"number": 0,' in read_end(packed, 100_000) for packed in tmp_path.glob("*.gz"))


def test_a_file_that_cannot_be_compressed_is_kept_as_it_is(stream, tmp_path):
    path = tmp_path / "stalkeer.log"
    (tmp_path / "stalkeer.log.1.gz.part").mkdir()  # nothing can be written under this name
    configure_logging(LogTargets(stream=stream, file=path, file_size=2000, files=2))

    for number in range(20):
        get_logger("stalkeer.test").info("a line", number=number)

    assert (tmp_path / "stalkeer.log.1").read_text().startswith("{")
    assert '"number": 19' in path.read_text()


def test_setting_up_again_replaces_the_former_set_up(stream):
    configure_logging(LogTargets(format="json", stream=io.StringIO()))
    configure_logging(LogTargets(format="json", stream=stream))

    get_logger("stalkeer.test").info("once")

    assert len(stream.getvalue().splitlines()) == 1


def test_what_is_about_a_download_is_written_to_its_log_too(stream, tmp_path):
    configure_logging(LogTargets(format="json", stream=stream, file=tmp_path / "stalkeer.log"))
    log = get_logger("stalkeer.test")

    log.info("refresh done", source="main")
    log.info("was queued", download=7)
    with about_download(8):
        logging.getLogger("a.library").warning("a retry")

    lines = [json.loads(line) for line in (tmp_path / "downloads.log").read_text().splitlines()]
    assert [(line["event"], line["download"]) for line in lines] == [("was queued", 7), ("a retry", 8)]
    assert len((tmp_path / "stalkeer.log").read_text().splitlines()) == 3


HOSTILE = "Film\n2026-01-01T00:00:00Z [error    ] forged\x1b[2J\x9b31m\u202e\x00\ud800"


def keep_out_of_report(monkeypatch):
    """Take away pytest's own handlers: it cannot send a lone surrogate from one process to another."""
    root = logging.getLogger()
    ours = [handler for handler in root.handlers if not type(handler).__module__.startswith("_pytest")]
    monkeypatch.setattr(root, "handlers", ours)


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_title_forges_no_line_and_steers_no_terminal(stream, form, monkeypatch):
    configure_logging(LogTargets(format=form, stream=stream))
    keep_out_of_report(monkeypatch)

    get_logger("stalkeer.test").info("found", title=HOSTILE, titles=[HOSTILE])
    get_logger("stalkeer.test").info(HOSTILE)
    logging.getLogger("a.library").warning("GET %s", HOSTILE)

    told = stream.getvalue()
    assert len(told.splitlines()) == 3
    assert [sign for sign in ("\x1b", "\x9b", "\u202e", "\x00", "\ud800") if sign in told] == []


def test_the_message_of_an_error_is_told_as_a_part_of_its_traceback(stream, monkeypatch):
    configure_logging(LogTargets(format="console", stream=stream))
    keep_out_of_report(monkeypatch)

    try:
        raise ValueError(HOSTILE)
    except ValueError:
        get_logger("stalkeer.test").exception("failed")

    told = stream.getvalue().splitlines()
    assert all(line.startswith("  | ") for line in told[1:])
    assert "\x1b" not in stream.getvalue()
