"""Store an uploaded playlist file in the data folder."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import BinaryIO

from stalkeer.errors import InvalidInput
from stalkeer.private_files import make_private_folder

LARGEST_UPLOAD = 50_000_000
LONGEST_NAME = 80


def keep_upload(data_dir: Path, name: str, content: BinaryIO) -> Path:
    """Write the file below `data_dir` and return its path.

    It replaces an earlier file of that name. Raises InvalidInput for a file that is too large, and then keeps the
    earlier file.
    """
    folder = data_dir / "playlists"
    make_private_folder(folder)
    octets = content.read(LARGEST_UPLOAD + 1)
    if len(octets) > LARGEST_UPLOAD:
        raise InvalidInput("The file is larger than 50 MB; put it on the machine and give its path instead.")
    target = folder / _safe_name(name)
    # mode 0600; a refresh may be reading the earlier file
    handle, partial = tempfile.mkstemp(dir=folder, suffix=".part")
    with os.fdopen(handle, "wb") as stream:
        stream.write(octets)
    Path(partial).replace(target)
    return target


def _safe_name(name: str) -> str:
    bare = name.replace("\\", "/").rpartition("/")[2]
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", bare).lstrip(".-") or "list.m3u"
    return safe[-LONGEST_NAME:].lstrip(".-") or "list.m3u"
