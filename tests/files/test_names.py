"""File names that every file system takes."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalkeer.files.names import RESERVED, is_fitting, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Dune: Part Two", "Dune Part Two"),
        ("../../etc/passwd", "etc passwd"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("What?", "What"),
        ("trailing dots...", "trailing dots"),
        ("Ame\u0301lie", "Am\u00e9lie"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("tab\tnew\nline\0nul", "tab new line nul"),
        ("七人の侍", "七人の侍"),
    ],
)
def test_names_are_made_safe_and_stay_readable(name, safe):
    assert safe_name(name) == safe


def test_a_long_name_is_cut_between_characters_and_keeps_its_extension():
    name = safe_name("侍" * 200, ".mkv")

    assert len(name.encode()) <= 255 and name.endswith("侍.mkv")


@given(st.text(max_size=400), st.sampled_from(["", ".mkv", ".mp4"]))
def test_whatever_comes_is_one_fitting_part_of_a_path(name, extension):
    safe = safe_name(name, extension)

    assert is_fitting(safe) and PurePosixPath(safe).name == safe
    assert safe.partition(".")[0].casefold() not in RESERVED
    assert safe_name(safe.removesuffix(extension), extension) == safe or len(safe.encode()) > 250
