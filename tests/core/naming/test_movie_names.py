import pytest

from stalkeer.core.naming.clean import Characters, Colon, clean_title, first_character, title_the
from stalkeer.core.naming.facts import MediaTraits, NamedFile
from stalkeer.core.naming.movie import MovieNaming, NamedMovie, movie_file_name, movie_folder_name

FILM = NamedMovie("The Last: Part 2", 2021, "Le Dernier", 438631, "tt1160419", "Extended", "PG-13", "The Last Films")
FILE = NamedFile(
    "WEBDL-1080p",
    release_group="STALKEER",
    original_title="The.Last.2021.1080p.WEB-DL-STALKEER",
    original_filename="last",
    custom_formats=("x265 HD", "Remux"),
    media=MediaTraits("x265", 10, "HDR", "DV HDR10", "EAC3", "5.1", ("de", "en"), ("en",)),
)
PLAIN = NamedFile("WEBDL-720p")
USUAL = Characters()


def named(pattern, movie=FILM, file=FILE, characters=USUAL):
    naming = MovieNaming(renames=True, file_format=pattern, characters=characters)
    return movie_file_name(naming, movie, file, ".mkv").removesuffix(".mkv")


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{Movie Title} ({Release Year}) {Quality Full}", "The Last - Part 2 (2021) WEBDL-1080p"),
        ("{Movie.Title}.{Release.Year}.{Quality.Full}", "The.Last-.Part.2.2021.WEBDL-1080p"),
        ("{movie_title}", "the_last-_part_2"),
        ("{MOVIE TITLE}", "THE LAST - PART 2"),
        ("{Movie CleanTitle}", "The Last Part 2"),
        ("{Movie TitleThe}", "Last - Part 2, The"),
        ("{Movie TitleFirstCharacter}", "L"),
        ("{Movie OriginalTitle} {Movie CleanOriginalTitle}", "Le Dernier Le Dernier"),
        ("{Movie Certification} {Movie Collection} {Movie CollectionThe}", "PG-13 The Last Films Last Films, The"),
        ("{Movie Title:11}", "The Last..."),
        ("{Movie Title:-9}", "...Part 2"),
        ("{ImdbId} {TmdbId}", "tt1160419 438631"),
        ("x {imdb-{ImdbId}} {tmdb-{TmdbId}}", "x {imdb-tt1160419} {tmdb-438631}"),
        ("x {edition-{Edition Tags}}", "x {edition-Extended}"),
        ("{Movie Title} {{keep}}", "The Last - Part 2 {keep}"),
        ("{Quality Title} [{MediaInfo VideoCodec}]", "WEBDL-1080p [x265]"),
        ("{[Quality Full]}{[MediaInfo AudioCodec}{ MediaInfo AudioChannels]}", "[WEBDL-1080p][EAC3 5.1]"),
        ("{MediaInfo AudioLanguages}{MediaInfo SubtitleLanguages}", "[DE+EN][EN]"),
        ("{MediaInfo Simple} {MediaInfo VideoBitDepth}bit", "x265 EAC3 10bit"),
        ("{MediaInfo VideoDynamicRange} {MediaInfo VideoDynamicRangeType}", "HDR DV HDR10"),
        ("{MediaInfo Full}", "x265 EAC3[DE+EN] [EN]"),
        ("{Original Title}", "The.Last.2021.1080p.WEB-DL-STALKEER"),
        ("{Original Filename}", "last"),
        ("{Release Group}", "STALKEER"),
        ("{Movie Title}{-Release Group}", "The Last - Part 2-STALKEER"),
        ("{Unheard Of}{Movie Title}", "The Last - Part 2"),
        ("{Custom Formats} {Movie Title}", "x265 HD Remux The Last - Part 2"),
        ("{[Custom Formats:Remux]}", "[Remux]"),
        ("{[Custom Formats:-Remux, Other]}", "[x265 HD]"),
        ("{Movie Title}{ Custom Format:Remux}", "The Last - Part 2 Remux"),
        ("{Movie Title}{ Custom Format:Absent}", "The Last - Part 2"),
    ],
)
def test_tokens_are_replaced_by_their_values(pattern, name):
    assert named(pattern) == name


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{Movie Title} ({Release Year}) {edition-{Edition Tags}} {[Quality Full]}", "Some Film (2020) [WEBDL-720p]"),
        ("{Movie Title}{-Release Group}", "Some Film"),
        ("{Movie Title} {Release Group}", "Some Film Radarr"),
        ("{Movie Title} - {Edition Tags} - {Quality Full}", "Some Film - - WEBDL-720p"),
        ("{Movie Title} {MediaInfo AudioLanguages}", "Some Film"),
        ("{Movie Title} - {Edition Tags}", "Some Film"),
    ],
)
def test_a_token_without_a_value_takes_what_surrounds_it_along(pattern, name):
    assert named(pattern, NamedMovie("Some Film", 2020), PLAIN) == name


