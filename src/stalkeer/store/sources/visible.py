"""Define the sources that are configured and in use, as SQL conditions. No other module writes its own."""

from __future__ import annotations

from sqlalchemy import and_

from stalkeer.store.db.tables import sources

# A disabled source is configured: its entries stay listed.
IS_SOURCE_CONFIGURED = sources.c.removed_at.is_(None)
# The source may be matched and downloaded from.
IS_SOURCE_IN_USE = and_(sources.c.enabled, IS_SOURCE_CONFIGURED)
