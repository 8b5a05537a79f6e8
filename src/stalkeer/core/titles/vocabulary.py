"""List the words that providers write around a title, with their meanings, and whether they may belong to a title."""

# ruff: noqa: E501, SIM905 - word lists read best as lines of words

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from stalkeer.core.titles.languages import Words, languages_by_word, phrases
from stalkeer.core.titles.normalise import fold


class Tag(NamedTuple):
    """Hold the meaning of a word. A word that is not `sure` may belong to the title, so that it only adds a reading."""

    field: str  # resolution source codec hdr edition language subtitles dubbed platform noise
    value: str
    sure: bool


def _spread(field: str, table: dict[str, str], *, sure: bool) -> dict[str, Tag]:
    return {word: Tag(field, value, sure) for value, words in table.items() for word in words.split()}


_QUALITY = (
    _spread(
        "resolution",
        {
            "2160": "4k 2160p 2160i uhd 4kuhd uhd4k ultrahd 3840p",
            "4320": "8k 4320p",
            "1440": "1440p 2k",
            "1080": "1080p 1080i 1080 fhd fullhd m1080p hd1080 1080hd",
            "720": "720p 720i m720p hd720",
            "576": "576p 576i",
            "480": "480p 480i 360p 540p",
        },
        sure=True,
    )
    | _spread("resolution", {"720": "hd", "480": "sd"}, sure=True)
    | _spread(
        "source",
        {
            "webdl": "web-dl webdl",
            "webrip": "webrip web-rip",
            "bluray": "bluray blu-ray bdrip brrip bd-rip br-rip bdremux bd50 bd25 bdmv hddvd hdlight mhd 4klight",
            "remux": "remux",
            "dvd": "vhs vhsrip dvdrip dvd-rip dvdscr dvd5 dvd9 dvd-r dvdr pal ntsc",
            "hdtv": "hdtv hdtvrip tvrip pdtv dsr satrip dvbrip hdrip",
            "cam": "hdcam camrip cam-rip hd-cam hdts hd-ts telesync telecine hdtc hd-tc screener workprint lowq",
        },
        sure=True,
    )
    | _spread("source", {"cam": "cam ts tc scr", "webdl": "web", "dvd": "dvd", "bluray": "bd"}, sure=False)
    | _spread(
        "codec",
        {
            "h265": "x265 h265 h.265 hevc x.265",
            "h264": "x264 h264 h.264 avc x.264",
            "av1": "av1",
            "xvid": "xvid divx",
            "mpeg2": "mpeg2 mpeg-2",
        },
        sure=True,
    )
    | _spread(
        "hdr", {"hdr10": "hdr hdr10", "hdr10+": "hdr10+ hdr10plus", "dv": "dovi dolbyvision", "hlg": "hlg"}, sure=True
    )
    | _spread("hdr", {"dv": "dv"}, sure=False)
    | _spread(
        "noise",
        {
            "": "10bit 8bit 10-bit 8-bit 12bit sdr atmos dts dts-hd dtshd truehd ac3 eac3 aac aac2 ddp ddp5.1 dd5.1 dd+5.1 "
            "ddp2.0 dd2.0 5.1 7.1 2.0 60fps 50fps 25fps hfr 3d-hsbs hsbs h-sbs sbs hou repack rerip nokodi hq lq "
            "mp4 mkv avi m4v m3u8 yify yts rarbg opcion vod stereo-3d fullmovie"
        },
        sure=True,
    )
    | _spread(
        "noise",
        {
            "": "proper raw ma 3d l fast new nuevo nueva cinema cine kino live internal complete dizi film filme "
            "movie movies series serie kids top exclusive extra vip backup color b/w bw ddp custom"
        },
        sure=False,
    )
)

_EDITIONS = _spread(
    "edition",
    {
        "extended": "extended",
        "unrated": "unrated uncut uncensored",
        "remastered": "remastered restored",
        "imax": "imax",
        "criterion": "criterion",
        "theatrical": "theatrical",
        "directors": "directorscut directors dc",
        "final": "finalcut",
    },
    sure=False,
)

