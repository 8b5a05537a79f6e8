"""Putting a finished file in place: atomically, on this file system or another, and again after a kill."""

import resource
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from stalkeer.adapters.files.placement import Modes, duplicate, place
from stalkeer.errors import PlacementError, PlacementRefused
from tests.doubles.disks import ELSEWHERE, mounted_disk, remount_read_only

FILM = bytes(range(256)) * 50_000


@pytest.fixture
def part(tmp_path):
    path = tmp_path / "7.part"
    path.write_bytes(FILM)
    return path


@pytest.fixture
def other_disk(tmp_path):
    if not ELSEWHERE.is_dir() or ELSEWHERE.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system at hand")
    folder = Path(tempfile.mkdtemp(dir=ELSEWHERE))
    yield folder
    shutil.rmtree(folder)


def test_a_part_becomes_the_file_and_its_folders_are_made(part, tmp_path):
    target = tmp_path / "movies" / "Dune (2021)" / "Dune.mkv"

    placed = place(part, target)

    assert placed == target and target.read_bytes() == FILM and not part.exists()


@pytest.mark.parametrize("folder", ["aux/vod", "Con.fusion", "Dune (2021)\u200e", "a\\b", "nul"])
def test_folders_that_others_made_are_taken_as_they_are(part, tmp_path, folder):
    target = tmp_path / folder / "Dune.mkv"

    assert place(part, target).read_bytes() == FILM


@pytest.mark.parametrize("name", ["Ночь " * 26, "七人の侍" * 20, "x" * 241])
def test_a_long_name_leaves_room_for_the_copys_own(part, other_disk, name):
    target = other_disk / f"{name}.mkv"

    assert place(part, target).read_bytes() == FILM


def test_a_part_on_another_disk_is_copied_and_nothing_else_is_left(part, other_disk):
    target = other_disk / "Dune" / "Dune.mkv"

    place(part, target)

    assert target.read_bytes() == FILM and not part.exists()
    assert [path.name for path in target.parent.iterdir()] == ["Dune.mkv"]


def test_placing_again_after_a_kill_is_the_same(part, tmp_path):
    target = tmp_path / "Dune.mkv"
    place(part, target)

    assert place(part, target) == target


def test_a_kill_between_copy_and_removal_is_made_good(part, other_disk):
    target = other_disk / "Dune.mkv"
    target.write_bytes(FILM)

    place(part, target)

    assert target.read_bytes() == FILM and not part.exists()


def test_another_file_is_never_overwritten(part, tmp_path):
    target = tmp_path / "Dune.mkv"
    target.write_bytes(b"something of the user's")

    with pytest.raises(PlacementRefused, match="another file is there"):
        place(part, target)
    assert target.read_bytes() == b"something of the user's" and part.read_bytes() == FILM


def test_an_earlier_file_of_ours_makes_room_for_the_new_one(part, tmp_path):
    target = tmp_path / "Dune.mkv"
    target.write_bytes(b"the copy that was imported before")

    place(part, target, is_ours=lambda path: path == target)

    assert target.read_bytes() == FILM and not part.exists()


def test_one_file_lies_in_two_places_without_taking_room_twice(part, tmp_path):
    target = tmp_path / "other library" / "film.mkv"

    for _ in range(2):  # a kill may come between the link and its record
        duplicate(part, target)

    assert target.samefile(part)


def test_a_place_on_another_disk_gets_a_copy(part, other_disk):
    target = duplicate(part, other_disk / "film.mkv")

    assert target.read_bytes() == part.read_bytes()


def test_another_file_in_the_second_place_is_never_overwritten(part, tmp_path):
    (tmp_path / "film.mkv").write_bytes(b"somebody's")

    with pytest.raises(PlacementError, match="another file is there"):
        duplicate(part, tmp_path / "film.mkv")

    assert (tmp_path / "film.mkv").read_bytes() == b"somebody's"


def test_a_copy_that_is_stopped_leaves_only_the_part(part, other_disk):
    class Stop(Exception):
        pass

    def stop(_size):
        raise Stop

    with pytest.raises(Stop):
        place(part, other_disk / "Dune.mkv", copied=stop)
    assert part.read_bytes() == FILM and list(other_disk.iterdir()) == []


@pytest.mark.parametrize("disk", ["same", "other"])
def test_modes_are_as_set(part, tmp_path, request, disk):
    base = tmp_path if disk == "same" else request.getfixturevalue("other_disk")
    target = base / "new" / "Dune.mkv"

    place(part, target, Modes(file=0o640, folder=0o750))

    assert (target.stat().st_mode & 0o777, target.parent.stat().st_mode & 0o777) == (0o640, 0o750)


def test_a_full_disk_is_named_passes_and_the_part_is_kept(part, tmp_path):
    with mounted_disk(tmp_path / "small", 1_000_000) as small:
        with pytest.raises(PlacementError, match="the disk is full") as raised:
            place(part, small / "Dune.mkv")

        assert part.read_bytes() == FILM and list(small.iterdir()) == []
    assert not isinstance(raised.value, PlacementRefused)


def test_a_read_only_disk_is_named_and_may_pass(part, tmp_path):
    with mounted_disk(tmp_path / "frozen", 1_000_000) as frozen:
        remount_read_only(frozen)

        with pytest.raises(PlacementError, match="read-only") as raised:
            place(part, frozen / "Dune.mkv")
    assert not isinstance(raised.value, PlacementRefused)


@pytest.mark.parametrize("target", ["../../etc/passwd", "relative.mkv", "/tmp/../etc/x"])
def test_places_that_lead_elsewhere_are_refused(part, target):
    with pytest.raises(PlacementRefused):
        place(part, Path(target))


@pytest.mark.parametrize(
    ("target", "reason"),
    [("x" * 256, "name is too long"), ("file/Dune.mkv", "a part of the path is a file"), ("folder", "folder is there")],
)
def test_what_can_never_be_placed_is_refused_for_good(part, tmp_path, target, reason):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()

    with pytest.raises(PlacementRefused, match=reason):
        place(part, tmp_path / target)
    assert part.read_bytes() == FILM


def test_a_file_system_that_holds_no_file_so_large_is_refused_for_good(part, other_disk):
    with (
        largest_file(1_000_000),
        pytest.raises(PlacementRefused, match="cannot hold a file of that size"),
    ):
        place(part, other_disk / "Dune.mkv")
    assert part.read_bytes() == FILM and list(other_disk.iterdir()) == []


@contextmanager
def largest_file(size):
    """As on a file system whose files end there (FAT: 4 GiB): the system answers EFBIG in both cases."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_error_names_a_part_file_that_is_gone(tmp_path):
    with pytest.raises(PlacementError, match="does not exist"):
        place(tmp_path / "gone.part", tmp_path / "Dune.mkv")
