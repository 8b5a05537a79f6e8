"""One sync of one instance in a process of its own: prints its memory above idle and its CPU seconds as JSON."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench._playlists_task import cpu_seconds, largest_memory
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.model import InstanceKind
from stalkeer.secrets import open_secret_box
from stalkeer.settings.sections.jobs import WantedSettings
from stalkeer.store.db.database import open_database, sqlite_url
from stalkeer.store.db.tables import metadata
from stalkeer.store.library.instances import NewInstance, add_instance


def main(kind: str, url: str, idle_url: str, key: str, folder: str) -> None:
    data_dir = Path(folder)
    database = open_database(sqlite_url(data_dir / f"{kind}.db"))
    metadata.create_all(database.engine)
    box = open_secret_box(data_dir)
    arrs = Arrs(database, box, lambda: datetime.now(UTC))
    with database.begin() as connection:
        for slug, where in ((f"{kind}-idle", idle_url), (kind, url)):
            add_instance(connection, NewInstance(slug, InstanceKind(kind), where, key), box, arrs.clock())
    sync_wanted(database, arrs, WantedSettings(), QuietRun(), f"{kind}-idle")  # all is imported and open from here on
    idle, begun = largest_memory(), cpu_seconds()
    report = sync_wanted(database, arrs, WantedSettings(), QuietRun(), kind)
    (instance,) = report.instances
    figures = {"rss": largest_memory() - idle, "cpu": cpu_seconds() - begun, "missing": instance.missing}
    print(json.dumps({**figures, "error": instance.error}))


if __name__ == "__main__":
    main(*sys.argv[1:])
