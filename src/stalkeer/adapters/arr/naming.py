"""Read an instance's naming settings. A version without them uses the default names."""

from __future__ import annotations

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource
from stalkeer.adapters.arr.client import ArrClient
from stalkeer.core.naming.clean import COLONS, Characters, Colon
from stalkeer.core.naming.episode import MultiEpisode, SeriesNaming
from stalkeer.core.naming.movie import MovieNaming


class MovieNamingResource(Resource):
    rename_movies: bool = False
    replace_illegal_characters: bool = True
    colon_replacement_format: str | int = "smart"  # Radarr writes the word
    standard_movie_format: str = ""
    movie_folder_format: str = ""


class SeriesNamingResource(Resource):
    rename_episodes: bool = False
    replace_illegal_characters: bool = True
    colon_replacement_format: str | int = 4  # Sonarr writes the number
    custom_colon_replacement_format: str = ""
    multi_episode_style: int = 5
    standard_episode_format: str = ""
    daily_episode_format: str = ""
    anime_episode_format: str = ""
    series_folder_format: str = ""
    season_folder_format: str = ""
    specials_folder_format: str = ""


_MOVIE = TypeAdapter(MovieNamingResource)
_SERIES = TypeAdapter(SeriesNamingResource)


def read_movie_naming(client: ArrClient) -> MovieNaming:
    usual = MovieNaming()
    answer = client.get_or_none(_MOVIE, "config/naming")
    if answer is None:
        return usual
    return MovieNaming(
        renames=answer.rename_movies,
        file_format=answer.standard_movie_format or usual.file_format,
        folder_format=answer.movie_folder_format or usual.folder_format,
        characters=Characters(answer.replace_illegal_characters, _colon(answer.colon_replacement_format)),
    )


def read_series_naming(client: ArrClient) -> SeriesNaming:
    usual = SeriesNaming()
    answer = client.get_or_none(_SERIES, "config/naming")
    if answer is None:
        return usual
    style = answer.multi_episode_style
    return SeriesNaming(
        renames=answer.rename_episodes,
        standard_format=answer.standard_episode_format or usual.standard_format,
        daily_format=answer.daily_episode_format or usual.daily_format,
        anime_format=answer.anime_episode_format or usual.anime_format,
        series_folder_format=answer.series_folder_format or usual.series_folder_format,
        season_folder_format=answer.season_folder_format or usual.season_folder_format,
        specials_folder_format=answer.specials_folder_format or usual.specials_folder_format,
        multi_episode=MultiEpisode(style) if style in list(MultiEpisode) else usual.multi_episode,
        characters=Characters(
            answer.replace_illegal_characters,
            _colon(answer.colon_replacement_format),
            answer.custom_colon_replacement_format,
        ),
    )


def _colon(written: str | int) -> Colon:
    """Read a colon setting by word or number. Unknown values become the default."""
    if isinstance(written, int):
        return COLONS[written] if 0 <= written < len(COLONS) else Colon.SMART
    return next((colon for colon in COLONS if colon.value.lower() == written.lower()), Colon.SMART)
