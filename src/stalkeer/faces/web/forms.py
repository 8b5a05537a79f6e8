"""Read the text fields of a form, for handlers that run in a thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Request


async def read_fields(request: Request) -> dict[str, str]:
    """Return each field once, with surrounding spaces removed. Files are left out."""
    return {name: value.strip() for name, value in (await request.form()).items() if isinstance(value, str)}


FormFields = Annotated[dict[str, str], Depends(read_fields)]


def asked_folders(form: Mapping[str, str]) -> dict[str, str]:
    """Return the folders that the user asked to create, by the name of their field."""
    names = [name.removeprefix("create:") for name in form if name.startswith("create:")]
    return {name: form.get(name, "") for name in names}
