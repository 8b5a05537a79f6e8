"""Playlists as providers write them: whatever the form, the entry is found and the oddity is counted."""

from __future__ import annotations

import io
import json

import pytest

from stalkeer.adapters.playlists.m3u import Chunks
from stalkeer.adapters.playlists.m3u_entry import EntryReader, read_entries
from stalkeer.core.catalogue.access import Access, Templates, fill
from stalkeer.core.security.plain_text import clean_line, is_harmless
from stalkeer.model import Entry

PANEL = "http://tv.example:8080"


def read(text: str | bytes, *, chunk: int = 1 << 16) -> tuple[list[Entry], dict[str, int]]:
    raw = text.encode() if isinstance(text, str) else text
    chunks = Chunks(io.BytesIO(raw), chunk=chunk)
    templates = Templates()
    templates.learn(chunks.sample)
    reader = EntryReader(templates)
    entries = [entry for piece in chunks for entry in reader.read(piece)[0]]
    return entries, dict(+(chunks.oddities + reader.oddities))


def one(text: str | bytes) -> tuple[Entry, dict[str, int]]:
    entries, oddities = read(text)
    assert len(entries) == 1, entries
    return entries[0], oddities


def test_a_panels_line_becomes_an_entry_without_the_login():
    entry, oddities = one(
        "#EXTM3U\n"
        '#EXTINF:-1 tvg-id="" tvg-name="EN - Alien" tvg-logo="http://i.example/a.jpg" group-title="VOD",EN - Alien\n'
        f"{PANEL}/movie/ann/s3cret/17.mkv\n"
    )

    assert entry == Entry(
        key="movie:17",
        kind="film",
        name="EN - Alien",
        url="{base}/movie/{username}/{password}/17.mkv",
        group="VOD",
        logo="http://i.example/a.jpg",
    )
    assert oddities == {}


@pytest.mark.parametrize(
    ("line", "name", "group", "oddity"),
    [
        ('-1 group-title="G" tvg-name="A",Film', "Film", "G", None),
        ('-1 tvg-logo="l" group-title="G" tvg-id="x",Film', "Film", "G", None),
        ("-1 group-title='G' tvg-name='A',Film", "Film", "G", "single-quotes"),
        ("-1 group-title=G tvg-name=A,Film", "Film", "G", "unquoted-attribute"),
        ("-1 group-title=My Films tvg-name=A,Film", "Film", "My Films", "unquoted-attribute"),
        ('-1 tvg-name="Les digo "almas"" group-title="G",Les digo "almas"', 'Les digo "almas"', "G", "inner-quotes"),
        ('-1 tvg-name="The "A", B" group-title="G",The "A", B', 'The "A", B', "G", "inner-quotes"),
        ('-1 group-title="G",Hello, Dolly, again', "Hello, Dolly, again", "G", None),
        ('-1 group-title="A, B",Film', "Film", "A, B", None),
        ("-1,Film", "Film", "", None),
        ("-1 ,Film", "Film", "", None),
        ('5400.5 group-title="G",Film', "Film", "G", "decimal-duration"),
        ('group-title="G",Film', "Film", "G", "no-duration"),
        ('-1 tvg-name="Named" group-title="G",', "Named", "G", "no-name"),
        ('-1 tvg-name="Named" group-title="G"', "Named", "G", "no-name"),
        ('-1 group-title="Tom &amp; Co",Tom &amp; Jerry&#039;s', "Tom & Jerry's", "Tom & Co", "html-entity"),
        ('-1 group-title="",a=b', "a=b", "", None),
        ('-1   tvg-id=""   group-title="G"  ,  Film  ', "Film", "G", None),
        ('-1 tvg-id="" group-title="G" ,Film', "Film", "G", None),
        ('-1 Group-Title="G" TVG-NAME="A",Film', "Film", "G", None),
        ('-1 category="G" logo="l",Film', "Film", "G", None),
        ('-1 category="H" tvg-group="G",Film', "Film", "G", None),
        ('-1;group-title="G";tvg-name="A",Film', "Film", "G", None),
        ('-1 group-title="G"tvg-logo="l"tvg-id="1",Film', "Film", "G", None),
        (
            "-1 group-title=\u201cG\u201d tvg-name=\u201cA\u201d,Film \u201cX\u201d",
            "Film \u201cX\u201d",
            "G",
            "typographic-quotes",
        ),
    ],
)
def test_every_way_to_write_an_extinf_line_is_read(line, name, group, oddity):
    entry, oddities = one(f"#EXTM3U\n#EXTINF:{line}\nhttp://h.example/films/a.mkv\n")

    assert (entry.name, entry.group) == (name, group)
    assert set(oddities) == ({oddity} if oddity else set())


