from stalkeer.core.titles import AlikeReader, Hypothesis, TitleReader, parse_title, title_key


def test_a_reader_with_a_memory_reads_as_one_without():
    reader = TitleReader()
    names = ["FR - Dark Matter S01 E02", "FR - Dark Matter S01 E03 - The End", "IT: The Wire (2002)", "9x24"]

    read = [reader.read(name, "episode", "GROUP") for name in names * 2]

    assert read == [parse_title(name, "episode", "GROUP") for name in names * 2]


def test_two_spellings_of_one_title_have_one_key():
    assert title_key("Fast & Furious II") == title_key("FAST and Furious 2")
    assert title_key("Amélie’s  Café") == title_key("Amelie's Cafe")
    assert title_key("Ocean's Eleven") == title_key("Oceans 11")


def test_a_million_names_with_one_frame_are_read_by_it_and_as_alone():
    reader = TitleReader()
    names = [f"{before}{title}{after}" for before in ("", "FR - ", "|EN| ") for title in _TITLES for after in _ENDS]

    for kind in (None, "film", "episode"):
        assert [reader.read(name, kind) for name in names] == [parse_title(name, kind) for name in names]


def test_names_that_are_read_many_at_a_time_say_what_they_say_alone():
    odd = ["Two\tTabs (2001)", "Mr. Robot S01 E02", "Up (2009)", "  Copper Dawn (2001)", "Été (2001)", "", " S01 E02"]
    titles = [
        *_TITLES,
        "Silver Garden",
        "Silver Garden New",
        "Multi Ember Dawn",
        "Ember Part Two",
        "Night of the Raven",
        "The Movie HD",
        "silver garden",
    ]
    names = [f"{before}{title}{after}" for before in ("", "FR - ", "IT - ") for title in titles for after in _ENDS]
    names = (names + odd) * 2

    for kind in ("film", "series", "episode"):
        reader = TitleReader()
        alike = AlikeReader(reader, lambda parsed, _kind, readings: (parsed, readings), _series_in_frame)
        for name in names:
            reader.read(name, kind)
        told = alike.read(names, [kind] * len(names))

        assert sum(one is not None for one in told) > len(names) / 20
        for name, one in zip(names, told, strict=True):
            if one is None:
                continue
            said = parse_title(name, kind)
            shared, readings = one.shared
            if not one.title:
                assert shared._replace(season=one.season, episodes=(one.episode,)) == said
                continue
            texts = [f"{reading.before}{one.title}{reading.after}" for reading in readings]
            assert [
                (text, title_key(text), reading.penalty) for text, reading in zip(texts, readings, strict=True)
            ] == [hypothesis[:3] for hypothesis in said.hypotheses]
            assert one.key == title_key(one.title)
            year = shared.year if one.year is None else one.year
            assert shared._replace(hypotheses=said.hypotheses, series_name=" / ".join(texts), year=year) == said


def test_names_of_several_lines_are_left_to_be_read_alone():
    alike = AlikeReader(TitleReader(), lambda *shared: shared, lambda shared, *_: shared)

    assert alike.read(["A Show S01 E02", "A\nShow S01 E02"], ["episode"] * 2) == [None, None]


def _series_in_frame(shared, title, _key, year):
    """What the test's caller keeps of a series: its name and how it is read, in its frame's stead."""
    parsed, readings = shared
    texts = [f"{reading.before}{title}{reading.after}" for reading in readings]
    hypotheses = tuple(
        Hypothesis(text, title_key(text), reading.penalty, year or parsed.year)
        for text, reading in zip(texts, readings, strict=True)
    )
    named = parsed._replace(hypotheses=hypotheses, series_name=" / ".join(texts), year=year or parsed.year)
    return named, readings


_TITLES = [
    "Copper Dawn",
    "ÉTÉ À LA MER",
    "Dawn: The Rise",
    "Spider-Forest 2: Ember",
    "IT",
    "La Granite, The",
    "FBI Ember",
]
_ENDS = [" (2001)", " (2002) [4K]", " - 2003", " | 2004", " - VF", " (2005) - Making of", " Season 2", " S01 E02", " 3"]
