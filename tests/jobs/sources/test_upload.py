"""A playlist file that a user uploads."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from stalkeer.errors import InvalidInput
from stalkeer.jobs.sources import upload
from stalkeer.jobs.sources.upload import keep_upload


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("list.m3u", "list.m3u"),
        ("../../etc/passwd", "passwd"),
        ("C:\\\\lists\\\\my list.m3u", "my-list.m3u"),
        ("...", "list.m3u"),
        ("", "list.m3u"),
        ("x" * 100 + ".m3u", "x" * 76 + ".m3u"),
    ],
)
def test_an_upload_is_kept_below_the_data_folder_whatever_its_name(tmp_path: Path, given: str, kept: str):
    path = keep_upload(tmp_path, given, BytesIO(b"#EXTM3U"))

    assert path == tmp_path / "playlists" / kept
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"#EXTM3U", 0o600)
    assert list(path.parent.iterdir()) == [path]


def test_an_earlier_upload_of_the_name_is_replaced_in_one_step(tmp_path: Path):
    path = keep_upload(tmp_path, "list.m3u", BytesIO(b"#EXTM3U\n# first"))

    with path.open("rb") as being_read:
        keep_upload(tmp_path, "list.m3u", BytesIO(b"#EXTM3U\n# second"))

        assert being_read.read() == b"#EXTM3U\n# first"
    assert path.read_bytes() == b"#EXTM3U\n# second"


def test_an_upload_that_is_too_large_is_refused_and_the_earlier_one_stays(tmp_path: Path):
    path = keep_upload(tmp_path, "list.m3u", BytesIO(b"#EXTM3U"))

    with pytest.raises(InvalidInput, match="50 MB"):
        keep_upload(tmp_path, "list.m3u", BytesIO(bytes(upload.LARGEST_UPLOAD + 1)))

    assert path.read_bytes() == b"#EXTM3U"
