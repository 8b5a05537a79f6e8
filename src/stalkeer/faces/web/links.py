"""Compose links to the pages of a movie or series elsewhere, and to its pictures here."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote
from zlib import crc32

from stalkeer.store.library.details import LibraryDetails


@dataclass(frozen=True)
class Link:
    label: str
    url: str


def links_of(work: LibraryDetails) -> tuple[Link, ...]:
    """Return the pages of a movie or series in its instance, at TMDB, TheTVDB and IMDb."""
    is_movie = work.kind == "movie"
    part = "movie" if is_movie else "series"
    found = (
        (work.instance_kind.capitalize(), work.slug, f"{work.instance_url}/{part}/"),
        ("TMDB", work.tmdb_id, f"https://www.themoviedb.org/{'movie' if is_movie else 'tv'}/"),
        ("TheTVDB", work.tvdb_id, "https://thetvdb.com/dereferrer/series/"),
        ("IMDb", work.imdb_id, "https://www.imdb.com/title/"),
    )
    return tuple(
        Link(label, url + quote(str(name), safe="")) for label, name, url in found if name and url.startswith("http")
    )


def logo_path(entry_id: int, logo: str | None) -> str:
    """Return the path of the picture that the playlist names for an entry, as `artwork_path` does."""
    return f"/artwork/entry/{entry_id}?v={crc32(logo.encode(errors='replace')):08x}" if logo else ""


def artwork_path(library_id: int, picture: str, file: str | None) -> str:
    """Return the path of a picture relative to the URL base; empty where there is none. It changes with the picture."""
    return f"/artwork/{library_id}/{picture}?v={crc32(file.encode()):08x}" if file else ""