# bylee20/bomi #7, Threadfin/Threadfin #65, Publish3r/repository.kodi.matrix #11, freearhey/iptv-playlist-parser #19
@pytest.mark.parametrize(
    ("line", "name", "group"),
    [
        (
            '-1, tvg-ID="" tvg-name="The Salt Orchard (2021)" group-title="Films",The Salt Orchard (2021)',
            "The Salt Orchard (2021)",
            "Films",
        ),
        ('-1, channelID="7" group-title="Films",Umbra Station', "Umbra Station", "Films"),
        ('-1,catchup="default" group-title="Films",Umbra Station', "Umbra Station", "Films"),
        ('0, type="video" tvg-logo="" group-title="Films", Umbra Station', "Umbra Station", "Films"),
        ('-1 tvg-id="a",tvg-name="b",group-title="Films",Umbra Station', "Umbra Station", "Films"),
        ('-1 tvg-id="a", group-title="Films" , Umbra, Station', "Umbra, Station", "Films"),
        ('-1,Umbra Station tvg-id="a" group-title="Films"', "Umbra Station", "Films"),
        ('-1,Umbra Station, group-title="Films"', "Umbra Station", "Films"),
        ('-1 Old words tvg-id="a" group-title="Films",Umbra Station', "Umbra Station", "Films"),
        ("-1, tvg-id='a' group-title='Films',Umbra Station", "Umbra Station", "Films"),
        ("-1,tvg-id=a group-title=Films,Umbra Station", "Umbra Station", "Films"),
        ('-1 xui-id="5",tvg-name="x" group-title="A, B",Umbra Station', "Umbra Station", "A, B"),
    ],
)
@pytest.mark.parametrize("lines", [1, 300])
def test_attributes_are_found_wherever_they_stand(line, name, group, lines):
    text = "#EXTM3U\n" + "".join(f"#EXTINF:{line}\nhttp://h.example/films/{n}.mkv\n" for n in range(lines))

    entries, _ = read(text)

    assert {(entry.name, entry.group) for entry in entries} == {(name, group)}
    assert len(entries) == lines


# fHDHR/fHDHR #48: a group per channel
@pytest.mark.parametrize(
    ("line", "name", "group"),
    [
        ('-1 group-title="Films HD,Umbra Station (2016)', "Umbra Station (2016)", "Films HD"),
        ('-1 tvg-name="Umbra Station" group-title="Films HD,Umbra Station', "Umbra Station", "Films HD"),
        ('-1 tvg-logo="http://l.example/a.png group-title="Films HD",Umbra Station', "Umbra Station", "Films HD"),
        ('-1 tvg-name="Umbra Station group-title="Films HD",Umbra Station', "Umbra Station", "Films HD"),
        ("-1 tvg-id='a group-title='Films HD',Umbra Station", "Umbra Station", "Films HD"),
        ('-1, tvg-id="a group-title="Films HD,Umbra Station', "Umbra Station", "Films HD"),
    ],
)
@pytest.mark.parametrize("lines", [1, 300])
def test_an_unclosed_quote_ends_at_the_next_attribute_or_the_last_comma(line, name, group, lines):
    well = '#EXTINF:-1 group-title="Well",Well\nhttp://h.example/films/well.mkv\n'
    text = "#EXTM3U\n" + well + "".join(f"#EXTINF:{line}\nhttp://h.example/films/{n}.mkv\n" for n in range(lines))

    entries, oddities = read(text + well)

    assert {(entry.name, entry.group) for entry in entries[1:-1]} == {(name, group)}
    assert (entries[0].group, entries[-1].group, len(entries)) == ("Well", "Well", lines + 2)
    assert oddities["unclosed-quote"] >= lines


@pytest.mark.parametrize("start", ["  #EXTINF:", "#EXTINF ", "# EXTINF:", "#extinf:", "\u200b#EXTINF:", "\t#ExtInf :"])
@pytest.mark.parametrize("lines", [1, 300])
def test_an_extinf_line_is_known_however_it_begins(start, lines):
    text = "#EXTM3U\n" + "".join(
        f'{start}-1 group-title="G",Film {n}\n http://h.example/{n}.mkv\n' for n in range(lines)
    )

    entries, _ = read(text)

    assert [(entry.name, entry.group) for entry in entries] == [(f"Film {n}", "G") for n in range(lines)]


