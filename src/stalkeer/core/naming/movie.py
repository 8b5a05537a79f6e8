"""Name movie files and folders as Radarr does."""

from __future__ import annotations

from dataclasses import dataclass

from stalkeer.core.naming.clean import Characters, clean_title, first_character, title_the
from stalkeer.core.naming.facts import NamedFile, file_values
from stalkeer.core.naming.names import in_bytes
from stalkeer.core.naming.tokens import Values, fill, number, plain


@dataclass(frozen=True)
class MovieNaming:
    """Hold Radarr's naming settings."""

    renames: bool = False
    file_format: str = "{Movie Title} ({Release Year}) {Quality Full}"
    folder_format: str = "{Movie Title} ({Release Year})"
    characters: Characters = Characters()


@dataclass(frozen=True)
class NamedMovie:
    title: str
    year: int | None = None
    original_title: str = ""
    tmdb_id: int | None = None
    imdb_id: str = ""
    edition: str = ""
    certification: str = ""
    collection: str = ""


def movie_file_name(naming: MovieNaming, movie: NamedMovie, file: NamedFile, extension: str) -> str:
    """Return the file's name with its extension; its original name when renaming is off. May contain folders."""
    if not naming.renames:
        stem = file.original_title or file.original_filename
        name = fill("{Original Title}", file_values(file, ""), naming.characters) if stem else ""
        return in_bytes(name or "film", extension)
    values = {**movie_values(movie), **file_values(file, "Radarr")}
    parts = [fill(part, values, naming.characters) for part in _parts(naming.file_format)]
    parts = [part for part in parts if part] or [fill("{Movie Title}", values, naming.characters)]
    return "/".join([*map(in_bytes, parts[:-1]), in_bytes(parts[-1], extension)])


def movie_folder_name(naming: MovieNaming, movie: NamedMovie) -> str:
    parts = (fill(part, movie_values(movie), naming.characters) for part in _parts(naming.folder_format))
    return "/".join(in_bytes(part) for part in parts if part)


def movie_values(movie: NamedMovie) -> Values:
    cleaned = clean_title(movie.title)
    return {
        "movietitle": plain(movie.title),
        "moviecleantitle": plain(cleaned),
        "movietitlethe": plain(title_the(movie.title)),
        "moviecleantitlethe": plain(title_the(cleaned)),
        "movietitlefirstcharacter": plain(first_character(movie.title)),
        "movieoriginaltitle": plain(movie.original_title or movie.title),
        "moviecleanoriginaltitle": plain(clean_title(movie.original_title or movie.title)),
        "moviecertification": plain(movie.certification),
        "moviecollection": plain(movie.collection),
        "moviecollectionthe": plain(title_the(movie.collection)),
        "releaseyear": number(movie.year),
        "editiontags": plain(movie.edition),
        "imdbid": plain(movie.imdb_id),
        "tmdbid": plain(movie.tmdb_id),
    }


def _parts(pattern: str) -> list[str]:
    return [part for part in pattern.replace("\\", "/").split("/") if part.strip()]
