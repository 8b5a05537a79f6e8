"""Issue and read commands. An instance runs them later, one at a time. A command's result proves nothing."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource, Rows
from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.paths import is_same_path
from stalkeer.adapters.arr.values import CommandState
from stalkeer.secrets import mask_text


class CommandResource(Resource):
    id: int
    name: str = ""
    status: str = "queued"
    result: str = "unknown"
    message: str = ""
    exception: str = ""
    body: object = None  # the arguments of the command

    def to_value(self) -> CommandState:
        # the first line is the error; the rest is a stack trace
        said = self.exception.partition("\n")[0] or self.message
        return CommandState(self.id, self.status, self.result, mask_text(said))


_COMMAND = TypeAdapter(CommandResource)
_COMMANDS = TypeAdapter(Rows[CommandResource])


def issue_command(client: ArrClient, name: str, **arguments: object) -> CommandState:
    return client.post(_COMMAND, "command", {"name": name, **arguments}).to_value()


def read_command(client: ArrClient, command_id: int) -> CommandState | None:
    """Return the command's state; None when the instance no longer has it. Instances purge only ended commands."""
    resource = client.get_or_none(_COMMAND, f"command/{command_id}")
    return resource.to_value() if resource else None


def find_import_of(client: ArrClient, path: str) -> CommandState | None:
    """Return the queued or running manual import of `path`, whose id was lost in a crash."""
    for resource in client.get(_COMMANDS, "command"):
        state = resource.to_value()
        if resource.name == "ManualImport" and not state.has_ended and _imports(resource.body, path):
            return state
    return None


def _imports(body: object, path: str) -> bool:
    files = body.get("files") if isinstance(body, dict) else None
    paths = [file.get("path") for file in files if isinstance(file, dict)] if isinstance(files, list) else []
    return any(isinstance(known, str) and is_same_path(known, path) for known in paths)


def search_movies(client: ArrClient, movie_ids: Sequence[int]) -> CommandState:
    return issue_command(client, "MoviesSearch", movieIds=list(movie_ids))


def search_episodes(client: ArrClient, episode_ids: Sequence[int]) -> CommandState:
    return issue_command(client, "EpisodeSearch", episodeIds=list(episode_ids))


def refresh_movies(client: ArrClient, movie_ids: Sequence[int]) -> CommandState:
    return issue_command(client, "RefreshMovie", movieIds=list(movie_ids))


def refresh_series(client: ArrClient, series_ids: Sequence[int]) -> CommandState:
    return issue_command(client, "RefreshSeries", seriesIds=list(series_ids))


def rescan_movie(client: ArrClient, movie_id: int) -> CommandState:
    """Scan the folder of a movie. Without an id, the instance would scan its whole library."""
    return issue_command(client, "RescanMovie", movieId=movie_id)


def rescan_series(client: ArrClient, series_id: int) -> CommandState:
    return issue_command(client, "RescanSeries", seriesId=series_id)