@pytest.mark.parametrize("group", ["Group-Title", "tvg-group", "category"])
@pytest.mark.parametrize("logo", ["TVG-Logo", "logo", "tvg-poster"])
def test_other_names_of_group_and_logo_are_known(group, logo):
    text = "#EXTM3U\n" + "".join(
        f'#EXTINF:-1 {logo}="http://l.example/{n}.png" {group}="G",Film {n}\nhttp://h.example/{n}.mkv\n'
        for n in range(9)
    )

    entries, _ = read(text)

    assert [(entry.group, entry.logo) for entry in entries] == [("G", f"http://l.example/{n}.png") for n in range(9)]


@pytest.mark.parametrize("address", ['"{}"', "'{}'", "<{}>"])
def test_quotes_around_an_address_are_removed(address):
    entry, _ = one("#EXTM3U\n#EXTINF:-1,Film\n" + address.format("http://h.example/films/a.mkv") + "\n")

    assert entry.url == "http://h.example/films/a.mkv"


@pytest.mark.parametrize("query", ["file=a.mkv", "id=7&name=a.mp4", "a.avi"])
def test_a_media_file_may_be_named_by_the_query(query):
    entry, _ = one(f'#EXTM3U\n#EXTINF:-1 group-title="Misc",Film\nhttp://h.example/play.php?{query}\n')

    assert (entry.kind, entry.reason) == ("film", "url")


def test_a_group_may_stand_on_a_line_of_its_own():
    entry, _ = one("#EXTM3U\n#EXTINF:-1,Film\n#EXTGRP:Films\nhttp://h.example/a.mkv\n")

    assert entry.group == "Films"


@pytest.mark.parametrize(
    "lines",
    [
        "#EXTINF:-1,A\n#EXTVLCOPT:http-user-agent=Box/1\n#EXTVLCOPT:http-referrer=http://r.example/\nhttp://h.example/a.mkv",
        "#EXTVLCOPT:http-user-agent=Box/1\n#EXTVLCOPT:http-referrer=http://r.example/\n#EXTINF:-1,A\nhttp://h.example/a.mkv",
        "#EXTINF:-1,A\nhttp://h.example/a.mkv|User-Agent=Box/1&Referer=http%3A%2F%2Fr.example%2F",
        '#EXTINF:-1,A\n#EXTHTTP:{"User-Agent":"Box/1","Referer":"http://r.example/"}\nhttp://h.example/a.mkv',
        '#EXTINF:-1 user-agent="Box/1" referrer="http://r.example/",A\nhttp://h.example/a.mkv',
        "#EXTINF:-1,A\n#KODIPROP:inputstream.adaptive.stream_headers=User-Agent=Box/1&Referer=http://r.example/\nhttp://h.example/a.mkv",
    ],
)
def test_request_headers_are_taken_from_wherever_they_stand(lines):
    entry, _ = one(f"#EXTM3U\n{lines}\n")

    assert json.loads(entry.headers) == {"User-Agent": "Box/1", "Referer": "http://r.example/"}
    assert entry.url == "http://h.example/a.mkv"


def test_headers_in_front_of_each_extinf_belong_to_the_entry_that_follows():
    text = "#EXTM3U\n" + "".join(
        f"#EXTVLCOPT:http-user-agent=Box/{n}\n#EXTINF:-1,Film {n}\nhttp://h.example/{n}.mkv\n" for n in range(300)
    )

    for size in (1 << 16, 700):
        entries, _ = read(text, chunk=size)
        assert [json.loads(entry.headers)["User-Agent"] for entry in entries] == [f"Box/{n}" for n in range(300)]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines_in_front_of_a_later_extinf_belong_to_it_and_not_to_the_entry_before(newline):
    text = (
        "#EXTM3U\n#EXTINF:-1,A\nhttp://h.example/a.m3u8\n#KODIPROP:inputstream.adaptive.license_type=widevine\n"
        "#EXTINF:-1,B\nhttp://h.example/b.m3u8\n"
    )

    entries, oddities = read(text.replace("\n", newline))

    assert [(entry.name, entry.protected) for entry in entries] == [("A", False), ("B", True)]
    assert "missing-url" not in oddities


