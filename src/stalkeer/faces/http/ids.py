"""Ids in requests: what a database can hold, so that nonsense is refused and not an error of ours."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

LARGEST_ID = 2**53 - 1  # JSON's own numbers end there

RowId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