# words of release names besides the quality; in other names these are words of titles
RELEASE_WORDS = frozenset(
    """limited festival internal repack rerip proper real readnfo nfo nfofix nfofixed dirfix syncfix stv dtv convert
    converted upscaled upscale ppv docu doc subbed dubbed fansub fastsub nosub subforced hardsub softsub pldub dksubs
    ld md ml dl dc se ws fs vo vof vff vfq vfi vf vf2 vost hsbs hou 3d uncut unrated extended remastered theatrical hdr
    hdr10 dv hfr read retail oar untouched complete extras 1cd 2cd 3cd 4cd cd1 cd2 cd3 disc1 disc2 48fps 60fps hc hq
    custom line hdlight mhd light integrale cut nordic multisubs final rip remux web bd dvd tc ts cam brmux webhd xvid
    v1 v2 v3 uhd upscaled-4k reencoded opensubs dual dubs clean uncensored""".split()
)

# the words that end no title, in capitals or not
SURE_RELEASE_WORDS = frozenset(
    "v1 v2 v3 extended unrated remastered repack rerip subbed dubbed theatrical uncensored multisubs readnfo".split()
)

# code or name -> ISO 639-1; a country code stands for the language of that country's channels
_LANGUAGE_CODES = {
    "en": "en eng uk us usa gb english ingles anglais inglese engleza angielski ie irl",
    "fr": "fr fre fra french francais truefrench vff vfq vfi vf vf2 fra-fr qc qbc frances",
    "de": "de ger deu german deutsch germany aleman at aut dach",
    "es": "es esp spa sp spanish espanol castellano cast spain lat latam latino mx mex arg",
    "it": "it ita italian italiano italy",
    "pt": "pt por portuguese portugues br bra brazil brasil ptbr pt-br pt-pt dublado portugal",
    "nl": "nl dut nld dutch nederlands be bel vlaams nlb",
    "pl": "pl pol polish polski poland",
    "tr": "tr tur turk turkish turkce turkey",
    "el": "gr gre ell greek greece",
    "ro": "ro rom rum ron romanian romania",
    "bg": "bg bul bulgarian bulgaria",
    "hu": "hu hun hungarian magyar",
    "cs": "cz cze ces czech cs",
    "sk": "sk slk slovak",
    "sv": "se swe swedish svenska sverige sv",
    "no": "no nor norwegian norsk norge",
    "da": "dk dan danish dansk danmark",
    "fi": "fi fin finnish suomi",
    "is": "isl icelandic",
    "sq": "al alb sq albanian shqip albania ks",
    "sr": "rs srb sr serbian srpski hr cro hrv croatian ba bos bosnian exyu ex-yu yu exju",
    "mk": "mk mkd macedonian",
    "sl": "si slo slv slovenian",
    "ru": "ru rus russian",
    "uk": "ua ukr ukrainian",
    "ar": "ar ara arab arabic arabe ear sa ae kw qa eg syr sy jo iq lb ye om bh ma dz tn ly sd arb",
    "fa": "ir fa per farsi persian iran",
    "ku": "ku kurd kurdish krd kd",
    "he": "he heb hebrew il isr",
    "hi": "in ind hi hin hindi india indian bollywood",
    "pa": "pa pun punjabi",
    "ur": "ur urd urdu pk pak",
    "bn": "bn ben bengali bd",
    "ta": "ta tam tamil",
    "te": "te tel telugu",
    "ml": "ml mal malayalam",
    "kn": "kn kan kannada",
    "mr": "mr mar marathi",
    "gu": "gu guj gujarati",
    "zh": "cn chn chi zh zho chinese mandarin cantonese tw hk",
    "ja": "jp jpn jap ja japanese",
    "ko": "kr kor ko korean korea",
    "th": "th tha thai",
    "vi": "vn vie vi vietnamese",
    "id": "id indo indonesian",
    "ms": "my msa malay",
    "tl": "ph fil tagalog filipino",
    "af": "za afr afrikaans",
    "so": "so som somali",
    "am": "et amh ethiopian",
    "lt": "lt lit lithuanian",
    "lv": "lv lav latvian",
    "et": "ee est estonian",
    "ka": "ge geo kat georgian",
    "az": "az aze azeri",
    "hy": "am arm armenian",
    "ca": "cat catalan",
}
LANGUAGES = {word: code for code, words in _LANGUAGE_CODES.items() for word in words.split()}
# further countries and regions without a language of their own
_REGIONS = frozenset("vo ca au nz af as afr asia eu ww int scandi nordic balkan la mt ch sg lk np vl vp bl".split())


