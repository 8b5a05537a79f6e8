import pytest

from stalkeer.core.titles.groups import tags_of_group


@pytest.mark.parametrize(
    ("group", "resolution", "languages", "subtitles"),
    [
        ("|FR| FILMS 4K UHD", 2160, ("fr",), ()),
        ("ANIME (VOSTFR)", None, (), ("fr",)),
        ("VOD | FR - DRAMA & ROMANCE", None, ("fr",), ()),
        ("DE | MOVIES 2020", None, ("de",), ()),
        ("Filmes | 4K UHD", 2160, (), ()),
        ("Filmes | Legendado", None, (), ("pt",)),
        ("FILM ARABE", None, ("ar",), ()),
        ("TR/FILM 2025", None, ("tr",), ()),
    ],
)
def test_a_group_says_the_language_and_quality_of_its_entries(group, resolution, languages, subtitles):
    said = tags_of_group(group)

    assert (said.resolution, said.languages, said.subtitles) == (resolution, languages, subtitles)


@pytest.mark.parametrize(
    "group", ["", "PIECES OF HER", "The Italian Job", "Gelinliğe Evet De: Amerika", "AR | ENGLISH MOVIES", "Top Cat"]
)
def test_a_group_that_is_a_title_or_contradicts_itself_says_nothing(group):
    assert not any(tags_of_group(group))
