"""Make the quality profiles, definitions and settings of the demo's Radarr and Sonarr, and compare by them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from stalkeer.demo.releases import BY_ID, QUALITIES


def quality_profile(
    program: str,
    identity: int = 1,
    name: str = "HD-1080p",
    cutoff: int = 3,
    resolutions: Collection[int] = (480, 720, 1080),
) -> dict[str, Any]:
    """Make a profile that allows every quality of these resolutions; the worst comes first, web sources in groups."""
    items: list[dict[str, Any]] = []
    groups: dict[int, list[Any]] = {}
    for quality in QUALITIES:
        groups.setdefault(quality.weight, []).append(quality)
    for weight, members in groups.items():
        allowed = members[0].resolution in resolutions
        rows: list[dict[str, Any]] = [
            {"quality": member.resource(program), "items": [], "allowed": allowed} for member in members
        ]
        if len(rows) == 1:
            items.append(rows[0])
        else:
            items.append({"id": 1000 + weight, "name": f"WEB {weight}", "items": rows, "allowed": allowed})
    group = next((item["id"] for item in items if any(_holds(row, cutoff) for row in item["items"])), cutoff)
    profile = {
        "id": identity,
        "name": name,
        "upgradeAllowed": True,
        "cutoff": group,
        "items": items,
        "minFormatScore": 0,
        "cutoffFormatScore": 0,
        "minUpgradeFormatScore": 1,
        "formatItems": [],
    }
    return profile | ({"language": {"id": -1, "name": "Any"}} if program == "Radarr" else {})


NO_SCORES: Mapping[str, Any] = {"formatItems": []}


def _holds(row: Mapping[str, Any], quality: int) -> bool:
    return bool(row["quality"]["id"] == quality)


def profile_rank(profile: Mapping[str, Any], quality: int) -> int:
    """Return the rank of a quality in a profile; a group's members share it. -1 when not allowed."""
    for place, item in enumerate(profile["items"]):
        members = item["items"] or [item]
        if item["allowed"] and any(_holds(member, quality) for member in members):
            return place
    return -1


def is_below_cutoff(profile: Mapping[str, Any], quality: int) -> bool:
    """Tell whether a better quality is wanted: the rank is below the cutoff's."""
    places = {item.get("id") or item["quality"]["id"]: place for place, item in enumerate(profile["items"])}
    held = profile_rank(profile, quality)
    return bool(profile["upgradeAllowed"]) and held < places[profile["cutoff"]]


def quality_definitions(program: str) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "quality": quality.resource(program),
            "title": quality.name,
            "weight": quality.weight,
            "minSize": 0.0,
            "maxSize": 100.0 if quality.resolution <= 1080 else None,
            "preferredSize": 95.0 if quality.resolution <= 1080 else None,
        }
        for number, quality in enumerate(QUALITIES, start=1)
    ]


def media_management() -> dict[str, Any]:
    return {
        "id": 1,
        "recycleBin": "",
        "recycleBinCleanupDays": 7,
        "downloadPropersAndRepacks": "preferAndUpgrade",
        "deleteEmptyFolders": False,
        "fileDate": "none",
        "rescanAfterRefresh": "always",
        "setPermissionsLinux": False,
        "chmodFolder": "755",
        "chownGroup": "",
        "skipFreeSpaceCheckWhenImporting": False,
        "minimumFreeSpaceWhenImporting": 100,
        "copyUsingHardlinks": True,
        "useScriptImport": False,
        "scriptImportPath": "",
        "importExtraFiles": False,
        "extraFileExtensions": "srt",
        "enableMediaInfo": True,
    }


def quality_of(model: Mapping[str, Any]) -> int:
    identity = int(model["quality"]["id"])
    return identity if identity in BY_ID else 0
