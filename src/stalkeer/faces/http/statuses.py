"""Map errors to HTTP statuses, for API and pages."""

from __future__ import annotations

from collections.abc import Mapping

from stalkeer import errors
from stalkeer.faces.http.queries import BadQuery
from stalkeer.faces.http.storage import RETRY_AFTER_S
from stalkeer.jobs.system.rate_limits import TooManyRequests
from stalkeer.jobs.system.sessions import LoginRefused

# the first class that fits decides
STATUS_OF: tuple[tuple[type[errors.StalkeerError], int], ...] = (
    (BadQuery, 400),
    (LoginRefused, 401),
    (TooManyRequests, 429),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.SecretError, 409),
    (errors.InvalidInput, 422),
    (errors.ConfigurationError, 422),
    (errors.StoreUnavailable, 503),
    (errors.SourceError, 502),
    (errors.ArrError, 502),
    (errors.TmdbError, 502),
    (errors.NotifyError, 502),
    (errors.StalkeerError, 500),
)


def status_of(error: errors.StalkeerError) -> int:
    return next(status for kind, status in STATUS_OF if isinstance(error, kind))


def headers_of(error: errors.StalkeerError) -> Mapping[str, str]:
    """Return the headers that belong to the status, such as Retry-After."""
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(max(1, error.retry_after_s))}
    return {"Retry-After": str(RETRY_AFTER_S)} if isinstance(error, errors.StoreUnavailable) else {}
