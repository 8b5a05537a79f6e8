"""What every request and answer of the API has in common: camelCase names, no unknown fields, times in UTC."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class ApiModel(BaseModel):
    """Base of request and answer bodies. `from_attributes` lets a row or dataclass become one."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", from_attributes=True, frozen=True
    )


class RunAccepted(ApiModel):
    """A job was queued; follow it at `/api/v1/jobs/{runId}` or in `/api/v1/events`."""

    run_id: int
    job: str