def test_lines_in_front_of_extinf_are_seen_behind_a_thousand_channels_without_them(tmp_path):
    channels = "".join(f"#EXTINF:-1,Channel {n}\nhttp://h.example/{n}.ts\n" for n in range(20_000))
    films = "".join(
        f"#KODIPROP:inputstream.adaptive.license_type=widevine\n#EXTINF:-1,Film {n}\nhttp://h.example/{n}.m3u8\n"
        for n in range(3)
    )
    (tmp_path / "list.m3u").write_text("#EXTM3U\n" + channels + films)

    with (tmp_path / "list.m3u").open("rb") as stream:
        entries = list(read_entries(stream))

    assert [entry.name for entry in entries if entry.protected] == ["Film 0", "Film 1", "Film 2"]
    assert len(entries) == 20_003


def test_a_header_that_would_break_a_request_is_left_out():
    entry, _ = one("#EXTM3U\n#EXTINF:-1,A\nhttp://h.example/a.mkv|User-Agent=a%0d%0aX-Evil:1\n")

    assert entry.headers == ""


def test_a_licence_marks_the_entry_as_protected():
    entry, _ = one(
        "#EXTM3U\n#EXTINF:-1,A\n#KODIPROP:inputstream.adaptive.license_type=com.widevine.alpha\nhttp://h.example/a.m3u8\n"
    )

    assert entry.protected


def test_carriage_returns_and_a_byte_order_mark_do_no_harm():
    text = b"\xef\xbb\xbf#EXTM3U\r\n" + b"".join(
        b"#EXTINF:-1,Film %d\r\nhttp://h.example/%d.mkv\r\n" % (n, n) for n in range(50)
    )

    for size in range(30, 60):
        entries, oddities = read(text, chunk=size)
        assert [entry.name for entry in entries] == [f"Film {n}" for n in range(50)]
        assert oddities == {"bom": 1, "crlf": 1}


def test_a_stray_latin_1_line_does_not_spoil_its_neighbours():
    entries, oddities = read(
        "#EXTM3U\n#EXTINF:-1,Amélie\nhttp://h.example/1.mkv\n".encode()
        + "#EXTINF:-1,Le Père\nhttp://h.example/2.mkv\n".encode("latin-1")
        + "#EXTINF:-1,Pokémon\nhttp://h.example/3.mkv\n".encode()
    )

    assert [entry.name for entry in entries] == ["Amélie", "Le Père", "Pokémon"]
    assert oddities == {"latin-1-line": 1}


# owntone/owntone-server #1674, henkelis/sonospy #55; lists put together by `cat`
@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", "ï»¿".encode()])
@pytest.mark.parametrize("before", ["#EXTINF:-1,B", "http://h.example/b.mkv", "#EXTM3U", "B in the middle"])
def test_a_byte_order_mark_is_dropped_from_any_line(mark, before):
    text = (
        "#EXTM3U\n#EXTINF:-1,A\nhttp://h.example/a.mkv\n#EXTM3U\n#EXTINF:-1,B in the middle\nhttp://h.example/b.mkv\n"
        "#EXTINF:-1,C\nhttp://h.example/c.mkv\n"
    ).replace("#EXTINF:-1,B in the middle", before if before.startswith("#EXTINF") else "#EXTINF:-1,B in the middle")
    place = text.rindex(before)
    raw = text[:place].encode() + mark + text[place:].encode()

    for size in (1 << 16, 40, 41, 42):
        entries, oddities = read(raw, chunk=size)

        assert [entry.name for entry in entries][0::2] == ["A", "C"]
        assert entries[1].name in ("B", "B in the middle")
        assert [entry.url for entry in entries] == [f"{{base}}/{name}.mkv" for name in "abc"]
        assert oddities["bom"] == 1


def test_zero_bytes_are_left_out():
    entry, oddities = one(b"#EXTM3U\n#EXTINF:-1,A\0B\nhttp://h.example/a.mkv\n")

    assert (entry.name, oddities) == ("AB", {"zero-byte": 1})


