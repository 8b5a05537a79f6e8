"""The machine as the program finds it: does it run in a container?"""

import pytest

from stalkeer.adapters.files.mounts import is_in_container


@pytest.mark.parametrize(
    ("mark", "expected"),
    [(".dockerenv", True), ("run/.containerenv", True), ("etc/hostname", False)],
    ids=["Docker", "Podman", "a machine"],
)
def test_a_container_is_known_by_the_file_that_its_program_puts_there(tmp_path, mark, expected):
    (tmp_path / mark).parent.mkdir(exist_ok=True)
    (tmp_path / mark).touch()

    assert is_in_container(tmp_path) is expected
