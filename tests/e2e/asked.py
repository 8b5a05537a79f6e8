"""What the program asked of Radarr and Sonarr, beside their own documents."""

from __future__ import annotations

from tests.contract.schema import endpoint_of, facts


def requests_that_do_not_fit(world) -> list[str]:
    """Whatever was asked of Radarr and Sonarr that their documents do not know."""
    wrong = []
    for name, server in (("radarr", world.radarr), ("sonarr", world.sonarr)):
        wrong += server.violations
        for request in server.requests:
            endpoint = endpoint_of(name, request.method, request.path)
            if endpoint is not None:
                body = request.json() if request.body else None
                wrong += facts(name).request_problems(endpoint, request.query, body)
            elif request.path.startswith("/api/v3"):
                wrong.append(f"{request.method} {request.path}: no such endpoint")
    return wrong
