"""A playlist read beside what the last generation was made of: only what is new is read, and nothing new is missed."""

from __future__ import annotations

import io
import random
from itertools import groupby
from operator import itemgetter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalkeer.adapters.playlists.m3u import Chunks
from stalkeer.core.catalogue.learned import LearnedAccess
from stalkeer.core.catalogue.snapshot import Alignment, Snapshot
from stalkeer.core.catalogue.stretches import SIZE, Stretches
from stalkeer.jobs.refresh.reading import PlaylistWalk

LOGIN = ("user", "secret")


def block(number: int, name: str = "", login: tuple[str, str] = LOGIN) -> str:
    user, password = login
    return (
        f'#EXTINF:-1 tvg-logo="" group-title="Films",{name or f"Film {number}"} (2020)\n'
        f"http://provider.example/movie/{user}/{password}/{number}.mkv\n"
    )


def playlist(blocks: list[str]) -> bytes:
    return ("#EXTM3U\n" + "".join(blocks)).encode()


class Read:
    """What a walk made of a playlist: the keys it read, and the new snapshot."""

    def __init__(self, text: bytes, old: Snapshot | None = None, chunk: int = 1 << 16, reference=None) -> None:
        self.alignment = Alignment(old or Snapshot())
        self.walk = PlaylistWalk(
            Chunks(io.BytesIO(text), chunk=chunk), LearnedAccess(), reference or LearnedAccess(), LOGIN
        )
        self.keys: list[str] = []
        for unknown in self.walk.unknown(self.alignment):
            for place, of_block in groupby(zip(unknown.places, unknown.entries, strict=True), itemgetter(0)):
                found = [entry.key for _, entry in of_block]
                self.keys += found
                self.alignment.became(place, [id_of(key) for key in found])

    @property
    def snapshot(self) -> Snapshot:
        return self.alignment.new


def id_of(key: str) -> int:
    return int(key.partition(":")[2])


def keys(numbers) -> list[str]:
    return [f"movie:{number}" for number in numbers]


def test_of_an_unchanged_playlist_nothing_is_read():
    text = playlist([block(number) for number in range(1, 500)])
    first = Read(text)

    again = Read(text, first.snapshot)

    assert first.keys == keys(range(1, 500))
    assert again.keys == []
    assert again.snapshot == first.snapshot


def test_only_what_was_changed_added_or_moved_is_read():
    blocks = [block(number) for number in range(1, 3_000)]
    first = Read(playlist(blocks))
    blocks[70] = block(71, "Another name")
    blocks[1_000:1_000] = [block(5_001)]
    del blocks[2_000:2_003]

    again = Read(playlist(blocks), first.snapshot)

    assert again.keys == keys([71, 5_001])
    assert again.alignment.missing() == {2_000, 2_001, 2_002}


def test_a_line_more_at_the_end_of_a_stretch_is_noticed():
    blocks = [block(number) for number in range(1, SIZE * 4 + 1)]
    first = Read(playlist(blocks))
    last = sum(first.snapshot.stretches.blocks[:2]) - 1
    blocks[last] += "http://provider.example/movie/user/secret/999.mkv\n"

    again = Read(playlist(blocks), first.snapshot)

    assert again.keys == keys([last + 1, 999])


def test_a_stretch_that_two_chunks_share_is_compared_like_any_other():
    blocks = [block(number) for number in range(1, 400)]
    first = Read(playlist(blocks))
    text = b"#EXTM3U url-tvg='something longer than it was'" + playlist(blocks)[7:]

    again = Read(text, first.snapshot, chunk=1_000)

    assert again.keys == []
    assert again.snapshot.stretches == first.snapshot.stretches


def test_a_snapshot_of_an_earlier_release_has_no_stretches_and_serves_as_well():
    text = playlist([block(number) for number in range(1, 500)])
    first = Read(text)
    earlier = Snapshot(first.snapshot.fingerprints, first.snapshot.entry_ids)

    again = Read(text, earlier)

    assert again.keys == []
    assert again.snapshot == first.snapshot


def test_stretches_of_other_blocks_are_ignored():
    text = playlist([block(number) for number in range(1, 500)])
    first = Read(text).snapshot
    shorter = Stretches(first.stretches.blocks[:5], first.stretches.lengths[:5], first.stretches.fingerprints[:5])

    again = Read(text, Snapshot(first.fingerprints, first.entry_ids, stretches=shorter))

    assert again.keys == []
    assert again.snapshot == first


def test_under_another_login_only_what_changed_is_read():
    first = Read(playlist([block(number) for number in range(1, 800)]))
    moved = [block(number, login=("someone", "else")) for number in range(1, 800)]
    moved[300] = block(301, "Another name", login=("someone", "else"))

    again = Read(playlist(moved), first.snapshot, reference=first.walk.learned)

    assert again.keys == keys([301])
    unchanged = [place for place in range(799) if place != 300]
    assert [again.snapshot.fingerprints[n] for n in unchanged] == [first.snapshot.fingerprints[n] for n in unchanged]


def test_stretches_come_back_from_the_database_as_they_were():
    stretches = Read(playlist([block(number) for number in range(1, 100)])).snapshot.stretches

    assert Stretches.from_bytes(stretches.to_bytes()) == stretches
    assert Stretches.from_bytes(b"") == Stretches()


@pytest.mark.parametrize("share", [0.01, 0.2, 0.9])
def test_whatever_share_is_replaced_is_what_is_read(share):
    chance = random.Random(share)
    first = Read(playlist([block(number) for number in range(1, 6_000)]))
    replaced = [number for number in range(1, 6_000) if chance.random() < share]
    blocks = [block(number, "Another name" if number in set(replaced) else "") for number in range(1, 6_000)]

    again = Read(playlist(blocks), first.snapshot)

    assert again.keys == keys(replaced)


PIECE = st.one_of(
    st.integers(1, 60).map(block),
    st.integers(1, 60).map(lambda number: block(number, "Another")),
    st.integers(1, 60).map(lambda number: f"http://provider.example/movie/user/secret/{number}.mkv\n"),
    st.just("#EXTINF:-1,nothing behind it\n"),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECE, max_size=80), st.data(), st.integers(40, 3_000))
def test_whatever_became_of_a_playlist_its_entries_are_found_and_no_others(before, data, chunk):
    pieces = list(before)
    for _ in range(data.draw(st.integers(0, 6))):
        start = data.draw(st.integers(0, len(pieces)))
        pieces[start : start + data.draw(st.integers(0, 5))] = data.draw(st.lists(PIECE, max_size=5))
    first = Read(playlist(before), chunk=chunk)

    again = Read(playlist(pieces), first.snapshot, chunk=chunk)

    anew = Read(playlist(pieces), chunk=chunk)
    assert again.snapshot.fingerprints == anew.snapshot.fingerprints
    assert set(again.keys) <= set(anew.keys)
    assert set(anew.keys) - set(first.keys) <= set(again.keys)
    assert again.alignment.missing() == ids_of(first) - ids_of(anew)
    assert sum(again.snapshot.stretches.blocks) == len(again.snapshot.fingerprints)
    assert Read(playlist(pieces), again.snapshot, chunk=chunk).keys == []


def ids_of(read: Read) -> set[int]:
    return {id_of(key) for key in read.keys}
