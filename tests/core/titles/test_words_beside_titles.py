"""Ages, editions, dubs and other words beside a title: read away, and explained."""

import pytest

from stalkeer.core.titles import parse_title
from stalkeer.core.titles.ages import is_age
from stalkeer.core.titles.editions import is_edition
from stalkeer.core.titles.extras import find_announcement
from stalkeer.core.titles.normalise import fold
from tests.core.matching.cases import CONFIRM, NOTHING, decide, film, series


@pytest.mark.parametrize(
    "style",
    [
        "(+18) {} (2016)",
        "{} (2016) +18",
        "{} (2016) [16+]",
        "{} (2016) FSK 18",
        "[+16] {} (2016)",
        "18+ {} (2016)",
        "FSK 16 {} (2016)",
        "{} +18",
        "{} [+18]",
        "{} (18+) (2016)",
        "EN - {} (2016) (+12)",
        "{} (2016) TV-MA",
        "{} (2016) PG-13",
        "FSK12 - {} (2016)",
        "{} FSK 16 (2016)",
    ],
)
@pytest.mark.parametrize("title", ["Quiet Harbour", "Iron Meadow 2", "Ember"])
def test_an_age_beside_a_title_is_explained(style, title):
    assert decide(film(title, 2016), style.format(title)) is CONFIRM


@pytest.mark.parametrize("text", ["18", "+", "30+", "1+1", "FSK", "PG", "+180"])
def test_what_is_no_age(text):
    assert not is_age(text)


@pytest.mark.parametrize("name", ["+1 (2013)", "18 (2016)", "1+1 (2011)", "Area 18+1 (2016)"])
def test_a_title_of_figures_keeps_them(name):
    title = name.partition(" (")[0]
    assert title in [hypothesis.text for hypothesis in parse_title(name, "film").hypotheses]


@pytest.mark.parametrize(
    "edition",
    [
        "Montaje del director",
        "Ungekürzt",
        "Non censuré",
        "Restaurado",
        "Versão estendida",
        "40th Anniversary",
        "Režisérská verze",
        "Rendezői változat",
        "IMAX Enhanced",
        "Version restaurée",
        "Corte do diretor",
        "Senza censura",
        "Regiefassung",
        "Regisseursversie",
        "Wersja reżyserska",
        "Bez cenzury",
        "Режиссёрская версия",
        "Без цензуры",
        "Редитељска верзија",
        "Redateljska verzija",
        "Sansürsüz",
        "Yönetmenin Kurgusu",
        "نسخة المخرج",
        "نسخه کامل",
        "גרסת הבמאי",
        "导演剪辑版",
        "完全版",
        "감독판",
        "Oklippt",
        "Uklippet",
        "Leikkaamaton",
        "Versiunea regizorului",
        "Έκδοση σκηνοθέτη",
        "Režisieriaus versija",
        "Režisora versija",
        "Versi sutradara",
        "25e Anniversaire",
        "40 Jahre Jubiläum",
        "4K Restored",
        "Режисерська версія",
        "Tsenseerimata",
        "Versión restaurada",
        "Versione estesa",
        "Edición 50 Aniversario",
    ],
)
def test_an_edition_is_known_in_every_language(edition):
    assert is_edition(edition)
    assert decide(film("Quiet Harbour", 1984), f"Quiet Harbour (1984) {edition}") is CONFIRM
    assert decide(film("Quiet Harbour", 1984), f"FR - Quiet Harbour (1984) [{edition}]") is CONFIRM


@pytest.mark.parametrize(
    "text", ["The Director", "40", "Restless", "Enhanced", "The Anniversary", "Regista", "White Noir"]
)
def test_a_word_of_titles_is_no_edition(text):
    assert not is_edition(text)


@pytest.mark.parametrize("title", ["The Anniversary", "Censura", "The Final Director", "La Version"])
def test_a_title_of_an_editions_words_is_read_whole(title):
    assert decide(film(title, 1984), f"{title} (1984)") is CONFIRM
    assert decide(film(title, 1984), title) is CONFIRM


@pytest.mark.parametrize(
    ("words", "subtitles", "languages"),
    [
        ("SweSub", ("sv",), ()),
        ("PLSUBBED", ("pl",), ()),
        ("engsubs", ("en",), ()),
        ("GERDUB", (), ("de",)),
        ("Lektor IVO", (), ("pl",)),
        ("SP", (), ("es",)),
    ],
)
def test_words_of_dubs_and_subtitles_glued_to_their_language_are_known(words, subtitles, languages):
    parsed = parse_title(f"Quiet Harbour (2016) {words}", "film")

    assert (parsed.subtitles, parsed.languages) == (subtitles, languages)
    assert decide(film("Quiet Harbour", 2016), f"Quiet Harbour (2016) {words}") is CONFIRM


@pytest.mark.parametrize(
    "word",
    [
        "Tanıtım",
        "Tanıtımı",
        "Özet",
        "次回予告",
        "抢先看",
        "Beharangozó",
        "Rezumat",
        "Streszczenie",
        "Samenvatting",
        "Riassunto",
        "Превью",
        "ملخص الحلقة",
        "پرومو",
        "פרומו",
        "미리보기",
        "Neste episode",
        "Próximo capítulo",
        "Nächste Folge",
        "Ennakko",
        "Příště uvidíte",
    ],
)
def test_a_promo_or_recap_of_an_episode_is_told_in_every_language(word):
    assert find_announcement(fold(word)) is not None
    assert decide(series("Quiet Harbour", 2016), f"Quiet Harbour S01E01 {word}") is NOTHING
    assert decide(series("Quiet Harbour", 2016), f"Quiet Harbour S01E01 The {word} of Rome") is CONFIRM


