"""Names of releases and of files: what scenes, groups and folders write around a title. All titles are made up."""

import pytest

from stalkeer.core.titles import TitleReader, parse_title, title_key


def first(name, kind=None):
    return parse_title(name, kind).hypotheses[0].text


@pytest.mark.parametrize(
    "name",
    [
        "[Some Group] Quiet Harbour - 05 [1080p].mkv",
        "[Group]_Quiet_Harbour_-_05v2_[1280x720_H.264_AAC][1A2B3C4D].mkv",
        "[Group].Quiet.Harbour.-.05.[720p][AAC].mp4",
        "[Group] Quiet Harbour 05 [5A6B7C8D]",
        "[Group] Quiet Harbour - 05 END (BD 1280x720 x264 AAC).mp4",
        "[Group] Quiet Harbour - 05-06 [1080p][1A2B3C4D].mkv",
        "[Group][Quiet_Harbour][05][DVDRip][x264_AC3].mkv",
        "【Group】★10月新番★[Quiet Harbour][05][720p][MP4]",
        "Quiet Harbour - 05 (1080p)(HEVC x265 10bit)-Group.mkv",
        "Quiet.Harbour.E05.1080p.WEB.x264-GRP",
        "Quiet.Harbour.E05.Its.Own.Title.avi",
        "Quiet.Harbour.5of8.avi",
        "[Group] Quiet Harbour 05 VOSTFR HD (1280x720).mp4",
    ],
)
def test_a_release_with_an_absolute_number_is_an_episode_without_a_known_kind(name):
    parsed = parse_title(name)

    assert parsed.hypotheses[0].text == "Quiet Harbour"
    assert (parsed.absolute or parsed.episodes[0]) == 5


@pytest.mark.parametrize(
    ("name", "title", "year"),
    [
        ("[Group] Sector 51 [1080p]", "Sector 51", None),
        ("[Group] Kelvin 451 (2018) [1080p]", "Kelvin 451", 2018),
        ("[Group] Precinct 9 (2009) [BD 1080p]", "Precinct 9", 2009),
        ("[Group] 2001 Nights (1999) [1080p].mkv", "2001 Nights", 1999),
        ("Series 9: The Pretenders (2001) 1080p", "Series 9: The Pretenders", 2001),
    ],
)
def test_a_film_keeps_the_number_of_its_title(name, title, year):
    parsed = parse_title(name)

    assert (parsed.hypotheses[0].text, parsed.year) == (title, year)
    assert (parsed.episodes, parsed.absolute) == ((), None)


@pytest.mark.parametrize(
    ("name", "season"),
    [
        ("Quiet.Harbour.S02.1080p.BluRay.x264-GRP", 2),
        ("Quiet.Harbour.COMPLETE.S02.DVDRip.XviD-GRP", 2),
        ("Quiet Harbour - The Complete Season 3 [HDTV]", 3),
        ("Quiet Harbour S01 Season 1 Complete 720p", 1),
        ("Quiet.Harbour.S01-S04.DVDRip.XviD-GRP", 1),
        ("Quiet.Harbour.S01.S02.S03.1080p.BluRay", 1),
        ("Quiet Harbour - Temporada 19 [HDTV][Castellano]", 19),
        ("Quiet.Harbour.INTEGRALE.Saison.1.FRENCH.1080p-GRP", 1),
        ("Quiet Harbour S02 Complete 720p WEB-DL x264 [Season 2]", 2),
    ],
)
def test_a_season_is_no_part_of_the_title_and_no_episode(name, season):
    parsed = parse_title(name)

    assert parsed.hypotheses[0].text == "Quiet Harbour"
    assert (parsed.season, parsed.episodes, parsed.absolute) == (season, (), None)


