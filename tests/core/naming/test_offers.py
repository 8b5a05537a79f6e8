"""Titles of the indexer: each row is one way in which Radarr or Sonarr would take a title for something else."""

from __future__ import annotations

import pytest

from stalkeer.core.naming.offers import (
    EntryReading,
    Numbers,
    OfferedEpisodes,
    OfferedMovie,
    episodes_key,
    episodes_of_file,
    movie_key,
    offer_titles,
    offer_traits,
)
from stalkeer.core.naming.release import FileTraits

UNKNOWN = FileTraits()
FULL_HD = FileTraits(1080)


def series(title="Some Series", season=1, episodes=(5,), **more):
    absolute = more.pop("absolute", None)
    return OfferedEpisodes(title, Numbers(season, episodes, absolute), **more)


@pytest.mark.parametrize(
    ("item", "traits", "first"),
    [
        (OfferedMovie("Dune", 2021), FULL_HD, "Dune.2021.1080p.WEB-DL-STALKEER"),
        # a year in the title stays a part of it
        (OfferedMovie("2012", 2009), FULL_HD, "2012.2009.1080p.WEB-DL-STALKEER"),
        (OfferedMovie("1917", 2019), UNKNOWN, "1917.2019.WEB-DL-STALKEER"),
        (OfferedMovie("Runner 2049", 2017), FULL_HD, "Runner.2049.2017.1080p.WEB-DL-STALKEER"),
        # 4K alone would be read as 480p
        (OfferedMovie("Dune", 2021), FileTraits(2160), "Dune.2021.2160p.WEB-DL-STALKEER"),
        # without a source word 1080p would be HDTV; without a known resolution none is claimed
        (OfferedMovie("Dune", 2021), UNKNOWN, "Dune.2021.WEB-DL-STALKEER"),
        (OfferedMovie("Dune", 2021), FileTraits(719), "Dune.2021.WEB-DL-STALKEER"),
        # words of sources in a title are overruled by the last one
        (OfferedMovie("The CAM", 2015), FULL_HD, "The.CAM.2015.1080p.WEB-DL-STALKEER"),
        (OfferedMovie("TS", 2015), FileTraits(720, source="TELESYNC"), "TS.2015.720p.TELESYNC-STALKEER"),
        # the language stands behind the year: before it, it would be a part of the title
        (OfferedMovie("Le Comte", 2024), FileTraits(1080, None, ("fr",)), "Le.Comte.2024.FRENCH.1080p.WEB-DL-STALKEER"),
        # no brackets: the first of them would be read as a group
        (OfferedMovie("[REC]", 2007), FULL_HD, "REC.2007.1080p.WEB-DL-STALKEER"),
        (OfferedMovie("S.W.A.T.", 2003), FULL_HD, "S.W.A.T.2003.1080p.WEB-DL-STALKEER"),
        (series("The Office (US)", 3), FULL_HD, "The.Office.US.S03E05.1080p.WEB-DL-STALKEER"),
        (series("24", 1, (1,)), FULL_HD, "24.S01E01.1080p.WEB-DL-STALKEER"),
        (series("1923", 1, (1,)), FULL_HD, "1923.S01E01.1080p.WEB-DL-STALKEER"),
        (series(season=0, episodes=(1,)), FULL_HD, "Some.Series.S00E01.1080p.WEB-DL-STALKEER"),
        (series(season=21, episodes=(1071,)), FULL_HD, "Some.Series.S21E1071.1080p.WEB-DL-STALKEER"),
        (series(episodes=(1, 2)), FULL_HD, "Some.Series.S01E01E02.1080p.WEB-DL-STALKEER"),
        # a daily series is known by its date, a special of it by its number
        (
            series("Daily", 2024, (86,), series_type="daily", air_date="2024-05-02"),
            FULL_HD,
            "Daily.2024.05.02.1080p.WEB-DL-STALKEER",
        ),
        (
            series("Daily", 0, (3,), series_type="daily", air_date="2024-05-02"),
            FULL_HD,
            "Daily.S00E03.1080p.WEB-DL-STALKEER",
        ),
        # releases are read by scene numbers where the series has them
        (
            series("Anime", 2, (1,), scene=Numbers(1, (13,)), series_type="anime"),
            FULL_HD,
            "Anime.S01E13.1080p.WEB-DL-STALKEER",
        ),
    ],
)
def test_a_title_is_what_the_instance_reads_as_the_item(item, traits, first):
    assert offer_titles(item, traits)[0] == first


