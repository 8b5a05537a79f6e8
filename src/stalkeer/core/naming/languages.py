"""Translate language codes and names of every form into ISO 639-1.

Containers use ISO 639-2 in both forms or BCP 47; people and instances write names. The words of providers, often
country codes, are in `titles.vocabulary`.
"""

from __future__ import annotations

import re

# ISO 639-1: ISO 639-2 (the terminological form first), then English names
_CODES = """
aa aar Afar
ab abk Abkhazian
ae ave Avestan
af afr Afrikaans
ak aka Akan
am amh Amharic
an arg Aragonese
ar ara Arabic
as asm Assamese
av ava Avaric
ay aym Aymara
az aze Azerbaijani
ba bak Bashkir
be bel Belarusian
bg bul Bulgarian
bi bis Bislama
bm bam Bambara
bn ben Bengali Bangla
bo bod tib Tibetan
br bre Breton
bs bos Bosnian
ca cat Catalan Valencian
ce che Chechen
ch cha Chamorro
co cos Corsican
cr cre Cree
cs ces cze Czech
cu chu Church_Slavic
cv chv Chuvash
cy cym wel Welsh
da dan Danish
de deu ger German
dv div Divehi Maldivian
dz dzo Dzongkha
ee ewe Ewe
el ell gre Greek
en eng English
eo epo Esperanto
es spa Spanish Castilian
et est Estonian
eu eus baq Basque
fa fas per Persian Farsi
ff ful Fulah Fula
fi fin Finnish
fj fij Fijian
fo fao Faroese
fr fra fre French
fy fry Western_Frisian Frisian
ga gle Irish
gd gla Scottish_Gaelic Gaelic
gl glg Galician
gn grn Guarani
gu guj Gujarati
gv glv Manx
ha hau Hausa
he heb Hebrew
hi hin Hindi
ho hmo Hiri_Motu
hr hrv Croatian
ht hat Haitian Haitian_Creole
hu hun Hungarian
hy hye arm Armenian
hz her Herero
ia ina Interlingua
id ind Indonesian
ie ile Interlingue
ig ibo Igbo
ii iii Sichuan_Yi
ik ipk Inupiaq
io ido Ido
is isl ice Icelandic
it ita Italian
iu iku Inuktitut
ja jpn Japanese
jv jav Javanese
ka kat geo Georgian
kg kon Kongo
ki kik Kikuyu
kj kua Kuanyama
kk kaz Kazakh
kl kal Kalaallisut Greenlandic
km khm Khmer
kn kan Kannada
ko kor Korean
kr kau Kanuri
ks kas Kashmiri
ku kur Kurdish
kv kom Komi
kw cor Cornish
ky kir Kyrgyz
la lat Latin
lb ltz Luxembourgish
lg lug Ganda
li lim Limburgish
ln lin Lingala
lo lao Lao
lt lit Lithuanian
lu lub Luba-Katanga
lv lav Latvian
mg mlg Malagasy
mh mah Marshallese
mi mri mao Maori
mk mkd mac Macedonian
ml mal Malayalam
mn mon Mongolian
mr mar Marathi
ms msa may Malay
mt mlt Maltese
my mya bur Burmese
na nau Nauru
nd nde North_Ndebele
ne nep Nepali
ng ndo Ndonga
nl nld dut Dutch Flemish
no nor nb nob nn nno Norwegian Norwegian_Bokmål Norwegian_Nynorsk
nr nbl South_Ndebele
nv nav Navajo
ny nya Nyanja
oc oci Occitan
oj oji Ojibwa
om orm Oromo
or ori Odia
os oss Ossetic
pa pan Punjabi
pi pli Pali
pl pol Polish
ps pus Pashto
pt por Portuguese Brazilian
qu que Quechua
rm roh Romansh
rn run Rundi
ro ron rum Romanian Moldovan
ru rus Russian
rw kin Kinyarwanda
sa san Sanskrit
sc srd Sardinian
sd snd Sindhi
se sme Northern_Sami
sg sag Sango
si sin Sinhala
sk slk slo Slovak
sl slv Slovenian
sm smo Samoan
sn sna Shona
so som Somali
sq sqi alb Albanian
sr srp Serbian
ss ssw Swati
st sot Southern_Sotho
su sun Sundanese
sv swe Swedish
sw swa Swahili
ta tam Tamil
te tel Telugu
tg tgk Tajik
th tha Thai
ti tir Tigrinya
tk tuk Turkmen
tl tgl Tagalog Filipino
tn tsn Tswana
to ton Tongan
tr tur Turkish
ts tso Tsonga
tt tat Tatar
tw twi Twi
ty tah Tahitian
ug uig Uyghur
uk ukr Ukrainian
ur urd Urdu
uz uzb Uzbek
ve ven Venda
vi vie Vietnamese
vo vol Volapük
wa wln Walloon
wo wol Wolof
xh xho Xhosa
yi yid Yiddish
yo yor Yoruba
za zha Zhuang
zh zho chi Chinese Mandarin Cantonese
zu zul Zulu
"""
# withdrawn codes of old files, ISO 639-3 languages that belong to one of the above, and codes common on subtitle sites
_FURTHER = """
he iw
id in
yi ji
jv jw jaw
ro mo mol
sr scc
hr scr
zh cmn yue nan wuu hak
ar arb arz apc ary acm afb
fa pes prs
tl fil
sw swh
et ekk
lv lvs
ms zsm
ne npi
or ory
pa pnb
mn khk
az azj
uz uzn
sq als
pt ptb pob
"""


def _forms() -> dict[str, str]:
    lines = [line.split() for line in f"{_CODES}{_FURTHER}".splitlines() if line]
    return {form.replace("_", " ").casefold(): code for code, *others in lines for form in (code, *others)}


def _names() -> dict[str, str]:
    """Return the first English name of each code; the codes before it are in lower case."""
    lines = [line.split() for line in _CODES.splitlines() if line]
    return {code: next(word.replace("_", " ") for word in others if word[0].isupper()) for code, *others in lines}


_FORMS = _forms()
_NAMES = _names()
_REGION = re.compile(r"[-_ ]*\(.*\)$")


def language_code(text: str) -> str:
    """Return the ISO 639-1 code for a code or an English name; empty for an unknown language.

    >>> language_code("fre"), language_code("en-US"), language_code("Portuguese (Brazil)"), language_code("und")
    ('fr', 'en', 'pt', '')
    """
    plain = _REGION.sub("", text.strip()).casefold()
    return _FORMS.get(plain) or _FORMS.get(re.split("[-_]", plain, maxsplit=1)[0], "")


def language_name(code: str) -> str:
    """Return the English name of an ISO 639-1 code, as both programs know it; empty for an unknown code."""
    return _NAMES.get(code, "")