@pytest.mark.parametrize(
    ("name", "season", "episodes"),
    [
        ("Quiet.Harbour.S01E02.S01E03.HDTV", 1, (2, 3)),
        ("Quiet Harbour S01E02 & S01E03 & S01E05", 1, (2, 3, 5)),
        ("Quiet Harbour - 1x02 - 1x03", 1, (2, 3)),
        ("Quiet_Harbour.1x02x03x04.HDTV", 1, (2, 3, 4)),
        ("Quiet Harbour [1x2] its own title.avi", 1, (2,)),
        ("Quiet.Harbour.S0201.its.own.title.avi", 2, (1,)),
        ("Quiet.Harbour.312.720p-grp", 3, (12,)),
        ("Quiet.Harbour.0101.avi", 1, (1,)),
        ("Quiet Harbour - Temporada 4 [HDTV][Cap.408][Castellano]", 4, (8,)),
        ("Quiet.Harbour.-.Temporada.15.720p.HDTV.x264[Cap.1503_1506]-GRP", 15, (3,)),
        ("Quiet.Harbour.2.Sezon.7.Bölüm.2021.1080p.WEB-DL", 2, (7,)),
        ("Quiet Harbour Episode #1.2", 1, (2,)),
        ("Quiet Harbour 第一季 第二十三集", 1, (23,)),
        ("Quiet Harbour Season One Episode Two", 1, (2,)),
        ("Quiet Harbour S2 - 05 (1080p)", 2, (5,)),
        ("Quiet Harbour 2nd Season 24 (Blu-Ray 1080p) [Group]", 2, (24,)),
        ("Quiet Harbour T01x02", 1, (2,)),
        ("Quiet.Harbour.S01.07.2019.Dub.AVC.mkv", 1, (7,)),
        ("Quiet.Harbour.s02.09.its.own.title", 2, (9,)),
        ("Quiet.Harbour.S03.11.1080p.WEB-DL", 3, (11,)),
        ("Quiet.Harbour.Season.05.Ep(03-10).720p.WebRip", 5, (3,)),
        ("Quiet Harbour Saison 2 Episode (04)", 2, (4,)),
        ("Quiet Harbour - Episode 1.22 - Its Own Title.avi", 1, (22,)),
        ("Quiet Harbour Folge 3.07", 3, (7,)),
        ("Quiet Harbour Ep 2.11 [720p]", 2, (11,)),
        ("Quiet Harbour 03-20.mkv", 3, (20,)),
        ("Quiet Harbour 11-02", 11, (2,)),
        ("Quiet.Harbour.(2.sezon.12.serija.iz.12).2002.DVDRip", 2, (12,)),
    ],
)
def test_episodes_in_the_forms_of_releases(name, season, episodes):
    parsed = parse_title(name, "episode")

    assert parsed.hypotheses[0].text == "Quiet Harbour"
    assert (parsed.season, parsed.episodes) == (season, episodes)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Quiet Harbour 5/10", 5),
        ("Quiet.Harbour.5of8.HDTV", 5),
        ("Quiet.Harbour.07.Its.Own.Title.avi", 7),
        ("Quiet Harbour part 2.avi", 2),
        ("[Group] 05 - Quiet Harbour [BD][720p]", 5),
        ("Quiet Harbour 11-12 [720p]", 11),
        ("Quiet Harbour 11-12", 11),
        ("Quiet Harbour (05 сер.) - webrip1080p.mkv", 5),
        ("Quiet.Harbour.(08.seriya).2012.WEB-DLRip", 8),
        ("Quiet Harbour - 103 - The End - The Dress (720p.x264.ac3-5.1) [449].mkv", 103),
        ("Quiet Harbour - 107a - Its Own Title [450].mkv", 107),
        ("Quiet Harbour - 052b - Its Own Title.mkv", 52),
    ],
)
def test_numbers_count_where_the_address_says_episode(name, number):
    parsed = parse_title(name, "episode")

    assert parsed.hypotheses[0].text == "Quiet Harbour"
    assert parsed.absolute == number


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("Evening Talk 2010.05.12 Guest 720p", "2010-05-12"),
        ("Evening.Talk.20100512", "2010-05-12"),
        ("Evening Talk 12.05.2010", "2010-05-12"),
        ("Evening.Talk.05-22-2010.HDTV", "2010-05-22"),
        ("Evening Talk May 12, 2010", "2010-05-12"),
        ("Evening Talk 12th of May 2010", "2010-05-12"),
    ],
)
def test_days_in_the_forms_of_several_countries(name, date):
    parsed = parse_title(name, "episode")

    assert (parsed.hypotheses[0].text, parsed.air_date) == ("Evening Talk", date)


