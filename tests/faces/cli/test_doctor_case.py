"""`stalkeer doctor` prints what a support case needs, without secrets."""

from __future__ import annotations

import json

import pytest

from stalkeer.adapters.files.mounts import file_system_of, is_slow_fuse
from stalkeer.store.sources.credentials import kept_credentials
from stalkeer.store.sources.sources import list_sources
from tests.faces.web.sample import fill

MOUNTS = """22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
40 22 0:50 / /mnt/cloud rw - fuse.rclone remote: rw
41 22 0:51 / /mnt/user rw - fuse.shfs shfs rw
42 22 0:52 / /mnt/a\\040b rw - nfs4 nas:/a rw
43 22 0:53 / /mnt/cloud/local rw - xfs /dev/sdb1 rw
"""


@pytest.mark.parametrize(
    ("folder", "file_system", "is_slow"),
    [
        ("/mnt/cloud/temp", "fuse.rclone", True),
        ("/mnt/user/temp", "fuse.shfs", False),
        ("/mnt/cloud/local/temp", "xfs", False),
        ("/mnt/a b/temp", "nfs4", False),
        ("/data", "ext4", False),
    ],
)
def test_the_file_system_of_a_folder_is_that_of_its_nearest_mount(tmp_path, folder, file_system, is_slow):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)

    found = file_system_of(type(tmp_path)(folder), mounts)

    assert (found, is_slow_fuse(found)) == (file_system, is_slow)


def test_a_system_without_a_list_of_mounts_says_nothing(tmp_path):
    assert file_system_of(tmp_path, tmp_path / "nothing") is None
    assert not is_slow_fuse(None)


def secrets_of(app) -> set[str]:
    with app.database.connect() as connection:
        rows = list_sources(connection)
    kept = [kept_credentials(row, app.secrets) for row in rows]
    found = {value for one in kept for value in (one.url, one.username, one.password) if len(value) >= 4}
    assert found
    return found


def test_one_command_tells_everything_that_a_support_case_needs(stalkeer, app):
    fill(app.database, app.secrets)

    shown = stalkeer("doctor", "--json")
    case = json.loads(shown.out)
    text = stalkeer("doctor").out

    assert shown.code == (0 if case["ok"] else 1)
    assert {"about", "clock", "keyFile", "settings", "folders", "instances", "sources", "findings"} <= set(case)
    assert case["about"]["sqlite"] and case["keyFile"]["mode"] == "0600"
    assert {folder["name"] for folder in case["folders"]} == {"temp", "movies", "tvshows", "data_dir"}
    assert all(folder["fileSystem"] for folder in case["folders"])
    assert case["sources"] and case["instances"]
    for secret in secrets_of(app):
        assert secret not in shown.out + text
    assert text.startswith("### Stalkeer") and "**folders**" in text and "sqlite" in text
