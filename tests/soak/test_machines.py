"""One `serve` and three workers on machines of their own: a kill, two cut cables and a freeze lose and double nothing.

FILMS=48 for a run with fewer films, which takes as long: each connection is slower then. Each machine is a network
namespace; where none may be made, the tests are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.soak.machines import Plan
from tests.soak.network import Network, reason_against

FILMS = int(os.environ.get("FILMS", "300"))
MEGABYTE = 1_000_000
pytestmark = [pytest.mark.soak, pytest.mark.postgres, pytest.mark.timeout(3600)]


@pytest.fixture(autouse=True)
def _needs_namespaces(postgres_server):
    reason = reason_against()
    if reason:
        pytest.skip(reason)


def run(plan):
    """Carry out the plan in the hub of a network of its machines."""
    with Network(plan.machines) as network:
        plan = replace(plan, machines=network.machines)
        written, result = plan.folder / "plan.json", plan.folder / "result.json"
        written.write_text(json.dumps({**asdict(plan), "folder": str(plan.folder)}), encoding="utf-8")
        command = [sys.executable, "-m", "tests.soak.machines", str(written), str(result)]
        root = Path(__file__).parents[2]
        subprocess.run(
            ["ip", "netns", "exec", network.hub, *command], cwd=root, check=True, timeout=plan.longest_s + 900
        )
        return json.loads(result.read_text(encoding="utf-8"))


def test_a_kill_two_cut_cables_and_a_freeze_lose_nothing_and_double_nothing(tmp_path):
    plan = Plan(tmp_path, dict.fromkeys(("server", "one", "two", "three"), ""), FILMS, 8, FILMS * 2000, 3 * MEGABYTE)

    found = run(replace(plan, is_stricken=True))

    sys.stdout.write(f"\n{json.dumps(found, indent=1)}\n")
    assert found["states"] == {"completed": FILMS}
    assert (found["right"], found["imported_once"], found["imported_more"]) == (FILMS, FILMS, 0)
    assert found["most_streams"] <= plan.connections
    assert len(found["streams_by_machine"]) == 4, "every machine took part"
    assert found["left_over"] == []


def test_the_volume_grows_with_the_connections_over_more_workers(tmp_path):
    rates = {}
    for workers in (1, 2, 4):
        folder = tmp_path / str(workers)
        folder.mkdir()
        names = ["server", *(f"w{number}" for number in range(1, workers))]
        plan = Plan(folder, dict.fromkeys(names, ""), 4 * workers, 2 * workers, MEGABYTE // 2, 40 * MEGABYTE)
        found = run(replace(plan, imports=False, watched_s=30))
        rates[workers] = found["bytes_per_s"]
        sys.stdout.write(f"\n{workers} workers, {plan.connections} connections: {rates[workers] / 1e6:.2f} MB/s\n")

    assert rates[2] > 1.8 * rates[1]
    assert rates[4] > 3.5 * rates[1]
