"""What names say, by rule; every rule has at least three examples that have nothing to do with one another."""

import pytest

from stalkeer.core.titles import parse_title


def best(name, kind="film", group=""):
    return parse_title(name, kind, group).hypotheses[0].text


def readings(name, kind="film"):
    return {hypothesis.text: hypothesis.year for hypothesis in parse_title(name, kind).hypotheses}


@pytest.mark.parametrize(
    ("name", "season", "episodes"),
    [
        ("Some Show S01E01", 1, (1,)),
        ("Some Show S01 E01", 1, (1,)),
        ("some show s1e2", 1, (2,)),
        ("Some Show S1.E2", 1, (2,)),
        ("SOME.SHOW.S08.E06", 8, (6,)),
        ("Some Show 1x01", 1, (1,)),
        ("Some Show T1 E5", 1, (5,)),
        ("Some Show S00E03", 0, (3,)),
        ("Some Show S01E1071", 1, (1071,)),
        ("Some Show S2019E04", 2019, (4,)),
        ("Some Show S01E01-E02", 1, (1, 2)),
        ("Some Show S01E01E02", 1, (1, 2)),
        ("Some Show S01E01-03", 1, (1, 2, 3)),
        ("Some Show S01E05-1080p", 1, (5,)),
        ("Some Show S01E01 - 24 Hours", 1, (1,)),
        ("Some Show | S4 - Episode 18", 4, (18,)),
        ("Some Show S1 Ep 4", 1, (4,)),
        ("Some Show Season 1 Episode 1", 1, (1,)),
        ("Some Show Saison 2 Épisode 3", 2, (3,)),
        ("Some Show Staffel 3 Folge 12", 3, (12,)),
        ("Some Show Temporada 2 Capítulo 5", 2, (5,)),
        ("Some Show TEMP 2 CAP 5", 2, (5,)),
        ("Some Show Stagione 4 Episodio 6", 4, (6,)),
        ("Some Show - 1. Sezon 9. Bölüm", 1, (9,)),
        ("Some Show - 1. Sezon 9. Bölüm 4K", 1, (9,)),
        ("Some Show Sezon 4 Odcinek 9", 4, (9,)),
        ("Show 9 Season 1 Episode 2", 1, (2,)),
        ("Шоу 1 сезон 2 серия", 1, (2,)),
        ("Шоу 3-й сезон 12 серия", 3, (12,)),
        ("Шоу Сезон 2 Эпизод 7", 2, (7,)),
        ("مسلسل جديد الموسم 2 الحلقة 7", 2, (7,)),
        ("مسلسل جديد الموسم الخامس الحلقة23", 5, (23,)),
        ("مسلسل جديد الموسم ٣ الحلقة ١٢", 3, (12,)),
        ("三体 第2季 第12集", 2, (12,)),
        ("Cím 1. évad 2. rész", 1, (2,)),
        ("Název 2. série 4. díl", 2, (4,)),
        ("Show S1 Ep1 | S03E07", 3, (7,)),  # the last marker wins
        ("Show_S01E04", 1, (4,)),
        ("The 100 S02E03", 2, (3,)),
        ("9-1-1 Staffel 1 Folge 1", 1, (1,)),
        ("Some Show - 2x4 - New Car", 2, (4,)),
        ("Some Show 1x1", 1, (1,)),
        ("Some Show - 2016x231", 2016, (231,)),
        ("Some.Old.Castle1x01.HDTV", 1, (1,)),
        ("Some Show 01E06", 1, (6,)),
        ("Some Show S41 E10478", 41, (10478,)),
        ("Some Show T02 CAP 05", 2, (5,)),
        ("Шоу. Сезон №9. Серия №180", 9, (180,)),
        ("Some Show Phần 1 Tập 2", 1, (2,)),
        ("مسلسل جديد ج3 ح12", 3, (12,)),
        ("Some-Show-Cap-52", None, (52,)),
        ("Some Show (5 of 10)", None, (5,)),
    ],
)
def test_season_and_episode_in_the_words_of_many_lists(name, season, episodes):
    parsed = parse_title(name, "episode")

    assert (parsed.season, parsed.episodes) == (season, episodes)
    assert parsed.hypotheses


