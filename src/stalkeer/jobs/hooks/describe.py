"""Describe a download for a script of the user: variables of its environment, and a JSON document.

Titles are foreign text. The variables hold them as single lines; the JSON document holds them unchanged, as escapes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from stalkeer.jobs.library.path_map import path_map
from stalkeer.model import DownloadState, HookName, InstanceId
from stalkeer.store.db.database import Database
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.library.instances import InstanceRow, list_instances
from stalkeer.store.library.targets import TargetRow, read_targets
from stalkeer.store.sources.sources import list_sources

PREFIX = "STALKEER_"


@dataclass(frozen=True)
class Described:
    """Hold what a script receives."""

    variables: Mapping[str, str]
    document: str


def describe(database: Database, hook: HookName, row: DownloadRow) -> Described:
    """Describe a download. The path is the file's path on this machine, after the path mappings of the instance."""
    with database.connect() as connection:
        targets = read_targets(connection, [item.wanted_id for item in row.items])
        instances = {instance.id: instance for instance in list_instances(connection)}
        sources = {source.id: source.slug for source in list_sources(connection, with_removed=True)}
    final = row.outcome.final_path if row.state is DownloadState.COMPLETED else None
    path = _local_path(row, instances) if final else row.outcome.placed_path or row.transfer.part_path
    download = {
        "id": row.id,
        "title": row.identity.title,
        "kind": row.identity.kind,
        "entry": row.identity.name,
        "source": sources.get(row.identity.source_id, ""),
        "release": row.outcome.release,
        "path": path,
        "instance_path": final,
        "size": row.transfer.total,
        "error_code": row.outcome.error_code,
        "error": row.outcome.error,
    }
    items = [_item(target, instances) for target in targets]
    document = {"event": hook.value, "version": version("stalkeer"), "download": download, "items": items}
    return Described(_variables(hook, download, items), json.dumps(document))


def _local_path(row: DownloadRow, instances: Mapping[InstanceId, InstanceRow]) -> str:
    final = row.outcome.final_path or ""
    owners = [instances[item.instance_id] for item in row.items if item.instance_id in instances]
    return str(path_map(owners[0]).to_local(final)) if owners else final


def _item(target: TargetRow, instances: Mapping[InstanceId, InstanceRow]) -> dict[str, object]:
    instance = instances.get(target.instance_id)
    return {
        "instance": instance.slug if instance else "",
        "kind": target.kind.value,
        "title": target.title,
        "year": target.year,
        "season": target.season,
        "episode": target.episode,
        "episode_title": target.item_title,
        "tmdb_id": target.tmdb_id,
        "tvdb_id": target.tvdb_id,
        "imdb_id": target.imdb_id,
    }


def _variables(hook: HookName, download: Mapping[str, object], items: Sequence[Mapping[str, object]]) -> dict[str, str]:
    first = items[0] if items else {}
    values = {
        "EVENT": hook.value,
        "VERSION": version("stalkeer"),
        "DOWNLOAD_ID": download["id"],
        **{name.upper(): value for name, value in download.items() if name != "id"},
        "INSTANCES": ",".join(dict.fromkeys(str(item["instance"]) for item in items)),
        "YEAR": first.get("year"),
        "SEASON": first.get("season"),
        "EPISODES": ",".join(str(item["episode"]) for item in items if item["episode"] is not None),
        "TMDB_ID": first.get("tmdb_id"),
        "TVDB_ID": first.get("tvdb_id"),
        "IMDB_ID": first.get("imdb_id"),
    }
    return {f"{PREFIX}{name}": "" if value is None else str(value) for name, value in values.items()}
