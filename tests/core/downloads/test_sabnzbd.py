"""The queue and history of SABnzbd as Radarr and Sonarr read them: one odd value would fail their whole poll."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalkeer.core.downloads.sabnzbd import (
    LOCAL_CODES,
    LOCAL_FAULT,
    OWN_CATEGORY,
    VERSION,
    GrabProgress,
    HistorySlot,
    InHistory,
    InQueue,
    QueueSlot,
    SabStatus,
    Stage,
    category_folder,
    is_own_category,
    place_of,
    priority_word,
    read_priority,
    read_speed,
    readable_size,
    time_left,
)
from stalkeer.core.downloads.states import Priority
from stalkeer.core.naming.names import is_fitting
from stalkeer.model import DownloadState

S = DownloadState
AT = datetime(2026, 6, 20, 10, 0, tzinfo=UTC)
KNOWN = "Grabbing Queued Paused Checking Downloading QuickCheck Verifying Repairing Fetching Extracting Moving Running"
KNOWN = frozenset(f"{KNOWN} Completed Failed Deleted Propagating".split())
TIME = re.compile(r"(\d+:)?\d+:\d\d:\d\d")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (S.QUEUED, "Queued"),
        (S.DOWNLOADING, "Downloading"),
        (S.FETCHED, "Verifying"),
        (S.PLACED, "Moving"),
        (S.IMPORTING, "Moving"),
        (S.PAUSED, "Paused"),
        (S.BLOCKED, "Paused"),
    ],
)
def test_an_active_release_stands_in_the_queue(state, status):
    assert place_of(GrabProgress(Stage.ACTIVE, state)) == InQueue(SabStatus(status))


@pytest.mark.parametrize("state", [*S, None])
@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("code", [None, "gone", "placement"])
def test_every_release_has_one_place_with_a_known_status_and_the_queue_never_says_completed(state, stage, code):
    place = place_of(GrabProgress(stage, state, code, "words"))

    assert place.status.value in KNOWN
    if isinstance(place, InQueue):
        assert place.status not in (SabStatus.COMPLETED, SabStatus.FAILED), "only the history ends a release"
    else:
        assert place.status in (SabStatus.COMPLETED, SabStatus.FAILED)
        assert (place.status is SabStatus.FAILED) == bool(place.fail_message)


@pytest.mark.parametrize("state", [S.QUEUED, S.FETCHED, S.PLACED, S.BLOCKED, S.FAILED])
@pytest.mark.parametrize("code", sorted(LOCAL_CODES))
def test_a_fault_of_our_own_disk_is_a_warning_and_blocklists_nothing(state, code):
    stage = Stage.FAILED if state is S.FAILED else Stage.ACTIVE

    assert place_of(GrabProgress(stage, state, code, "the disk is full")) == InHistory(SabStatus.FAILED, LOCAL_FAULT)


def test_a_download_that_goes_on_after_a_local_fault_is_in_the_queue_again():
    progress = GrabProgress(Stage.ACTIVE, S.DOWNLOADING, "local_disk_full", "the disk was full")

    assert place_of(progress) == InQueue(SabStatus.DOWNLOADING)


def test_a_hopeless_file_failed_with_our_reason():
    place = place_of(GrabProgress(Stage.FAILED, S.FAILED, "gone", "the server has no\nsuch file"))

    assert place == InHistory(SabStatus.FAILED, "the server has no such file")


@pytest.mark.parametrize("error", [None, "", LOCAL_FAULT])
def test_a_failure_never_reads_as_a_warning_and_is_never_without_words(error):
    place = place_of(GrabProgress(Stage.FAILED, S.FAILED, "gone", error))

    assert place.fail_message not in ("", LOCAL_FAULT)


def test_a_file_that_is_ready_stays_ready_whatever_its_download_does():
    for state in (*S, None):
        assert place_of(GrabProgress(Stage.READY, state, "import", "words")) == InHistory(SabStatus.COMPLETED)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "0:00:00"),
        (-5, "0:00:00"),
        (0, "0:00:00"),
        (61.9, "0:01:01"),
        (3600, "1:00:00"),
        (86399, "23:59:59"),
        (86400, "1:00:00:00"),
        (90061, "1:01:01:01"),
        (1e30, "3650:00:00:00"),
    ],
)
def test_the_time_left_is_always_a_time(seconds, text):
    assert time_left(seconds) == text


@given(
    size=st.one_of(st.none(), st.integers(0, 2**53)),
    received=st.integers(0, 2**53),
    left_s=st.one_of(st.none(), st.floats(-1e12, 1e15)),
    priority=st.integers(-5, 5),
)
def test_a_queue_slot_has_strict_types_for_every_download(size, received, left_s, priority):
    slot = QueueSlot("SABnzbd_nzo_1", "A.2020", "movies", SabStatus.QUEUED, priority, size, received, left_s, AT)

    row = slot.to_document(3)

    assert TIME.fullmatch(row["timeleft"])
    assert 0.0 <= float(row["mbleft"]) <= float(row["mb"])
    assert 0 <= int(row["percentage"]) <= 100
    assert row["priority"] in ("Force", "High", "Normal", "Low")
    assert (row["index"], row["cat"], row["filename"], row["nzo_id"]) == (3, "movies", "A.2020", "SABnzbd_nzo_1")


def test_a_history_slot_has_strict_types():
    name = "Dune.2021.1080p.WEB-DL-STALKEER"
    file = f"/data/movies/{name}/{name}.mkv"
    slot = HistorySlot("SABnzbd_nzo_1", name, "movies", SabStatus.COMPLETED, "", 4_831_838_208, file, 12.7, AT, AT)

    row = slot.to_document()

    assert (type(row["bytes"]), row["bytes"]) == (int, 4_831_838_208)
    assert (type(row["download_time"]), row["download_time"]) == (int, 12)
    assert (row["category"], row["name"], row["nzb_name"]) == ("movies", name, f"{name}.nzb")
    assert (row["storage"], row["status"], row["fail_message"]) == (file, "Completed", "")


def test_the_version_is_one_that_both_programs_take():
    assert re.fullmatch(r"\d+\.\d+\.(\d+|x)", VERSION)
    assert VERSION >= "2.0"


@pytest.mark.parametrize(
    ("sent", "priority"),
    [
        ("-100", None),
        ("-2", None),
        ("-1", Priority.LOW),
        ("0", Priority.NORMAL),
        ("1", Priority.HIGH),
        ("2", Priority.FORCE),
        ("3", Priority.FORCE),
        ("High", Priority.HIGH),
        ("", None),
        ("x", None),
    ],
)
def test_priorities_are_read_as_numbers_and_words(sent, priority):
    assert read_priority(sent) == priority


def test_every_priority_has_a_word_of_sabnzbd():
    assert [priority_word(one.level) for one in Priority] == ["Force", "High", "Normal", "Low"]


@pytest.mark.parametrize(
    "category", ["movies", "", "*", "../../etc", "a/b", "Filme & Serien", "CON", "x" * 500, "電影"]
)
def test_every_category_has_a_folder_that_every_file_system_takes(category):
    assert is_fitting(category_folder(category))


def test_the_category_of_our_own_downloads_is_no_instances():
    assert is_own_category(OWN_CATEGORY)
    assert is_own_category(" Stalkeer ")
    assert not is_own_category("stalkeer-radarr")


@pytest.mark.parametrize(
    ("text", "line", "rate"),
    [
        ("0", 0, 0),
        ("", 0, 0),
        ("800K", 0, 819_200),
        ("4.5M", 0, 4_718_592),
        ("2MB/s", 0, 2_097_152),
        ("50", 10_000_000, 5_000_000),
        ("100", 10_000_000, 0),
        ("50", 0, None),
        ("fast", 0, None),
        ("-3M", 0, None),
        ("nan", 0, None),
    ],
)
def test_a_speed_limit_is_a_rate_or_a_share_of_the_line(text, line, rate):
    assert read_speed(text, line) == rate


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KB"), (4_831_838_208, "4.5 GB"), (10**16, "9094.9 TB")],
)
def test_sizes_are_shown_as_sabnzbd_shows_them(size, text):
    assert readable_size(size) == text