@pytest.mark.parametrize(
    ("name", "absolute", "air_date"),
    [
        ("Long Anime - 1071", 1071, None),
        ("Long Anime 1071 VOSTFR", 1071, None),
        ("[Group] Long Anime - 07 [720p].mkv", 7, None),
        ("[Group] Long Anime - 012 (1080p) [ABCD1234]", 12, None),
        ("Bajka - odcinek 19: W lesie", 19, None),
        ("Long Anime - 031 - The Long Way [Group]", 31, None),
        ("Long Anime - 107 - Strange Friends", 107, None),
        ("Long Anime 484 VOSTFR par Group", 484, None),
        ("Evening News 2024.03.15", None, "2024-03-15"),
        ("Evening News 15-03-2024", None, "2024-03-15"),
        ("Talk 2023 11 02 Guest", None, "2023-11-02"),
    ],
)
def test_episodes_without_a_season(name, absolute, air_date):
    parsed = parse_title(name, "episode")

    assert (parsed.absolute, parsed.air_date, parsed.season) == (absolute, air_date, None)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("1917 - 2019", "1917"),
        ("2012 (2009)", "2012"),
        ("300 (2006)", "300"),
        ("FR - 1917 (2019)", "1917"),
        ("Blade Runner 2049 (2017)", "Blade Runner 2049"),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey"),
        ("(500) Days of Summer (2009)", "(500) Days of Summer"),
        ("[REC] (2007)", "[REC]"),
        ("U-571 (2000)", "U-571"),
        ("X-Men (2000)", "X-Men"),
        ("CODA - 2021", "CODA"),
        ("MA - 2019", "MA"),
        ("US - 2019", "US"),
        ("Top Gun (1986)", "Top Gun"),
        ("Her (2013)", "Her"),
        ("Max (2015)", "Max"),
        ("7. Koğuştaki Mucize (2019)", "7. Koğuştaki Mucize"),
    ],
)
def test_numbers_and_tag_words_that_are_titles(name, title):
    assert best(name) == title


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("9-1-1 S01E01", "9-1-1"),
        ("24 S01E01", "24"),
        ("|ES| 1983 S01E09", "1983"),
        ("IT - 1983 S01 E21", "1983"),
        ("CSI: Miami S01E01", "CSI: Miami"),
        ("The 4400 S01E02", "The 4400"),
    ],
)
def test_numbers_and_codes_that_are_series(name, title):
    assert best(name, "episode") == title


@pytest.mark.parametrize(
    "name",
    [
        "FR - Some Film - 2020",
        "|FR| Some Film (2020)",
        "┃FR┃ Some Film (2020)",
        "[FR] Some Film (2020)",
        "(FR-) Some Film (2020)",
        "FR: Some Film (2020)",
        "FR| Some Film (2020)",
        "▪︎MULTI▪︎ Some Film (2020)",
        "4K-NF - Some Film (2020) (US)",
        "EN-TOP - Some Film (2020)",
        "D+ - EN - Some Film (2020)",
        "A+ Some Film (2020)",
        "4K-QQQ - Some Film (2020)",
        "|FR|VO| Some Film (2020)",
        "+16 Some Film (2020)",
        "AR-SUBS Some Film (2020)",
        "NETFLIX | Some Film (2020)",
        "(2020) Some Film",
        "Some.Film.2020.1080p.WEB-DL.DD5.1.H.264-GRP",
        "Some_Film_(2020)",
        "Some.Film.2020.HDRip.XViD-GRP",
        "Some Film (2020) 720p BrRip x264 - GRP",
        "Some.Film.2020.R5.DVDRip.mkv",
        "Some Film (2020) [4K HDR]",
        "Some Film (2020) Lektor PL",
        "Some Film (2020) MULTI SUB",
        "Some Film (2020) [VOSTFR]",
        "Some Film - 2020 [ L]",
        "Some Film (2020) [IMDB 7.1]",
        "Some Film (2020) (Director's Cut)",
        "Some Film (2020) ᵁᴴᴰ",
        "⭐ Some Film ⭐ (2020)",
        "Some Film 2020 FRENCH",
        "Some&nbsp;Film (2020)",
        "www.site.example - Some Film (2020)",
        "[ www.site.example ] Some.Film.2020.1080p.WEB-DL",
        "Some.Film.2020.CUSTOM.FRENCH.1080p.BluRay",
        "Some.Film.2020.STV.NTSC.DVDR.nfo",
        "Some Film 2020 D TELESYNC",
        "Some Film-2020-TRUEFRENCH-TVRip",
        "FR: Some Film-2020",
        "|FR| Some Film-2020",
        "Some.Film.3D.2020.COMPLETE.BLURAY-GRP",
    ],
)
def test_what_providers_put_around_a_title_comes_off(name):
    parsed = parse_title(name, "film")

    assert (parsed.hypotheses[0].text, parsed.year) == ("Some Film", 2020)


