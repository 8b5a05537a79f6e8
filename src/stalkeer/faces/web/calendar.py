"""Serve the calendar: the calendars of Radarr and Sonarr, with the state of each item."""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from stalkeer.adapters.arr.calendar import Premiere
from stalkeer.core.titles.labels import label_of
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import fragment, page
from stalkeer.jobs.library.calendar import gather_calendar
from stalkeer.model import WantedId
from stalkeer.runtime import App
from stalkeer.store.library.calendar import CalendarState, calendar_states

router = APIRouter(include_in_schema=False)
VIEWS = ("month", "agenda")
AGENDA_DAYS = 28
WHAT = {"cinema": "In cinemas", "digital": "Digital release", "physical": "Physical release", "air": "Airs"}


@dataclass(frozen=True)
class CalendarEntry:
    """Hold a release as the calendar shows it."""

    label: str
    name: str
    at: datetime
    what: str
    tone: str
    state: str
    wanted_id: WantedId | None
    instance: str
    is_movie: bool


@dataclass(frozen=True)
class Day:
    day: date
    items: tuple[CalendarEntry, ...]
    is_outside: bool
    is_today: bool


@router.get("/calendar")
def get_calendar(request: Request, view: str = "month", month: str = "") -> HTMLResponse:
    """Send the page without its days. The page loads them separately, because instances may be slow."""
    first = first_of(month, app_of(request).clock().date())
    return page(request, "calendar.html", neighbours(first), view=known(view), first=first)


@router.get("/calendar/days")
def get_days(request: Request, view: str = "month", month: str = "") -> HTMLResponse:
    app = app_of(request)
    today = app.clock().date()
    first = first_of(month, today)
    view = known(view)
    start, end = span_of(view, first, today)
    gathered = gather_calendar(app.arrs, moment(start), moment(end + timedelta(days=1)))
    items = items_of(app, gathered.premieres)
    days = days_of(items, (start, end), month=first.month if view == "month" else None, today=today)
    return fragment(request, "calendar/days.html", view=view, days=days, errors=gathered.errors)


def known(view: str) -> str:
    return view if view in VIEWS else VIEWS[0]


def first_of(text: str, today: date) -> date:
    """Return the first day of the month `2026-11`, or of this month where the text is not a month."""
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        return today.replace(day=1)


def neighbours(first: date) -> dict[str, str]:
    before, after = first - timedelta(days=1), first + timedelta(days=32)
    return {"previous": f"{before:%Y-%m}", "following": f"{after:%Y-%m}", "here": f"{first:%Y-%m}"}


def span_of(view: str, first: date, today: date) -> tuple[date, date]:
    """Return the first and last day. A month has whole weeks from Monday; an agenda has `AGENDA_DAYS`."""
    if view == "agenda":
        start = today - timedelta(days=1) if first == today.replace(day=1) else first
        return start, start + timedelta(days=AGENDA_DAYS)
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    return first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())


def moment(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def items_of(app: App, premieres: tuple[tuple[str, Premiere], ...]) -> list[CalendarEntry]:
    with app.database.connect() as connection:
        states = calendar_states(connection)
    return [
        item_of(slug, premiere, states.get((slug, premiere.kind.value, premiere.arr_id)), app.clock())
        for slug, premiere in premieres
    ]


def item_of(slug: str, premiere: Premiere, state: CalendarState | None, now: datetime) -> CalendarEntry:
    tone, words = look_of(premiere, state, now)
    day = premiere.at.date().isoformat()
    return CalendarEntry(
        label=label_of(premiere.title, None, premiere.season, premiere.episode or 0, day),
        name=premiere.item_title,
        at=premiere.at,
        what=WHAT.get(premiere.what, premiere.what),
        tone=tone,
        state=words,
        wanted_id=state.wanted_id if state else None,
        instance=slug,
        is_movie=premiere.season is None,
    )


def look_of(premiere: Premiere, state: CalendarState | None, now: datetime) -> tuple[str, str]:
    """Return tone and label, as in the legend. An item counts as missing once it is released, even before a scan."""
    if premiere.has_file:
        return "ok", "Downloaded"
    if state is not None and state.is_downloading:
        return "work", "Downloading"
    if state is not None and state.is_found:
        return "info", "Found"
    if not premiere.monitored:
        return "", "Unmonitored"
    is_out = premiere.at <= now and premiere.what != "cinema"
    return ("bad", "Missing") if is_out or state is not None else ("warn", "Unreleased")


def days_of(items: list[CalendarEntry], span: tuple[date, date], *, month: int | None, today: date) -> list[Day]:
    start, end = span
    by_day: dict[date, list[CalendarEntry]] = {}
    for item in items:
        by_day.setdefault(item.at.date(), []).append(item)
    count = (end - start).days + 1
    return [
        Day(
            day=day,
            items=tuple(by_day.get(day, ())),
            is_outside=month is not None and day.month != month,
            is_today=day == today,
        )
        for day in (start + timedelta(days=number) for number in range(count))
    ]