# globocom/m3u8 #11, mangui/flashls #252, shaka-project/shaka-player #10161
@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("films/1.mkv", "http://h.example/lists/films/1.mkv"),
        ("1.mkv", "http://h.example/lists/1.mkv"),
        ("The Salt Orchard (2021).mkv", "http://h.example/lists/The%20Salt%20Orchard%20(2021).mkv"),
        ("/x/2.mkv", "http://h.example/x/2.mkv"),
        ("//cdn.example/3.mkv", "http://cdn.example/3.mkv"),
        ("../3.mkv", "http://h.example/3.mkv"),
        ("./3.mkv?a=b", "http://h.example/lists/3.mkv?a=b"),
        ("?stream=7", "http://h.example/lists/all.m3u?stream=7"),
        ("watch/7", "http://h.example/lists/watch/7"),
        ("films/é.mkv", "http://h.example/lists/films/%C3%A9.mkv"),
        ("films\\1.mkv", "http://h.example/lists/films/1.mkv"),
        ("films/1.mkv|User-Agent=Box", "http://h.example/lists/films/1.mkv"),
    ],
)
@pytest.mark.parametrize("lines", [1, 200])
def test_a_relative_address_is_resolved_against_the_lists_own(line, url, lines):
    base = "http://h.example/lists/all.m3u"
    text = "#EXTM3U\n" + f"#EXTINF:-1,A\n{line}\n" * lines

    entries = list(read_entries(io.BytesIO(text.encode()), base))

    assert len(entries) == lines
    host = "http://cdn.example" if "cdn" in url else "http://h.example"
    assert {fill(entry.url, Access(host, "lists", "watch")) for entry in entries} == {url}


@pytest.mark.parametrize("line", ["some text", "C:\\films\\a.mkv", "and then some words", "file name without end"])
def test_text_is_not_taken_for_a_relative_address(line):
    entries = list(read_entries(io.BytesIO(f"#EXTM3U\n#EXTINF:-1,A\n{line}\n".encode()), "http://h.example/a.m3u"))

    assert entries == []


def test_a_list_without_header_is_a_list():
    entry, oddities = one("#EXTINF:-1,A\nhttp://h.example/a.mkv\n")

    assert (entry.name, oddities) == ("A", {"no-header": 1})


def test_an_entry_without_url_is_counted_and_left_out():
    entries, oddities = read(
        "#EXTM3U\n#EXTINF:-1,A\n#EXTINF:-1,B\nhttp://h.example/b.mkv\n#EXTINF:-1,C\n#EXTGRP:x\n#EXTINF:-1,D\nhttp://h.example/d.mkv\n"
    )

    assert [entry.name for entry in entries] == ["B", "D"]
    assert oddities == {"missing-url": 2}


def test_a_url_without_extinf_gets_its_files_name():
    entries, oddities = read(
        "#EXTM3U\nhttp://h.example/The%20Film%20(2001).mkv\n#EXTINF:-1,B\nhttp://h.example/b.mkv\nhttp://h.example/Third.mp4\n"
    )

    assert [entry.name for entry in entries] == ["The Film (2001)", "B", "Third"]
    assert oddities == {"no-extinf": 2}


def test_a_list_of_nothing_but_urls_is_read():
    entries, oddities = read("".join(f"http://h.example/Film%20{n}.mkv\n" for n in range(5000)), chunk=1000)

    assert [entry.name for entry in entries] == [f"Film {n}" for n in range(5000)]
    assert oddities == {"no-header": 1, "no-extinf": 5000}


def test_a_logo_of_several_megabytes_is_dropped_and_its_entry_kept():
    logo = "data:image/png;base64," + "A" * 5_000_000
    entries, oddities = read(
        f'#EXTM3U\n#EXTINF:-1,A\nhttp://h.example/a.mkv\n#EXTINF:-1 tvg-logo="{logo}" group-title="G",B\n'
        "http://h.example/b.mkv\n#EXTINF:-1,C\nhttp://h.example/c.mkv\n"
    )

    assert [(entry.name, entry.logo) for entry in entries] == [("A", ""), ("B", ""), ("C", "")]
    assert oddities == {"inline-logo": 1}


def test_the_whole_entries_of_a_truncated_file_are_read():
    entries, oddities = read('#EXTM3U\n#EXTINF:-1,A\nhttp://h.example/a.mkv\n#EXTINF:-1 tvg-id="" tvg-na')

    assert [entry.name for entry in entries] == ["A"]
    assert oddities["missing-url"] == 1


def test_lines_that_are_no_urls_are_counted():
    entries, oddities = read("#EXTM3U\n#EXTINF:-1,A\nsome text\nhttp://h.example/a.mkv\n")

    assert [entry.name for entry in entries] == ["A"]
    assert oddities == {"not-a-url": 1}