def _by_word(role: Callable[[Words], tuple[str, ...]]) -> dict[str, str]:
    """Return the words of a role in all languages. Phrases have the form of `_joined_form`."""
    found = languages_by_word(role)
    joined = {_joined_form(word): code for word, code in found.items()}
    return {fold(word): code for word, code in joined.items()} | joined


def _joined_form(word: str) -> str:
    return word.replace(" ", "-")


# `SweSub`, `PLSUBBED`, `engdub`; but `nosubs` has none
_GLUED = {
    f"{word}{end}": (code, "dub" in end)
    for word, code in LANGUAGES.items()
    for end in ("sub", "subs", "subbed", "dub", "dubbed")
    if word.isalpha() and word.isascii() and len(word) <= len("eng") and word != "no"
}
_SUBTITLES = {word: code for word, (code, is_dubbed) in _GLUED.items() if not is_dubbed}
_SUBTITLES |= _by_word(lambda words: words.subtitled) | {
    "vost": "fr", "voster": "fr", "vosfr": "fr", "subfrench": "fr", "vosten": "en", "vosteng": "en",
    "vose": "es", "vos": "es", "leg": "pt",
    "altyazili": "tr", "altyazi": "tr", "omeu": "en", "vosi": "it", "multisub": "multi", "multisubs": "multi",
    "multi-sub": "multi", "multi-subs": "multi", "msub": "multi", "msubs": "multi", "esub": "en", "esubs": "en", "subbed": "", "subs": "", "sub": "", "subtitled": "", "hardsub": "", "hc": "",
}  # fmt: skip
_DUBBED = {word: code for word, (code, is_dubbed) in _GLUED.items() if is_dubbed}
_DUBBED |= _by_word(lambda words: words.dubbed) | {
    "dubbing": "", "dubbed": "", "dub": "", "dub-it": "it",
}  # fmt: skip
_AUDIO = "multi multiaudio multi-audio multilang dual dual-audio dualaudio audio multi-lang"

PLATFORMS = frozenset(
    "nf netflix amz amzn amazon prime primevideo dsnp disney disney+ disneyplus d+ dsny dsny+ dnsp+ hmax hbo hbo+ hbomax max atv atv+ atvp "
    "apple apple+ a+ appletv appletv+ atv hulu pcok pcock peacock pmtp pmnt paramount paramount+ p+ stz starz osn osn+ shahid "
    "sky crav crave cr crunchyroll star star+ viaplay vp tod bein movistar m+ mgm mgm+ canal canal+ c+ cnl+ discovery+ dsc+ disc+ rakuten "
    "starzplay tubi roku imdb itv bbc ip iplayer mubi zee5 hotstar jio sonyliv vix vix+ globoplay exxen gain blutv puhu skst skyshowtime "
    "rtl rtl+ joyn videoland lionsgate+ lionsgate shudder britbox nickelodeon vod ppv egybest wavve shwt".split()
)

# codes that are also words or names: as a prefix without separator they only add a reading
AMBIGUOUS = frozenset(
    "it us her ma top max in no is am so la al an he me my da de et as at be go do by to or on up we id pa mr ms af ko ta si se "
    "te tel mal mar tam kan guj pun ben ind per pol por fin dan est lit arm geo cat chi jap som fil nor rom hun bul cro bos ger "
    "star prime apple sky new cr vp ip disney hulu starz amazon discovery gain mega fast pl cast arg sub subs dual multi leg vos "
    "dub omu raw hc indian german french english spanish italian turkish russian latino brazil india korea iran turkey live "
    "ca ch sd ts tc csi er doc vip wwe 24/7 ny la vl bl sp".split()
)

