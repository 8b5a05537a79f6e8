"""The search of the catalogue finds what is shown, however it is typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet

from stalkeer.core.catalogue.search import index_words, read_search
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.refresh.refresh import RefreshContext, refresh_sources
from stalkeer.secrets import SecretBox
from stalkeer.settings import Settings
from stalkeer.store.catalogue.entries import EntrySearch, browse_entries, search_entries
from stalkeer.store.db.database import Database
from stalkeer.store.sources.description import Credentials, NewSource
from stalkeer.store.sources.sources import add_source
from tests.doubles.clock import FakeClock

LISTED = {
    "EN - Riverlight (2024) 4K": ("movie", "EN| Films"),
    "FR - Riverlight (2024)": ("movie", "FR| Films"),
    "Riverlight (1988)": ("movie", "Classics"),
    "Quiet Cartographers S02E04": ("series", "Netflix Series"),
    "Quiet Cartographers S02E05": ("series", "Netflix Series"),
    "Quiet Cartographers S03E04": ("series", "Netflix Series"),
    "2012 (2009)": ("movie", "Disaster"),
    "Spiderhouse (2002)": ("movie", "Classics"),
    "Солёный сад (2021)": ("movie", "Фильмы"),
    "حديقة الملح (2020)": ("movie", "أفلام عربية"),
    "塩の果樹園 (2019)": ("movie", "日本"),
    "Les Trésors cachés (2015)": ("movie", "FR| Films"),
    "Lantern II (1999)": ("movie", "Classics"),
    "Harbour News HD": ("live", "UK| News"),
    "Канал Новости": ("live", "RU| ТВ"),
}


@pytest.fixture
def find(any_database: Database, tmp_path, clock: FakeClock) -> Callable[..., list[str]]:
    lines = [
        f'#EXTINF:-1 group-title="{group}",{name}\nhttp://tv.example/{section}/u1/p1/{number}.mkv\n'
        for number, (name, (section, group)) in enumerate(LISTED.items())
    ]
    (tmp_path / "list.m3u").write_text("#EXTM3U\n" + "".join(lines), encoding="utf-8")
    tools = RefreshContext(
        any_database, SecretBox(Fernet.generate_key()), lambda: Settings(data_dir=tmp_path), tmp_path, clock
    )
    with any_database.begin() as connection:
        new = NewSource("main", "m3u", Credentials(path=str(tmp_path / "list.m3u")))
        add_source(connection, new, tools.secrets, clock())
    refresh_sources(tools, QuietRun())

    def found(text: str, **more: object) -> list[str]:
        with any_database.connect() as connection:
            search = EntrySearch(text, **more)
            browsed = {entry.name for entry in browse_entries(connection, search)}
            assert browsed == {entry.name for entry in search_entries(connection, search)}
        return sorted(browsed)

    return found


ALL_RIVERS = ["EN - Riverlight (2024) 4K", "FR - Riverlight (2024)", "Riverlight (1988)"]
CARTOGRAPHERS = [f"Quiet Cartographers {code}" for code in ("S02E04", "S02E05", "S03E04")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("riverlight", ALL_RIVERS),
        ("Riverlight (2024)", ALL_RIVERS[:2]),
        ("2024 riverlight", ALL_RIVERS[:2]),
        ("EN - Riverlight", ALL_RIVERS[:1]),
        ("riverlight en", ALL_RIVERS[:1]),
        ("EN - Riverlight (2024) 4K", ALL_RIVERS[:1]),
        ("riverlight classics", ALL_RIVERS[2:]),
        ("riv", ALL_RIVERS),
        ("Quiet Cartographers 2x04", CARTOGRAPHERS[:1]),
        ("Quiet Cartographers S02E04", CARTOGRAPHERS[:1]),
        ("s02e04 cartographers", CARTOGRAPHERS[:1]),
        ("cartographers s2 e5", CARTOGRAPHERS[1:2]),
        ("quiet s02", CARTOGRAPHERS[:2]),
        ("cartographers quiet", CARTOGRAPHERS),
        ("carto qui", CARTOGRAPHERS),
        ("netflix", CARTOGRAPHERS),
        ("netflix quiet 3x04", CARTOGRAPHERS[2:]),
        ("2012", ["2012 (2009)"]),
        ("spider house", ["Spiderhouse (2002)"]),
        ("derhouse", ["Spiderhouse (2002)"]),
        ("солёный", ["Солёный сад (2021)"]),
        ("сад соленый", ["Солёный сад (2021)"]),
        ("САД", ["Солёный сад (2021)"]),
        ("фильмы", ["Солёный сад (2021)"]),
        ("الملح", ["حديقة الملح (2020)"]),
        ("果樹園", ["塩の果樹園 (2019)"]),
        ("tresors caches", ["Les Trésors cachés (2015)"]),
        ("lantern two", ["Lantern II (1999)"]),
        ("lantern 2", ["Lantern II (1999)"]),
        ("harbour news", ["Harbour News HD"]),
        ("новости", ["Канал Новости"]),
        ("4k", ALL_RIVERS[:1]),
        ("riverlight nowhere", []),
        ("quiet 9x99", []),
        ("netflix 2x04", CARTOGRAPHERS[:1]),
        ("main S02", CARTOGRAPHERS[:2]),
        ("main 3x04", CARTOGRAPHERS[2:]),
        ("*", []),
    ],
)
def test_what_is_typed_finds_what_is_shown(find, text, names):
    assert find(text) == sorted(names)


def test_every_name_that_is_shown_finds_its_own_entry(find):
    assert {name: name in find(name) for name in LISTED} == dict.fromkeys(LISTED, True)


def test_a_search_keeps_to_its_kind_and_source(find):
    assert find("news", kind="live") == ["Harbour News HD"]
    assert find("news", kind="film") == []
    assert find("riverlight", source="main") == ALL_RIVERS
    assert find("riverlight", source="other") == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("A S02E04", (2, 4)),
        ("A 2x04", (2, 4)),
        ("A s2 e4", (2, 4)),
        ("A S02", (2, None)),
        ("Form 1920x1080", (None, None)),
    ],
)
def test_season_and_episode_are_read_in_every_usual_form(text, number):
    search = read_search(text)

    assert (search.season, search.episode) == number


def test_a_title_in_a_script_without_spaces_is_found_from_any_letter():
    assert {"yuan"} <= index_words("盐园")
