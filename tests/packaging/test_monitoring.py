"""Metrics, the widget, and the files for Prometheus and Grafana that name them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient
from tests.doubles.server import make_server
from tests.faces.web.sample import fill

from stalkeer.app import build_security
from stalkeer.core.security.scopes import Scope
from stalkeer.jobs.system import api_keys
from stalkeer.store.db.tables import downloads

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "packaging" / "monitoring"
DASHBOARD = MONITORING / "grafana-stalkeer.json"
ALERTS = MONITORING / "stalkeer-alerts.yml"
METRIC = re.compile(r"\b(?:stalkeer|process)_[a-z_]+\b")
# they appear once there is something to share
LATER = {"stalkeer_success_ratio", "stalkeer_resume_ratio"}


@pytest.fixture
def monitor(app) -> TestClient:
    """A client with a key that can only read, as a bearer token."""
    fill(app.database, app.secrets)
    security = build_security(app)
    key = api_keys.make_key(app.database, app.secrets, "prometheus", Scope.READ, None, app.clock())
    return TestClient(make_server(app, security), headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def metrics(monitor) -> str:
    return monitor.get("/metrics").text


def names_in(text: str) -> set[str]:
    return set(METRIC.findall(text))


def declared(metrics: str) -> set[str]:
    return set(re.findall(r"^# TYPE (\S+)", metrics, re.MULTILINE))


def expressions() -> list[str]:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return queries + [rule["expr"] for group in groups for rule in group["rules"]]


def test_every_metric_that_a_dashboard_an_alert_or_the_page_names_exists(metrics):
    page = (ROOT / "docs" / "integrations.md").read_text(encoding="utf-8")
    named = names_in(" ".join(expressions())) | (names_in(page) - {"stalkeer_bearer"}) - LATER

    assert len(named) > 10
    assert sorted(name for name in named if name not in declared(metrics) and not name.endswith("_")) == []


def test_every_metric_is_documented(metrics):
    page = (ROOT / "docs" / "integrations.md").read_text(encoding="utf-8")

    assert sorted(name for name in declared(metrics) if name.startswith("stalkeer_") and name not in page) == []


def test_each_series_comes_once_and_the_build_is_named(metrics):
    series = [line.rpartition(" ")[0] for line in metrics.splitlines() if line and not line.startswith("#")]

    assert len(series) == len(set(series))
    assert re.search(r'^stalkeer_build_info{database="sqlite",python="3[^"]+",version="[^"]+"} 1.0$', metrics, re.M)


@pytest.mark.parametrize("what", ["metrics", "rules", "config"])
def test_promtool_finds_nothing_to_say(what, metrics, tmp_path):
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed; Debian has it in the package prometheus")
    file = {"rules": ALERTS, "config": MONITORING / "prometheus.yml"}.get(what)
    command = [tool, "check", what, *([str(file)] if file else [])]
    checked = subprocess.run(command, input=metrics, capture_output=True, text=True, timeout=60)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert what != "metrics" or checked.stderr == ""


def test_panels_of_the_dashboard_do_not_overlap():
    places = [panel["gridPos"] for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]]
    cells = [
        (place["x"] + column, place["y"] + row)
        for place in places
        for column in range(place["w"])
        for row in range(place["h"])
    ]

    assert len(cells) == len(set(cells)) and max(column for column, _ in cells) < 24


def test_the_widget_is_flat_and_its_figures_are_those_of_the_lists(monitor):
    answer = monitor.get("/api/v1/widget")
    widget = answer.json()

    assert answer.status_code == 200
    assert all(isinstance(value, int) for value in widget.values())
    counts = monitor.get("/api/v1/downloads/stats").json()["counts"]
    assert (widget["queued"], widget["downloading"]) == (counts["queued"], counts["downloading"])
    assert widget["wanted"] == monitor.get("/api/v1/missing").json()["totalRecords"]
    assert widget["missing"] == monitor.get("/api/v1/missing?reason=missing").json()["totalRecords"]
    assert widget["available"] == monitor.get("/api/v1/missing?found=confirmed").json()["totalRecords"]


def test_the_page_shows_the_widget_as_it_is(monitor):
    page = (ROOT / "docs" / "integrations.md").read_text(encoding="utf-8")
    shown = json.loads(re.findall(r"```json\n(.*?)```", page, re.DOTALL)[0])

    assert list(shown) == list(monitor.get("/api/v1/widget").json())
    for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL):
        assert yaml.safe_load(block.replace("!secret ", ""))


def test_the_widget_counts_once_in_ten_seconds(app, monitor):
    before = monitor.get("/api/v1/widget").json()
    with app.database.begin() as connection:
        connection.execute(downloads.update().values(state="failed"))

    assert monitor.get("/api/v1/widget").json() == before
    assert monitor.head("/api/v1/widget").status_code == 200
