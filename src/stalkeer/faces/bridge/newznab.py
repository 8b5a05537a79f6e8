"""/newznab/api: the indexer as Radarr, Sonarr and Prowlarr read it."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

routes: Sequence[BaseRoute] = ()
