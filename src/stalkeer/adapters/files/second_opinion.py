"""Ask PyAV for a playing time that the container walk did not find, in a child process with limits.

The walk has recognised the container: the child opens the file with that container's demuxer and no other. PyAV accepts
almost any file as a video, so its result alone never decides that a file is one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from stalkeer.adapters.files.facts import ContainerFacts

TIME_S, CPU_S = 60.0, 30
MEMORY = 2 * 1024**3
DEMUXERS = {
    "matroska": "matroska",
    "mp4": "mov",
    "avi": "avi",
    "mpegts": "mpegts",
    "mpegps": "mpeg",
    "flv": "flv",
    "asf": "asf",
    "ogg": "ogg",
    "realmedia": "rm",
}


def ask_second_opinion(path: Path, facts: ContainerFacts) -> ContainerFacts:
    """Return the facts with PyAV's playing time; unchanged where it is not installed or does not know it."""
    demuxer = DEMUXERS.get(facts.kind or "")
    if demuxer is None or importlib.util.find_spec("av") is None:
        return facts
    command = [sys.executable, "-m", __name__, demuxer, str(path)]
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG", "TMPDIR") if name in os.environ}
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIME_S, check=True, env=kept)  # noqa: S603 - no shell
        found = json.loads(done.stdout)
        duration_s = float(found["duration_s"])
    except (subprocess.SubprocessError, OSError, ValueError, TypeError, KeyError):
        return facts
    if not found["has_video"] or not 0 < duration_s < 1e6:
        return facts
    return replace(facts, duration_s=duration_s, has_video=True)


def main(demuxer: str, path: str) -> None:
    """Print the playing time, and whether there is a video. Pictures attached to audio do not count."""
    limit_resources()
    import av

    with av.open(f"file:{path}", format=demuxer) as container:
        videos = [
            stream for stream in container.streams.video if not stream.disposition & av.stream.Disposition.attached_pic
        ]
        duration_s = (container.duration or 0) / av.time_base
    print(json.dumps({"duration_s": duration_s, "has_video": bool(videos)}))  # noqa: T201 - what the parent reads


def limit_resources() -> None:
    """Limit the damage of a hostile file: limit CPU time and memory, and forbid writing."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
