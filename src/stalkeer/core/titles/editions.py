"""Recognise the words for editions of a film: `Version longue`, `Black & Chrome Edition`, `2018 Remaster`."""

# ruff: noqa: E501, SIM905 - word lists read best as lines of words

from __future__ import annotations

import re

from stalkeer.core.titles.languages import words_of
from stalkeer.core.titles.normalise import ARTICLES, fold

# names of editions without a word for edition: director's cut, uncut, uncensored, extended, restored
_PHRASES_BY_LANGUAGE = """
en | director's cut, directors cut, final cut, extended cut, uncut, unrated, uncensored, restored, remastered, extended, redux, imax, imax enhanced, open matte, matte
fr | montage du réalisateur, director's cut, coupe du réalisateur, non censuré, non censurée, non coupé, intégrale, restauré, restaurée, remasterisé, remasterisée, version non censurée, version du réalisateur
es | montaje del director, corte del director, corte final, montaje final, sin censura, sin cortes, íntegra, restaurado, restaurada, remasterizado, remasterizada, extendido, extendida
pt | corte do diretor, corte do realizador, versão do diretor, versão do realizador, corte final, sem cortes, sem censura, restaurado, restaurada, remasterizado, remasterizada, estendida, alargada
it | montaggio del regista, taglio del regista, senza censura, senza tagli, integrale, restaurato, restaurata, rimasterizzato, rimasterizzata
de | regiefassung, ungekürzt, ungeschnitten, unzensiert, langfassung, kinofassung, schnittfassung, restauriert, restaurierte fassung, remastert, ungekürzte fassung, verlängerte fassung
nl | regisseursversie, ongecensureerd, ongeknipt, onverkort, gerestaureerd, geremasterd, verlengde versie
da | instruktørens klip, instruktørens version, uklippet, ucensureret, restaureret
sv | regissörens klipp, regissörens version, oklippt, ocensurerad, restaurerad, remastrad
no | regissørens klipp, regissørens versjon, uklippet, usensurert, restaurert
fi | ohjaajan leikkaus, ohjaajan versio, leikkaamaton, sensuroimaton, restauroitu, pidennetty, pidennetty versio
is | klipp leikstjóra, útgáfa leikstjóra, óklippt, endurgerð
pl | wersja reżyserska, bez cenzury, bez cięć, nieocenzurowany, nieocenzurowana, odrestaurowany, odrestaurowana, odnowiona, zremasterowany, zremasterowana, wersja odrestaurowana
cs | režisérský sestřih, režisérská verze, necenzurováno, necenzurovaná, nezkrácená, restaurovaná, restaurovaný, digitálně restaurovaná, obnovená
sk | režisérsky zostrih, režisérska verzia, necenzurované, neskrátená, reštaurovaná, obnovená
hu | rendezői változat, vágatlan, vágatlan változat, cenzúrázatlan, felújított, felújított változat, bővített változat, rendezői vágás
ro | versiunea regizorului, varianta regizorului, montajul regizorului, necenzurat, netăiat, restaurat, restaurată, versiune extinsă
bg | режисьорска версия, режисьорски кът, без цензура, нецензурирана, реставрирана, реставриран, удължена версия
ru | режиссёрская версия, режиссерская версия, режиссёрский монтаж, без цензуры, без купюр, реставрированная, реставрация, отреставрированная, расширенная версия, полная версия, ремастер
uk | режисерська версія, режисерський монтаж, без цензури, відреставрована, розширена версія, повна версія
hr | redateljska verzija, redateljski rez, necenzurirano, restaurirano, restaurirana, produžena verzija
sr | rediteljska verzija, rediteljski rez, necenzurisano, restaurisano, redateljska verzija, proširena verzija, редитељска верзија, рестаурисано
bs | redateljska verzija, rediteljska verzija, necenzurisano, restaurirano
sl | režiserjeva različica, režiserska različica, necenzurirano, restavrirano, podaljšana različica
mk | режисерска верзија, без цензура, реставрирана
sq | versioni i regjisorit, pa censurë, i restauruar
el | έκδοση σκηνοθέτη, σκηνοθετική εκδοχή, χωρίς λογοκρισία, αποκατεστημένη, ψηφιακά αποκατεστημένη, εκτεταμένη έκδοση
tr | yönetmenin kurgusu, yönetmen kurgusu, yönetmenin versiyonu, sansürsüz, kesintisiz, uzatılmış versiyon, genişletilmiş versiyon, restore edilmiş, yenilenmiş
lt | režisieriaus versija, režisūrinė versija, be cenzūros, restauruota, restauruotas, išplėstinė versija
lv | režisora versija, necenzēts, necenzēta, restaurēta, restaurēts, paplašinātā versija
et | lavastaja versioon, režissööri versioon, tsenseerimata, restaureeritud, pikendatud versioon
ca | muntatge del director, versió del director, sense censura, restaurada, restaurat
ar | نسخة المخرج, النسخة الكاملة, نسخة كاملة, نسخة مطولة, نسخة ممتدة, نسخة مرممة, بدون حذف, بدون قص, غير محذوف
fa | نسخه کارگردان, نسخه کامل, بدون سانسور, نسخه بازسازی شده, نسخه طولانی
he | גרסת הבמאי, גרסה מורחבת, ללא צנזורה, גרסה משוחזרת, מהדורה מיוחדת
hi | निर्देशक संस्करण, असंपादित
zh | 导演剪辑版, 導演剪輯版, 加长版, 加長版, 未删减版, 未刪減版, 完整版, 修复版, 修復版, 重制版, 特别版
ja | ディレクターズカット, ディレクターズ・カット版, ディレクターズカット版, 完全版, 無修正, 特別版, デジタルリマスター, デジタルリマスター版, 修復版, 最終版
ko | 감독판, 확장판, 무삭제판, 무삭제, 리마스터, 리마스터링, 복원판, 완전판
th | ฉบับผู้กำกับ, ฉบับเต็ม, ไม่ตัด, ไม่เซ็นเซอร์
vi | bản đạo diễn, bản đầy đủ, không cắt, không kiểm duyệt, bản phục chế
id | versi sutradara, versi lengkap, tanpa sensor, tanpa potongan, versi panjang
af | regisseursnit, ongesnyde, ongesensor
"""
_PHRASES = frozenset(
    " ".join(fold(phrase.strip()).replace("・", "").replace("-", " ").split())
    for line in _PHRASES_BY_LANGUAGE.strip().splitlines()
    for phrase in line.partition("|")[2].split(",")
)
_EDITION_NOUNS = frozenset(map(fold, words_of(lambda words: words.edition))) | frozenset(
    "remastered restoration restored restaure restaurada restaurato restauriert montage montaje montaggio ausgabe varianta montaz sestrih".split()
)
_EDITION_WORDS = _EDITION_NOUNS | frozenset(
    fold(word)
    for word in """the a of extended extended-edition special final ultimate anniversary collector collectors collector's director's director directors
    black chrome white noir & and long longue longer theatrical unrated uncut uncensored imax enhanced criterion deluxe integral integrale especial
    extendida extendido estendida extensa etendue allongee restauree restaurado remasterisee remasterizada rimasterizzata censuree coupee
    estesa rozszerzona specjalna rezyserska rezyserskie reziserska rezisersky rendezoi regisseurs erweiterte verlangerte ungekurzte ungeschnittene unzensierte restaurierte
    utokad forlangd udvidet forlaenget utvidet forlenget laajennettu pidennetty rozsirena prodlouzena predlzena bovitett extinsa
    uzatilmis genisletilmis ozel sinirsiz produzena prosirena podaljsana posebna специальная коллекционная юбилейная спеціальна специално
    especial speciale speciala specialni specialna specialus kulonleges sonder spezial speciel spesial
    режиссерская расширенная полная rated redux international original alternate
    alternative definitive platinum gold diamond limited steelbook open matte fan's producer's assembly rogue digital digitally hd
    4k 2k super rare finale del de do la le du st nd rd th annee anos jahre anniversaire aniversario realisateur regista diretor realizador""".split()
)
_EDITION_ALONE = frozenset(
    "remaster remastered restored uncut unrated extended redux imax matte langfassung kinofassung".split()
)
_ANNIVERSARIES = frozenset(
    fold(word)
    for word in """anniversary anniversaire aniversario aniversário anniversario jahre jubiläum jubileum jubilæum jubilee rocznica výročí výročie évforduló
    aniversare юбилей годовщина річниця годишнина obljetnica godišnjica obletnica yıldönümü επέτειος juhlavuosi""".split()
)
EDITION_ENDS = frozenset(
    fold(word)
    for word in """edition cut version fassung edicion edizione edizione edicao wersja edycja versie versao versione versiyon verze verzia verzija
    izdanje vydani vydanie utgava udgave utgave versio valtozat kiadas versiune versiunea editie uitgave ausgabe director realisateur regista
    diretor realizador version versija versioon razlicica kurgusu версия издание версія видання верзија έκδοση censure censura cenzury""".split()
)
# the words that may end the name of an edition, or be all of it
EDITION_WORDS = frozenset(
    word
    for word in (_EDITION_WORDS | _ANNIVERSARIES | EDITION_ENDS | {phrase.split()[-1] for phrase in _PHRASES})
    if len(word) > len("the")
)
_COLOURLESS = frozenset(("black & white", "black and white", "b&w", "b/w", "bw", "noir et blanc", "schwarzweiss"))
_NUMBER_IN_EDITION = re.compile(r"\d{1,4}(?:st|nd|rd|th|e|eme|\.)?")


def is_edition(text: str) -> bool:
    """Return whether a text names an edition and nothing else."""
    folded = fold(text)
    if folded in _COLOURLESS or folded.replace("-", " ") in _PHRASES:
        return True
    words = folded.split()
    numbers = [word for word in words if _NUMBER_IN_EDITION.fullmatch(word)]
    is_anniversary = bool(numbers) and not _ANNIVERSARIES.isdisjoint(words)
    if not is_anniversary and _EDITION_NOUNS.isdisjoint(words) and _EDITION_ALONE.isdisjoint(words):
        return False
    return all(word in _EDITION_WORDS or word in _ANNIVERSARIES or word in numbers for word in words)


def without_edition(title: str) -> str | None:
    """Return a title without the edition at its end, or None where it has none.

    An edition stands behind a dash or a colon, or has several words.
    """
    for joint in (" - ", ": "):
        before, _, last = title.rpartition(joint)
        if before and is_edition(last):
            return before
    words = title.split()
    if not words or fold(words[-1]) not in EDITION_ENDS:
        return None
    first = next((place for place in range(1, len(words) - 1) if is_edition(" ".join(words[place:]))), None)
    return None if first is None or fold(words[first - 1]) in ARTICLES else " ".join(words[:first])
