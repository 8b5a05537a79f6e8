"""/sabnzbd/api: the download client as Radarr, Sonarr, phones and dashboards read it."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

routes: Sequence[BaseRoute] = ()