@pytest.mark.parametrize(
    "name",
    [
        "Quiet.Harbour.LiMiTED.2008.DVDRip.XviD-GRP",
        "Quiet.Harbour.German.2008.1080p.BluRay.x264-GRP",
        "Quiet Harbour [1080p] MULTI 2008 BluRay x264-GRP",
        "Quiet Harbour (HdRip / 2008)",
        "Quiet Harbour (Drama Western 2008) Some Actor",
        "Quiet.Harbour.2008.4K.UHD.UPSCALED-GRP",
        "Quiet Harbour 2008 DVD9 PAL-GRP",
        "Quiet.Harbour.2008-GRP",
        "[some-site.com] Quiet.Harbour.2008.1080p",
        "www.some-site.org - Quiet Harbour (2008) HDRip",
        "Quiet Harbour (Other Harbour) 2008 [DVDRIP][Vostfr]",
        "Quiet.Harbour.AKA.Other.Harbour.2008.1080p",
        "Тихая гавань / Quiet Harbour (2008) DVDRip",
        "Quiet Harbour Ultimate Edition 2008 720p",
        "Quiet.Harbour.The.Directors.Cut.2008.1080p",
        "Quiet Harbour (2008) {tmdb-123}",
        "Quiet Harbour (2008) [tt1234567].mkv",
        "Quiet Harbour *2008* [BRRip.XviD] Lektor PL",
        "Quiet Harbour 2008г. BDRip 1080p.mkv",
        "Quiet Harbour 2008 года",
    ],
)
def test_films_in_the_forms_of_releases(name):
    parsed = parse_title(name, "film")

    assert (parsed.hypotheses[0].text, parsed.year) == ("Quiet Harbour", 2008)


@pytest.mark.parametrize(
    ("name", "title", "year"),
    [
        ("The.Line.2010.1080p.WEB", "The Line", 2010),
        ("THE LIGHT 2010 1080P", "THE LIGHT", 2010),
        ("The.Final.Cut.2004.720p.BluRay", "The Final Cut", 2004),
        ("Jane.English.2003.1080p.BluRay", "Jane English", 2003),
        ("Bridge.2049.2017.2160p", "Bridge 2049", 2017),
        ("1917.2019.1080p", "1917", 2019),
        ("EN-2012 (2009)", "2012", 2009),
        ("[CUT] 3: Origins (2012)", "[CUT] 3: Origins", 2012),
    ],
)
def test_words_that_only_look_like_a_releases_stay_in_its_title(name, title, year):
    parsed = parse_title(name, "film")

    assert (parsed.hypotheses[0].text, parsed.year) == (title, year)


@pytest.mark.parametrize(
    ("path", "kind", "title", "rest"),
    [
        ("/data/Films/Quiet Harbour (2008)/qh-1080p.mkv", "film", "Quiet Harbour", (2008, None, ())),
        ("Movies/Quiet.Harbour.2008.DVDRip.XviD-GRP/grp-qh.avi", "film", "Quiet Harbour", (2008, None, ())),
        ("D:\\Films\\Quiet Harbour (2008).mkv", "film", "Quiet Harbour", (2008, None, ())),
        ("Series/Quiet Harbour/Season 2/Quiet.Harbour.2x05.avi", None, "Quiet Harbour", (None, 2, (5,))),
        ("/tv/Quiet Harbour/S02E06 - Own Title.mp4", None, "Quiet Harbour", (None, 2, (6,))),
        ("/tv/Quiet Harbour/Season 2/06 - Own Title.mkv", None, "Quiet Harbour", (None, 2, (6,))),
        ("Shelf/Quiet Harbour S02/E06-Own Title.mkv", "episode", "Quiet Harbour", (None, 2, (6,))),
    ],
)
def test_of_a_path_the_part_that_names_it_is_read(path, kind, title, rest):
    parsed = parse_title(path, kind)

    assert parsed.hypotheses[0].text == title
    assert (parsed.year, parsed.season, parsed.episodes) == rest


@pytest.mark.parametrize(
    "name", ["Face/On (1999)", "AC/DC: Live (1999)", "Quiet / Harbour", "24/7 (1999)", "Fate/Zero"]
)
def test_a_stroke_in_a_title_is_no_folders(name):
    assert title_key(first(name, "film")) == title_key(name.partition(" (")[0])


@pytest.mark.parametrize(
    "name", ["Quiet Harbour US S01E02", "Quiet.Harbour.US.1x02.mkv", "Quiet Harbour US S01 E02 720p"]
)
def test_a_country_behind_a_shows_title_is_its_country_and_may_be_its_title(name):
    parsed = parse_title(name, "episode")

    assert parsed.country == "US"
    assert [hypothesis.text for hypothesis in parsed.hypotheses] == ["Quiet Harbour", "Quiet Harbour US"]


@pytest.mark.parametrize(
    "name",
    [
        "Quiet Harbour S01E01 S01E02",
        "[Group] Quiet Harbour - 05 [1080p]",
        "Quiet.Harbour.S02.1080p",
        "/tv/Quiet Harbour/S02E06.mkv",
        "[4K] Some Film",
    ],
)
def test_a_list_reads_them_as_one_alone_does(name):
    reader = TitleReader()

    assert [reader.read(name), reader.read(name, "episode")] == [parse_title(name), parse_title(name, "episode")]
