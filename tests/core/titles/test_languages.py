"""Every language that Radarr knows has its words, and names are read by them."""

import pytest

from stalkeer.core.titles import parse_title
from stalkeer.core.titles.extras import find_announcement
from stalkeer.core.titles.languages import WORDS
from stalkeer.core.titles.normalise import fold

# the languages of Radarr by their ISO 639-1 codes; Flemish is Dutch, and the variants of Spanish and Portuguese are one
RADARR = """en fr es de it da nl ja is zh ru pl vi sv no fi tr pt el ko hu he lt cs hi ro th bg ar uk fa bn sk lv
    ca hr sr bs et ta id te mk sl ml kn sq af mr tl ur rm mn ka""".split()  # noqa: SIM905 - reads best as words
EACH = pytest.mark.parametrize("code", sorted(WORDS))


def test_every_language_of_radarr_has_words_for_everything():
    assert set(RADARR) <= set(WORDS)
    assert all(all(role) for words in WORDS.values() for role in words)


@EACH
def test_season_and_episode_are_read_in_the_words_of_each_language(code):
    season, episode = WORDS[code].season[0], WORDS[code].episode[0]

    if code in ("zh", "ja"):  # counted: 第2季 第3集
        name = "Some Show 第2季 第3集"
    else:
        name = f"Some Show {season.capitalize()} 2 {episode.capitalize()} 3"
    parsed = parse_title(name, "episode")

    assert (parsed.season, parsed.episodes, parsed.hypotheses[0].text) == (2, (3,), "Some Show")


@EACH
def test_an_announcement_is_known_in_the_words_of_each_language(code):
    word = WORDS[code].announcement[0]

    assert find_announcement(fold(f"some words {word}")) is not None


@EACH
def test_words_of_sound_and_subtitles_come_off_a_title_in_each_language(code):
    for word in (WORDS[code].dubbed[0], WORDS[code].subtitled[0]):
        texts = [reading.text for reading in parse_title(f"Some Film (2020) {word}", "film").hypotheses]

        assert "Some Film" in texts
