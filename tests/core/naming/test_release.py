import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalkeer.core.naming.release import EpisodeName, FileTraits, MovieName, release_name

NOTHING_KNOWN = FileTraits()
FULL_HD = FileTraits(1080, "h264", ("fr",))


@pytest.mark.parametrize(
    ("item", "traits", "name"),
    [
        (MovieName("Some Film", 2020), FULL_HD, "Some.Film.2020.FRENCH.1080p.WEB-DL.x264-STALKEER"),
        (MovieName("Some Film", None), NOTHING_KNOWN, "Some.Film.WEB-DL-STALKEER"),
        (MovieName("1917", 2019), NOTHING_KNOWN, "1917.2019.WEB-DL-STALKEER"),
        (MovieName("Runner 2049", 2017), FileTraits(2160, "hevc"), "Runner.2049.2017.2160p.WEB-DL.x265-STALKEER"),
        (MovieName("Face/Off: It's Me?", 1997), NOTHING_KNOWN, "Face.Off.Its.Me.1997.WEB-DL-STALKEER"),
        (MovieName("Über-Größe", 2001), NOTHING_KNOWN, "Über.Größe.2001.WEB-DL-STALKEER"),
        (MovieName("千と千尋", 2001), NOTHING_KNOWN, "千と千尋.2001.WEB-DL-STALKEER"),
        (MovieName("A: _B_", 2008), NOTHING_KNOWN, "A.B.2008.WEB-DL-STALKEER"),
        (MovieName("W_A_L", 2008), FileTraits(719, "mpeg2"), "W.A.L.2008.WEB-DL-STALKEER"),
        (EpisodeName("Some Series", 1, (2,)), FULL_HD, "Some.Series.S01E02.FRENCH.1080p.WEB-DL.x264-STALKEER"),
        (EpisodeName("Some Series", 1, (2, 3)), NOTHING_KNOWN, "Some.Series.S01E02E03.WEB-DL-STALKEER"),
        (EpisodeName("The Show (US)", 0, (1,)), NOTHING_KNOWN, "The.Show.US.S00E01.WEB-DL-STALKEER"),
        (EpisodeName("Long", 21, (1071,)), NOTHING_KNOWN, "Long.S21E1071.WEB-DL-STALKEER"),
        (EpisodeName("Daily", 2024, (5,), "2024-05-02"), NOTHING_KNOWN, "Daily.2024.05.02.WEB-DL-STALKEER"),
        (
            MovieName("A", 2020),
            FileTraits(None, None, ("de", "deu", "xx", "en")),
            "A.2020.GERMAN.ENGLISH.WEB-DL-STALKEER",
        ),
    ],
)
def test_a_name_says_what_is_known_and_nothing_else(item, traits, name):
    assert release_name(item, traits) == name


def test_a_long_title_is_cut_between_words_and_what_identifies_it_stays():
    name = release_name(MovieName("Wörter " * 80, 2020), FULL_HD)

    assert len(name.encode()) <= 230
    assert name.endswith(".2020.FRENCH.1080p.WEB-DL.x264-STALKEER")
    assert "Wört." not in name


@given(st.text(max_size=400), st.integers(1900, 2100))
def test_every_name_is_safe_for_files_and_folders(title, year):
    name = release_name(MovieName(title, year), FULL_HD)

    assert len(name.encode()) <= 230
    assert not re.search(r'[\\/<>:"|?*\x00-\x1f\s]', name)
    assert not name.startswith((".", "_UNPACK_", "_FAILED_"))
    assert ".." not in name
