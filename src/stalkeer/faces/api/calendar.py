"""Serve /calendar: upcoming movies and episodes from the calendars of the instances."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, StrictBool

from stalkeer.errors import Conflict
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel, Moment
from stalkeer.jobs.library.calendar import gather_calendar
from stalkeer.model import WantedKind

router = APIRouter(tags=["missing"])
LONGEST = timedelta(days=370)


class CalendarItem(ApiModel):
    instance: str
    kind: WantedKind
    title: str
    item_title: str
    season: int | None
    episode: int | None
    at: datetime
    what: str = Field(description="`air` for an episode; `cinema`, `digital` or `physical` for a movie.")
    has_file: StrictBool


class CalendarAnswer(ApiModel):
    items: list[CalendarItem]
    errors: dict[str, str] = Field(description="Instances that could not be reached, with the reason.")


@router.get("/calendar")
def show_calendar(
    app: CurrentApp,
    start: Annotated[Moment | None, Query(description="Default: today.")] = None,
    end: Annotated[Moment | None, Query(description="Default: four weeks after `start`.")] = None,
) -> CalendarAnswer:
    """List the movies and episodes that are released between two times, in order of time."""
    first = start or app.clock().replace(hour=0, minute=0, second=0, microsecond=0)
    last = end or first + timedelta(days=28)
    if not timedelta() <= last - first <= LONGEST:
        raise Conflict("`end` must come after `start`, by a year at most")
    calendar = gather_calendar(app.arrs, first, last)
    items = [
        CalendarItem(
            instance=instance,
            kind=premiere.kind,
            title=premiere.title,
            item_title=premiere.item_title,
            season=premiere.season,
            episode=premiere.episode,
            at=premiere.at,
            what=premiere.what,
            has_file=premiere.has_file,
        )
        for instance, premiere in calendar.premieres
    ]
    return CalendarAnswer(items=items, errors=calendar.errors)
