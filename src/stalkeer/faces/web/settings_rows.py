"""Settings that are lists, as rows of a form: the hours with other limits, and the quotas.

A row is added, changed and taken away without script of its own: each button sends the form and gets it back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from stalkeer.core.downloads.pacing import WEEK
from stalkeer.core.downloads.quota import Period
from stalkeer.errors import ConfigurationError, NotFound
from stalkeer.faces.web.forms import FormFields
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, fragment
from stalkeer.runtime import App
from stalkeer.settings.change import LOCKED
from stalkeer.settings.schema import HoursSettings, QuotaSettings
from stalkeer.settings.units import show_size
from stalkeer.store.sources.sources import list_sources

router = APIRouter(include_in_schema=False)
MOST_ROWS = 50
DAYS = tuple(day.value for day in WEEK)
REFUSED = Toast("Nothing was saved: look at what is marked.", "bad")
COMPLAINT = re.compile(r"downloads\.\w+\[(\d+)\]\.?(\w*)\S*? (.*)")


@dataclass(frozen=True)
class Row:
    """What is typed, by field, and what is wrong with it."""

    values: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def is_empty(self) -> bool:
        """Nothing was typed that a row needs: it is left out."""
        return not any(self.values.get(name) for name in ("start", "end", "size"))


@dataclass(frozen=True)
class Table:
    """One list: `fields` are those of a row; a new one begins with `fresh`."""

    name: str
    fields: tuple[str, ...]
    fresh: Mapping[str, str]
    help: str

    @property
    def setting(self) -> str:
        return f"downloads.{self.name}"


HOURS_HELP = (
    "Another speed limit, or a pause, at certain hours: by night faster, while you watch slower. They are in the time "
    "of the machine; the first row that fits counts, and an end before the start is on the next day."
)
QUOTAS_HELP = "How much is fetched in a day, a week (from Monday) or a month at most. Then downloads wait for the next."

TABLES = {
    "hours": Table("hours", ("days", "start", "end", "limit", "pause"), {"days": ",".join(DAYS)}, HOURS_HELP),
    "quotas": Table("quotas", ("period", "size", "source"), {"period": Period.DAY.value}, QUOTAS_HELP),
}


def rows_of(app: App, table: Table) -> list[Row]:
    """What counts now."""
    if table.name == "hours":
        return [_of_hours(one) for one in app.settings.downloads.hours]
    return [_of_quota(one) for one in app.settings.downloads.quotas]


def _of_hours(one: HoursSettings) -> Row:
    return Row(
        {
            "days": ",".join(day.value for day in one.days),
            "start": f"{one.start:%H:%M}",
            "end": f"{one.end:%H:%M}",
            "limit": show_size(one.limit) if one.limit else "",
            "pause": "true" if one.pause else "",
        }
    )


def _of_quota(one: QuotaSettings) -> Row:
    return Row({"period": one.period.value, "size": show_size(one.size), "source": one.source})


def read_rows(table: Table, form: Mapping[str, str]) -> list[Row]:
    """The rows as they were sent, in their order."""
    count = form.get("rows", "")
    numbers = range(min(int(count), MOST_ROWS) if count.isdigit() else 0)
    return [Row({name: _typed(form, number, name) for name in table.fields}) for number in numbers]


def _typed(form: Mapping[str, str], number: int, name: str) -> str:
    if name == "days":
        return ",".join(day for day in DAYS if f"{number}.day.{day}" in form)
    return form.get(f"{number}.{name}", "").strip()


def document_of(rows: Sequence[Row]) -> list[dict[str, object]]:
    """For the schema, which checks it: what is empty is left to its default."""
    return [
        {name: value == "true" if name == "pause" else value for name, value in row.values.items() if value}
        for row in rows
    ]


def with_complaints(rows: Sequence[Row], error: ConfigurationError) -> list[Row]:
    """Each complaint at its field; what belongs to none stands at the row's first."""
    found: dict[int, dict[str, str]] = {}
    for line in str(error).splitlines():
        if (match := COMPLAINT.match(line)) is not None:
            found.setdefault(int(match[1]), {})[match[2]] = match[3]
    return [Row(row.values, found.get(number, {})) for number, row in enumerate(rows)]


def _with_a_day(row: Row) -> Row:
    return Row(row.values, {"days": "Tick at least one day."} if row.values.get("days") == "" else {})


def show_rows(request: Request, table: Table, rows: Sequence[Row], toast: Toast | None = None) -> HTMLResponse:
    return fragment(request, "settings/rows.html", context_of(app_of(request), table, rows), toast=toast)


def context_of(app: App, table: Table, rows: Sequence[Row]) -> dict[str, object]:
    with app.database.connect() as connection:
        sources = [row.slug for row in list_sources(connection)]
    origin = str(app.live.loaded.origins.get(table.setting, "default"))
    return {
        "table": table,
        "rows": rows,
        "days": DAYS,
        "periods": tuple(period.value for period in Period),
        "sources": sources,
        "origin": origin,
        "is_locked": origin in LOCKED,
    }


@router.get("/settings/downloads/rows/{name}")
def get_rows(request: Request, name: str) -> HTMLResponse:
    table = known_table(name)
    return show_rows(request, table, rows_of(app_of(request), table))


@router.post("/settings/downloads/rows/{name}/add")
def post_add(request: Request, name: str, form: FormFields) -> HTMLResponse:
    table = known_table(name)
    return show_rows(request, table, [*read_rows(table, form), Row(table.fresh)][:MOST_ROWS])


@router.post("/settings/downloads/rows/{name}/without/{number}")
def post_without(request: Request, name: str, number: int, form: FormFields) -> HTMLResponse:
    """Without one row; it counts once it is saved."""
    table = known_table(name)
    return show_rows(request, table, [row for at, row in enumerate(read_rows(table, form)) if at != number])


@router.post("/settings/downloads/rows/{name}")
def post_rows(request: Request, name: str, form: FormFields) -> Response:
    """Check every row, store them as a whole, and use them at once."""
    app, table = app_of(request), known_table(name)
    rows = [row for row in read_rows(table, form) if not row.is_empty]
    if any(row.values.get("days") == "" for row in rows):
        return show_rows(request, table, [_with_a_day(row) for row in rows], REFUSED)
    try:
        app.change_settings({table.setting: document_of(rows)})
    except ConfigurationError as error:
        return show_rows(request, table, with_complaints(rows, error), REFUSED)
    return show_rows(request, table, rows_of(app, table), Toast("Saved."))


@router.post("/settings/downloads/rows/{name}/reset")
def post_reset(request: Request, name: str) -> HTMLResponse:
    """Forget what was saved here, so that the configuration file or the default counts again."""
    app, table = app_of(request), known_table(name)
    app.change_settings({table.setting: None})
    return show_rows(request, table, rows_of(app, table), Toast("Back to what config.yml or the default says."))


def known_table(name: str) -> Table:
    if name not in TABLES:
        raise NotFound(f"There is no list of settings called {name!r}.")
    return TABLES[name]
