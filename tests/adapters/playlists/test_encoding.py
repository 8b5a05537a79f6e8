"""Lists in other encodings than UTF-8: names are read as they were meant."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from stalkeer.adapters.playlists.encoding import as_utf8, readable_start
from stalkeer.adapters.playlists.guard import check_is_playlist
from stalkeer.adapters.playlists.m3u_entry import read_entries

NAMES = {
    "cp1251": ["Солёный сад (2021)", "Станция Умбра", "Тихие картографы", "Дети ночи"],
    "koi8-r": ["Солёный сад (2021)", "Станция Умбра", "Тихие картографы", "Дети ночи", "Весна на улице", "Мой друг"],
    "cp866": ["Солёный сад (2021)", "Станция Умбра", "Тихие картографы", "Дети ночи"],
    "cp1250": ["Příběhy řeky", "Šťastný člověk", "Žlutý pes", "Dědictví otců"],
    "cp1252": ["Les Trésors cachés", "Hôtel de la forêt", "Señora del río", "Große Träume"],
    "cp1253": ["Ο κήπος του αλατιού", "Σταθμός Ούμπρα", "Ελληνικές ταινίες"],
    "cp1254": ["Işıklı nehir", "Güneşin oğlu", "Çocuklar için", "Dağların çağrısı"],
    "cp1255": ["הנהר השקט", "הילדים של הלילה", "אור בסוף היום", "שיר של אהבה", "המשפחה שלי", "הגן המלוח"],
    "cp1256": ["حديقة الملح", "محطة أومبرا", "أفلام عربية"],
    "cp1257": ["Sūrusis sodas", "Ąžuolo šešėlis", "Nakties vaikai ir žvaigždės"],
    "gb18030": ["盐园", "安静的制图师", "河流之光", "夜晚的孩子们"],
    "shift_jis": ["塩の果樹園", "静かな地図製作者", "リバーライト"],
    "euc_kr": ["소금 과수원", "조용한 지도 제작자", "강의 빛"],
}


def listed(names: list[str]) -> str:
    entries = (f'#EXTINF:-1 group-title="G",{name}\nhttp://h.example/{n}.mkv\n' for n, name in enumerate(names))
    return "#EXTM3U\n" + "".join(entries)


def read(raw: bytes, folder: Path, content_type: str = "") -> tuple[list[str], dict[str, int]]:
    file = folder / "list.m3u"
    file.write_bytes(raw)
    check_is_playlist(readable_start(raw[: 1 << 16]), "The playlist")
    path, oddities = as_utf8(file, folder / "list.utf-8", content_type)
    with path.open("rb") as stream:
        return [entry.name for entry in read_entries(stream)], dict(oddities)


MORE_NAMES = {
    "gb18030": ["流浪地球", "我不是药神", "霸王别姬", "让子弹飞", "疯狂的石头"],
    "big5": ["悲情城市", "海角七號", "臥虎藏龍", "飲食男女"],
    "euc_jp": ["塩の果樹園", "静かな地図製作者", "七人の侍", "東京の物語"],
    "iso8859-2": ["Długa śnieżna noc", "Gęś i źdźbło", "Żółta łódź", "Księżyc nad miastem"],
    "iso8859-5": ["Солёный сад", "Станция Умбра", "Тихие картографы", "Дети ночи", "Дом у реки", "Свет и море"],
    "koi8-r": ["Дом у реки", "Море и свет", "Потерянный остров"],
}


@pytest.mark.parametrize("encoding", MORE_NAMES)
def test_a_longer_list_is_read_by_what_its_script_looks_like(encoding, tmp_path):
    wanted = [f"{name} ({1980 + number})" for number in range(8) for name in MORE_NAMES[encoding]]

    names, _ = read(listed(wanted).encode(encoding), tmp_path)

    assert names == wanted


# cgang/myiptv #9, huxuan/iptvtools #36, linuxmint/hypnotix #339 and #112
@pytest.mark.parametrize("encoding", NAMES)
def test_an_unlabelled_encoding_is_guessed_from_all_odd_lines(encoding, tmp_path):
    names, oddities = read(listed(NAMES[encoding]).encode(encoding), tmp_path)

    assert names == NAMES[encoding]
    assert list(oddities.values()) == [len(NAMES[encoding])]


@pytest.mark.parametrize("encoding", [name for name in NAMES if name != "gb18030"])
@pytest.mark.parametrize("how", ["#EXTENC: {}", '#EXTENC:"{}"', "field", "quoted field", '#EXTM3U x="1" charset="{}"'])
def test_a_stated_encoding_is_believed_even_for_a_single_name(encoding, how, tmp_path):
    line = how.format(encoding) + "\n" if "#" in how else ""
    text = (line if "EXTM3U" in line else "#EXTM3U\n" + line) + listed(NAMES[encoding][:1]).removeprefix("#EXTM3U\n")
    field = {"field": f"audio/x-mpegurl; charset={encoding}", "quoted field": f'text/plain;Charset="{encoding}"'}

    names, _ = read(text.encode(encoding), tmp_path, field.get(how, ""))

    assert names == NAMES[encoding][:1]


@pytest.mark.parametrize("said", ["windows-1251", "iso-8859-1", "nonsense", "zip", "utf-16"])
def test_a_list_in_utf_8_stays_so_whatever_it_states(said, tmp_path):
    wanted = NAMES["cp1251"] + NAMES["cp1252"]

    names, oddities = read(listed(wanted).encode(), tmp_path, f"text/plain; charset={said}")

    assert (names, oddities) == (wanted, {})


def test_lines_of_two_encodings_in_one_list_are_both_read(tmp_path):
    raw = listed(NAMES["cp1256"]).encode() + listed(NAMES["cp1251"]).encode("cp1251")

    names, oddities = read(raw, tmp_path)

    assert names == NAMES["cp1256"] + NAMES["cp1251"]
    assert oddities == {"encoding-cp1251": 4}


# clementine-player/Clementine #7014, nilaoda/N_m3u8DL-RE #866
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_utf_16_is_read_with_and_without_its_mark(encoding, mark, tmp_path):
    wanted = NAMES["cp1251"] + NAMES["gb18030"]

    names, _ = read(mark + listed(wanted).encode(encoding), tmp_path)

    assert names == wanted


@pytest.mark.parametrize("place", [3, 40, 90])
def test_a_single_zero_byte_is_dropped_and_counted(place, tmp_path):
    raw = listed(["Umbra Station", "The Salt Orchard"]).encode()
    raw = raw[:place] + b"\0" + raw[place:]

    names, _ = read(raw, tmp_path)

    assert len(names) == 2