_SPOKEN_PHRASES = sorted(
    phrases(languages_by_word(lambda words: words.dubbed)) | phrases(languages_by_word(lambda words: words.subtitled)),
    key=lambda phrase: (-len(phrase), phrase),
)
PHRASES = (
    ("multi sub", "multisub"), ("multi subs", "multisub"), ("multi audio", "multiaudio"), ("dual audio", "dualaudio"),
    ("ex yu", "exyu"), ("dolby vision", "dolbyvision"), ("dolby atmos", "atmos"), ("full hd", "fullhd"), ("ultra hd", "ultrahd"),
    ("director's cut", "directorscut"), ("directors cut", "directorscut"), ("final cut", "finalcut"), ("web dl", "web-dl"),
    ("extended cut", "extended"), ("extended edition", "extended"), ("blu ray", "bluray"), ("prime video", "primevideo"),
    ("apple tv+", "appletv+"), ("apple tv", "appletv"), ("disney plus", "disneyplus"), ("special edition", "extended"),
    ("theatrical cut", "theatrical"), ("unrated cut", "unrated"), ("dts hd", "dts-hd"), ("h 264", "h264"), ("h 265", "h265"),
    ("not 24/7", "nokodi"), ("türkçe dublaj", "dublaj"), ("türkçe altyazılı", "altyazili"), ("corte do diretor", "directorscut"),
    ("german dl", "deutsch"), ("criterion edition", "criterion"), ("theatrical edition", "theatrical"), ("unrated edition", "unrated"),
    ("remastered edition", "remastered"), ("ultimate edition", "extended"), ("collectors edition", "extended"),
    ("cały film", "fullmovie"), ("caly film", "fullmovie"), ("full movie", "fullmovie"), ("film complet", "fullmovie"),
    ("film completo", "fullmovie"), ("filme completo", "fullmovie"), ("pelicula completa", "fullmovie"),
    ("película completa", "fullmovie"), ("ganzer film", "fullmovie"), ("teljes film", "fullmovie"), ("tam film", "fullmovie"),
    ("volledige film", "fullmovie"), ("celý film", "fullmovie"), ("cely film", "fullmovie"), ("полный фильм", "fullmovie"),
    ("lektor ivona", "lektor"), ("lektor ivo", "lektor"), ("polski lektor", "lektor"), ("polskie napisy", "napisy"), ("polski dubbing", "dubbing"),
    ("collector's edition", "extended"), ("anniversary edition", "remastered"), ("deluxe edition", "extended"),
    *((form, _joined_form(phrase)) for phrase in _SPOKEN_PHRASES for form in dict.fromkeys((phrase, fold(phrase)))),
)  # fmt: skip


def _tags() -> dict[str, Tag]:
    tags = dict(_QUALITY) | _EDITIONS
    tags |= {word: Tag("platform", word, word not in AMBIGUOUS) for word in PLATFORMS if word not in tags}
    tags |= {word: Tag("language", code, word not in AMBIGUOUS) for word, code in LANGUAGES.items()}
    tags |= {word: Tag("region", word, word not in AMBIGUOUS) for word in _REGIONS if word not in tags}
    tags |= {word: Tag("subtitles", code, word not in AMBIGUOUS) for word, code in _SUBTITLES.items()}
    tags |= {word: Tag("dubbed", code, word not in AMBIGUOUS) for word, code in _DUBBED.items()}
    tags |= {word: Tag("language", "multi", word not in AMBIGUOUS) for word in _AUDIO.split()}
    return tags


TAGS = _tags()

COUNTRIES = {
    "us": "US", "usa": "US", "uk": "GB", "gb": "GB", "au": "AU", "ca": "CA", "nz": "NZ", "ie": "IE", "fr": "FR", "de": "DE",
    "es": "ES", "it": "IT", "pt": "PT", "br": "BR", "mx": "MX", "nl": "NL", "be": "BE", "se": "SE", "no": "NO", "dk": "DK",
    "fi": "FI", "pl": "PL", "tr": "TR", "jp": "JP", "kr": "KR", "cn": "CN", "tw": "TW", "hk": "HK", "in": "IN", "za": "ZA",
    "il": "IL", "ru": "RU", "ar": "AR", "co": "CO", "cl": "CL", "at": "AT", "ch": "CH", "gr": "GR", "ro": "RO", "th": "TH",
    "ph": "PH", "sg": "SG",
}  # fmt: skip
