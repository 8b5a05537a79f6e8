"""Putting a finished file in place: atomically, on this file system or another, and again after a kill."""

import shutil
import tempfile
from pathlib import Path

import pytest

from stalkeer.adapters.files.placement import Modes, duplicate, place
from stalkeer.errors import PlacementError
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

    with pytest.raises(PlacementError, match="another file is there"):
        place(part, target)
    assert target.read_bytes() == b"something of the user's" and part.read_bytes() == FILM


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


def test_a_full_disk_is_named_and_the_part_kept(part, tmp_path):
    with mounted_disk(tmp_path / "small", 1_000_000) as small:
        with pytest.raises(PlacementError, match="the disk is full"):
            place(part, small / "Dune.mkv")

        assert part.read_bytes() == FILM and list(small.iterdir()) == []


def test_a_read_only_disk_is_named(part, tmp_path):
    with mounted_disk(tmp_path / "frozen", 1_000_000) as frozen:
        remount_read_only(frozen)

        with pytest.raises(PlacementError, match="read-only"):
            place(part, frozen / "Dune.mkv")


@pytest.mark.parametrize("target", ["../../etc/passwd", "relative.mkv", "/tmp/../etc/x", "/tmp/" + "x" * 256])
def test_places_that_lead_elsewhere_are_refused(part, target):
    with pytest.raises(PlacementError):
        place(part, Path(target))


def test_a_part_that_has_gone_says_so(tmp_path):
    with pytest.raises(PlacementError, match="not there"):
        place(tmp_path / "gone.part", tmp_path / "Dune.mkv")
