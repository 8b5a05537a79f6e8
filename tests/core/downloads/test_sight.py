"""Of several machines, the files of the queue lie where the first worker sees them; who sees another folder is told."""

from stalkeer.core.downloads.sight import SeenFolder, WorkerSight, compare, right_folders

TEMP = "directories.temp"
NAS = WorkerSight("nas", (SeenFolder(TEMP, "/data/temp", "a"),))
ATTIC = WorkerSight("attic", (SeenFolder(TEMP, "/data/temp", "b"),))
BLIND = WorkerSight("cellar", (SeenFolder(TEMP, "/data/temp", "", "does not exist"),))


def mine(mark):
    return SeenFolder(TEMP, "/data/temp", mark)


def test_machines_that_see_the_same_mark_see_the_same_folder():
    assert compare(mine("a"), right_folders([NAS, ATTIC])) == mine("a")


def test_a_worker_with_another_folder_at_the_path_is_told_whose_is_right():
    folder = compare(mine("b"), right_folders([NAS, ATTIC]))

    assert "'/data/temp' is not the folder that nas sees at '/data/temp'" in folder.problem


def test_a_worker_that_sees_no_folder_leaves_the_question_to_the_next():
    assert compare(mine("b"), right_folders([BLIND, ATTIC])) == mine("b")
    assert BLIND.trouble == "does not exist"


def test_with_no_other_worker_any_folder_is_right():
    assert compare(mine(""), right_folders([])) == mine("")
