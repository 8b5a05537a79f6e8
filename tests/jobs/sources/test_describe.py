"""A path that no file can have is refused when the source is described."""

from __future__ import annotations

import pytest

from stalkeer.errors import InvalidInput
from stalkeer.jobs.sources.describe import locate
from stalkeer.store.sources.description import Credentials


@pytest.mark.parametrize(
    "path", ["\x00", "a\x00b.m3u", "a\nb.m3u", "a\x1b[2J.m3u", "\udcff", "~nobody-of-this-name/a.m3u"]
)
def test_a_path_that_no_file_can_have_is_refused(path):
    with pytest.raises(InvalidInput, match="is not a path"):
        locate(path, Credentials())


@pytest.mark.parametrize("path", ["/data/list.m3u", "/data/Liste des films é.m3u", "/data/映画.m3u"])
def test_an_ordinary_path_is_kept(path):
    assert locate(path, Credentials())[1].path == path
