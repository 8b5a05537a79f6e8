"""Convert joined segments into a well-formed file, with PyAV or ffmpeg if available. Nothing is encoded again."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import subprocess
from pathlib import Path

TIMEOUT_S = 3600


def remux(source: Path, sink: Path) -> bool:
    """Write the streams of `source` to `sink` as Matroska.

    Return False where neither tool is available or it failed.
    """
    if importlib.util.find_spec("av") is not None:
        is_done = _with_pyav(source, sink)
    elif (ffmpeg := shutil.which("ffmpeg")) is not None:
        is_done = _with_ffmpeg(ffmpeg, source, sink)
    else:
        return False
    if not is_done:
        with contextlib.suppress(OSError):
            sink.unlink(missing_ok=True)
    return is_done


def _with_pyav(source: Path, sink: Path) -> bool:
    import av

    try:
        with av.open(str(source)) as given, av.open(str(sink), "w", format="matroska") as made:
            taken = [stream for stream in given.streams if stream.type in ("video", "audio", "subtitle")]
            streams = {stream.index: made.add_stream_from_template(stream) for stream in taken}
            for stream in taken:
                streams[stream.index].metadata.update(stream.metadata)
            for packet in given.demux(taken):
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    made.mux(packet)
    except (av.FFmpegError, ValueError):
        return False
    return True


def _with_ffmpeg(ffmpeg: str, source: Path, sink: Path) -> bool:
    command = [ffmpeg, "-nostdin", "-v", "error", "-y", "-i", f"file:{source}", "-map", "0", "-c", "copy"]
    command += ["-f", "matroska", f"file:{sink}"]
    done = subprocess.run(command, check=False, capture_output=True, timeout=TIMEOUT_S)  # noqa: S603 - no shell
    return done.returncode == 0