def test_where_the_plain_title_is_read_wrongly_others_follow():
    movie = OfferedMovie("Der Film", 2020, 2021, ("The Movie",))
    anime = series("Anime", 2, (1,), absolute=14, series_type="anime", year=2010, other_titles=("Animé",))

    assert offer_titles(movie, UNKNOWN) == (
        "Der.Film.2020.WEB-DL-STALKEER",
        "The.Movie.2020.WEB-DL-STALKEER",
        "Der.Film.2021.WEB-DL-STALKEER",
    )
    assert offer_titles(anime, UNKNOWN) == (
        "Anime.S02E01.WEB-DL-STALKEER",
        "Anime.-.14.WEB-DL-STALKEER",
        "Animé.S02E01.WEB-DL-STALKEER",
        "Animé.-.14.WEB-DL-STALKEER",
        "Anime.2010.S02E01.WEB-DL-STALKEER",
    )


def test_a_title_without_a_letter_or_digit_makes_no_release():
    assert offer_titles(OfferedMovie("???", 2020), UNKNOWN) == ()


@pytest.mark.parametrize(
    ("languages", "original", "shown"),
    [
        (("fr",), "fr", ()),
        (("fr",), "French", ()),
        (("fr",), "en", ("fr",)),
        (("fr", "en"), "en", ("fr", "en")),
        (("sub:fr",), "en", ()),
        ((), "en", ()),
        (("fr",), None, ("fr",)),
    ],
)
def test_a_language_is_named_where_it_is_not_the_works_own(languages, original, shown):
    assert offer_traits(EntryReading("x", None, None, languages), original).languages == shown


@pytest.mark.parametrize(
    ("name", "source", "word"),
    [
        ("Some Film (2020) HDTS", "cam", "TELESYNC"),
        ("Some Film HD-TC 2020", "cam", "TELECINE"),
        ("Some Film 2020 HDCAM", "cam", "CAM"),
        ("Some Film 2020 LOWQ", "cam", "CAM"),
        ("Some Film 2020 TS", "cam", "TELESYNC"),
        ("TS Eliot 2020", None, "WEB-DL"),
        ("Some Film 2020", "bluray", "WEB-DL"),
    ],
)
def test_a_cinema_recording_says_so_and_nothing_else_claims_a_source(name, source, word):
    assert offer_traits(EntryReading(name, 1080, source, ()), None).source == word


@pytest.mark.parametrize(
    ("wanted", "first", "last", "held"),
    [
        ((5,), 5, None, (5,)),
        ((5,), 17, None, (5,)),  # counted in another way by the list
        ((1, 2), 1, 2, (1, 2)),
        ((13, 14), 1, 2, (13, 14)),
        ((2,), 1, 2, (1, 2)),  # half of it is there already
        ((13,), 1, 2, None),
        ((1, 3), 1, 2, None),
        ((1, 2), 1, None, None),
    ],
)
def test_a_file_is_offered_with_all_its_episodes_or_not_at_all(wanted, first, last, held):
    assert episodes_of_file(wanted, first, last) == held


def test_items_are_named_by_ids_that_outlive_the_instances_own():
    assert movie_key(438631, "tt1", 7) == "movie:tmdb:438631"
    assert movie_key(None, "tt1", 7) == "movie:imdb:tt1"
    assert movie_key(0, "", 7) == "movie:7"
    assert episodes_key(300001, 7, Numbers(1, (1, 2))) == "series:tvdb:300001:1:1+2"
    assert episodes_key(None, 7, Numbers(1, (1,))) == "series:7:1:1"
