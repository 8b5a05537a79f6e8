"""List the words of every language that Radarr knows: season, episode, part, trailer, edition, dubbing, subtitles.

No maintained list has them: CLDR has names of months and languages, but none of these words. Add a word to the line of
its language. Every reader of names takes its words from this table.
"""

# ruff: noqa: E501 - a language is a line

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from typing import NamedTuple

# code | season | episode | part | trailer and the like | edition | dubbed | subtitled
_TABLE = """
en | season, seasons, series | episode, episodes, ep, eps, chapter | part, parts, pt, volume, vol, chapter, act | trailer, trailers, teaser, teasers, promo, promos, preview, previews, recap, recaps, sneak peek, first look, tv spot, coming soon, next on, next time, coming next, previously on | edition, version, cut, remaster | dubbed | subtitled, subtitles
fr | saison, saisons | épisode, épisodes, épi, ép | partie, parties, tome, chapitre | bande-annonce, bande annonce, bandes annonces, bandeannonce, ba vf, ba vostfr, ba vo, annonce, aperçu, récapitulatif, prochain épisode | édition, version | doublé, doublée, doublage | sous-titré, sous-titrée, sous-titres, sous titres, vostfr
es | temporada, temporadas, temp | episodio, episodios, capítulo, capítulos, cap | parte, partes, volumen, capítulo, tomo | avance, avances, adelanto, tráiler, próximamente, próximo capítulo, próximo episodio, resumen del capítulo | edición, versión | doblado, doblada, doblaje | subtitulado, subtitulada, subtítulos
de | staffel, staffeln | folge, folgen, teil | teil, teile, band, kapitel | vorschau, kinotrailer, filmtrailer, rückblick, programmtrailer, nächste folge, was bisher geschah | fassung, langfassung, kinofassung, edition, version | synchronisiert, synchro, synchronfassung | untertitel, untertitelt, omu
it | stagione, stagioni | episodio, episodi, puntata | parte, parti, capitolo, volume | anteprima, prossimamente, prossima puntata, prossimo episodio, riassunto, promozionale | edizione, versione | doppiato, doppiata, doppiaggio | sottotitolato, sottotitolata, sottotitoli
da | sæson, sæsoner | afsnit | del | forpremiere, næste afsnit, kommer snart, smugkig | udgave, version | dubbet, dansk tale | undertekster, tekstet, danske undertekster
nl | seizoen, seizoenen | aflevering, afleveringen, afl | deel | voorfilm, voorproefje, volgende aflevering, vooruitblik, samenvatting | uitgave, editie, versie | nagesynchroniseerd, nederlands gesproken | ondertiteld, ondertiteling, ondertitels
ja | シーズン, シリーズ | エピソード, 第話 | 前編, 後編, 上巻, 下巻 | 予告, 予告編, 特報, ティザー, 次回予告, 番宣, 総集編, 先行映像 | 完全版, 特別版, 版 | 吹替, 吹き替え, 吹替版, 日本語吹替 | 字幕, 字幕版, 日本語字幕
is | þáttaröð, sería, árgangur | þáttur | hluti | stikla, kitla, sýnishorn, næsti þáttur, stiklur | útgáfa | talsett, íslenskt tal | textað, íslenskur texti
zh | 季 | 集 | 上集, 下集, 上部, 下部 | 预告, 预告片, 預告, 預告片, 预览, 先导片, 下集预告, 抢先看, 花絮 | 加长版, 导演剪辑版, 完整版, 版 | 配音, 国语, 國語, 粤语, 粵語, 普通话 | 字幕, 中字, 中文字幕, 双语字幕
ru | сезон, сезоны, сезона | серия, серии, сер, эпизод, выпуск | часть, части, том, глава | трейлер, трейлеры, тизер, анонс, трейлеры сезона, промо, превью, промо-ролик, проморолик, краткое содержание, в следующей серии | версия, издание | дубляж, дублированный, озвучка, закадровый | субтитры, субтитрами, с субтитрами
pl | sezon, sezony, seria | odcinek, odcinki, odc | część, cz, tom | zwiastun, zapowiedź, zajawka, zapowiedź odcinka, zwiastuny, w następnym odcinku, streszczenie | wersja, edycja, wydanie | dubbing, lektor | napisy
vi | mùa, phần | tập | phần | đoạn giới thiệu, giới thiệu tập, tập tiếp theo, xem trước | phiên bản | thuyết minh, lồng tiếng | vietsub, phụ đề
sv | säsong, säsonger | avsnitt | del | förhandstitt, nästa avsnitt, kommer snart, smygtitt | utgåva, version | dubbad, svensktal, svenskt tal | undertexter, textad, svensk text
no | sesong, sesonger | episode, episoder | del | forhåndsvisning, forhåndstitt, neste episode, kommer snart, smugtitt | utgave, versjon | dubbet, norsk tale | undertekster, teksting, norsk tekst
fi | kausi, kaudet, tuotantokausi | jakso, jaksot | osa | esikatselu, traileri, seuraava jakso, ennakko | versio, julkaisu | dubattu, puhuttu, suomeksi puhuttu | tekstitys, tekstitetty, suomenkielinen tekstitys
tr | sezon | bölüm, bolum, bölum, bolüm | bölüm, kısım, parça | fragman, fragmanı, fragmanlar, fragmanları, tanıtım, tanıtımı, tanitimi, özet, özeti, ön izleme, önizleme, bölüm özeti | versiyon, sürüm | dublaj, dublajlı, seslendirme | altyazı, altyazılı
pt | temporada, temporadas, temp | episódio, episódios, capítulo | parte, partes, capítulo, volume | prévia, em breve, próximo episódio, próximo capítulo, no próximo episódio, resumo do episódio | edição, versão, versao | dublado, dublada, dublagem, dobrado | legendado, legendada, legendas
el | σεζόν, σαιζόν, κύκλος | επεισόδιο | μέρος, τόμος, κεφάλαιο | τρέιλερ, τρέηλερ, προεπισκόπηση, στο επόμενο επεισόδιο, περίληψη | έκδοση | μεταγλωττισμένο, μεταγλωττισμένη, μεταγλώττιση | υπότιτλοι, υποτιτλισμένο, ελληνικοί υπότιτλοι
ko | 시즌 | 에피소드 | 전편, 후편, 상편, 하편 | 예고, 예고편, 티저, 미리보기, 선공개, 다음 이야기 | 감독판, 확장판, 무삭제판 | 더빙, 우리말 더빙 | 자막, 한글자막
hu | évad, évadok | rész, epizód | rész, kötet, fejezet | előzetes, kedvcsináló, beharangozó, a következő részben, összefoglaló | változat, verzió, kiadás | szinkron, szinkronos, magyar szinkron | felirat, feliratos, feliratozott, magyar felirat
he | עונה | פרק | חלק | טריילר, קדימון, טיזר, פרומו, תקציר, בפרק הבא | גרסה, מהדורה | מדובב, מדובבת, דיבוב | כתוביות, מתורגם, תרגום מובנה
lt | sezonas, sezoną | serija, epizodas | dalis | anonsas, treileris, kitoje serijoje, santrauka | leidimas, versija | įgarsintas, įgarsinta, dubliuota | subtitrai, su subtitrais
cs | série, sezóna, řada | díl, epizoda | díl, část, kapitola | upoutávka, ukázka, oficiální trailer, příště uvidíte, shrnutí, již brzy, ochutnávka | verze, edice, vydání | dabing, dabovaný, český dabing | titulky, české titulky
hi | सीज़न, सीजन, सत्र | एपिसोड, कड़ी | भाग, खंड | ट्रेलर, टीज़र, पूर्वावलोकन, प्रोमो, अगले एपिसोड | संस्करण | हिंदी डब, डब | उपशीर्षक
ro | sezon, sezonul, sezoane | episod, episodul, episoade | partea, capitolul, volumul | reclamă, rezumat, promo episod, în episodul următor, în curând | ediție, ediția, versiune, versiunea | dublat, dublată, dublat în română | subtitrat, subtitrată, subtitrare, subtitrări
th | ซีซั่น, ซีซัน, ซีซี่น, ปี | ตอนที่, ตอน, อีพี | ภาค, ภาคที่ | ตัวอย่าง, ทีเซอร์, ตัวอย่างตอนต่อไป, พรีวิว, เร็วๆ นี้ | ฉบับ | พากย์ไทย, เสียงไทย, พากย์ | ซับไทย, บรรยายไทย
bg | сезон | епизод, серия | част, глава | трейлър, тийзър, промо, в следващия епизод, резюме | версия, издание | дублаж, дублиран, бг аудио | субтитри, бг субтитри, бг субс
ar | الموسم, موسم | الحلقة, الحلقه, حلقة, حلقه | الجزء, جزء | إعلان, اعلان, الإعلان, الاعلان, تريلر, التريلر, برومو, تشويقي, البرومو, الإعلان الترويجي, ملخص, ملخص الحلقة, الحلقة القادمة | نسخة, النسخة, إصدار | مدبلج, مدبلجة, مدبلجه, دبلجة | مترجم, مترجمة, مترجمه, ترجمة
uk | сезон, сезони | серія, серії, епізод, випуск | частина, том, глава | трейлер, тизер, анонс, промо, прев'ю, у наступній серії | версія, видання | дубляж, дубльований, озвучення, український дубляж | субтитри
fa | فصل | قسمت | بخش, قسمت, پارت | تریلر, تیزر, آنونس, پیش نمایش, پرومو, خلاصه, خلاصه قسمت | نسخه | دوبله, دوبله فارسی | زیرنویس, زیرنویس فارسی
bn | সিজন, মৌসুম | পর্ব, এপিসোড | খণ্ড, ভাগ | ট্রেলার, টিজার, প্রোমো | সংস্করণ | বাংলা ডাব, ডাব, ডাবিং | সাবটাইটেল
sk | séria, sezóna | epizóda, diel, časť | časť, diel, kapitola | ukážka, upútavka, nabudúce uvidíte, zhrnutie, už čoskoro | verzia, edícia, vydanie | dabing, slovenský dabing | titulky, slovenské titulky
lv | sezona, sēzona, sez | sērija, epizode | daļa | treileris, anonss, nākamajā sērijā, kopsavilkums | versija, izdevums | dublēts, ieskaņots | subtitri, ar subtitriem
ca | temporada, temporades | episodi, capítol | part, capítol, volum | tràiler, avanç, resum del capítol, proper capítol | edició, versió | doblat, doblada | subtítols, subtitulat
hr | sezona, sezone | epizoda, nastavak | dio, poglavlje | najava, u sljedećoj epizodi, sažetak, najave | verzija, izdanje | sinkronizirano, sinkronizacija | titlovi, titlovano, hrvatski titlovi, prijevod, s prijevodom
sr | sezona, сезона | epizoda, епизода | deo, део, poglavlje, поглавље | najava, најава, трејлер, тизер, u sledećoj epizodi, најаве, промо | verzija, верзија, izdanje, издање | sinhronizovano, синхронизовано, sinhronizacija | titl, titlovano, prevod, sa prevodom, превод, са преводом, титл
bs | sezona | epizoda | dio | najava, u sljedećoj epizodi | verzija, izdanje | sinhronizovano | titl, prijevod
et | hooaeg | osa, episood | osa, peatükk | treiler, eelvaade, järgmises osas, kokkuvõte | versioon, väljaanne | dubleeritud, eesti keeles | subtiitrid, eesti subtiitrid
ta | சீசன், பருவம் | எபிசோட், அத்தியாயம் | பாகம், பகுதி | டிரெய்லர், டீசர், முன்னோட்டம், புரோமோ, ப்ரோமோ | பதிப்பு | தமிழ் டப் | வசனங்கள்
id | musim | episode, eps | bagian | cuplikan, pratinjau, episode berikutnya, ringkasan | versi, edisi | sulih suara, dubbing indonesia | sub indo, subtitle indonesia, teks indonesia
te | సీజన్ | ఎపిసోడ్ | భాగం | ట్రైలర్, టీజర్, ప్రోమో | వెర్షన్ | తెలుగు డబ్బింగ్, డబ్బింగ్ | ఉపశీర్షికలు
mk | сезона | епизода | дел | трејлер, најава, тијзер, промо, во следната епизода | верзија, издание | синхронизирано | титл, превод, титлови
sl | sezona | epizoda | del | napovednik, v naslednji epizodi, povzetek | različica, izdaja, verzija | sinhronizirano | podnapisi, slovenski podnapisi
ml | സീസൺ | എപ്പിസോഡ് | ഭാഗം | ട്രെയിലർ, ടീസർ, പ്രൊമോ | പതിപ്പ് | മലയാളം ഡബ്ബ് | സബ്ടൈറ്റിൽ
kn | ಸೀಸನ್ | ಸಂಚಿಕೆ, ಎಪಿಸೋಡ್ | ಭಾಗ | ಟ್ರೇಲರ್, ಟೀಸರ್, ಪ್ರೋಮೋ | ಆವೃತ್ತಿ | ಕನ್ನಡ ಡಬ್ | ಉಪಶೀರ್ಷಿಕೆ
sq | sezoni, sezon | episodi, episod | pjesa, pjesë | traileri, së shpejti, episodi i ardhshëm, përmbledhje, promo | versioni | dubluar, dubluara, i dubluar në shqip | me titra, titruar, titra shqip, me titra shqip
af | seisoen | episode, aflewering | deel | lokprent, voorskou, volgende episode | weergawe, uitgawe | oorgeklank | onderskrifte
mr | सीझन, पर्व, हंगाम | भाग, एपिसोड | भाग | ट्रेलर, टीझर, प्रोमो | आवृत्ती | मराठी डब | उपशीर्षके
tl | season, panahon | kabanata, yugto | bahagi | silip | bersyon, edisyon | tagalog dubbed, tagalized | tagalog sub
ur | سیزن | قسط | حصہ | ٹریلر, ٹیزر, پرومو, خلاصہ | ایڈیشن | اردو ڈب, ڈب | اردو سب ٹائٹل
rm | staschun, stagiun | episoda | part, toc | prevista | versiun, ediziun | sincronisà | suttitels
mn | улирал, бүлэг | анги | хэсэг | трейлер | хувилбар | монгол хэлээр | хадмал
ka | სეზონი | სერია, ეპიზოდი | ნაწილი | ტრეილერი, თრეილერი, თიზერი, პრომო, შემდეგ სერიაში | ვერსია | გახმოვანებული, ქართულად | სუბტიტრები, ქართული სუბტიტრებით
"""