@pytest.mark.parametrize(
    ("name", "both"),
    [
        ("IT: Chapter Two (2019)", {"IT: Chapter Two", "Chapter Two"}),
        ("XYZ - Some Film (2020)", {"XYZ - Some Film", "Some Film"}),
        ("RO SOLO (1980)", {"RO SOLO", "SOLO"}),
        ("2Abla Show (2020)", {"2Abla Show", "Abla Show"}),
        ("Un Film / A Film (2020)", {"Un Film / A Film", "Un Film", "A Film"}),
        ("Resurrection قيامة (2014)", {"Resurrection قيامة", "Resurrection", "قيامة"}),
        ("Some Film (Another Title) (2020)", {"Some Film (Another Title)", "Some Film", "Another Title"}),
    ],
)
def test_a_doubtful_name_keeps_all_its_readings(name, both):
    assert set(readings(name)) == both


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Some.Film.FRENCH.HDTV.720p", "Some Film"),
        ("Ein.Film.German.DL.1080p.BluRay.x264-GRP", "Ein Film"),
        ("SOME FILM (BD 1080p H264) [GRP]", "SOME FILM"),
        ("Some.Film.[Dual-DVDRip].[XviD-AC3]", "Some Film"),
        ("Some Film Criterion Edition", "Some Film"),
        ("[m720p] Some Film", "Some Film"),
    ],
)
def test_the_name_of_a_release_is_cut_where_its_quality_begins(name, title):
    assert best(name) == title


@pytest.mark.parametrize(
    "name", ["[Group] Long Anime - 07 [720p]", "[Our-Subs] Long Anime - 08v2", "[SSA]Long Anime 9x01"]
)
def test_a_group_before_a_series_is_not_its_name(name):
    assert best(name, "episode") == "Long Anime"


@pytest.mark.parametrize("name", ["Some Show (S01E02)", "Some Show [1x05] Title", "Some Show (2024.03.15)"])
def test_a_bracket_around_the_marker_does_not_stay_with_the_title(name):
    assert best(name, "episode") == "Some Show"


def test_a_bare_number_at_the_end_is_a_year_in_one_reading_and_the_titles_own_in_another():
    assert readings("Wonder Story 1984") == {"Wonder Story": 1984, "Wonder Story 1984": None}


@pytest.mark.parametrize("name", ["Sequel 2 (2003)", "Premiação 3", "Ἔργον 4 (2021)", "Фильм 2 (2020)"])
def test_a_sequels_number_is_never_dropped(name):
    assert all(any(c.isdigit() for c in text) for text in readings(name))


@pytest.mark.parametrize(
    "name",
    ["##### UK MOVIES #####", "*** Cinemax ***", "=====", "Some Film Trailer", "Some Film (2020) - Making of",
     "Some Film (2020) [Behind the Scenes]", "Some Film - Bande-Annonce", "Some Film (2020) - Interview", "",
     "Some Film (Trailer) 2020", "Some Film - Trailer (2020)", "Some Film [Teaser 2] [2020]"],
)  # fmt: skip
def test_separators_and_extras_are_junk(name):
    assert parse_title(name, "film").is_junk


