"""Read the text fields of a form, for handlers that run in a thread."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request


async def read_fields(request: Request) -> dict[str, str]:
    """Return each field once, with surrounding spaces removed. Files are left out."""
    return {name: value.strip() for name, value in (await request.form()).items() if isinstance(value, str)}


FormFields = Annotated[dict[str, str], Depends(read_fields)]
