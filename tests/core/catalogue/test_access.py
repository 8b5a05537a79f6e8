"""URLs as templates: what a playlist's URLs share is taken out of them, and put back when one is needed."""

from __future__ import annotations

import io

import pytest

from stalkeer.adapters.playlists.m3u import Chunks
from stalkeer.adapters.playlists.m3u_entry import EntryReader
from stalkeer.core.catalogue.access import Access, Templates, fill, login_in_url
from stalkeer.core.catalogue.learned import LearnedAccess
from stalkeer.model import Entry


def learned(
    text: str, known: LearnedAccess | None = None, own: tuple[str, str] | None = None
) -> tuple[list[Entry], LearnedAccess]:
    chunks = Chunks(io.BytesIO(text.encode()))
    templates = Templates(known, own)
    templates.learn(chunks.sample)
    reader = EntryReader(templates)
    return [entry for piece in chunks for entry in reader.read(piece)[0]], templates.learned


def playlist(*urls: str) -> str:
    return "#EXTM3U\n" + "".join(f"#EXTINF:-1,Film {n}\n{url}\n" for n, url in enumerate(urls))


def access(found: LearnedAccess) -> Access:
    named = found.named()
    return Access(named.pop("base", ""), named.pop("username", ""), named.pop("password", ""), extras=named)


URLS = [
    [f"http://a.example/movie/u1/p1/{n}.mkv" for n in range(3)],
    [f"http://a.example:8080/base/path/movie/u1/p1/{n}.mkv" for n in range(3)],
    [f"http://a.example/u1/p1/{n}" for n in range(3)],
    [f"https://cdn.example/films/{n}.mkv?token=abc123&part={n}" for n in range(3)],
    [f"http://a.example/movie/u%40x/p%2F1/{n}.mkv" for n in range(3)],
    [
        f"http://{h}.example/movie/{u}/{p}/{n}.mkv"
        for n in range(3)
        for h, u, p in (("a", "u1", "p1"), ("b", "u2", "p2"))
    ],
    [f"http://h{n}.example/films/{n}.mkv" for n in range(30)],
    [f"http://ann:pw@a.example/films/{n}.mkv" for n in range(3)],
]


@pytest.mark.parametrize("urls", URLS)
def test_a_filled_template_is_the_url_it_was_made_from(urls):
    entries, found = learned(playlist(*urls))

    assert [fill(entry.url, access(found)) for entry in entries] == urls


@pytest.mark.parametrize("urls", URLS[:4] + URLS[7:])
def test_no_value_of_the_account_is_left_in_a_template(urls):
    entries, _ = learned(playlist(*urls))

    assert not [
        entry.url for entry in entries for secret in ("u1", "p1", "abc123", "example", "pw@") if secret in entry.url
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("http://a.example/movie/u1/p1/{n}.mkv", "https://b.example:8443/movie/new/pass/{n}.mkv"),
        ("http://a.example/series/u1/p1/{n}.mp4", "http://a.example/panel/series/new/pass/{n}.mp4"),
        ("http://a.example/films/{n}.mkv?token=abc123", "http://b.example/films/{n}.mkv?token=xyz"),
        ("http://a.example/live/u1/p1/{n}.ts", "http://a.example/live/u1/p2/{n}.ts"),
    ],
)
def test_another_host_port_user_or_password_changes_neither_key_nor_template(before, after):
    old, known = learned(playlist(*(before.replace("{n}", str(n)) for n in range(5))))
    new, _ = learned(playlist(*(after.replace("{n}", str(n)) for n in range(5))), known)

    assert [(e.key, e.url) for e in new] == [(e.key, e.url) for e in old]


def test_two_accounts_in_one_list_keep_their_streams_apart():
    entries, found = learned(playlist(*URLS[5]))

    assert len({entry.key for entry in entries}) == 6
    assert found.logins == (("u1", "p1"), ("u2", "p2"))


def test_a_login_keeps_its_number_whatever_comes_first():
    _, known = learned(playlist(*URLS[5]))
    _, again = learned(playlist(*reversed(URLS[5])), known)

    assert again.logins == known.logins


