"""Build and connect everything: settings, key, database, engine, API and pages. No other package does so."""

from stalkeer.app.build import build_app, take_up_key
from stalkeer.app.serve import build_or_wait, build_security, build_server, join_faces, run_server
from stalkeer.app.start import Start
from stalkeer.runtime import App

__all__ = [
    "App",
    "Start",
    "build_app",
    "build_or_wait",
    "build_security",
    "build_server",
    "join_faces",
    "run_server",
    "take_up_key",
]
