"""Answer errors as RFC 9457 problem documents, and describe them in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from stalkeer import errors
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.statuses import headers_of, status_of
from stalkeer.faces.http.storage import RETRY_AFTER_S, STATUS, disk_detail, error_detail, is_disk_error
from stalkeer.logs import get_logger
from stalkeer.secrets import mask_text

MEDIA_TYPE = "application/problem+json"
log = get_logger(__name__)


class ProblemField(ApiModel):
    pointer: str = Field(
        description="Where in the request: a JSON pointer into the body, or `query`, `path`, `header`."
    )
    detail: str


class Problem(ApiModel):
    """Describe an error; `errors` names the places in the request."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str = Field(description="A stable word for programs.")
    request_id: str | None = Field(None, description="Names this request in the log.")
    errors: list[ProblemField] | None = None


class ItemProblem(ApiModel):
    """Describe the refusal of one item of many."""

    status: int = Field(description="The status of the answer for this item alone.")
    code: str = Field(description="A stable word for programs.")
    detail: str


def item_problem(error: errors.StalkeerError) -> ItemProblem:
    return ItemProblem(status=status_of(error), code=_code_of(error), detail=mask_text(str(error)))


def refused_items(request: Request, refused: Sequence[tuple[str, errors.StalkeerError]]) -> JSONResponse:
    """Return the answer when every item was refused, from (pointer, error) of each. The first decides the status."""
    first = refused[0][1]
    fields = [ProblemField(pointer=pointer, detail=mask_text(str(error))) for pointer, error in refused]
    return problem_response(
        status_of(first), str(first), code=_code_of(first), fields=fields, request_id=_request_id(request)
    )


def problem_response(
    status: int,
    detail: str,
    *,
    code: str | None = None,
    fields: Sequence[ProblemField] | None = None,
    headers: Mapping[str, str] | None = None,
    request_id: str | None = None,
) -> JSONResponse:
    title = HTTPStatus(status).phrase
    body = Problem(
        title=title,
        status=status,
        detail=mask_text(detail),
        code=code or title.lower().replace(" ", "-"),
        request_id=request_id,
        errors=list(fields) if fields else None,
    )
    return JSONResponse(
        body.model_dump(by_alias=True, exclude_none=True), status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def install_problems(api: FastAPI) -> None:
    """Answer every error as a problem document."""

    @api.exception_handler(errors.StalkeerError)
    def _ours(request: Request, error: errors.StalkeerError) -> JSONResponse:
        return problem_response(
            status_of(error),
            error_detail(request, error),
            code=_code_of(error),
            headers=headers_of(error),
            request_id=_request_id(request),
        )

    @api.exception_handler(OSError)
    def _disk(request: Request, error: OSError) -> JSONResponse:
        if not is_disk_error(error):
            raise error
        log.error("a disk error", error=str(error))
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        detail = disk_detail(request, error)
        return problem_response(STATUS, detail, code="disk-error", headers=headers, request_id=_request_id(request))

    @api.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        fields = [ProblemField(pointer=_pointer(item["loc"]), detail=str(item["msg"])) for item in error.errors()]
        detail = "; ".join(f"{field.pointer}: {field.detail}" for field in fields[:5])
        status = 400 if any(item["loc"][0] == "query" for item in error.errors()) else 422
        return problem_response(status, detail, code="invalid-input", fields=fields, request_id=_request_id(request))

    @api.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:
        return problem_response(
            error.status_code, str(error.detail), headers=error.headers, request_id=_request_id(request)
        )

    @api.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> JSONResponse:
        return problem_response(
            500,
            "Internal error; the log has it under this request id",
            request_id=_request_id(request),
        )


def _request_id(request: Request) -> str | None:
    found = request.scope.get("state", {}).get("request_id")
    return str(found) if found else None


def _code_of(error: errors.StalkeerError) -> str:
    """Turn `SourceUnreachable` into `source-unreachable`."""
    name = type(error).__name__
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("-")


def _pointer(location: Sequence[object]) -> str:
    place, *rest = (str(part).replace("~", "~0").replace("/", "~1") for part in location)
    return "/" + "/".join(rest) if place == "body" else "/".join((place, *rest))


def problem_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route that may answer with these errors."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


EVERYWHERE = problem_answers(400, 401, 403, 404, 405, 409, 413, 414, 422, 429, 500, 502, 503)