@pytest.mark.parametrize(
    ("colon", "name"),
    [
        (Colon.DELETE, "A B 4K31"),
        (Colon.DASH, "A- B 4K3-1"),
        (Colon.SPACE_DASH, "A - B 4K3 -1"),
        (Colon.SPACE_DASH_SPACE, "A - B 4K3 - 1"),
        (Colon.SMART, "A - B 4K3-1"),
    ],
)
def test_a_colon_becomes_what_the_instance_says(colon, name):
    characters = Characters(colon=colon)

    assert named("{Movie Title}", NamedMovie("A: B 4K3:1"), PLAIN, characters) == name


def test_illegal_signs_are_replaced_or_left_out():
    film = NamedMovie('a\\b/c<d>e?f*g|h"i')

    assert named("{Movie Title}", film) == "a+b+cde!f-ghi"
    assert named("{Movie Title}", film, characters=Characters(replace_illegal=False)) == "abcdefghi"


@pytest.mark.parametrize(
    ("title", "pattern", "name"),
    [
        ("Con.fusion", "{Movie.Title}", "Con_fusion"),
        ("NUL", "{Movie Title}.{Release Year}", "NUL_2020"),
        ("Confusion", "{Movie Title}", "Confusion"),
        ("Wait...", "{Movie Title} ({Release Year})", "Wait. (2020)"),
        ("A", "{Movie Title}  --  {Release Year}", "A - 2020"),
        ("...And More", "{Movie Title}", "And More"),
    ],
)
def test_names_are_tidy(title, pattern, name):
    assert named(pattern, NamedMovie(title, 2020), PLAIN) == name


@pytest.mark.parametrize(
    ("version", "is_repack", "real", "full"),
    [
        (1, False, 0, "WEBDL-1080p"),
        (2, False, 0, "WEBDL-1080p Proper"),
        (2, True, 0, "WEBDL-1080p Repack"),
        (2, False, 1, "WEBDL-1080p Proper REAL"),
    ],
)
def test_the_full_quality_tells_a_repair(version, is_repack, real, full):
    assert named("{Quality Full}", file=NamedFile("WEBDL-1080p", version, is_repack, real)) == full


def test_a_format_with_folders_makes_folders():
    assert named("{Movie TitleFirstCharacter}/{Movie Title}") == "L/The Last - Part 2"


def test_without_renaming_the_name_it_came_with_stays():
    assert movie_file_name(MovieNaming(), FILM, FILE, ".mkv") == "The.Last.2021.1080p.WEB-DL-STALKEER.mkv"


def test_the_folder_follows_its_own_format():
    naming = MovieNaming(folder_format="{Movie TitleThe} ({Release Year}) {tmdb-{TmdbId}}")

    assert movie_folder_name(naming, FILM) == "Last - Part 2, The (2021) {tmdb-438631}"


def test_a_name_never_exceeds_what_file_systems_take():
    name = movie_file_name(MovieNaming(renames=True), NamedMovie("ö" * 300, 2020), FILE, ".mkv")

    assert len(name.encode()) <= 255


@pytest.mark.parametrize(
    ("title", "cleaned"),
    [
        ("Fast & Curious", "Fast and Curious"),
        ("Face/Off", "Face Off"),
        ("Schindler's List", "Schindlers List"),
        ("What's Up, Doc?", "Whats Up Doc"),
        ("Mission: Impossible", "Mission Impossible"),
        ("[REC] (2007)", "REC 2007"),
        ("Amélie - Poulain", "Amelie Poulain"),
        ("Crème Brûlée", "Creme Brulee"),
    ],
)
def test_a_clean_title_is_plain_words(title, cleaned):
    assert clean_title(title) == cleaned


@pytest.mark.parametrize(
    ("title", "filed"),
    [
        ("The Office (US)", "Office, The (US)"),
        ("A Film", "Film, A"),
        ("An Hour", "Hour, An"),
        ("Theory", "Theory"),
        ("The", "The"),
    ],
)
def test_an_article_goes_behind_the_title(title, filed):
    assert title_the(title) == filed


@pytest.mark.parametrize(
    ("title", "character"),
    [("The Matrix", "M"), ("élan", "E"), ("24", "2"), ("'71", "7"), ("...", "_"), ("", "_"), ("Ängel", "A")],
)
def test_a_title_is_filed_under_its_first_letter_or_digit(title, character):
    assert first_character(title) == character
