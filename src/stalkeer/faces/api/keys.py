"""Serve /keys and /users: API keys, and users of the web pages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from pydantic import Field, SecretStr

from stalkeer.core.security.passwords import LONGEST, SHORTEST
from stalkeer.core.security.scopes import Scope
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.guard import look_again_at_keys
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, page_of_all
from stalkeer.jobs.system import api_keys, users
from stalkeer.store.system.api_keys import ApiKeyRow

router = APIRouter(tags=["access"])

KeyName = Annotated[str, InPath(min_length=1, max_length=64, description="Name of a key, from the list.")]
UserName = Annotated[str, InPath(min_length=1, max_length=64, description="The user's name.")]
Password = Annotated[SecretStr, Field(min_length=SHORTEST, max_length=LONGEST, examples=["a long sentence of yours"])]


class ApiKeyView(ApiModel):
    name: str
    scope: Scope = Field(description="`admin`: everything; `read`: lists and figures; `bridge`: one instance's routes.")
    instance: str | None = Field(description="The instance that a bridge key belongs to.")
    created_at: datetime
    last_used_at: datetime | None = Field(description="Updated once a minute; null if it was never used.")

    @classmethod
    def of(cls, row: ApiKeyRow) -> ApiKeyView:
        return cls.model_validate(row)


class NewApiKey(ApiModel):
    name: str = Field(min_length=1, max_length=64, examples=["homepage"])
    scope: Scope = Field(Scope.READ)
    instance: str | None = Field(None, description="With the scope `bridge`: the instance's name.", examples=[None])


class IssuedApiKey(ApiModel):
    name: str
    key: str = Field(description="Shown this once.")


class UserView(ApiModel):
    name: str
    created_at: datetime


class NewUser(ApiModel):
    name: str = Field(pattern=r"^[A-Za-z0-9._@-]{1,64}$", examples=["alice"])
    password: Password


class NewPassword(ApiModel):
    password: Password


@router.get("/keys")
def list_api_keys(app: CurrentApp, page: PageParams) -> PageOf[ApiKeyView]:
    """List the API keys with their last use. A key itself is shown only when it is made."""
    return page_of_all([ApiKeyView.of(row) for row in api_keys.list_keys(app.database)], page)


@router.post("/keys", status_code=201)
def make_api_key(app: CurrentApp, request: Request, given: NewApiKey) -> IssuedApiKey:
    """Make a key for a program, with no more rights than it needs."""
    key = api_keys.make_key(app.database, app.secrets, given.name, given.scope, given.instance, app.clock())
    look_again_at_keys(request)
    return IssuedApiKey(name=given.name, key=key)


@router.post("/keys/{name}/reset")
def reset_api_key(app: CurrentApp, request: Request, name: KeyName) -> IssuedApiKey:
    """Replace a key; the old one stops working."""
    key = api_keys.reset_key(app.database, app.secrets, name, app.clock())
    look_again_at_keys(request)
    return IssuedApiKey(name=name, key=key)


@router.delete("/keys/{name}", status_code=204)
def revoke_api_key(app: CurrentApp, request: Request, name: KeyName) -> None:
    """Revoke a key; the main one can only be reset."""
    api_keys.revoke_key(app.database, name)
    look_again_at_keys(request)


@router.get("/users")
def list_web_users(app: CurrentApp, page: PageParams) -> PageOf[UserView]:
    """List the users of the web pages."""
    return page_of_all([UserView.model_validate(row) for row in users.list_users(app.database)], page)


@router.post("/users", status_code=201)
def add_web_user(app: CurrentApp, given: NewUser) -> UserView:
    """Add a user."""
    users.add_user(app.database, given.name, given.password.get_secret_value(), app.clock())
    return next(UserView.model_validate(row) for row in users.list_users(app.database) if row.name == given.name)


@router.put("/users/{name}/password", status_code=204)
def set_user_password(app: CurrentApp, name: UserName, given: NewPassword) -> None:
    """Set a user's password and end their sessions."""
    users.set_password(app.database, name, given.password.get_secret_value())


@router.delete("/users/{name}", status_code=204)
def remove_web_user(app: CurrentApp, name: UserName) -> None:
    """Remove a user and their sessions; the last one stays."""
    users.remove_user(app.database, name)
