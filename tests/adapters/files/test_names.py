"""Which names a file may be put under."""

import pytest

from stalkeer.adapters.files.names import is_fitting


@pytest.mark.parametrize("name", ["Dune (2021).mkv", "七人の侍.mkv", "Amélie", "x" * 255, "console.mkv", "...baby"])
def test_ordinary_names_fit(name):
    assert is_fitting(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "nul",
        "CON.mkv",
        "lpt1.txt",
        "x" * 256,
        "侍" * 86,
        "a\0b",
        "a\nb",
        "a\u202egpj",
        "\ud800",
    ],
)
def test_names_that_lead_elsewhere_or_fit_nowhere_are_refused(name):
    assert not is_fitting(name)
