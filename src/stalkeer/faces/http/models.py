"""Define the base of all requests and answers of the API: camelCase names, no unknown fields, times in UTC."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from stalkeer.settings.types import Cron


def _no_number(value: object) -> object:
    """Refuse numbers as times: pydantic would read 0.5 as half a second after 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and _is_number(value)):
        raise ValueError("is not a time; accepted: 2026-01-31T12:00:00Z")
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _only_text(value: object) -> object:
    """Refuse `false`, which the configuration accepts for never. In JSON, the empty text means never."""
    if isinstance(value, bool):
        raise ValueError("is of the wrong kind; accepted: text")
    return value


CronText = Annotated[Cron, BeforeValidator(_only_text)]
Moment = Annotated[AwareDatetime, BeforeValidator(_no_number)]


class ApiModel(BaseModel):
    """Define the base of request and answer bodies. `from_attributes` makes one from a row or dataclass."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", from_attributes=True, frozen=True
    )


class RunAccepted(ApiModel):
    """Name the run of a queued job. Follow it at `/api/v1/jobs/{runId}` or in `/api/v1/events`."""

    run_id: int
    job: str
