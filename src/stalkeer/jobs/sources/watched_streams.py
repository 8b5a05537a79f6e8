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
    named = [session for session in watched if not session.address]
    channels = sources_of_channels(connection, {session.title for session in named if session.is_live})
    keys = {session.place: _title_key(session.place) for session in named if not session.is_live}
    titles = sources_of_title_keys(connection, set(keys.values()) - {""})
    found = [Stream(session.address) for session in watched if session.address]
    for session in named:
        theirs = channels.get(session.title) if session.is_live else titles.get(keys[session.place])
        found.append(Stream(listed_by=frozenset(theirs or ())))
    return found


def _title_key(stream_file: str) -> str:
    """Return the title key of a `.strm` file's name; its path may be one of another machine."""
    name = re.split(r"[/\\]", stream_file)[-1].rpartition(".")[0]
    hypotheses = parse_title(name).hypotheses
    return hypotheses[0].key if hypotheses else ""
