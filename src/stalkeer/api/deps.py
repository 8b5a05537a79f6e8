"""What handlers ask FastAPI for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from stalkeer.runtime import App


def get_app(request: Request) -> App:
    app: App = request.app.state.app
    return app


CurrentApp = Annotated[App, Depends(get_app)]
