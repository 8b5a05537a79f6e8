"""Make the JSON document of a source, without its address and login, for API and command line."""

from __future__ import annotations

from stalkeer.model import count_by_word
from stalkeer.store.sources.rows import SourceRow


def source_document(row: SourceRow) -> dict[str, object]:
    """Return a source as a JSON object."""
    options, guard = row.options, row.guard
    return {
        "name": row.slug,
        "kind": row.kind.value,
        "origin": row.origin.value,
        "enabled": row.enabled,
        "priority": row.priority,
        "userAgent": options.user_agent,
        "refresh": options.refresh,
        "adult": options.adult,
        "maxShrink": options.max_shrink,
        "maxConnections": row.max_connections,
        "use": row.options.use,
        "useFrom": f"{row.options.use_times.start:%H:%M}",
        "useUntil": f"{row.options.use_times.end:%H:%M}",
        "bandwidthLimit": row.bandwidth_limit,
        "generation": row.generation,
        "entries": row.entries,
        "kinds": count_by_word(row.kinds),
        "oddities": dict(row.counts.get("oddities", {})),
        "lastRefreshAt": row.last_refresh_at,
        "lastSuccessAt": row.last_success_at,
        "lastError": row.last_error,
        "failures": row.failures,
        "guard": {name: guard[name] for name in ("before", "now", "reason")} if guard else None,
        "account": {
            "status": row.account_status,
            "expiresAt": row.account_expires_at,
            "active": row.account_active,
            "max": row.account_max,
            "message": row.account_message,
            "checkedAt": row.account_checked_at,
        },
    }