def test_a_list_that_mixes_two_ways_of_writing_is_read():
    text = "#EXTM3U\n" + "".join(
        f'#EXTINF:-1 tvg-id="" group-title="F",Film {n}\n{PANEL}/movie/u1/p1/{n}.mkv\n'
        f'#EXTINF:0 tvg-logo="l{n}" tvg-chno="{n}" group-title="L",News {n}\n{PANEL}/live/u1/p1/{n}.ts\n'
        for n in range(400)
    )

    entries, oddities = read(text, chunk=4000)

    assert len(entries) == 800
    assert {entry.kind for entry in entries if entry.name.startswith("News")} == {"live"}
    assert oddities == {}


def test_a_group_that_comes_before_the_logo_is_not_taken_for_it():
    entry, _ = one(
        f'#EXTM3U\n#EXTINF:-1 group-title="G" tvg-logo="http://l.example/l.png",A\n{PANEL}/movie/u/p/1.mp4\n'
    )

    assert (entry.group, entry.logo) == ("G", "http://l.example/l.png")


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        (f"-1,A\n{PANEL}/movie/u1/p1/1.mkv", "film", "url"),
        (f"-1,A S01 E02\n{PANEL}/movie/u1/p1/1.mkv", "film", "url"),
        (f"-1,A\n{PANEL}/series/u1/p1/1.mkv", "episode", "url"),
        (f"-1,A\n{PANEL}/live/u1/p1/1.ts", "live", "url"),
        ("-1,A\nhttp://h.example/x/a.mkv", "film", "url"),
        ("-1,A S01E02\nhttp://h.example/x/a.mkv", "episode", "name"),
        ("-1,A 1x02\nhttp://h.example/x/a.mkv", "episode", "name"),
        ("-1,News\nhttp://h.example/x/index.m3u8", "live", "url"),
        ('-1 group-title="VOD",A\nhttp://h.example/x/master.m3u8', "film", "group"),
        ("5400,A\nhttp://h.example/watch?v=1", "film", "duration"),
        ("-1,A\nrtmp://h.example/x", "live", "url"),
    ],
)
def test_the_kind_of_an_entry_has_a_reason(line, kind, reason):
    entry, _ = one(f"#EXTM3U\n#EXTINF:{line}\n")

    assert (entry.kind, entry.reason) == (kind, reason)


def test_bare_stream_addresses_of_a_login_are_live():
    text = "#EXTM3U\n" + "".join(f"#EXTINF:-1,TV {n}\n{PANEL}/u1/p1/{n}\n" for n in range(5))

    entries, _ = read(text)

    assert entries[3] == Entry("live:3", "live", "TV 3", "{base}/{username}/{password}/3")


@pytest.mark.parametrize("chunk", [50, 333, 1 << 16])
def test_the_size_of_chunks_makes_no_difference(chunk):
    text = "#EXTM3U\n" + "".join(
        f'#EXTINF:-1 tvg-name="The "{n}"" group-title="G",The "{n}"\n#EXTGRP:x\n{PANEL}/movie/u1/p1/{n}.mkv\n\n'
        if n % 7 == 0
        else f'#EXTINF:-1 tvg-name="{n}" group-title="G",Film {n}\n{PANEL}/movie/u1/p1/{n}.mkv\n'
        for n in range(100)
    )

    entries, _ = read(text, chunk=chunk)

    assert [entry.key for entry in entries] == [f"movie:{n}" for n in range(100)]


def test_a_list_cannot_make_us_send_the_login_elsewhere():
    entries, _ = read(
        f"#EXTM3U\n#EXTINF:-1,A\n{PANEL}/movie/ann/s3cret/1.mkv\n"
        "#EXTINF:-1,B\nhttp://evil.example/{username}/{password}/x.mkv\n"
    )
    access = Access(PANEL, "ann", "s3cret")

    assert fill(entries[0].url, access) == f"{PANEL}/movie/ann/s3cret/1.mkv"
    assert "s3cret" not in fill(entries[1].url, access)


@pytest.mark.parametrize(
    "mark", ["\x1b[2J", "\x00", "\x9b31m", "\u202e", "\u2066", "\ufeff", "\x08"], ids=lambda mark: ascii(mark)
)
def test_a_name_from_a_playlist_is_harmless_wherever_it_is_shown(mark):
    entry, _ = one(f'#EXTM3U\n#EXTINF:-1 group-title="V{mark}OD",Al{mark}ien\n{PANEL}/movie/ann/s3cret/17.mkv\n')

    assert is_harmless(entry.name)
    assert is_harmless(entry.group)
    assert (entry.name, entry.group) == (clean_line(f"Al{mark}ien"), clean_line(f"V{mark}OD"))
