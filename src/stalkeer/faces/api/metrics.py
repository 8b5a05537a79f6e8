"""Serve /metrics for Prometheus. It contains the names of sources and instances, so it needs an API key."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.api.kept import CachedAnswer
from stalkeer.model import DownloadState
from stalkeer.runtime import App
from stalkeer.store.system.metrics import Figures, read_figures

router = APIRouter(tags=["metrics"])


@router.get("/metrics", response_class=PlainTextResponse)
def get_metrics(app: CurrentApp, request: Request) -> PlainTextResponse:
    """Show the metrics in the Prometheus text format. Values from the database are at most ten seconds old."""
    registry = CollectorRegistry(auto_describe=False)
    kept: CachedAnswer[Figures] = request.app.state.__dict__.setdefault("figures", CachedAnswer())
    registry.register(_Collector(app, kept.read(app.clock(), lambda: _read(app))))
    return PlainTextResponse(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _read(app: App) -> Figures:
    with app.database.connect() as connection:
        return read_figures(connection)


class _Collector(Collector):
    def __init__(self, app: App, figures: Figures) -> None:
        self._app = app
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        figures = self._figures
        yield _build_info(self._app)
        yield from _downloads(figures)
        yield from _work(figures)
        yield from _outside(figures)
        yield from _disk(self._app)
        yield from _process(self._app.started_at)


def _build_info(app: App) -> Metric:
    """Return a constant 1 whose labels name the versions, as other programs' `build_info` does."""
    info = GaugeMetricFamily(
        "stalkeer_build_info", "Version of the program; always 1", labels=["version", "python", "database"]
    )
    info.add_metric(
        [version("stalkeer"), platform.python_version(), "sqlite" if app.database.is_sqlite else "postgresql"], 1
    )
    return info


def _downloads(figures: Figures) -> Iterator[Metric]:
    states = {state.value: figures.downloads.get(state.value, 0) for state in DownloadState}
    yield _labelled("stalkeer_downloads", "Downloads by state", "state", states)
    yield _gauge("stalkeer_download_rate_bytes", "Bytes per second over all downloads", figures.rate)
    totals = figures.totals
    yield _counter("stalkeer_fetched_bytes", "Bytes fetched", totals.bytes_fetched)
    yield _counter("stalkeer_resumed_bytes", "Bytes kept over interruptions", totals.bytes_resumed)
    yield _counter("stalkeer_interruptions", "Interrupted transfers", totals.interruptions)
    yield _counter("stalkeer_resumes", "Transfers that resumed where they were interrupted", totals.resumes)
    for name, share in (("success", totals.success_rate), ("resume", totals.resume_rate)):
        if share is not None:
            yield _gauge(f"stalkeer_{name}_ratio", f"Share of downloads or interruptions that ended in {name}", share)


def _work(figures: Figures) -> Iterator[Metric]:
    yield _labelled("stalkeer_wanted", "Missing items of Radarr and Sonarr", "kind", figures.wanted)
    yield _labelled("stalkeer_matches", "Matches by decision", "decision", figures.matches)
    yield _labelled("stalkeer_health_findings", "Findings of the health checks", "level", figures.findings)
    jobs = GaugeMetricFamily("stalkeer_jobs", "Stored runs of jobs, including scans", labels=["job", "state"])
    for (job, state), count in sorted(figures.runs.items()):
        jobs.add_metric([job, state], count)
    yield jobs


def _outside(figures: Figures) -> Iterator[Metric]:
    entries = GaugeMetricFamily("stalkeer_source_entries", "Entries on the list of the source", labels=["source"])
    success = GaugeMetricFamily(
        "stalkeer_last_success_timestamp_seconds", "Time of the last success", labels=["kind", "name"]
    )
    failures = GaugeMetricFamily(
        "stalkeer_failures_in_a_row", "Failures since the last success", labels=["kind", "name"]
    )
    connections = GaugeMetricFamily("stalkeer_account_connections", "Connections", labels=["source", "what"])
    calls = CounterMetricFamily("stalkeer_api_calls", "Requests to the instance", labels=["instance", "program"])
    for source in figures.sources:
        entries.add_metric([source.slug], source.entries)
        failures.add_metric(["source", source.slug], source.failures)
        if source.last_success_at:
            success.add_metric(["source", source.slug], source.last_success_at.timestamp())
        for what, number in (("active", source.account_active), ("allowed", source.account_max)):
            if number is not None:
                connections.add_metric([source.slug, what], number)
    for instance in figures.instances:
        calls.add_metric([instance.slug, instance.kind], instance.api_calls)
        failures.add_metric(["instance", instance.slug], instance.failures)
        if instance.last_success_at:
            success.add_metric(["instance", instance.slug], instance.last_success_at.timestamp())
    yield from (entries, success, failures, connections, calls)


def _disk(app: App) -> Iterator[Metric]:
    free = GaugeMetricFamily("stalkeer_disk_free_bytes", "Free space", labels=["folder"])
    total = GaugeMetricFamily("stalkeer_disk_total_bytes", "Size of the file system", labels=["folder"])
    folders = app.settings.directories
    for name, folder in (("temp", folders.temp), ("movies", folders.movies), ("tvshows", folders.tvshows)):
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            continue
        free.add_metric([name], usage.free)
        total.add_metric([name], usage.total)
    yield from (free, total)


def _process(started_at: datetime) -> Iterator[Metric]:
    yield _counter("process_cpu_seconds", "CPU time of this process", time.process_time())
    yield _gauge("process_start_time_seconds", "When this process started", started_at.timestamp())
    statm, fds = Path("/proc/self/statm"), Path("/proc/self/fd")
    if statm.exists():
        pages = int(statm.read_text().split()[1])
        yield _gauge("process_resident_memory_bytes", "Memory of this process", pages * os.sysconf("SC_PAGE_SIZE"))
    if fds.is_dir():
        yield _gauge("process_open_fds", "Open files of this process", len(list(fds.iterdir())))


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _labelled(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, count in sorted(values.items()):
        family.add_metric([value], count)
    return family
