"""Serve /blocklist: entries that are not downloaded again for an item."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response

from stalkeer.core.matching.rules import RuleId
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.ids import RowId
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, encode_cursor, last_id
from stalkeer.jobs.matching import decisions
from stalkeer.store.matching.blocklist import BlockRow, count_blocks, list_blocks

router = APIRouter(prefix="/blocklist", tags=["blocklist"])


class BlockView(ApiModel):
    id: int
    label: str
    reason: str
    origin: str
    source: str | None
    entry_key: str | None
    kind: str | None
    created_at: datetime


@router.get("")
def list_blocklist(app: CurrentApp, page: PageParams) -> PageOf[BlockView]:
    """List the blocked entries, newest first."""
    with app.database.connect() as connection:
        rows = list_blocks(connection, limit=page.size, offset=page.offset, before=last_id(page))
        total = count_blocks(connection)
    return PageOf[BlockView](
        records=[_shown(row) for row in rows],
        page=None if page.after else page.page,
        page_size=page.size,
        total_records=total,
        next_cursor=encode_cursor((rows[-1].id,)) if len(rows) == page.size else None,
    )


@router.delete("/{block_id}", status_code=204)
def delete_block(app: CurrentApp, block_id: RowId) -> Response:
    """Remove an entry from the blocklist."""
    decisions.unblock_entry(app.matching, RuleId(block_id))
    return Response(status_code=204)


@router.delete("", status_code=204)
def clear_blocklist(app: CurrentApp) -> Response:
    """Clear the blocklist."""
    decisions.clear_blocklist(app.matching)
    return Response(status_code=204)


def _shown(row: BlockRow) -> BlockView:
    return BlockView(
        id=row.id,
        label=row.label,
        reason=row.reason,
        origin=row.origin,
        source=row.source_slug,
        entry_key=row.entry_key,
        kind=row.kind,
        created_at=row.created_at,
    )
