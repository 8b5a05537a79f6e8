"""Find the sources of watched streams for which the media server names no address: live channels and `.strm` files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stalkeer.adapters.media.sessions import Watched
from stalkeer.core.downloads.viewing import Stream
from stalkeer.core.titles import parse_title
from stalkeer.store.catalogue.names import sources_of_channels, sources_of_title_keys
from stalkeer.store.db.database import Transaction


def find_streams(connection: Transaction, watched: Sequence[Watched]) -> list[Stream]:
    """Return each stream with its address, or with the sources that list a channel or title of its name."""
    named = [one for one in watched if not one.address]
    channels = sources_of_channels(connection, {one.title for one in named if one.is_live})
    keys = {one.place: _title_key(one.place) for one in named if not one.is_live}
    titles = sources_of_title_keys(connection, set(keys.values()) - {""})
    found = [Stream(one.address) for one in watched if one.address]
    for one in named:
        theirs = channels.get(one.title) if one.is_live else titles.get(keys[one.place])
        found.append(Stream(listed_by=frozenset(theirs or ())))
    return found


def _title_key(stream_file: str) -> str:
    """Return the title key of a `.strm` file's name; its path may be one of another machine."""
    name = re.split(r"[/\\]", stream_file)[-1].rpartition(".")[0]
    hypotheses = parse_title(name).hypotheses
    return hypotheses[0].key if hypotheses else ""
