from stalkeer.titles import TitleReader, parse_title, title_key


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