def test_folders_are_not_taken_for_a_login():
    entries, found = learned(playlist("http://a.example/films/hd/1.mkv", "http://a.example/films/sd/1.mkv"))

    assert found.logins == ()
    assert [entry.key for entry in entries] == ["/films/hd/1.mkv", "/films/sd/1.mkv"]


def test_an_access_does_not_show_its_secrets():
    assert "s3cret" not in repr(Access("http://a.example", "ann", "s3cret", headers={"X": "s3cret"}))


@pytest.mark.parametrize(
    ("url", "login"),
    [
        ("http://a.example:8080/get.php?username=u&password=p&type=m3u_plus", ("http://a.example:8080", "u", "p")),
        ("https://a.example/base/get.php?password=p&username=u", ("https://a.example/base", "u", "p")),
        ("http://a.example/player_api.php?username=u%40x&password=p", ("http://a.example", "u@x", "p")),
        ("http://a.example/list.m3u?username=u&password=p", None),
        ("http://a.example/get.php?username=u", None),
        ("/data/get.php?username=u&password=p", None),
    ],
)
def test_an_account_is_recognised_in_a_pasted_address(url, login):
    assert login_in_url(url) == login


@pytest.mark.parametrize(
    ("logo", "template"),
    [
        ("http://a.example/logo/ann77/s3cret99/7.png", "{base}/logo/{username}/{password}/7.png"),
        (
            "http://img.example/p.php?username=ann77&password=s3cret99&id=7",
            "http://img.example/p.php?username={username}&password={password}&id=7",
        ),
        ("http://ann77:s3cret99@img.example/7.png", ""),
        ("http://img.example/7.png", "http://img.example/7.png"),
    ],
    ids=["path", "query", "another form", "none"],
)
@pytest.mark.parametrize("odd", ["", ' drm="x"'], ids=["regular line", "odd line"])
def test_a_login_in_a_logo_is_not_kept(logo, template, odd):
    lines = [f'#EXTINF:-1 tvg-logo="http://img.example/{n}.png",Film {n}' for n in range(5)]
    lines[3] = f'#EXTINF:-1 tvg-logo="{logo}"{odd},Film 3'
    urls = [f"http://a.example/movie/ann77/s3cret99/{n}.mkv" for n in range(5)]

    entries, _ = learned("#EXTM3U\n" + "".join(f"{line}\n{url}\n" for line, url in zip(lines, urls, strict=True)))

    assert entries[3].logo == template
    assert entries[4].logo == "http://img.example/4.png"


def test_the_login_a_list_was_asked_for_with_is_hidden_where_no_entry_carries_it():
    logos = ["http://img.example/p.php?username=ann77&password=s3cret99", "http://ann77:s3cret99@img.example/7.png", ""]
    lines = [f'#EXTINF:-1 tvg-logo="{logo}",Film\nhttp://cdn.example/films/{n}.mkv\n' for n, logo in enumerate(logos)]
    text = "#EXTM3U\n" + "".join(lines)

    entries, found = learned(text, own=("ann77", "s3cret99"))

    assert [entry.logo for entry in entries] == [
        "http://img.example/p.php?username={username}&password={password}",
        "",
        "",
    ]
    assert fill(entries[0].logo, access(found)) == logos[0]
    assert [(e.key, e.url) for e in entries] == [(e.key, e.url) for e in learned(text)[0]]


def test_a_short_password_hides_no_logo_but_in_the_form_of_a_login():
    lines = ("http://img.example/p1.png", "http://img.example/u1/p1/2.png")
    text = "".join(
        f'#EXTINF:-1 tvg-logo="{logo}",Film\nhttp://a.example/movie/u1/p1/{n}.mkv\n' for n, logo in enumerate(lines)
    )

    entries, _ = learned("#EXTM3U\n" + text)

    assert [entry.logo for entry in entries] == [
        "http://img.example/p1.png",
        "http://img.example/{username}/{password}/2.png",
    ]
