import pytest

from stalkeer.core.naming.clean import Characters, Colon
from stalkeer.core.naming.episode import (
    MultiEpisode,
    NamedEpisode,
    NamedSeries,
    SeriesNaming,
    episode_file_name,
    season_folder_name,
    series_folder_name,
)
from stalkeer.core.naming.facts import NamedFile

SERIES = NamedSeries("The Show (2014)", 2014, tvdb_id=7, tmdb_id=8, tvmaze_id=9, imdb_id="tt1")
FILE = NamedFile("HDTV-720p", release_group="GRP", original_title="the.show.s01e01.720p-GRP")
EPISODES = tuple(NamedEpisode(1, number, f"Title {number}", number + 20) for number in (1, 2, 3))
STANDARD = "{Series Title} - S{season:00}E{episode:00} - {Episode Title}"


def named(pattern, episodes=EPISODES[:1], series=SERIES, style=MultiEpisode.PREFIXED_RANGE, **more):
    naming = SeriesNaming(
        renames=True, standard_format=pattern, anime_format=pattern, daily_format=pattern, multi_episode=style, **more
    )
    return episode_file_name(naming, series, episodes, FILE, ".mkv").removesuffix(".mkv")


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (STANDARD, "The Show (2014) - S01E01 - Title 1"),
        ("{Series.Title}.S{season:00}E{episode:00}.{Episode.Title}", "The.Show.(2014).S01E01.Title.1"),
        ("{series_title}_s{season:00}e{episode:00}", "the_show_(2014)_s01e01"),
        ("{Series Title} {season}x{episode:00}", "The Show (2014) 1x01"),
        ("{Series TitleYear}", "The Show (2014)"),
        ("{Series TitleWithoutYear} {Series Year}", "The Show 2014"),
        ("{Series CleanTitle}", "The Show 2014"),
        ("{Series CleanTitleYear}", "The Show 2014"),
        ("{Series TitleThe}", "Show, The (2014)"),
        ("{Series TitleTheWithoutYear}", "Show, The"),
        ("{Series TitleTheYear}", "Show, The (2014)"),
        ("{Series TitleFirstCharacter}", "S"),
        ("{TvdbId} {TmdbId} {TvMazeId} {ImdbId}", "7 8 9 tt1"),
        ("x {tvdb-{TvdbId}}", "x {tvdb-7}"),
        ("{Episode CleanTitle} {Quality Full}{-Release Group}", "Title 1 HDTV-720p-GRP"),
        ("{Series Title} {absolute:000}", "The Show (2014) 021"),
        ("{Series Title} - {Air-Date}", "The Show (2014) - Unknown"),
    ],
)
def test_tokens_are_replaced_by_their_values(pattern, name):
    assert named(pattern) == name


@pytest.mark.parametrize(
    ("style", "numbers"),
    [
        (MultiEpisode.EXTEND, "S01E01-02-03"),
        (MultiEpisode.DUPLICATE, "S01E01.S01E02.S01E03"),
        (MultiEpisode.REPEAT, "S01E01E02E03"),
        (MultiEpisode.SCENE, "S01E01-E02-E03"),
        (MultiEpisode.RANGE, "S01E01-03"),
        (MultiEpisode.PREFIXED_RANGE, "S01E01-E03"),
    ],
)
def test_several_episodes_are_numbered_in_the_instances_style(style, numbers):
    assert named("S{season:00}E{episode:00}", EPISODES, style=style) == numbers


def test_a_repeated_number_is_set_apart_like_the_first():
    name = named(STANDARD, EPISODES[:2], style=MultiEpisode.DUPLICATE)

    assert name == "The Show (2014) - S01E01 - S01E02 - Title 1 + Title 2"


@pytest.mark.parametrize(
    ("style", "numbers"),
    [
        (MultiEpisode.EXTEND, "21-22-23"),
        (MultiEpisode.DUPLICATE, "21 22 23"),
        (MultiEpisode.REPEAT, "21 22 23"),
        (MultiEpisode.RANGE, "21-23"),
        (MultiEpisode.PREFIXED_RANGE, "21-23"),
    ],
)
def test_absolute_numbers_of_several_episodes(style, numbers):
    anime = NamedSeries("Show", kind="anime")

    assert named("{absolute:00}", EPISODES, anime, style) == numbers


@pytest.mark.parametrize(
    ("titles", "joined"),
    [
        (("Alpha", "Beta"), "Alpha + Beta"),
        (("The End (1)", "The End (2)"), "The End"),
        (("Same", "Same"), "Same"),
        (("Alpha", ""), "Alpha"),
    ],
)
def test_titles_of_several_episodes_are_joined(titles, joined):
    episodes = [NamedEpisode(1, number, title) for number, title in enumerate(titles, 1)]

    assert named("{Episode Title}", episodes) == joined


def test_a_daily_episode_goes_by_its_date_and_a_special_of_it_does_not():
    series = NamedSeries("Daily", kind="daily")
    naming = SeriesNaming(renames=True)
    aired = NamedEpisode(2024, 5, "Guest", air_date="2024-05-02")
    special = NamedEpisode(0, 5, "Best Of", air_date="2024-05-02")

    assert episode_file_name(naming, series, [aired], FILE, ".mkv") == "Daily - 2024-05-02 - Guest HDTV-720p.mkv"
    assert episode_file_name(naming, series, [special], FILE, ".mkv") == "Daily - S00E05 - Best Of HDTV-720p.mkv"


def test_an_anime_without_absolute_numbers_goes_by_the_standard_format():
    naming = SeriesNaming(renames=True, standard_format="standard", anime_format="anime")
    series = NamedSeries("Anime", kind="anime")

    assert episode_file_name(naming, series, [NamedEpisode(1, 1)], FILE, "") == "standard"
    assert episode_file_name(naming, series, [NamedEpisode(1, 1, absolute=1)], FILE, "") == "anime"


def test_a_name_too_long_gives_up_its_episode_title_first():
    episodes = [NamedEpisode(1, 1, "ä" * 90), NamedEpisode(1, 2, "ö" * 90)]

    name = named(STANDARD, episodes)

    assert name.startswith("The Show (2014) - S01E01-E02 - ääää")
    assert name.endswith("...")
    assert len(f"{name}.mkv".encode()) <= 255


def test_a_sonarr_may_have_a_colon_of_its_own():
    series = NamedSeries("Show: More")

    assert named("{Series Title}", series=series, characters=Characters(colon=Colon.CUSTOM, custom_colon=" ~")) == (
        "Show ~ More"
    )


def test_folders_follow_their_own_formats():
    naming = SeriesNaming(
        series_folder_format="{Series TitleYear} {tvdb-{TvdbId}}", season_folder_format="S{season:00}"
    )

    assert series_folder_name(naming, SERIES) == "The Show (2014) {tvdb-7}"
    assert season_folder_name(naming, SERIES, 3) == "S03"
    assert season_folder_name(naming, SERIES, 0) == "Specials"


def test_without_renaming_the_name_it_came_with_stays():
    assert episode_file_name(SeriesNaming(), SERIES, EPISODES[:1], FILE, ".mkv") == "the.show.s01e01.720p-GRP.mkv"