@pytest.mark.parametrize("prefix", ["Netflix: ", "HBO: ", "Disney: ", "Mubi: "])
def test_a_platform_with_a_colon_before_a_title_is_offered(prefix):
    assert decide(film("Quiet Harbour", 2016), f"{prefix}Quiet Harbour (2016)") is not NOTHING


@pytest.mark.parametrize(
    "name",
    ["EN - 1Quiet Harbour (2016)", "1Quiet Harbour (2016)", "[12] Quiet Harbour (2016)", "057 - Quiet Harbour (2016)"],
)
def test_an_order_number_is_explained_behind_a_code_too(name):
    assert decide(film("Quiet Harbour", 2016), name) is CONFIRM


@pytest.mark.parametrize(
    ("title", "translation", "name"),
    [
        ("3 Harbours", "三个港湾", "三个港湾 3 Harbours (2009)"),
        ("12 Lanterns", "Двенадцать", "Двенадцать 12 Lanterns (2009)"),
        ("7 Doors", "سبعة ابواب", "سبعة ابواب 7 Doors (2009)"),
    ],
)
def test_a_number_between_two_scripts_may_begin_the_second_title(title, translation, name):
    assert decide(film(title, 2009, translation), name) is CONFIRM


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("abend-show vom 23.02.2024", "abend-show"),
        ("Le Journal du 23/02/2024", "Le Journal"),
        ("Jornal do dia 2024-02-23", "Jornal"),
        ("Wiadomości z dnia 23.02.2024", "Wiadomości"),
    ],
)
def test_the_word_that_leads_to_a_date_is_no_part_of_the_title(name, title):
    parsed = parse_title(name, "episode")

    assert (parsed.hypotheses[0].text, parsed.air_date) == (title, "2024-02-23")


@pytest.mark.parametrize("tail", ["", " (4K)", " [HD] (4K)"])
def test_a_list_that_marks_where_shows_come_from_may_say_more_behind_it(tail):
    name = f"4K-NF - Quiet Harbour (US) - NF - Quiet Harbour (US){tail} - S01E01"

    assert decide(series("Quiet Harbour", 2016), name) is CONFIRM


@pytest.mark.parametrize(
    ("name", "title", "languages"),
    [
        ("Quiet Harbour-eng S02E03", "Quiet Harbour", ("en",)),
        ("Quiet Harbour-DE S01E02", "Quiet Harbour", ("de",)),
        ("Ember-FR (2016)", "Ember", ("fr",)),
        ("Iron Meadow-ita", "Iron Meadow", ("it",)),
        ("Wall-E (2008)", "Wall-E", ()),
        ("X-Men-2 (2003)", "X-Men-2", ()),
    ],
)
def test_a_language_glued_to_the_title_by_a_hyphen_is_read(name, title, languages):
    parsed = parse_title(name, "episode" if "S0" in name else "film")

    assert parsed.hypotheses[0].text == title
    assert parsed.languages == languages


@pytest.mark.parametrize(
    ("name", "title", "number"),
    [
        ("Quiet_Harbour_-_05_[1080p].mkv", "Quiet Harbour", 5),
        ("Iron_Meadow_-_12_(720p).mkv", "Iron Meadow", 12),
        ("Ember_-_101v2_[720p].mkv", "Ember", 101),
    ],
)
def test_underscores_around_an_episodes_number_are_spaces(name, title, number):
    parsed = parse_title(name)

    assert (parsed.hypotheses[0].text, parsed.absolute) == (title, number)


@pytest.mark.parametrize(
    ("name", "resolution", "source"),
    [
        ("Quiet Harbour (2023) [Bluray-1080p][DTS 5.1]-GRP.mkv", 1080, "bluray"),
        ("Quiet Harbour - S02E03 - Ghosts [WEBDL-2160p].mkv", 2160, "webdl"),
        ("Quiet Harbour (2023) [HDTV-720p].mkv", 720, "hdtv"),
    ],
)
def test_a_source_and_a_resolution_joined_by_a_hyphen_are_both_read(name, resolution, source):
    parsed = parse_title(name)

    assert (parsed.resolution, parsed.source) == (resolution, source)


@pytest.mark.parametrize(
    ("name", "languages"),
    [
        ("Quiet.Harbour.S03E02.German.DL.1080p.WEB.x264-GRP", ("de",)),
        ("Quiet.Harbour.3x02.iTA.HDTVRip.x264", ("it",)),
        ("Quiet.Harbour.S03E01.PL.1080p", ("pl",)),
        ("Quiet.Harbour.S03E01.FRENCH.720p.HDTV", ("fr",)),
        ("Quiet.Harbour.S03E01.The.English.Way.1080p.WEB", ()),
        ("Quiet.Harbour.S03E01.German.Nights.1080p.WEB", ()),
    ],
)
def test_a_language_between_an_episodes_number_and_the_quality_is_read(name, languages):
    assert parse_title(name, "episode").languages == languages
