"""Edit settings that are lists as rows of a form: hours and quotas.

Each button sends the form and receives its rows changed; the page's one Save stores them with the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from stalkeer.core.downloads.pacing import WEEK
from stalkeer.core.downloads.quota import Period
from stalkeer.errors import InvalidInput, NotFound
from stalkeer.faces.web.forms import FormFields
from stalkeer.faces.web.frame import app_of
from stalkeer.faces.web.render import Toast, fragment
from stalkeer.runtime import App
from stalkeer.settings.change import LOCKED
from stalkeer.settings.sections.transfers import HoursSettings, QuotaSettings
from stalkeer.settings.units import show_size
from stalkeer.store.sources.sources import list_sources

router = APIRouter(include_in_schema=False)
MOST_ROWS = 50
DAYS = tuple(day.value for day in WEEK)


@dataclass(frozen=True)
class FormRow:
    """Hold the typed values of a row, by field."""

    values: Mapping[str, str]

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def is_empty(self) -> bool:
        """Return whether every required field is empty. Such a row is left out."""
        return not any(self.values.get(name) for name in ("start", "end", "size"))


@dataclass(frozen=True)
class Table:
    """Describe a list. `fields` are the fields of a row; a new row starts with the values `fresh`."""

    name: str
    fields: tuple[str, ...]
    fresh: Mapping[str, str]
    help: str

    @property
    def setting(self) -> str:
        return f"downloads.{self.name}"


HOURS_HELP = (
    "Use another speed limit, or pause downloads, at certain hours. Times are in the time zone of the machine that "
    "runs Stalkeer. The first matching row applies. An end before the start is on the next day."
)
QUOTAS_HELP = (
    "Limit the download volume of a day, a week (from Monday) or a month. Downloads then wait for the next period."
)

TABLES = {
    "hours": Table("hours", ("days", "start", "end", "limit", "pause"), {"days": ",".join(DAYS)}, HOURS_HELP),
    "quotas": Table("quotas", ("period", "size", "source"), {"period": Period.DAY.value}, QUOTAS_HELP),
}


def rows_of(app: App, table: Table) -> list[FormRow]:
    """Return the rows of the current settings."""
    if table.name == "hours":
        return [_of_hours(hours) for hours in app.settings.downloads.hours]
    return [_of_quota(quota) for quota in app.settings.downloads.quotas]


def _of_hours(hours: HoursSettings) -> FormRow:
    return FormRow(
        {
            "days": ",".join(day.value for day in hours.days),
            "start": f"{hours.start:%H:%M}",
            "end": f"{hours.end:%H:%M}",
            "limit": show_size(hours.limit) if hours.limit else "",
            "pause": "true" if hours.pause else "",
        }
    )


def _of_quota(quota: QuotaSettings) -> FormRow:
    return FormRow({"period": quota.period.value, "size": show_size(quota.size), "source": quota.source})


def read_rows(table: Table, form: Mapping[str, str]) -> list[FormRow]:
    """Read the rows of the form in their order."""
    count = form.get(f"{table.name}.rows", "")
    numbers = range(min(int(count), MOST_ROWS) if count.isdigit() else 0)
    return [
        FormRow({name: _typed(form, f"{table.name}.{number}", name) for name in table.fields}) for number in numbers
    ]


def _typed(form: Mapping[str, str], row: str, name: str) -> str:
    if name == "days":
        return ",".join(day for day in DAYS if f"{row}.day.{day}" in form)
    return form.get(f"{row}.{name}", "").strip()


def document_of(rows: Sequence[FormRow]) -> list[dict[str, object]]:
    """Return the rows for the schema, which checks them. Empty values are left to their defaults."""
    return [
        {name: value == "true" if name == "pause" else value for name, value in row.values.items() if value}
        for row in rows
    ]


def changed_lists(app: App, form: Mapping[str, str]) -> dict[str, object]:
    """Return the lists of the form that differ from those in use. Raises InvalidInput for a row without a day."""
    changes: dict[str, object] = {}
    for table in TABLES.values():
        if f"{table.name}.rows" not in form:
            continue
        rows = [row for row in read_rows(table, form) if not row.is_empty]
        without_day = [number for number, row in enumerate(rows) if row.values.get("days") == ""]
        if without_day:
            fields = {f"{table.name}.{number}.days": "Select at least one day." for number in without_day}
            raise InvalidInput("Select at least one day.", fields=fields)
        if document_of(rows) != document_of(rows_of(app, table)):
            changes[table.setting] = document_of(rows)
    return changes


def show_rows(request: Request, table: Table, rows: Sequence[FormRow], toast: Toast | None = None) -> HTMLResponse:
    return fragment(request, "settings/rows.html", context_of(app_of(request), table, rows), toast=toast)


def context_of(app: App, table: Table, rows: Sequence[FormRow]) -> dict[str, object]:
    with app.database.connect() as connection:
        sources = [row.slug for row in list_sources(connection)]
    origin = str(app.live.loaded.origins.get(table.setting, "default"))
    return {
        "table": table,
        "rows": rows,
        "days": DAYS,
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
    return show_rows(request, table, [*read_rows(table, form), FormRow(table.fresh)][:MOST_ROWS])


@router.post("/settings/downloads/rows/{name}/without/{number}")
def post_without(request: Request, name: str, number: int, form: FormFields) -> HTMLResponse:
    """Show the form without a row. The change applies after it is saved."""
    table = known_table(name)
    return show_rows(request, table, [row for at, row in enumerate(read_rows(table, form)) if at != number])


@router.post("/settings/downloads/rows/{name}/reset")
def post_reset(request: Request, name: str) -> HTMLResponse:
    """Remove the saved rows, so that the configuration file or the default applies again."""
    app, table = app_of(request), known_table(name)
    app.change_settings({table.setting: None})
    return show_rows(request, table, rows_of(app, table), Toast("Reset to the value of config.yml or the default."))


def known_table(name: str) -> Table:
    if name not in TABLES:
        raise NotFound(f"There is no settings list {name!r}.")
    return TABLES[name]
