# ruff: noqa: SIM905 - word lists read best as lines of words
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalkeer.core.titles import TitleReader, parse_title, title_key
from stalkeer.core.titles.alike import AlikeReader

_TABLES = Path(__file__).parents[1]

KINDS = st.sampled_from([None, "film", "episode", "series"])
PIECES = st.sampled_from(
    ["FR - ", "|EN| ", "4K-NF - ", "(", ")", "[", "]", "2019", "S01E02", " 1x02", "1080p", "The ", "Some Film",
     "الموسم 2 الحلقة 3", " - ", ".", "_", "II", "&amp;", "Ã©", "第1季第2集", "MULTI", "|", ":", "+16 ", "\u200f",
     "Season 1 Episode ", "7", "[Group] ", "[1A2B3C4D]", "/", ".mkv", "【", "】", "US ", " AKA ", ".x264-GRP", " - 05 "]
)  # fmt: skip
NAMES = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=8).map("".join))


@given(NAMES, KINDS, st.text(max_size=20))
@settings(max_examples=400, deadline=None)
def test_reading_never_raises_and_keys_are_never_empty(name, kind, group):
    parsed = parse_title(name, kind, group)

    assert all(hypothesis.key for hypothesis in parsed.hypotheses)
    assert list(parsed.hypotheses) == sorted(parsed.hypotheses, key=lambda hypothesis: hypothesis.penalty)


@given(st.lists(NAMES, max_size=6), KINDS)
@settings(max_examples=100, deadline=None)
def test_a_name_reads_the_same_in_any_company(names, kind):
    reader = TitleReader()

    assert [reader.read(name, kind) for name in [*names, *reversed(names)]] == [
        parse_title(name, kind) for name in [*names, *reversed(names)]
    ]


FRAMES = st.sampled_from(
    ["{}", "FR - {} (2001)", "4K-QQQ - {} (2002) [4K]", "fr {} - 2003", "[Grp] {} | VF", "{} (1999) MULTI",
     "{} 2 (2004)", "EN: {} - VF", "MA - {} (2012) 1080p", "{} / Foo (2001)", "{} S02", "{} Trailer", "{} - 012",
     "US| {} - Making of", "{} (2001) [12]", "{} 2001 1080p", "{} 24 2001", "{} German 2001 720p",
     "[Grp] {} - 05 [1080p]", "2019 - {} (2019)", "{} 2009 (2009)", "{} FSK 18 (2010)",
     "FSK 12 {} (2011)", "{} (2001) +18", "{} +16", "{} (2001) {}", "{}-DE (2010)",
     "Netflix: {} (2001)", "{} (1999) Uncut", "{} Edition (2004)", "4K-XYZ - {} (2001)", "三 {} (2001)"]
)  # fmt: skip
TELLING = st.sampled_from(
    """Iron Man of in La My It US Her Multi Sub Season Episode Ep Two II V I Cut Final Blu Ray Web HD Making Trailer
    Look Spider-Man XY-Man Déjà Été Apple TV aka Mr. L'Été & S T x Foo: Bar, Bar! ? The, 24 VOSTFR French - Folge Ma UK
    Director Version Cut FSK PG TV Anniversary Montaje Verze
    Complete flac Extended Collectors Edition Part chapter May June Sept DVD PAL
    """.split()
)


@given(FRAMES, st.lists(st.lists(TELLING, min_size=1, max_size=5).map(" ".join), min_size=3, max_size=8), KINDS)
@settings(max_examples=150, deadline=None)
def test_a_frame_seen_before_says_of_any_title_what_it_says_alone(frame, titles, kind):
    names = [
        frame.replace("{}", title)
        for title in ["Some Film", "Other Film", *titles, *(title.upper() for title in titles)]
    ]
    reader = TitleReader()

    assert [reader.read(name, kind) for name in names] == [parse_title(name, kind) for name in names]


WORDS = st.lists(
    st.sampled_from(["amber", "bridge", "copper", "dawn", "ember", "forest", "granite"]), min_size=2, max_size=4
)


@given(
    WORDS, st.integers(1930, 2024), st.sampled_from(["{t} ({y})", "FR - {t} - {y}", "|EN| {t} ({y}) 4K", "{t} [{y}]"])
)
def test_a_plain_title_survives_every_way_to_write_it(words, year, style):
    title = " ".join(words).title()
    parsed = parse_title(style.format(t=title, y=year), "film")

    assert (parsed.hypotheses[0].text, parsed.year) == (title, year)
    again = parse_title(f"{parsed.hypotheses[0].text} ({parsed.year})", "film")
    assert again.hypotheses[0] == parsed.hypotheses[0]


@given(WORDS)
def test_case_accents_and_punctuation_make_no_other_key(words):
    title = " ".join(words)

    assert (
        title_key(title) == title_key(title.upper()) == title_key("-".join(words)) == title_key(title.replace("e", "é"))
    )


def _names_of_tables():
    lines = [line for path in sorted(_TABLES.glob("*/data/*.tsv")) for line in path.read_text("utf-8").splitlines()]
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return sorted({cell for row in rows for cell in row if len(cell) > 3})


@pytest.mark.parametrize(
    "kind", [None, pytest.param("film", marks=pytest.mark.soak), pytest.param("episode", marks=pytest.mark.soak)]
)
def test_every_name_of_the_tables_is_read_the_same_by_itself_and_in_a_list(kind):
    reader, names = TitleReader(), _names_of_tables()
    names += [f"{name} - S01E02 - EN - {name} - S01E02" for name in names[::20]]

    assert len(names) > 1500
    assert [name for name in names * 2 if reader.read(name, kind) != parse_title(name, kind)] == []


@pytest.mark.parametrize(
    "name",
    ["Some Show - S01E01 - EN - Some Show - S01E01", "NF - Café Nord - S02E13 - NF - Café Nord - S02E13",
     "Der Turm S03E04 Der Turm S03E04", "24 - S01E01 - FR - 24 - S01E01"],
)  # fmt: skip
def test_an_episode_named_twice_is_one_in_a_list_too(name):
    reader = TitleReader()

    for number in ("1", "2", "9"):
        numbered = re.sub(r"(?<=E\d)\d", number, name)
        assert reader.read(numbered, "episode") == parse_title(numbered, "episode")
        assert len(reader.read(numbered, "episode").hypotheses[0].text) <= len("NF - Café Nord")
        assert AlikeReader(reader, _noted, _filled).read([numbered], ["episode"]) == [None]


def _noted(parsed, kind, readings):
    return parsed


def _filled(shared, title, key, year):
    return shared
