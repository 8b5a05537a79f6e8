"""Decide how the demo's Radarr and Sonarr examine, reject and import a finished file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stalkeer.demo.probe import ProbedMedia, probe
from stalkeer.demo.releases import Quality, corrected, read_group, read_languages, read_quality

IMPORT_FILE_FIELDS = frozenset(
    {"path", "folderName", "quality", "languages", "releaseGroup", "indexerFlags", "downloadId"}
)


@dataclass(frozen=True)
class ExaminedFile:
    """Describe a video as the program judges it: parsed names and measured picture."""

    path: Path
    folder: Path
    quality: Quality
    languages: list[dict[str, Any]]
    group: str | None
    media: ProbedMedia | None

    @property
    def is_loose(self) -> bool:
        return self.path == self.folder

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that may identify the item: the folder's, then the file's."""
        return (self.path.stem,) if self.is_loose else (self.folder.name, self.path.stem)


def look_at(path: Path, folder: Path, program: str) -> ExaminedFile:
    """Read a video's names and picture. `folder` is the file's folder, a folder above it, or the file itself."""
    own = folder if folder == path else path.parent
    name = path.stem if folder == path else f"{own.name} {path.stem}"
    media = probe(path)
    quality = read_quality(name, path.suffix, program)
    if media is not None and media.width:
        quality = corrected(quality, media.width, media.height)
    return ExaminedFile(path, own, quality, read_languages(name), read_group(path.stem) or read_group(own.name), media)


def media_rejections(candidate: ExaminedFile, runtime_min: int) -> list[dict[str, str]]:
    """Reject samples, unreadable files and files without sound. The minimum length depends on the item's runtime."""
    if candidate.path.suffix.casefold() in (".flv", ".strm"):
        return []
    if candidate.media is None:
        return [rejection("Unable to determine if file is a sample")]
    found = []
    if candidate.media.duration_s < _shortest_s(runtime_min):
        found.append(rejection("Sample"))
    if not candidate.media.has_audio:
        found.append(rejection("No audio tracks detected"))
    return found


def space_rejections(candidate: ExaminedFile, target: Path, minimum_mb: int) -> list[dict[str, str]]:
    free = shutil.disk_usage(target if target.exists() else target.parent).free
    if free - candidate.path.stat().st_size < minimum_mb * 1024 * 1024:
        return [rejection("Not enough free space")]
    return []


def rejection(reason: str) -> dict[str, str]:
    return {"reason": reason, "type": "permanent"}


def take_in(source: Path, target: Path, mode: str) -> None:
    """Move the file to its place, or with `copy` link it; copy when a link is not possible."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source == target:
        return
    if mode != "copy":
        shutil.move(source, target)
        return
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def take_extras(source: Path, target: Path, mode: str, settings: Mapping[str, Any]) -> None:
    """Move the extra files beside the source too, where the settings say so."""
    if not settings["importExtraFiles"]:
        return
    for extension in str(settings["extraFileExtensions"]).split(","):
        suffix = f".{extension.strip().lstrip('.')}"
        if source.with_suffix(suffix).is_file():
            take_in(source.with_suffix(suffix), target.with_suffix(suffix), mode)


def media_info(media: ProbedMedia | None) -> dict[str, Any] | None:
    if media is None:
        return None
    seconds = int(media.duration_s)
    return {
        "audioBitrate": 0,
        "audioChannels": 1.0,
        "audioCodec": "FLAC",
        "audioLanguages": "",
        "audioStreamCount": int(media.has_audio),
        "videoBitDepth": 8,
        "videoBitrate": 0,
        "videoCodec": "x264",
        "videoFps": 0.1,
        "videoDynamicRange": "",
        "videoDynamicRangeType": "",
        "resolution": f"{media.width}x{media.height}",
        "runTime": f"{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}",
        "scanType": "Progressive",
        "subtitles": "",
    }


def _shortest_s(runtime_min: int) -> int:
    for limit_min, shortest_s in ((3, 15), (10, 90), (30, 300)):
        if runtime_min <= limit_min:
            return shortest_s
    return 600
