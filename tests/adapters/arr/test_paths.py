from pathlib import Path

import pytest

from stalkeer.adapters.arr.folders import shortest_pair
from stalkeer.adapters.arr.paths import PathMap, PathPair, remote_parent

PAIRS = PathMap([PathPair("/data", "/media"), PathPair("/data/vod", "/downloads"), PathPair("/win", "D:\\vod")])


@pytest.mark.parametrize(
    ("local", "remote"),
    [
        ("/data/vod/a/b.mkv", "/downloads/a/b.mkv"),
        ("/data/vod", "/downloads"),
        ("/data/other/c.mkv", "/media/other/c.mkv"),
        ("/data/vodka/c.mkv", "/media/vodka/c.mkv"),
        ("/elsewhere/d.mkv", "/elsewhere/d.mkv"),
        ("/win/a/b.mkv", "D:\\vod\\a\\b.mkv"),
    ],
)
def test_paths_go_both_ways_and_the_longest_pair_counts(local, remote):
    assert PAIRS.to_remote(Path(local)) == remote
    assert PAIRS.to_local(remote) == Path(local)


def test_without_pairs_both_see_the_same():
    assert PathMap().to_remote(Path("/a/b")) == "/a/b"
    assert PathMap().to_local("/a/b") == Path("/a/b")


@pytest.mark.parametrize(
    ("path", "parent"),
    [("/a/b/c.mkv", "/a/b"), ("D:\\a\\c.mkv", "D:\\a"), ("\\\\nas\\share\\a\\c.mkv", "\\\\nas\\share\\a")],
)
def test_the_folder_of_a_path_is_written_as_the_instance_writes_it(path, parent):
    assert remote_parent(path) == parent


@pytest.mark.parametrize(
    ("local", "remote", "pair"),
    [
        ("/data/vod/complete/movies", "/downloads/complete/movies", ("/data/vod", "/downloads")),
        ("/data/vod/complete/movies", "/downloads", ("/data/vod/complete/movies", "/downloads")),
        ("/data/vod", "/x/data/vod", ("/", "/x")),
    ],
)
def test_the_proposed_pair_covers_as_much_as_it_can(local, remote, pair):
    found = shortest_pair(Path(local), remote)

    assert (found.local, found.remote) == pair
