"""Render templates to pages and fragments, and answer actions with toasts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote, unquote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stalkeer.core.security.plain_text import clean_lines, is_harmless
from stalkeer.errors import StalkeerError
from stalkeer.faces.web import formats, runs_text, states
from stalkeer.faces.web.assets import asset_path
from stalkeer.faces.web.frame import THEMES, Frame, base_of, frame_of
from stalkeer.faces.web.links import artwork_path, logo_path
from stalkeer.faces.web.menu import current_child
from stalkeer.secrets import mask_text
from stalkeer.settings.choices import choices_of
from stalkeer.settings.keys import all_keys

TEMPLATES = Path(__file__).parent / "templates"
FLASH_COOKIE = "stalkeer_flash"
NOTHING: Mapping[str, object] = {}
LIST_ITEM = re.compile(r"^downloads\.(\w+)\[(\d+)\](.*)$")


@dataclass(frozen=True)
class Toast:
    """Hold the message about a finished action. `undo` is the path that undoes the action.

    The page gets the text without secrets: it may quote an error of another program.
    """

    text: str
    tone: str = "ok"  # ok | info | warn | bad
    undo: str | None = None

    def to_json(self) -> str:
        shown = {**asdict(self), "text": mask_text(self.text)}
        return json.dumps({key: value for key, value in shown.items() if value is not None})


def _harmless(value: object) -> object:
    """Remove marks that reverse text, and characters that XML and browsers refuse."""
    if not isinstance(value, str) or isinstance(value, Markup) or is_harmless(value):
        return value  # Markup is made from text that passed here before
    return clean_lines(value)


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_harmless,
    )
    for name in ("size", "rate", "duration", "number", "percent_text", "iso", "plain_time", "initials", "hue"):
        made.filters[name] = getattr(formats, name)
    made.globals.update(
        static=asset_path,
        version=version("stalkeer"),
        plural=formats.plural,
        percent=formats.percent,
        run_share=formats.run_share,
        run_text=runs_text.run_text,
        job_label=runs_text.job_label,
        cron_text=runs_text.cron_text,
        percent_text=formats.percent_text,
        eta=formats.eta,
        episode_code=formats.episode_code,
        query=query,
        done_text=formats.done_text,
        left_text=formats.left_text,
        looks=states,
        current_child=current_child,
        artwork=artwork_path,
        logo=logo_path,
        choices=settings_choices,
    )
    return made


def settings_choices(name: str) -> Sequence[tuple[str, str]]:
    """Return the values that a setting of an instance, source or quota accepts, with their words."""
    found = next(key for key in all_keys() if key.name.rpartition("[].")[2] == name)
    return tuple(choices_of(found.field.annotation).items())


def query(current: Mapping[str, object], **changes: object) -> str:
    """Return the query string of the page with changed values. Empty values are left out."""
    wanted = {key: value for key, value in {**current, **changes}.items() if value not in (None, "", False)}
    return f"?{urlencode(wanted)}" if wanted else "?"


def is_fragment(request: Request) -> bool:
    """Return whether htmx requests a part of the page. A reload or first visit gets the whole page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Request-Type") != "full"


def render(template: str, context: Mapping[str, object]) -> str:
    return environment().get_template(template).render(context)


def page(
    request: Request, template: str, context: Mapping[str, object] = NOTHING, *, status: int = 200, **more: object
) -> HTMLResponse:
    """Render a whole page with its frame (menu, search, live figures)."""
    frame = frame_of(request)
    flash = unquote(request.cookies.get(FLASH_COOKIE, ""))
    surroundings = {"request": request, "frame": frame, "base": frame.base, "flash": flash}
    html = render(template, {**surroundings, **context, **more})
    response = HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})
    if flash:
        response.delete_cookie(FLASH_COOKIE, path=frame.base or "/")
    return response


def plain_page(request: Request, template: str, status: int, message: str) -> HTMLResponse:
    """Render a page without a frame, which needs no database."""
    html = render_plain(template, base_of(request), message)
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})


def render_plain(template: str, base: str, message: str) -> str:
    frame = Frame(base, "/", THEMES[0], user="", menu=(), counts={}, rate=0.0, free=None)
    return render(template, {"frame": frame, "base": base, "flash": "", "message": message})


def fragment(
    request: Request,
    template: str,
    context: Mapping[str, object] = NOTHING,
    *,
    toast: Toast | None = None,
    changed: str = "",
    **more: object,
) -> HTMLResponse:
    """Render a part of a page. `changed` names the topics whose other parts must be loaded again."""
    frame = frame_of(request)
    html = render(template, {"request": request, "frame": frame, "base": frame.base, **context, **more})
    return HTMLResponse(html, headers={"Cache-Control": "no-store", **action_headers(toast, changed)})


def undo_path(request: Request, rule_id: int | None, *, and_show_pair: bool = False) -> str:
    """Return the path that undoes a decision. With `and_show_pair`, it answers with the pair to review again."""
    return f"{base_of(request)}/matches/rules/{rule_id}/{'undo' if and_show_pair else 'back'}"


def refuse(request: Request, error: StalkeerError, creatable: Sequence[str] = ()) -> Response:
    """Answer a form that cannot be used. The browser writes each error beside its field.

    `creatable` are the fields whose folder the browser offers to create.
    """
    response = done(request, Toast(str(error), "bad"), status=422)
    response.headers.update(field_headers(error.fields))
    if creatable:
        response.headers["Stalkeer-Create"] = quote(json.dumps(list(creatable)))
    return response


def field_headers(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the header that names what is wrong with each field of the form."""
    found = {form_field(name): mask_text(words) for name, words in fields.items()}
    return {"Stalkeer-Fields": quote(json.dumps(found))} if found else {}


def form_field(setting: str) -> str:
    """Return the name of the field in which a form shows a setting: `hours.0.start` for `downloads.hours[0].start`."""
    return LIST_ITEM.sub(r"\1.\2\3", setting)


def done(request: Request, toast: Toast, *, changed: str = "", to: str = "", status: int = 200) -> Response:
    """Answer an action with a toast, or with a redirect to `to` that shows the toast there."""
    if request.headers.get("HX-Request") == "true" and not to:
        headers = {"HX-Reswap": "none", "Cache-Control": "no-store", **action_headers(toast, changed)}
        return Response(status_code=status, headers=headers)
    return moved(request, to or "/", toast)


def moved(request: Request, to: str, toast: Toast | None = None) -> Response:
    """Redirect to another page, which shows the toast."""
    base = base_of(request)
    response: Response
    if request.headers.get("HX-Request") == "true":
        response = Response(status_code=200, headers={"HX-Redirect": base + to})
    else:
        response = RedirectResponse(base + to, status_code=303)
    if toast is not None:
        response.set_cookie(
            FLASH_COOKIE, quote(toast.to_json()), max_age=60, path=base or "/", httponly=True, samesite="lax"
        )
    return response


def action_headers(toast: Toast | None, changed: str) -> dict[str, str]:
    headers = {}
    if toast is not None:
        headers["Stalkeer-Toast"] = quote(toast.to_json())
    if changed:
        headers["Stalkeer-Changed"] = changed
    return headers
