"""Describe failures of the disk and the database: in full to known and local callers, in general terms to others."""

from __future__ import annotations

import errno

from fastapi import Request

from stalkeer.errors import StalkeerError, StoreError
from stalkeer.faces.http.doorstep import is_known
from stalkeer.faces.http.security import Security
from stalkeer.runtime import App

STATUS = 503
RETRY_AFTER_S = 10
DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO})
DATABASE_AWAY = "Stalkeer cannot use its database now. Its log has the reason; try again later"
DISK_AWAY = "Stalkeer cannot use its disk now. Its log has the reason; try again later"


def is_disk_error(error: OSError) -> bool:
    """Tell whether the error comes from the disk: it is full, read-only, damaged, or lacks a permission."""
    return error.errno in DISK_ERRORS


def disk_detail(request: Request, error: OSError) -> str:
    if not is_trusted(request):
        return DISK_AWAY
    app: App = request.app.state.app
    place = error.filename or f"a file, probably in the data folder {app.paths.data_dir}"
    return f"Cannot write {place}: {error.strerror}. Check free space and permissions, then try again"


def error_detail(request: Request, error: StalkeerError) -> str:
    """Return the message of the error. A stranger does not learn where the database is."""
    return DATABASE_AWAY if isinstance(error, StoreError) and not is_trusted(request) else str(error)


def is_trusted(request: Request) -> bool:
    """Tell whether the caller is known or local. Without a database, no caller is known."""
    if is_known(request.scope.get("state", {})):
        return True
    security: Security = request.app.state.security
    return security.is_local(request.state.origin)
