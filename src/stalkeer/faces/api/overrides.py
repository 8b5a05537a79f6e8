"""Serve /downloads/pause and /downloads/speed-limit: pause the queue or limit its speed for a while."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import ConfigDict, Field, StrictInt

from stalkeer.core.downloads.overrides import MOST_MINUTES, Overrides, span_of
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.ids import LARGEST_ID
from stalkeer.faces.http.models import ApiModel
from stalkeer.jobs.downloads.actions import end_speed_limit, limit_speed, pause_queue, queue_overrides, resume_queue

router = APIRouter(prefix="/downloads", tags=["downloads"])


class SpeedLimitView(ApiModel):
    bytes_per_second: int = Field(description="0 is unlimited, regardless of the settings.")
    since: datetime
    until: datetime | None


class PauseView(ApiModel):
    since: datetime
    until: datetime | None = Field(description="null: until the queue is resumed.")


class OverridesView(ApiModel):
    """Describe the pause of the queue and the temporary speed limit. Each is null where there is none."""

    pause: PauseView | None
    speed_limit: SpeedLimitView | None

    @classmethod
    def of(cls, found: Overrides) -> OverridesView:
        return cls.model_validate(found.to_document())


class PauseRequest(ApiModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"minutes": 30}]})

    minutes: StrictInt | None = Field(
        None, ge=1, le=MOST_MINUTES, description="Length of the pause. Without it, until the queue is resumed."
    )


UNTIL_RESUMED = PauseRequest()


class SpeedLimitRequest(ApiModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"bytesPerSecond": 5_000_000, "minutes": 60}]})

    bytes_per_second: StrictInt = Field(ge=0, le=LARGEST_ID, description="For all downloads together; 0 is unlimited.")
    minutes: StrictInt | None = Field(
        None, ge=1, le=MOST_MINUTES, description="How long it applies. Without it, until it is ended."
    )


@router.get("/overrides")
def get_overrides(app: CurrentApp) -> OverridesView:
    """Show the pause of the queue and the temporary speed limit."""
    return OverridesView.of(queue_overrides(app.download_queue))


@router.put("/pause")
def pause_downloads(app: CurrentApp, wish: PauseRequest = UNTIL_RESUMED) -> OverridesView:
    """Pause the queue for some minutes, or until it is resumed.

    Downloads with priority `force`, and imports, continue.
    """
    return OverridesView.of(pause_queue(app.download_queue, span_of(wish.minutes)))


@router.delete("/pause", status_code=204)
def resume_downloads(app: CurrentApp) -> None:
    """End the pause of the queue. Downloads that were paused one by one stay paused."""
    resume_queue(app.download_queue)


@router.put("/speed-limit")
def limit_speed_of_downloads(app: CurrentApp, wish: SpeedLimitRequest) -> OverridesView:
    """Limit the speed of all downloads together for a while, instead of the limit of the settings and hours."""
    return OverridesView.of(limit_speed(app.download_queue, wish.bytes_per_second, span_of(wish.minutes)))


@router.delete("/speed-limit", status_code=204)
def end_speed_limit_of_downloads(app: CurrentApp) -> None:
    """End the temporary speed limit. The limit of the settings applies again."""
    end_speed_limit(app.download_queue)
