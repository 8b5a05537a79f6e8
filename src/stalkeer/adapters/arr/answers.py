"""Read an instance's answers: JSON into values, refusals into errors."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_camel

from stalkeer.adapters.net.api import ApiAnswer
from stalkeer.core.security.plain_text import clean_json, may_be_harmful_json
from stalkeer.errors import (
    ArrError,
    ArrFaulted,
    ArrNotFound,
    ArrRefused,
    ArrUnauthorised,
    ArrUnreachable,
    ArrWrongProgram,
)
from stalkeer.secrets import mask_text

log = logging.getLogger(__name__)

T = TypeVar("T")
SHOWN_CHARACTERS = 300
TRY_LATER = frozenset({408, 429, 500, 502, 503, 504})


class Resource(BaseModel):
    """Describe JSON of an instance: camelCase names; unknown fields are ignored; an absent field takes its default."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")


def _or_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Read an element of a list. None when it cannot be read: one bad item must not hide the others."""
    try:
        return read(value)
    except ValidationError:
        pass
    try:
        return read(_without_nulls(value))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        log.warning(
            "an item cannot be read and is left out", extra={"item": id_of(value), "why": where or first["msg"]}
        )
        return None


def _present(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value for value in values if value is not None)


Readable = Annotated[T, WrapValidator(_or_none)]
Rows = Annotated[tuple[Readable[T], ...], AfterValidator(_present)]  # a list that leaves out its unreadable elements
Number = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]  # the range of every id, year and duration in both programs
MOST_ELEMENTS_NAMED = 3


def id_of(value: object) -> int | None:
    """Return the id of a record that may be unreadable otherwise."""
    number = value.get("id") if isinstance(value, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


@dataclass
class Unreadable:
    """Collect the elements of a list that could not be read."""

    ids: set[int] = field(default_factory=set)
    unknown: int = 0  # elements without a readable id
    reasons: list[str] = field(default_factory=list)

    def note(self, value: object, error: ArrError) -> None:
        number = id_of(value)
        if number is None:
            self.unknown += 1
        else:
            self.ids.add(number)
        self.reasons.append(str(error))
        log.warning("an item cannot be read and stays as it was", extra={"item": number, "why": str(error)})

    @property
    def notes(self) -> tuple[str, ...]:
        """Return notes on how many items stay as they were, and why."""
        if not self.reasons:
            return ()
        named = "; ".join(reason.rstrip(".") for reason in self.reasons[:MOST_ELEMENTS_NAMED])
        return (f"{len(self.reasons)} items of the library cannot be read and stay as they were. {named}.",)


def parse(adapter: TypeAdapter[T], content: bytes, asked: str) -> T:
    """Read a JSON answer. Raises ArrWrongProgram where it is no JSON: another server answered with a page."""
    if may_be_harmful_json(content):
        return _parse_cleaned(adapter, content, asked)
    try:
        return adapter.validate_json(content)
    except ValidationError as error:
        if error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
            raise unreadable(error, asked) from error
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits
        raise _unknown_form(asked, "it cannot be read") from error
    return read_value(adapter, value, asked)


def _parse_cleaned(adapter: TypeAdapter[T], content: bytes, asked: str) -> T:
    """Read an answer whose texts hold control characters or half a surrogate pair: one such title must not hide all
    others.
    """
    try:
        value = clean_json(json.loads(content))
    except (ValueError, RecursionError):
        try:
            return adapter.validate_json(content)
        except ValidationError as error:
            raise unreadable(error, asked) from error
    return read_value(adapter, value, asked)


def read_value(adapter: TypeAdapter[T], value: object, asked: str) -> T:
    """Read part of an answer. An unexpected null counts as absent, as both programs mean it."""
    try:
        return adapter.validate_python(value)
    except ValidationError:
        pass
    try:
        return adapter.validate_python(_without_nulls(value))
    except ValidationError as error:
        raise unreadable(error, asked) from error


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_nulls(field) for name, field in value.items() if field is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def unreadable(error: ValidationError, asked: str) -> ArrError:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return ArrWrongProgram(
            f"{asked} answered something that is not JSON: another program, or a login page in front of it. "
            "Check the address and its base path."
        )
    where = ".".join(str(part) for part in first["loc"])
    return _unknown_form(asked, f"{where}: {first['msg']}")


def _unknown_form(asked: str, why: str) -> ArrError:
    return ArrRefused(f"{asked} answered in an unknown form: {why}. Its version may be unsupported.")


def objects_of_array(chunks: Iterator[str], asked: str) -> Iterator[object]:
    """Yield the elements of a top-level JSON array while it arrives, so that a whole library is never in memory."""
    decoder = json.JSONDecoder()
    buffer = ""
    inside = False
    for chunk in chunks:
        buffer += chunk
        position = 0
        while True:
            position, inside, ended = _next_value(buffer, position, asked, inside=inside)
            if ended:
                return
            if position >= len(buffer):
                break
            start = position
            try:
                value, position = decoder.raw_decode(buffer, start)
            except json.JSONDecodeError:
                break  # an incomplete element: the rest is in a later chunk
            except (ValueError, RecursionError) as error:
                raise _unknown_form(asked, "it cannot be read") from error
            is_harmful = may_be_harmful_json(buffer[start:position].encode("utf-8", "replace"))
            yield clean_json(value) if is_harmful else value
        buffer = buffer[position:]
    raise ArrUnreachable(f"{asked}: the answer ended in the middle of the list. It is read again at the next sync.")


def _next_value(buffer: str, position: int, asked: str, *, inside: bool) -> tuple[int, bool, bool]:
    """Skip to the next element. Return its position, whether the array has begun, and whether it has ended."""
    while position < len(buffer):
        character = buffer[position]
        if not inside and character != "[" and not character.isspace() and character != "\ufeff":
            raise ArrWrongProgram(
                f"{asked} answered something that is not a list. Check the address and its base path."
            )
        if inside and character == "]":
            return position, inside, True
        if inside and not character.isspace() and character != ",":
            break
        inside = inside or character == "["
        position += 1
    return position, inside, False


def explain_refusal(answer: ApiAnswer, asked: str) -> ArrError:
    """Turn an answer of status >= 400 into an error with the instance's message."""
    status = answer.status
    said = refusal_words(answer)
    if status in (401, 403):
        if "www-authenticate" in answer.fields:
            return ArrUnauthorised(
                f"{asked}: a proxy in front of it asks for a login of its own. Let /api pass there, or use the "
                "instance's own address."
            )
        return ArrUnauthorised(
            f"{asked}: the API key was not accepted. Copy it again from Settings > General in the instance."
        )
    if status in TRY_LATER:
        sort = ArrFaulted if status == 500 else ArrUnreachable
        return sort(f"{asked}: it answered {status}{said}. It is tried again later; see the instance's log.")
    if status == 404:
        return ArrNotFound(f"{asked}: it answered 404{said}")
    return ArrRefused(f"{asked}: it answered {status}{said}")


def refusal_words(answer: ApiAnswer) -> str:
    """Return the message in the body of a refusal: an array of validation errors or an object with a message; else
    empty. Logins and keys in quoted addresses are masked.
    """
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return ""
    words: list[str] = []
    if isinstance(body, list):
        words = [_validation_words(item) for item in body if isinstance(item, dict)]
    elif isinstance(body, dict):
        # `description` is a stack trace: it belongs in the instance's log
        words = [str(body["message"])] if body.get("message") else []
    text = mask_text("; ".join(word.rstrip(".") for word in words if word))
    return f": {text[:SHOWN_CHARACTERS]}" if text else ""


def _validation_words(item: dict[str, object]) -> str:
    message = str(item.get("errorMessage") or "")
    name = str(item.get("propertyName") or "")
    return f"{name}: {message}" if name else message
