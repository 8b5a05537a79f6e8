"""Room on disk, and folders that cannot be used, each told apart."""

import os

import pytest

from stalkeer.adapters.files.space import FolderState, claim, look_at, unclaimed, volume_of
from tests.doubles.disks import mounted_disk, remount_read_only, unmount


@pytest.fixture
def memory(tmp_path):
    return tmp_path / "folders.json"


def test_a_new_folder_is_made_and_remembered(tmp_path, memory):
    folder = tmp_path / "incomplete"

    assert claim(folder, memory).is_usable
    assert look_at(folder, memory).state is FolderState.USABLE


def test_a_folder_that_was_never_there_is_missing(tmp_path, memory):
    assert look_at(tmp_path / "nowhere", memory).state is FolderState.MISSING


def test_a_file_in_its_place_is_named(tmp_path):
    (tmp_path / "file").touch()

    assert look_at(tmp_path / "file").state is FolderState.NOT_A_FOLDER


def test_a_folder_whose_disk_is_unmounted_is_not_taken_for_an_empty_one(tmp_path, memory):
    folder = tmp_path / "disk"
    with mounted_disk(folder, 1_000_000):
        assert claim(folder, memory).is_usable
        unmount(folder)
        found = look_at(folder, memory)
        assert found.state is FolderState.NOT_MOUNTED and "mount" in found.problem
        assert claim(folder, memory).state is FolderState.NOT_MOUNTED


def test_a_claimed_folder_that_has_gone_is_probably_an_unplugged_disk(tmp_path, memory):
    folder = tmp_path / "usb"
    claim(folder, memory)
    (folder / ".stalkeer-folder").unlink()
    folder.rmdir()

    assert look_at(folder, memory).state is FolderState.NOT_MOUNTED
    assert claim(folder, memory).state is FolderState.NOT_MOUNTED and not folder.exists()


def test_a_read_only_disk_is_named(tmp_path):
    with mounted_disk(tmp_path / "frozen", 1_000_000) as folder:
        remount_read_only(folder)

        assert look_at(folder).state is FolderState.READ_ONLY


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else_is_named(tmp_path):
    tmp_path.chmod(0o500)

    assert look_at(tmp_path).state is FolderState.NOT_WRITABLE


def test_a_full_disk_is_still_a_usable_folder(tmp_path):
    with mounted_disk(tmp_path / "small", 100_000) as folder:
        (folder / "filler").write_bytes(bytes(volume_of(folder).free))

        assert look_at(folder).is_usable


def test_claimed_blocks_are_not_counted_twice(tmp_path):
    part = tmp_path / "7.part"
    part.write_bytes(bytes(8192))
    with part.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, 100_000)

    assert unclaimed(part, 100_000) == 0
    assert unclaimed(part, 1_000_000) <= 900_000
    assert unclaimed(tmp_path / "none.part", 5) == 5


@pytest.mark.parametrize("left", ["", "\0\0\0\0", "first four"], ids=["empty", "zeros", "cut"])
def test_a_mark_that_a_crash_left_empty_or_cut_is_mended(tmp_path, memory, left):
    folder = tmp_path / "movies"
    claim(folder, memory)
    mark = folder / ".stalkeer-folder"
    whole = mark.read_text()
    mark.write_text(left if left != "first four" else whole[:4])

    assert look_at(folder, memory).is_usable
    assert claim(folder, memory).is_usable
    assert mark.read_text() == whole


def test_the_mark_of_another_installation_is_no_mended_one(tmp_path, memory):
    folder = tmp_path / "movies"
    claim(folder, memory)
    (folder / ".stalkeer-folder").write_text("0123456789abcdef\n")

    assert claim(folder, memory).state is FolderState.NOT_MOUNTED


@pytest.mark.parametrize("left", ["", "{", "[]", "null"])
def test_a_damaged_memory_of_folders_is_made_anew(tmp_path, memory, left):
    folder = tmp_path / "movies"
    claim(folder, memory)
    memory.write_text(left)

    assert claim(folder, memory).is_usable
    assert str(folder) in memory.read_text()