@pytest.mark.parametrize(
    "name",
    [
        "The Interview (2014)",
        "FR - The Interview",
        "Trailer Park (2010)",
        "The Making of a Lady",
        "FR - Trailer (2014)",
        "The Trailer (2014)",
    ],
)
def test_titles_that_look_like_extras_are_none(name):
    assert not parse_title(name, "film").is_junk


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("Some Film (2020) 4K", "resolution", 2160),
        ("Some Film (2020) [FHD]", "resolution", 1080),
        ("HD : Some Film (2020)", "resolution", 720),
        ("Some.Film.2020.1080p.BluRay.x265-GRP", "source", "bluray"),
        ("Some.Film.2020.720p.WEBRip.x264", "source", "webrip"),
        ("Some Film (2020) [HDCAM]", "source", "cam"),
        ("Some.Film.2020.1080p.BluRay.x265-GRP", "codec", "h265"),
        ("Some Film 2020 2160p HEVC", "codec", "h265"),
        ("Some.Film.2020.720p.WEBRip.x264", "codec", "h264"),
        ("Some.Film.2020.1080p.WEB-DL.DDP5.1.x265-GRP", "codec", "h265"),
        ("Some.Film.2020.1080p.WEB-DL.DDP5.1.x265-GRP", "season", None),
        ("Some Film (2020) [4K HDR]", "hdr", "hdr10"),
        ("Some Film (2020) 4K DV", "hdr", "dv"),
        ("Some Film (2020) 2160p Dolby Vision", "hdr", "dv"),
        ("FR - Some Film (2020)", "languages", ("fr",)),
        ("|PL| Some Film (2020) MULTI", "languages", ("pl", "multi")),
        ("Some Film (2020) Dubbing PL", "languages", ("pl",)),
        ("FR - Some Film [VOSTFR]", "subtitles", ("fr",)),
        ("Some Film (2020) Napisy PL", "subtitles", ("pl",)),
        ("Some Film (2020) [Multi Sub]", "subtitles", ("multi",)),
        ("Some Film (2020) Lektor PL", "dubbed", True),
        ("Some Film (2020) (UK)", "country", "GB"),
        ("Some Film (2020) (US)", "country", "US"),
        ("Some Film (AU) (2020)", "country", "AU"),
        ("Some Film (2020) Extended", "edition", "extended"),
        ("Some Film (2020) (Director's Cut)", "edition", "directors"),
        ("Some Film (2020) IMAX", "edition", "imax"),
    ],
)
def test_quality_language_country_and_edition(name, field, value):
    assert getattr(parse_title(name, "film"), field) == value


@pytest.mark.parametrize(
    ("name", "group", "title"),
    [
        ("TEMP 2 CAP 3", "SERIE SOME SHOW", "SOME SHOW"),
        ("9x24", "SOME SHOW", "SOME SHOW"),
        ("S01E02 - Some Show", "", "Some Show"),
    ],
)
def test_a_name_that_begins_with_its_number_takes_its_title_from_elsewhere(name, group, title):
    parsed = parse_title(name, "episode", group)

    assert parsed.hypotheses[0].text == title
    assert parsed.episodes


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("AR: محكوم مترجم S01 Mahkum.S01.E22", ["محكوم", "Mahkum"]),
        ("Some Show S01 Some Show_eng S01 E14", ["Some Show"]),
        ("Resurrection: Ertugrul S01 قيامة أرطغرل مدبلج S01 E413", ["Resurrection: Ertugrul", "قيامة أرطغرل"]),
    ],
)
def test_a_series_named_on_both_sides_of_a_season_has_both_names(name, titles):
    assert [hypothesis.text.strip(".") for hypothesis in parse_title(name, "episode").hypotheses] == titles


@pytest.mark.parametrize(
    ("broken", "whole"),
    [("AmÃ©lie (2001)", "Amélie"), ("La NiÃ±a (2006)", "La Niña"), ("L\u2019Ã‰tÃ© (2019)", "L'Été")],
)
def test_mojibake_is_undone(broken, whole):
    assert best(broken) == whole


@pytest.mark.parametrize("name", ["Matrix, The (1999)", "Librarians, The (2014)", "Misérables, Les (2012)"])
def test_an_article_at_the_end_goes_to_the_front(name):
    assert best(name).split()[0] in ("The", "Les")
