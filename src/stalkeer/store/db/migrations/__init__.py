"""Hold the scripts of Alembic. A released revision is never changed; `scripts/make_revision.py` writes the next one."""
