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
