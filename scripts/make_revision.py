"""Writes the Alembic revision that brings the last released schema to the one of store/db/tables.

python scripts/make_revision.py "runs keep their log"     the next revision
python scripts/make_revision.py --initial                 revision 0001 anew; only before the first release
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from stalkeer.store.db.database import open_database, sqlite_url
from stalkeer.store.db.migrate import MIGRATIONS, revisions, upgrade


def main(arguments: list[str]) -> None:
    is_initial = arguments == ["--initial"]
    if not is_initial and len(arguments) != 1:
        sys.exit(__doc__)
    if is_initial:
        for path in (MIGRATIONS / "versions").glob("0001_*.py"):
            path.unlink()
    number = f"{len(revisions()) + 1:04d}"
    message = "initial" if is_initial else arguments[0]
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(sqlite_url(Path(folder) / "empty.db"))
        with database.engine.connect() as connection:
            if revisions():
                upgrade(connection, MIGRATIONS, revisions()[-1])
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            config.attributes["connection"] = connection
            command.revision(config, message=message, autogenerate=True, rev_id=number)
        database.close()
    written = sorted((MIGRATIONS / "versions").glob(f"{number}_*.py"))
    for path in written:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if "# ### " not in line), encoding="utf-8")
    subprocess.run(["ruff", "check", "--fix", "--quiet", *written], check=False)
    subprocess.run(["ruff", "format", "--quiet", *written], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