# own names of languages, as lists write them beside sound and subtitles
OWN_NAMES = frozenset(
    unicodedata.normalize(
        "NFKC",
        """
    english français française francais francaise español española espanola castellano latino deutsch deutsche deutscher italiano italiana dansk
    danske nederlands nederlandse vlaams svenska svensk svenskt norsk norske íslenska íslenskt suomi suomeksi polski polskie polska türkçe português
    portuguesa portugues brasileiro ελληνικά ελληνικοί magyar magyarul český české česky cesky slovenský slovenské slovensky slovenski hrvatski
    srpski српски bosanski македонски shqip română romana български русский русская русские рус українська український українською eesti lietuvių
    lietuviškai latviešu latviski català العربية عربي فارسی עברית हिंदी हिन्दी বাংলা தமிழ் తెలుగు മലയാളം ಕನ್ನಡ मराठी اردو ไทย 中文 国语 日本語 한국어
    indonesia melayu tagalog afrikaans монгол ქართული rumantsch
    """,
    ).split()
)


class Words(NamedTuple):
    """Hold the words of a language in lower case. A phrase keeps its spaces."""

    season: tuple[str, ...]
    episode: tuple[str, ...]
    part: tuple[str, ...]
    announcement: tuple[str, ...]
    edition: tuple[str, ...]
    dubbed: tuple[str, ...]
    subtitled: tuple[str, ...]


