"""Subtitles and descriptions that lie beside a movie under its name."""

from functools import partial

import pytest

from stalkeer.adapters.files.extras import extra_part, keep_extra, place_extras, remove_extras
from stalkeer.adapters.files.removal import remove_part, remove_staged

FILM = b"film" * 100
SRT = b"1\n00:00:01,000 --> 00:00:02,000\nHello\n"


def test_extras_beside_the_file_are_fetched_where_they_are_asked_for(desk):
    desk.provider.add("/film.mkv", FILM)
    desk.provider.add("/film.srt", SRT, "text/plain")
    url = desk.provider.url + "/film.mkv?token=1"

    asked = desk.fetch(url=url, extras=(".srt", ".nfo"), keep_extra=partial(keep_extra, desk.part))
    desk.part.unlink()
    not_asked = desk.fetch(url=url)

    assert (asked.extras, not_asked.extras) == ((".srt",), ())
    assert extra_part(desk.part, ".srt").read_bytes() == SRT


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html>not found</html>",
        b"\xef\xbb\xbf<html>",
        b"",
        b"  \n",
        b"a\x00b",
        b"x" * (5 * 1024 * 1024),
    ],
    ids=["page", "page with a mark", "empty", "blank", "binary", "too large"],
)
def test_what_is_no_text_beside_a_movie_is_left_out(desk, body):
    desk.provider.add("/film.mkv", FILM)
    desk.provider.add("/film.srt", body, "text/plain")

    fetched = desk.fetch(
        url=desk.provider.url + "/film.mkv", extras=(".srt",), keep_extra=partial(keep_extra, desk.part)
    )

    assert fetched.extras == () and not extra_part(desk.part, ".srt").exists()


def test_extras_go_where_their_movie_goes_and_replace_nothing(tmp_path):
    part, target = tmp_path / "7.part", tmp_path / "r" / "r.mkv"
    target.parent.mkdir()
    extra_part(part, ".srt").write_bytes(SRT)
    extra_part(part, ".nfo").write_bytes(b"new")
    target.with_suffix(".nfo").write_bytes(b"old")

    place_extras(part, target, (".srt", ".nfo", ".ass"))

    assert target.with_suffix(".srt").read_bytes() == SRT
    assert target.with_suffix(".nfo").read_bytes() == b"old"


def test_nothing_of_an_extra_is_left_behind(tmp_path):
    part, target = tmp_path / "7.part", tmp_path / "r" / "r.mkv"
    target.parent.mkdir()
    extra_part(part, ".srt").write_bytes(SRT)
    target.with_suffix(".nfo").write_bytes(b"x")

    remove_part(part)
    remove_staged(target)

    assert list(tmp_path.iterdir()) == []
    remove_extras(target)
