"""The one rule for the names of files and folders that we make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalkeer.core.naming.episode import (
    NamedEpisode,
    NamedSeries,
    SeriesNaming,
    episode_file_name,
    season_folder_name,
    series_folder_name,
)
from stalkeer.core.naming.facts import NamedFile
from stalkeer.core.naming.movie import MovieNaming, NamedMovie, movie_file_name, movie_folder_name
from stalkeer.core.naming.names import TEMPORARY_PREFIX, is_fitting, temporary_name
from stalkeer.core.naming.release import EpisodeName, FileTraits, MovieName, release_name

DEVICES = ["Con Air", "Aux yeux des vivants", "Nul homme", "Com1 und die anderen", "PRN", "LPT9: Part", "CON.AIR"]
TITLES = st.text(max_size=200) | st.sampled_from(DEVICES) | st.text("йあ侍ö\u200e\u202e. ", max_size=300)


def names_of(title):
    """Every name that is made of a title; where nothing is left of it, a folder of that name is left out."""
    return [name for name in _all_names_of(title) if name]


def _all_names_of(title):
    file = NamedFile("WEBDL-1080p", original_title=title)
    movie, series, episodes = NamedMovie(title, 2020), NamedSeries(title), [NamedEpisode(1, 2, title)]
    yield release_name(MovieName(title, 1997), FileTraits())
    yield release_name(EpisodeName(title, 1, (2,)), FileTraits()) + ".mkv"
    for form in ("{Movie Title}", "{Movie.Title}.{Release Year}", "{Movie Title}/{Movie Title} ({Release Year})"):
        naming = MovieNaming(renames=True, file_format=form, folder_format=form)
        yield from movie_file_name(naming, movie, file, ".mkv").split("/")
        yield from movie_folder_name(naming, movie).split("/")
    yield movie_file_name(MovieNaming(), movie, file, ".mkv")
    naming = SeriesNaming(renames=True, series_folder_format="{Series Title}", season_folder_format="{Series.Title}.s")
    yield series_folder_name(naming, series)
    yield season_folder_name(naming, series, 1)
    yield episode_file_name(naming, series, episodes, file, ".mkv")


@pytest.mark.parametrize("name", ["Dune (2021).mkv", "七人の侍.mkv", "Amélie", "x" * 255, "console.mkv", "...baby"])
def test_ordinary_names_fit(name):
    assert is_fitting(name)


@pytest.mark.parametrize("name", ["Con Air (1997).mkv", "Aux yeux des vivants", "Nul homme.mkv", "Com1 x", "conin"])
def test_a_name_that_only_begins_like_a_device_fits(name):
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
        "con .mkv",
        "lpt1.txt",
        "Con.Air.1997.mkv",
        "COM¹.mkv",
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


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Con Air", "Con_Air.1997.WEB-DL-STALKEER"),
        ("Aux yeux des vivants", "Aux_yeux.des.vivants.1997.WEB-DL-STALKEER"),
        ("Nul", "Nul_1997.WEB-DL-STALKEER"),
        ("Contact", "Contact.1997.WEB-DL-STALKEER"),
    ],
)
def test_a_release_name_never_begins_with_a_devices_name(title, name):
    assert release_name(MovieName(title, 1997), FileTraits()) == name


@pytest.mark.parametrize(
    ("title", "form", "name"),
    [
        ("Con Air", "{Movie Title} ({Release Year})", "Con Air (2020)"),
        ("Con Air", "{Movie.Title}", "Con_Air"),
        ("Nul", "{Movie Title}", "Nul_"),
        ("a\u202egpj\u200e", "{Movie Title}", "agpj"),
    ],
)
def test_a_folders_name_is_changed_only_where_it_is_a_devices(title, form, name):
    assert movie_folder_name(MovieNaming(folder_format=form), NamedMovie(title, 2020)) == name


@pytest.mark.parametrize("title", [*DEVICES, "Ночь " * 40, "七人の侍" * 40, "a\u202eb\u200e\x07c", "x" * 300])
def test_whatever_the_title_every_name_made_of_it_fits_with_room_for_a_temporary_one(title):
    for name in names_of(title):
        assert is_fitting(name) and is_fitting(TEMPORARY_PREFIX + name), name


@given(TITLES)
def test_no_title_makes_a_name_that_does_not_fit(title):
    assert [name for name in names_of(title) if not is_fitting(TEMPORARY_PREFIX + name)] == []


@given(TITLES)
def test_a_temporary_name_fits_beside_any_name(title):
    assert len(temporary_name(title).encode("utf-8", "surrogatepass")) <= 255


def test_a_temporary_name_of_a_name_of_ours_shows_whose_it_is():
    assert temporary_name("Dune (2021).mkv") == ".stalkeer-Dune (2021).mkv"
