import pytest
import stamina

from stalkeer.demo.arr_files import Mount
from stalkeer.demo.radarr import Radarr
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.library import folders
from stalkeer.jobs.library.doctor import Move, examine_paths
from stalkeer.jobs.library.folders import FolderFacts, Owner
from stalkeer.settings.sections.transfers import DirectorySettings
from stalkeer.store.library.instances import FolderPair, InstanceOptions
from tests.doubles.instances import clients, know


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def arrs(database, clock):
    return clients(database, clock)


@pytest.fixture
def disk(tmp_path):
    """A host folder with library and downloads below it."""
    for name in ("movies", "complete/movies", "complete/tv", "incomplete"):
        (tmp_path / "data" / name).mkdir(parents=True)
    return tmp_path / "data"


@pytest.fixture
def radarr(disk):
    with Radarr(disk / "movies", strict=True) as server:
        yield server
        assert server.violations == []


def examine(arrs, disk):
    directories = DirectorySettings(
        movies=disk / "complete/movies", tvshows=disk / "complete/tv", temp=disk / "incomplete"
    )
    (check,) = examine_paths(arrs, directories, QuietRun()).checks
    return check


def test_a_folder_that_both_see_alike_is_good_and_leaves_no_probe(arrs, disk, radarr):
    know(arrs, radarr)

    check = examine(arrs, disk)

    assert check.is_good
    assert check.remote == str(disk / "complete/movies")
    assert [root.move for root in check.roots] == [Move.INSTANT]
    assert list((disk / "complete/movies").iterdir()) == []


@pytest.mark.parametrize(
    ("seen_at", "local", "remote"),
    [
        ("/downloads", "complete/movies", "/downloads"),
        ("/media/complete/movies", "", "/media"),
        ("/downloads/complete/movies", "", "/downloads"),
    ],
)
def test_a_folder_seen_under_another_name_gets_its_mapping_proposed(arrs, disk, radarr, seen_at, local, remote):
    radarr.mounts = (Mount(seen_at, disk / "complete/movies"), Mount("/movies", disk / "movies"))
    radarr.remote_path_mappings.append({"id": 1, "host": "x", "remotePath": "/x", "localPath": seen_at})
    know(arrs, radarr)

    check = examine(arrs, disk)

    assert not check.is_good
    assert check.remote == seen_at
    assert (check.mapping.local, check.mapping.remote) == (str(disk / local), remote)


def test_the_proposed_mapping_makes_the_folder_seen(arrs, disk, radarr):
    radarr.mounts = (Mount("/downloads", disk / "complete"), Mount("/movies", disk / "movies"))
    mapping = FolderPair(str(disk / "complete"), "/downloads")
    know(arrs, radarr, options=InstanceOptions(path_mappings=(mapping,)))

    check = examine(arrs, disk)

    assert check.is_good
    assert check.remote == "/downloads/movies"


def test_two_mounts_in_the_instance_make_an_import_a_copy(arrs, disk, radarr):
    radarr.mounts = (Mount("/downloads", disk / "complete"), Mount("/movies", disk / "movies"))
    know(arrs, radarr, options=InstanceOptions(path_mappings=(FolderPair(str(disk / "complete"), "/downloads"),)))

    check = examine(arrs, disk)

    assert [root.move for root in check.roots] == [Move.COPY]
    assert any("copy" in advice for advice in check.advice)


def test_a_folder_that_is_not_seen_gets_the_line_of_the_compose_file(arrs, disk, radarr):
    radarr.mounts = (Mount("/movies", disk / "movies"),)
    know(arrs, radarr)

    check = examine(arrs, disk)

    assert check.remote is None
    assert "does not see" in check.problems[0]
    assert "volumes" in check.advice[0]
    top = f"/{disk.parts[1]}"
    assert f":{top}" in check.advice[0]


def test_a_folder_inside_a_root_folder_is_named(arrs, disk, radarr):
    radarr.library = disk / "complete"
    know(arrs, radarr)

    assert any("lies inside" in problem for problem in examine(arrs, disk).problems)


def test_too_little_space_is_told_with_the_instances_own_bound(arrs, disk, radarr):
    radarr.media_management["minimumFreeSpaceWhenImporting"] = 10**9
    know(arrs, radarr)

    (root,) = examine(arrs, disk).roots

    assert "MB free" in root.problems[0]


def test_a_root_folder_that_is_gone_is_told(arrs, disk, radarr):
    know(arrs, radarr)
    (disk / "movies").rmdir()

    (root,) = examine(arrs, disk).roots

    assert "cannot reach its root folder" in root.problems[0]


def test_what_the_instance_itself_finds_wrong_with_its_folders_is_told(arrs, disk, radarr):
    radarr.health += [
        {"id": 1, "source": "MountCheck", "type": "error", "message": "Mount containing a movie path is read-only"},
        {"id": 2, "source": "IndexerStatusCheck", "type": "warning", "message": "All indexers are unavailable"},
    ]
    know(arrs, radarr)

    assert examine(arrs, disk).problems == ("Radarr reports: Mount containing a movie path is read-only",)


def test_whose_user_it_must_run_as_is_told_where_its_library_is_not_seen_from_here(arrs, disk, radarr):
    radarr.mounts = (Mount("/elsewhere", disk / "movies"), Mount(str(disk / "complete"), disk / "complete"))
    know(arrs, radarr)

    check = examine(arrs, disk)

    owner = (disk / "complete/movies").stat()
    assert check.is_good
    assert any(f"run as user {owner.st_uid}, or in group {owner.st_gid}" in advice for advice in check.advice)


def test_a_folder_of_ours_that_is_not_there_is_told(arrs, disk, radarr):
    know(arrs, radarr)
    (disk / "complete/movies").rmdir()

    assert "cannot write" in examine(arrs, disk).problems[0]


def test_an_instance_that_does_not_answer_is_told(arrs, disk, tmp_path):
    with Radarr(tmp_path / "gone") as gone:
        know(arrs, gone)

    assert "refused" in examine(arrs, disk).problems[0]


@pytest.mark.parametrize(
    ("mode", "other", "may"),
    [
        (0o755, Owner(1000, 1000), True),
        (0o755, Owner(1001, 1000), False),
        (0o775, Owner(1001, 1000), True),
        (0o775, Owner(1001, 1001), False),
        (0o777, Owner(1001, 1001), True),
        (0o700, Owner(0, 0), True),
    ],
)
def test_who_may_take_files_out_follows_owner_group_and_mode(tmp_path, mode, other, may):
    facts = FolderFacts(tmp_path, Owner(1000, 1000), mode, (1, "/"), 0)

    assert facts.may_be_changed_by(other) is may


def test_a_folder_is_looked_at(tmp_path):
    found = folders.look_at_folder(tmp_path)

    assert found.mode & 0o700 == 0o700
    assert found.free_bytes > 0
    assert folders.look_at_folder(tmp_path / "none") is None