def _read(table: str) -> dict[str, Words]:
    """Read the table, in the form that names have after their repair."""
    words: dict[str, Words] = {}
    for line in unicodedata.normalize("NFKC", table).strip().splitlines():
        code, *columns = (column.strip() for column in line.split("|"))
        words[code] = Words(*(tuple(word.strip().lower() for word in column.split(",")) for column in columns))
    return words


WORDS = _read(_TABLE)  # by ISO 639-1 code


def words_of(role: Callable[[Words], tuple[str, ...]]) -> frozenset[str]:
    """Return the words and phrases of all languages for a field of `Words`."""
    return frozenset(word for words in WORDS.values() for word in role(words))


def single(words: Iterable[str]) -> frozenset[str]:
    """Return the single words."""
    return frozenset(word for word in words if " " not in word)


def phrases(words: Iterable[str]) -> frozenset[str]:
    """Return the phrases of several words."""
    return frozenset(word for word in words if " " in word)


def languages_by_word(role: Callable[[Words], tuple[str, ...]]) -> dict[str, str]:
    """Map each word and phrase of a field of `Words` to its language, or to an empty text where several languages have
    it."""
    found: dict[str, str] = {}
    for code, words in WORDS.items():
        for word in role(words):
            found[word] = code if word not in found else ""
    return found
