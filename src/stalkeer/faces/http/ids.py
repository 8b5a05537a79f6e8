"""Define the ids in requests: only numbers that a database can hold, so that others are refused as invalid input."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

LARGEST_ID = 2**53 - 1  # the largest integer that every JSON parser reads exactly

RowId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
