"""File systems that refuse a call: files are placed all the same, and locks are kept in another way."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from stalkeer.adapters.files.placement import Modes, duplicate, place
from stalkeer.adapters.files.space import claim
from stalkeer.adapters.transfers.part import PartFile
from stalkeer.file_lock import FileLock
from tests.doubles.disks import ELSEWHERE
from tests.doubles.refusals import CALLS, run_refused

FILM = bytes(range(256)) * 50_000
CODES = [errno.EPERM, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP]
NAMES = [errno.errorcode[code] for code in CODES]
SAFETY = [call for call in CALLS if call != "flock"]


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


@pytest.mark.parametrize("code", CODES, ids=NAMES)
@pytest.mark.parametrize("call", SAFETY)
def test_a_file_is_placed_on_another_disk_whatever_call_is_refused(part, other_disk, call, code):
    target = other_disk / "Dune" / "Dune.mkv"

    run_refused([call], code, lambda: place(part, target, Modes(file=0o640, folder=0o750)))

    assert target.read_bytes() == FILM and not part.exists()
    assert [path.name for path in target.parent.iterdir()] == ["Dune.mkv"]


@pytest.mark.parametrize("code", CODES, ids=NAMES)
def test_a_file_is_placed_where_all_of_them_are_refused(part, tmp_path, code):
    target, second = tmp_path / "Dune" / "Dune.mkv", tmp_path / "other library" / "Dune.mkv"

    def act():
        place(part, target, Modes(file=0o640, folder=0o750))
        duplicate(target, second, Modes(file=0o640))

    run_refused(SAFETY, code, act)

    assert target.read_bytes() == second.read_bytes() == FILM


@pytest.mark.parametrize("code", CODES, ids=NAMES)
def test_a_part_is_written_where_all_of_them_are_refused(tmp_path, code):
    path = tmp_path / "7.part"

    def act():
        with PartFile(path, 0) as part:
            part.reserve(len(FILM))
            part.write(0, [FILM])
            part.sync()
            part.begin_other(100)
            part.write(100, [FILM[100:]])
            part.adopt_other()

    run_refused(SAFETY, code, act)

    assert path.read_bytes() == FILM


@pytest.mark.parametrize("code", CODES, ids=NAMES)
def test_a_folder_is_claimed_where_all_of_them_are_refused(tmp_path, code):
    folder, memory = tmp_path / "movies", tmp_path / "folders.json"

    def act():
        assert claim(folder, memory, 0o770).is_usable
        assert claim(folder, memory, 0o770).is_usable

    run_refused(SAFETY, code, act)

    assert (folder / ".stalkeer-folder").read_text().strip() in memory.read_text()


@pytest.mark.parametrize("code", [*CODES, errno.ENOLCK], ids=[*NAMES, "ENOLCK"])
def test_a_lock_excludes_others_where_the_file_system_knows_none(tmp_path, code):
    path = tmp_path / "worker.lock"

    def act():
        first, second = FileLock(path), FileLock(path)
        assert first.acquire() and not second.acquire()
        first.release()
        assert second.acquire()  # and is killed with it

    run_refused(["flock"], code, act)
    run_refused(["flock"], code, act)


def test_a_lock_of_another_process_is_seen_where_the_file_system_knows_none(tmp_path):
    path = tmp_path / "worker.lock"
    names = "from stalkeer.file_lock import _name_of; import os, sys; print(_name_of(os.getpid()), end='', flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{names}; sys.stdin.read()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        (tmp_path / "worker.lock.owner").write_text(other.stdout.readline())

        def refused():
            assert not FileLock(path).acquire()

        run_refused(["flock"], errno.ENOLCK, refused)
        other.stdin.close()
        other.wait()

    def taken():
        assert FileLock(path).acquire()

    run_refused(["flock"], errno.ENOLCK, taken)


def test_the_lock_of_a_process_whose_number_came_again_is_free(tmp_path):
    path = tmp_path / "worker.lock"
    (tmp_path / "worker.lock.owner").write_text(f"{os.getpid()} 1 another-start-of-the-machine\n")

    def taken():
        assert FileLock(path).acquire()

    run_refused(["flock"], errno.ENOSYS, taken)
